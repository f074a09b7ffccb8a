"""The commands around coturn: print its configuration, print the kernel guard, run a local one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from meshvoice import assets
from meshvoice.settings import Address, Settings, TurnSettings
from meshvoice.turn import coturn, deny, installed
from meshvoice.turn.errors import Refused, TurnError


def print_conf(settings: Settings, *, log: Literal["syslog", "stdout"] = "syslog") -> int:
    """Print turnserver.conf for the host that the settings describe; notes for a person go to stderr."""
    try:
        conf = coturn.render(
            settings.turn,
            version=installed.version(settings.turn),
            seats=_seats(settings),
            template=_template("coturn.conf.j2"),
            local=_local(settings.turn),
            log=log,
        )
    except TurnError as problem:
        return _refuse(problem)
    sys.stdout.write(conf)
    for note in _notes(settings.turn):
        sys.stderr.write(f"note: {note}\n")
    return 0


def print_guard(settings: Settings, *, user: str = "turnserver") -> int:
    """Print the nftables table that confines the relay of the same settings."""
    try:
        guard = coturn.render_guard(
            settings.turn,
            template=_template("nftables-turn.conf.j2"),
            local=_local(settings.turn),
            user=user,
        )
    except TurnError as problem:
        return _refuse(problem)
    sys.stdout.write(guard)
    return 0


def run_coturn(
    settings: Settings,
    *,
    folder: Path = Path("build/coturn"),
    env_file: Path | None = None,
    execute: Callable[[str, list[str]], object] = os.execv,
) -> int:
    """Become a coturn for this machine, in the foreground, of the user who asks, from files in `folder`.

    Where no TURN host is set, `env_file` is given COTURN_TURN_HOST, so that the next `make run` offers it.
    """
    turn = settings.turn
    local = _local(turn)
    try:
        program = installed.turnserver()
        address = coturn.place(turn, local=local).addresses[0]
        if not turn.host:
            # What the settings will be once the env file has the host: its name is the realm by default.
            turn = replace(turn, host=str(address), realm=_realm(turn, address))
        conf = coturn.render(
            turn,
            version=installed.version(turn),
            seats=_seats(settings),
            template=_template("coturn.conf.j2"),
            local=local,
            log="stdout",
        )
        if not installed.bindable(address):
            raise Refused(
                f"{address} is no address of this machine: unset COTURN_PUBLIC_IP and COTURN_PRIVATE_IP"
            )
        if not installed.bindable(address, port=turn.port):
            # Two of them would share the port, and each would get some of the packets.
            raise Refused(
                f"{address} port {turn.port} is taken: end the other coturn (`systemctl stop coturn`), "
                "or set COTURN_PORT"
            )
    except TurnError as problem:
        return _refuse(problem)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "turnserver.conf"
    # Made with its mode, for it holds the secret.
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(conf)
    if not settings.turn.host and env_file is not None:
        _set_turn_host(env_file, turn.host)
        sys.stderr.write(f"COTURN_TURN_HOST={turn.host} now stands in {env_file}: start `make run` anew.\n")
    sys.stderr.write(f"coturn relays on {address}, port {turn.port}. Ctrl-C ends it.\n")
    sys.stderr.flush()
    # Debian's own database and pidfile belong to user turnserver.
    own = ["--userdb", str(folder / "turndb"), "--pidfile", str(folder / "turnserver.pid")]
    # In place of this process, so that Ctrl-C and make's signals reach coturn and leave none behind.
    execute(program, [program, "-c", str(path), *own])
    return 0


def _template(name: str) -> str:
    return (assets.find("conf") / name).read_text(encoding="utf-8")


def _seats(settings: Settings) -> int:
    return max(settings.table_seats, settings.sea_peers)


def _local(turn: TurnSettings) -> tuple[Address, ...]:
    return () if turn.public_ip or turn.public_ip6 else (installed.lan_address(),)


def _realm(turn: TurnSettings, address: Address) -> str:
    return str(address) if turn.realm == TurnSettings().realm else turn.realm


def _notes(turn: TurnSettings) -> list[str]:
    notes = []
    placement = coturn.place(turn, local=_local(turn))
    if not turn.public_ip and not turn.public_ip6:
        notes.append(
            f"COTURN_PUBLIC_IP is not set: this relay serves the network of {placement.addresses[0]} only"
        )
    for address in placement.addresses:
        if not installed.bindable(address):
            mend = "set COTURN_PUBLIC_IP6 to one that `ip -6 address` shows"
            if address.version == 4:
                own = installed.lan_address()
                mend = f"it is behind NAT: set COTURN_PRIVATE_IP to its own address (it uses {own})"
            notes.append(
                f"{address} stands on no interface of this machine. Right, if this file is for another host. "
                f"If it is for this one, {mend}"
            )
    if turn.public_ip and turn.private_ip and deny.denied(turn.public_ip):
        notes.append(
            f"COTURN_PUBLIC_IP={turn.public_ip} is no public address: is there another NAT before it?"
        )
    return notes


def _set_turn_host(env_file: Path, address: str) -> None:
    lines = env_file.read_text(encoding="utf-8").splitlines() if env_file.exists() else []
    lines = [line for line in lines if not line.lstrip().startswith("COTURN_TURN_HOST=")]
    # Beside it and then in its place: it holds the secrets, half of which would be none.
    new = env_file.with_name(env_file.name + ".new")
    new.touch(mode=0o600)
    new.write_text("\n".join([*lines, f"COTURN_TURN_HOST={address}"]) + "\n", encoding="utf-8")
    new.replace(env_file)


def _refuse(problem: TurnError) -> int:
    sys.stderr.write(f"{problem}\n")
    return 2

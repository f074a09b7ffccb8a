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
        turn = installed.looked_up(settings.turn)
        version = installed.version(turn)
        conf = coturn.render(
            turn,
            version=version,
            seats=seats(settings),
            template=template("coturn.conf.j2"),
            local=local(turn),
            log=log,
            # A container has no database that the host's turnadmin reaches.
            database=coturn.DATABASE if log == "syslog" else "",
        )
    except TurnError as problem:
        return _refuse(problem)
    sys.stdout.write(conf)
    for note in (*_notes(turn), *coturn.surprises(turn, version=version, local=local(turn))):
        sys.stderr.write(f"note: {note}\n")
    return 0


def print_guard(settings: Settings, *, user: str = "turnserver") -> int:
    """Print the nftables table that confines the relay of the same settings."""
    try:
        turn = installed.looked_up(settings.turn)
        guard = coturn.render_guard(
            turn, template=template("nftables-turn.conf.j2"), local=local(turn), user=user
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
    try:
        program = installed.turnserver()
        turn = installed.looked_up(settings.turn)
        own = local(turn)
        address = coturn.place(turn, local=own).addresses[0]
        if not turn.hosts:
            # What the settings will be once the env file has the host: its name is the realm by default.
            turn = replace(turn, hosts=(str(address),), realm=_realm(turn, address))
        conf = coturn.render(
            turn,
            version=installed.version(turn),
            seats=seats(settings),
            template=template("coturn.conf.j2"),
            local=own,
            log="stdout",
            # Debian's own database and pidfile belong to user turnserver.
            database=str(folder.resolve() / "turndb"),
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
    # In place of this process, so that Ctrl-C and make's signals reach coturn and leave none behind.
    execute(program, [program, "-c", str(path), "--pidfile", str(folder / "turnserver.pid")])
    return 0


def template(name: str) -> str:
    """Read one of the templates in conf/."""
    return (assets.find("conf") / name).read_text(encoding="utf-8")


def seats(settings: Settings) -> int:
    """Give the seats of the largest room."""
    return max(settings.table_seats, settings.sea_peers)


def local(turn: TurnSettings) -> tuple[Address, ...]:
    """Give the address of a relay that serves this machine's network alone."""
    return () if turn.public_ip or turn.public_ip6 else (installed.lan_address(),)


def _realm(turn: TurnSettings, address: Address) -> str:
    return str(address) if turn.realm == TurnSettings().realm else turn.realm


def _notes(turn: TurnSettings) -> list[str]:
    notes = []
    placement = coturn.place(turn, local=local(turn))
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
    if placement.external and deny.denied(placement.external[0]):
        notes.append(
            f"COTURN_PUBLIC_IP={turn.public_ip} is no public address: is there another NAT before it?"
        )
    if len(turn.hosts) > 1:
        notes.append(
            "COTURN_TURN_HOST names several hosts: this file is for the one that has these addresses; render "
            "each with the COTURN_PUBLIC_IP of its own"
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

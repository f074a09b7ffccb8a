"""The command `meshvoice coturn-renew`: coturn follows its public address, when nobody relays."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from meshvoice.settings import Settings, TurnSettings
from meshvoice.turn import coturn, installed
from meshvoice.turn.commands import local, seats, template
from meshvoice.turn.errors import TurnError

CONF, GUARD = Path("/etc/turnserver.conf"), Path("/etc/coturn/nftables-turn.conf")
_SOCKETS = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


def restart() -> int:
    """Let systemd start coturn anew; gives its exit code."""
    systemctl = shutil.which("systemctl") or "systemctl"
    return subprocess.run([systemctl, "restart", "coturn"], check=False).returncode  # noqa: S603


def renew(
    settings: Settings,
    *,
    conf: Path = CONF,
    guard: Path = GUARD,
    user: str = "turnserver",
    restart: Callable[[], int] = restart,
) -> int:
    """Render both files anew, and restart coturn, where they changed and nobody relays; else say so.

    0 where there was nothing to do, it was done, or is put off; 1 where coturn did not restart; 2 where it
    can't be rendered, or not written.
    """
    try:
        turn = installed.looked_up(settings.turn)
        wanted = {conf: _conf(settings, turn), guard: _guard(turn, user)}
    except TurnError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    try:
        return _renew(wanted, turn, user=user, restart=restart)
    except OSError as problem:
        place = f"{problem.filename}: " if problem.filename else ""
        sys.stderr.write(f"{place}{problem.strerror}: this runs as root, on a host where coturn is set up\n")
        return 2


def _renew(wanted: dict[Path, str], turn: TurnSettings, *, user: str, restart: Callable[[], int]) -> int:
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if not changed:
        return 0
    news = f"{' and '.join(map(str, changed))} changed (COTURN_PUBLIC_IP is {turn.public_ip})"
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        raise OSError(errno.ENOENT, "no such user", user) from None
    many = sum(allocations(path.read_text(), turn, uid=uid) for path in _SOCKETS if path.exists())
    if many:
        sys.stderr.write(f"{news}, but coturn has {many} allocations: put off until nobody relays\n")
        return 0
    # Both or none: by one of them alone coturn and its guard would disagree at the next start.
    try:
        for new, path in [(_write(_beside(path), path, wanted[path]), path) for path in changed]:
            new.replace(path)
    finally:
        for path in changed:
            _beside(path).unlink(missing_ok=True)
    sys.stderr.write(f"{news}: coturn is restarted\n")
    return 1 if restart() else 0


def allocations(table: str, turn: TurnSettings, *, uid: int) -> int:
    """Count the UDP sockets of `uid` on relay ports in a table of the kernel's (proc(5), /proc/net/udp)."""
    rows = (line.split() for line in table.splitlines()[1:])
    return sum(
        int(row[7]) == uid and turn.min_port <= int(row[1].rpartition(":")[2], 16) <= turn.max_port
        for row in rows
    )


def _conf(settings: Settings, turn: TurnSettings) -> str:
    return coturn.render(
        turn,
        version=installed.version(turn),
        seats=seats(settings),
        template=template("coturn.conf.j2"),
        local=local(turn),
    )


def _guard(turn: TurnSettings, user: str) -> str:
    return coturn.render_guard(turn, template=template("nftables-turn.conf.j2"), local=local(turn), user=user)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _write(new: Path, path: Path, text: str) -> Path:
    """Write what goes in the place of `path`, whole, with its owner and mode: it may hold the secret."""
    new.touch(mode=0o600)
    new.write_text(text)
    if path.exists():
        there = path.stat()
        os.chown(new, there.st_uid, there.st_gid)
        new.chmod(there.st_mode & 0o777)
    return new

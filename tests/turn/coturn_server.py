"""A real coturn for the tests, in a network namespace that has nothing but itself."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import BinaryIO

import pytest

from meshvoice.settings import Network, TurnSettings
from meshvoice.turn import coturn, credentials, installed
from meshvoice.turn.versions import Version

SECRET = "Zk3vQ9mB1xT7cL5nW2rY8pD4sH6jF0aG"
TEMPLATE = (Path(__file__).parents[2] / "conf/coturn.conf.j2").read_text()
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _version() -> Version:
    """Give the version of the coturn on PATH; Debian 12's where there is none."""
    return installed.version(TurnSettings()) if shutil.which("turnserver") else (4, 6, 1)


VERSION = _version()
"""The one that is tested, for which all is rendered."""


DENIED_BY_ITSELF: tuple[Network, ...] = ()
"""Whither it relays nothing, whatever its file says: what is link-local or unique local, from 4.13.1 on."""
if VERSION >= (4, 13, 1):
    DENIED_BY_ITSELF = (
        IPv4Network("169.254.0.0/16"),
        *map(IPv6Network, ("fc00::/7", "fe80::/10", "fec0::/10")),
    )


def shipped_database(folder: Path) -> str:
    """Copy the database that the installation of this coturn made."""
    unpacked = Path(shutil.which("turnserver") or "/-/-").parents[1] / "var/lib/turn/turndb"
    return str(shutil.copy(unpacked if unpacked.exists() else coturn.DATABASE, folder / "turndb"))


def missing(what: str) -> None:
    """Skip visibly by hand, fail where CI promises to have it."""
    if os.environ.get("CI"):
        pytest.fail(f"CI lacks {what}")
    pytest.skip(f"needs {what}")


def setns(namespace: BinaryIO) -> None:
    """Move this thread into a network namespace."""
    if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def namespace(*addresses: str) -> Iterator[None]:
    """Move this thread into a new network namespace whose loopback has `addresses`, and back."""
    if shutil.which("ip") is None:
        missing("iproute2")
    with open("/proc/thread-self/ns/net", "rb") as home:
        if _libc.unshare(_CLONE_NEWNET) != 0:
            missing("root, or `unshare -rn`, for network namespaces")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            for address in addresses:
                nodad = ["nodad"] if ":" in address else []
                subprocess.run(["ip", "address", "add", address, "dev", "lo", *nodad], check=True)
            yield
        finally:
            setns(home)


class Coturn:
    """A running turnserver and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def complaints(self) -> list[str]:
        """What a person would have to look at. SCTP is missing from many kernels, and nobody misses it."""
        wrong = re.compile(
            r"bad|wrong|ignored|warn|alert|error|unknown|cannot|can't|fail|deprecat|not supported",
            re.I,
        )
        harmless = ("socket: Protocol not supported", "MongoDB is not supported")
        return [
            line
            for line in self.log.splitlines()
            if wrong.search(line) and not any(fine in line for fine in harmless)
        ]


@contextmanager
def running(
    conf: str, folder: Path, *, user: str | None = None, own_database: bool = True, at: str = "127.0.0.1"
) -> Iterator[Coturn]:
    """Run coturn with `conf` until the block ends, by a database of its own or by that which `conf` names.

    `at` is where it is awaited if the file names no address.
    """
    program = shutil.which("turnserver")
    if program is None:
        missing("coturn (`apt install coturn`)")
    assert program is not None
    if user is not None:
        folder.chmod(0o777)
    path, log = folder / "turnserver.conf", folder / "coturn.log"
    path.write_text(conf)
    own = ["--pidfile", str(folder / "turnserver.pid")]
    if own_database:
        own += ["--userdb", str(folder / "turndb")]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, "-c", str(path), *own], stdout=out, stderr=out, cwd=folder, user=user, group=user
        )
    try:
        address = re.search(r"^listening-ip=(.+)$", conf, re.M)
        port = re.search(r"^listening-port=(\d+)$", conf, re.M)
        assert port is not None
        server = (address[1] if address else at, int(port[1]))
        kinds = {"no-tcp": _accepts, "no-udp": _takes_datagrams}
        opened = [opens for no, opens in kinds.items() if not re.search(rf"^{no}$", conf, re.M)]
        _await_listening(server, opened, process, log)
        yield Coturn(process, log)
    finally:
        # Newer ones, asked to end, take three seconds for it.
        process.kill()
        process.wait(10)


def let_through(*paths: Path) -> None:
    """Let another user reach a file in pytest's folders, which only their owner enters."""
    for path in paths:
        for folder in path.parents:
            if folder.stat().st_mode & 0o001 == 0:
                folder.chmod(0o755)


def _await_listening(
    server: tuple[str, int],
    opened: Sequence[Callable[[tuple[str, int]], bool]],
    process: subprocess.Popen[bytes],
    log: Path,
) -> None:
    """Wait until each of `opened` is: coturn opens a port for TCP some time before that for UDP."""
    deadline = time.monotonic() + 15
    while process.poll() is None and time.monotonic() < deadline:
        if all(it(server) for it in opened):
            return
        time.sleep(0.02)  # a program's start has no event to wait for
    pytest.fail(f"coturn does not listen:\n{log.read_text(errors='replace')}")


def _accepts(server: tuple[str, int]) -> bool:
    try:
        socket.create_connection(server, 1).close()
    except OSError:
        return False
    return True


def _takes_datagrams(server: tuple[str, int]) -> bool:
    """Tell whether a socket is bound there: on this host, a port without one refuses at once."""
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(server)
        try:
            probe.send(b"anybody?")
            probe.send(b"refused by now, if nobody")
        except ConnectionRefusedError:
            return False
    return True


def conf(turn: TurnSettings, **options: object) -> str:
    """Render for the tests: the version that is there, the log where the test can read it."""
    arguments: dict[str, object] = {"version": VERSION, "seats": 8, "template": TEMPLATE, "log": "stdout"}
    return coturn.render(turn, **(arguments | options))  # type: ignore[arg-type]


def issue(
    *, secret: str = SECRET, ttl: int = 600, now: int | None = None, user: str | None = None
) -> credentials.TurnCredentials:
    """Sign credentials as the app does, for another user each time unless one is named.

    coturn counts a closed UDP allocation against its user for a second more.
    """
    return credentials.issue(
        secret=secret,
        user_id=user or secrets.token_hex(8),
        pseudonym_key=b"k" * 32,
        ttl=ttl,
        now=int(time.time()) if now is None else now,
    )

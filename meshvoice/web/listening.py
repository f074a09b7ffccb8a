"""The sockets by which visitors come in: opened here, or handed over by systemd."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass

from meshvoice.settings import Settings, SettingsError
from meshvoice.values import UNIX, is_address
from meshvoice.web.unix_socket import BACKLOG, UnixSocket

_Address = tuple[socket.AddressFamily, str]
_FIRST_HANDED = 3  # SD_LISTEN_FDS_START
_ALL = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # noqa: S104
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What the kernel says of an address, or a whole family, that the machine doesn't have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What is listened on until `close`."""

    sockets: Sequence[socket.socket]
    handed_over: bool
    """By systemd, which goes on holding them."""
    files: Sequence[UnixSocket] = ()
    """Those of the sockets that have a file of ours."""

    @property
    def places(self) -> list[str]:
        """Where it listens, as the kernel says."""
        return [place_of(each) for each in self.sockets]

    def cautions(self, settings: Settings) -> Iterator[str]:
        """Say where the settings are about other sockets than these."""
        if any(place.startswith("unix:") for place in self.places) and UNIX not in settings.trusted_proxies:
            yield (
                "MESHVOICE_TRUSTED_PROXIES does not name `unix`: all who come by the Unix socket count as "
                "one visitor, and share its limits"
            )
        unheard = [
            host
            for host in settings.hosts
            if not any(_has(each, host, settings.port) for each in self.sockets)
        ]
        if self.handed_over and unheard:
            yield (
                f"systemd's socket listens on {' and '.join(self.places)}, and that counts, but the settings "
                f"name {' and '.join(unheard)} with port {settings.port}: write the same in both, since "
                "`meshvoice proxy-conf` knows the settings alone"
            )

    def close(self) -> None:
        """Let go of all of it."""
        for file in self.files:
            file.release()
        for each in self.sockets:
            each.close()


def listen(settings: Settings, environ: MutableMapping[str, str]) -> Listening:
    """Take the sockets that systemd hands over, or open those of the settings. Raises `SettingsError`."""
    handed = _handed_over(environ)
    if handed:
        return Listening(sockets=handed, handed_over=True)
    sockets: list[socket.socket] = []
    files: list[UnixSocket] = []
    try:
        for host, addresses in _tcp(settings).items():
            sockets += _open(host, addresses, settings.port)
        for place in settings.hosts:
            if place.startswith("unix:"):
                files.append(UnixSocket.open(place.removeprefix("unix:"), group=settings.socket_group))
    except SettingsError:
        Listening(sockets=sockets, handed_over=False, files=files).close()
        raise
    sockets += [file.socket for file in files]
    return Listening(sockets=sockets, handed_over=False, files=files)


def place_of(listening: socket.socket) -> str:
    """Name where a socket listens, as the settings write it."""
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        return f"unix:{os.fsdecode(name)}"
    ipv6 = listening.family == socket.AF_INET6
    both = ipv6 and name[0] == "::" and not listening.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return f"{name[0]} port {name[1]}{' (and IPv4)' if both else ''}"


def _has(listening: socket.socket, host: str, port: int) -> bool:
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX or host.startswith("unix:"):
        return host == place_of(listening)
    # What a name stands for is not looked up.
    any_address = host in _ALL.values() or not is_address(host)
    return bool(name[1] == port) and (any_address or name[0] in (host, *_ALL.values()))


# What systemd hands over: sd_listen_fds(3)


def _handed_over(environ: MutableMapping[str, str]) -> list[socket.socket]:
    # Taken out of the environment, as there: they are meant for no child of ours.
    pid, many, _ = [environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")]
    if pid != str(os.getpid()) or not many.isdecimal():
        return []
    return [_handed(number) for number in range(_FIRST_HANDED, _FIRST_HANDED + int(many))]


def _handed(number: int) -> socket.socket:
    wrong = SettingsError(
        "LISTEN_FDS",
        f"descriptor {number} is no stream socket that listens: take conf/meshvoice.socket, which has "
        "ListenStream= and no Accept=",
    )
    try:
        handed = socket.socket(fileno=number)
    except OSError:
        raise wrong from None
    if handed.type != socket.SOCK_STREAM or not handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise wrong
    handed.set_inheritable(False)
    return handed


# Addresses


def _tcp(settings: Settings) -> dict[str, list[_Address]]:
    """Give what each host means as (family, address): each once, and none that a wildcard has already."""
    hosts = [host for host in settings.hosts if not host.startswith("unix:")]
    meant: dict[str, list[_Address]] = {
        host: [*_ALL.items()] if host == "::" else [*_addresses(host)] for host in hosts
    }
    wildcards = {each for addresses in meant.values() for each in addresses} & {*_ALL.items()}
    taken: set[_Address] = set()
    for host, addresses in meant.items():
        new = [
            each
            for each in dict.fromkeys(addresses)
            if each not in taken and (each in wildcards or (each[0], _ALL[each[0]]) not in wildcards)
        ]
        taken.update(new)
        meant[host] = new
    return meant


def _addresses(host: str) -> Iterator[_Address]:
    try:
        known = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise SettingsError(
            "MESHVOICE_HOST", f"{host} is no name that this machine can look up: write its address"
        ) from None
    for family, _, _, _, address in known:
        if family in _ALL:
            yield family, str(address[0])


def _open(host: str, addresses: Sequence[_Address], port: int) -> list[socket.socket]:
    opened: list[socket.socket] = []
    absent: SettingsError | None = None
    for family, address in addresses:
        try:
            opened.append(_open_one(family, address, port))
        except OSError as problem:
            refusal = _refusal(host, address, port, problem)
            # A name such as localhost may have an address of a family that the machine doesn't have.
            if problem.errno in _ABSENT and host not in (address, "::"):
                absent = refusal
                continue
            for each in opened:
                each.close()
            raise refusal from None
    if absent is not None and not opened:
        raise absent
    return opened


def _open_one(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.ExitStack() as undo:
        undo.callback(opened.close)
        # Connections of the process before, which are still being closed, don't hold the port.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # Two sockets for `::`, so that a peer's address is what it is, and no IPv4-mapped one.
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        opened.listen(BACKLOG)
        undo.pop_all()
    return opened


def _refusal(host: str, address: str, port: int, problem: OSError) -> SettingsError:
    place = _authority(address, port)
    match problem.errno:
        case errno.EADDRINUSE:
            fix = "is taken: end what listens there (`ss -ltnp` names it), or choose another port"
            return SettingsError("MESHVOICE_PORT", f"{place} {fix}")
        case errno.EACCES | errno.EPERM:
            fix = "may be listened on by root alone: take a port from 1024 on, behind a proxy"
            return SettingsError("MESHVOICE_PORT", f"{place} {fix}")
        case errno.EADDRNOTAVAIL if host == address:
            fix = "is no address of this machine: `ip address` lists those that are"
            return SettingsError("MESHVOICE_HOST", f"{address} {fix}")
        case errno.EAFNOSUPPORT | errno.EADDRNOTAVAIL if ":" in address:
            fix = (
                "is IPv6, which this machine doesn't have: write an IPv4 address, or 0.0.0.0 for all of them"
            )
            return SettingsError("MESHVOICE_HOST", f"{host} {fix}")
        case _:
            return SettingsError("MESHVOICE_HOST", f"{place} can't be listened on ({problem.strerror})")


def _authority(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

"""What this machine says: its coturn's version, and its address on the network."""

from __future__ import annotations

import ipaddress
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import replace

from meshvoice.settings import Address, TurnSettings
from meshvoice.turn.errors import NotInstalled, Refused
from meshvoice.turn.versions import Version
from meshvoice.values import of_a_host

_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")


def turnserver() -> str:
    """Find the program. Raises `NotInstalled`."""
    path = shutil.which("turnserver")
    if path is None:
        raise NotInstalled(
            "no coturn here: `apt install coturn`, or set COTURN_VERSION to render for another host"
        )
    return path


def version(turn: TurnSettings) -> Version:
    """Take COTURN_VERSION, else ask the installed turnserver. Raises `NotInstalled`."""
    if turn.version is not None:
        return turn.version
    answer = subprocess.run(  # noqa: S603  # a fixed argument list
        [turnserver(), "--version"], capture_output=True, text=True, timeout=10, check=False
    )
    found = said_version(answer.stdout + answer.stderr)
    if found is None:
        raise NotInstalled(
            "`turnserver --version` names no version, as those before 4.6 don't: take Debian 12's or Ubuntu "
            "24.04's, or set COTURN_VERSION"
        )
    return found


def said_version(text: str) -> Version | None:
    """Find the version in what `turnserver --version` says: alone on a line, or in coturn's own name.

    Older ones print their usage, in which example addresses look like one.
    """
    match = re.search(r"(?mi)^(?:.*\bcoturn-)?(\d+)\.(\d+)\.(\d+)(?:[^.\d\n].*)?$", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def looked_up(turn: TurnSettings) -> TurnSettings:
    """Give COTURN_PUBLIC_IP as the address that it has now. Raises `Refused` for a name that has none.

    Where no name server was to be had, or none knew it, the error's cause is an `OSError`.
    """
    if not isinstance(turn.public_ip, str):
        return turn
    try:
        found = socket.getaddrinfo(turn.public_ip, None, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError as problem:
        raise Refused(
            f"COTURN_PUBLIC_IP={turn.public_ip} has no IPv4 address now ({problem.strerror}): "
            "correct the name, or write the address"
        ) from problem
    addresses = sorted({ipaddress.IPv4Address(entry[4][0]) for entry in found})
    address = of_a_relay(addresses)
    if address is None:
        raise Refused(
            f"COTURN_PUBLIC_IP={turn.public_ip} leads to {', '.join(map(str, addresses))} now, by which "
            "nobody reaches a relay: correct the name (has it a line in /etc/hosts here? Is the dynamic DNS "
            "offline?), or write the address"
        )
    return replace(turn, public_ip=address)


def of_a_relay(found: Iterable[ipaddress.IPv4Address]) -> ipaddress.IPv4Address | None:
    """Choose from what a name leads to; None where a relay can have none of it.

    A host's own name leads to its loopback in Debian's /etc/hosts. The order of several is the resolver's,
    and changes.
    """
    return min((each for each in found if of_a_host(each) and not each.is_loopback), default=None)


def lan_address() -> Address:
    """Find the address that this machine uses towards others; loopback when it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket sends nothing: the kernel only chooses the route, and so the address.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return _LOOPBACK
        return ipaddress.IPv4Address(probe.getsockname()[0])


def bindable(address: Address, *, port: int = 0) -> bool:
    """Tell whether `address` is this machine's, and its UDP `port` free (0: any)."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), port))
        except OSError:
            return False
        return True

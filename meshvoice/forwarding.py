"""Whose a request is behind reverse proxies: X-Forwarded-For and Forwarded (RFC 7239), read with distrust.

Each proxy adds the address that it saw at the end, so a chain is read from there, for as long as the hops are
trusted. What can't be read ends it: a visitor who sends nonsense is counted by the last trusted hop, not by
words of their choice.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Hashable, Sequence

from meshvoice.values import UNIX, Peers

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 7239, 6, where a port may be hidden as _name; X-Forwarded-For has no grammar, and holds the same things.
_NODE = re.compile(
    r"\[(?P<six>[^\]]*)\](?::[\w.-]*)?|(?P<four>[0-9A-Fa-f:]*\d+\.\d+\.\d+\.\d+):[\w.-]*|(?P<bare>[^\[\]\s]+)",
    re.A,
)
_NODE_CHARACTERS = 128
"""An IPv6 address with its zone and port has about 80."""
_HOPS = 32
"""How many entries are read, from the end: nobody has so many proxies."""
_FORWARDED_CHARACTERS = 4096
"""Of all lines: 32 elements of the usual length, and as much again."""
# RFC 7239, 4; an address without its quotes is taken, too.
_PAIR = re.compile(
    r"""
    [ \t]*
    (?: (?P<name>[\w!\#$%&'*+.^`|~-]+) = (?: "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<token>[^\s",;]+) ) )?
    [ \t]* (?P<end>[;,]|\Z)
    """,
    re.A | re.X,
)


def client_address(
    peer: str, x_forwarded_for: Sequence[str], forwarded: Sequence[str], proxies: Peers
) -> str:
    """Give the address of the one who asks: the last in the chain that no trusted proxy has.

    The headers, given by their lines, count only where the connection itself comes from a trusted proxy.
    """
    if not within(peer, proxies):
        return peer
    said = {
        _furthest(peer, hops, proxies)
        for hops in (_x_forwarded_for_hops(x_forwarded_for), _forwarded_hops(forwarded))
        if hops
    }
    # A proxy writes one of the two and may let the other through as the visitor sent it; which one can't be
    # told. Where they disagree one is forged, so neither may choose whose limit is used up.
    return said.pop() if len(said) == 1 else peer


def within(address: str, networks: Peers) -> bool:
    """Tell whether a peer is in one of the networks; text that is no address (nor `UNIX`) is in none."""
    if not networks or address == UNIX:
        return address in networks
    parsed = _parse(address)
    return parsed is not None and _in(parsed, networks)


def _in(address: Address, networks: Peers) -> bool:
    return any(network != UNIX and address in network for network in networks)


def _furthest(peer: str, hops: Sequence[Address | None], proxies: Peers) -> str:
    trusted = peer
    for hop in reversed(hops):
        if hop is None:
            break
        if not _in(hop, proxies):
            return str(hop)
        trusted = str(hop)
    return trusted


def _x_forwarded_for_hops(lines: Sequence[str]) -> list[Address | None]:
    # Most proxies add to what came, so a visitor may have put 60 KB before the address that counts.
    entries = ",".join(lines).rsplit(",", _HOPS)
    unread = [None] if len(entries) > _HOPS else []
    stripped = (entry.strip() for entry in entries[len(unread) :])
    return unread + [_node(entry.strip('"')) for entry in stripped if entry]


def _forwarded_hops(lines: Sequence[str]) -> list[Address | None]:
    if sum(map(len, lines)) > _FORWARDED_CHARACTERS:
        # Its end can't be read without its beginning, in which a quote may be open.
        return [None]
    elements = [element for line in lines for element in _elements(line)]
    if not any(element is None or "for" in element for element in elements):
        # It tells of scheme and host only, so of nobody.
        return []
    return [None if element is None else _node(element.get("for", "")) for element in elements]


def _elements(line: str) -> list[dict[str, str] | None]:
    """Read one line of Forwarded; None for an element that is no such thing.

    A line with a fault is one such element: else an open quote could hide what the proxy added after it.
    """
    elements: list[dict[str, str] | None] = []
    element: dict[str, str] = {}
    at, end = 0, ","
    while end:
        pair = _PAIR.match(line, at)
        if pair is None or (pair["name"] or "").lower() in element:
            return [None]
        if pair["name"]:
            value = pair["token"] or re.sub(r"\\(.)", r"\1", pair["quoted"] or "")
            element[pair["name"].lower()] = value
        at, end = pair.end(), pair["end"]
        if end != ";" and element:
            elements.append(element)
            element = {}
    return elements


def _node(text: str) -> Address | None:
    """Read an address, with its port or without; None for all else, `unknown` too."""
    # Digits without an end would be looked at once from each of them.
    node = _NODE.fullmatch(text) if len(text) <= _NODE_CHARACTERS else None
    return node and _parse(node["six"] or node["four"] or node["bare"] or "")


def _parse(text: str) -> Address | None:
    try:
        # Without the zone, which names an interface of somebody else's machine.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class Seldom:
    """Lets a matter be told once in a while, however often it comes up."""

    def __init__(self, *, every: float = 3600.0, most: int = 100) -> None:
        self._every = every
        self._most = most
        self._told: dict[Hashable, float] = {}

    def due(self, key: Hashable, now: float) -> bool:
        """Tell whether to tell it now; if so, it counts as told."""
        # Either way: a clock that was set back must not silence it for years.
        self._told = {known: at for known, at in self._told.items() if abs(now - at) < self._every}
        if key in self._told or len(self._told) >= self._most:
            return False
        self._told[key] = now
        return True

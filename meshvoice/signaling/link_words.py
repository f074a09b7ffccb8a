"""How the links of all rooms fare, by what their ends told last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations, product

from meshvoice.signaling.client_messages import LinkReport
from meshvoice.signaling.registry import LiveRoom, Peer

PATHS = ("direct", "relay", "unknown")
STATES = ("up", "connecting", "stalled", "repairing")
"""From the best to the worst."""


def pairs(rooms: Iterable[LiveRoom]) -> dict[tuple[str, str], int]:
    """Count the pairs of those who hold a socket, by path and state; each combination stands there."""
    counts: Counter[tuple[str, str]] = Counter()
    for room in rooms:
        here = [peer for peer in room.peers.values() if peer.socket is not None]
        counts.update(_fares(*pair) for pair in combinations(here, 2))
    return {each: counts[each] for each in product(PATHS, STATES)}


def _fares(one: Peer, other: Peer) -> tuple[str, str]:
    # A client tells of no first attempt, so a pair of which nothing was told is about to connect.
    words: list[LinkReport] = [
        word for word in (one.links.get(other.id), other.links.get(one.id)) if word is not None
    ]
    paths = {word.path for word in words}
    path = next((known for known in ("relay", "direct") if known in paths), "unknown")
    # The worse one: that one of two hears the other is no call.
    state = max((word.state for word in words), key=STATES.index, default="connecting")
    return path, state

"""Which seats still wait for whoever had them: a ticket proves a seat, not that nobody gave it up since.

Of two people whose names look alike the later one is marked, and a ticket says who came first. So whoever
left and comes back by an old one would have the mark put on somebody who came meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict

from meshvoice.ids import RoomId, UserId

_MOST = 10_000


class Claims:
    """Of each user in a room the last seat that ended; an empty room is forgotten, and this is not."""

    def __init__(self, *, most: int = _MOST) -> None:
        self._most = most
        self._ended: OrderedDict[tuple[RoomId, UserId], tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ended)

    def end(self, room: RoomId, user: UserId, order: int, *, until: float) -> None:
        """Let a seat, and each that its user had before, wait until then and no longer."""
        self._ended.pop((room, user), None)
        if len(self._ended) >= self._most:
            self._ended.popitem(last=False)
        self._ended[room, user] = order, until

    def until(self, room: RoomId, user: UserId, order: int) -> float | None:
        """Give for how long a seat waits; None: it has not ended, as far as is known here."""
        ended = self._ended.get((room, user))
        return None if ended is None or order > ended[0] else ended[1]

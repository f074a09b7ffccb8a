"""Who has TURN credentials for minutes only, and so needs others when somebody to talk to comes."""

from __future__ import annotations

from collections import OrderedDict

from meshvoice.ids import RoomId, UserId


class Lent:
    """Remembers the last `most` who got short ones, and got no others since."""

    def __init__(self, *, most: int = 10_000) -> None:
        self._most = most
        self._short: OrderedDict[tuple[RoomId, UserId], None] = OrderedDict()

    def note(self, room: RoomId, user: UserId, *, short: bool) -> None:
        """Note what a user got in a room."""
        self._short.pop((room, user), None)
        if not short:
            return
        if len(self._short) >= self._most:
            self._short.popitem(last=False)
        self._short[room, user] = None

    def short(self, room: RoomId, user: UserId) -> bool:
        """Tell whether short ones are the last that a user got for a room."""
        return (room, user) in self._short

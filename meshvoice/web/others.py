"""Other processes on the same guest book: what they write there counts for the people here, too."""

from __future__ import annotations

import contextlib
from collections import deque

from meshvoice.access.errors import GuestBookError
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import RoomId
from meshvoice.web.switchboard import Switchboard

AT_ONCE = 200
"""People for whom the door is asked in one tick, which takes some milliseconds."""


class Others:
    """Called by each tick: once the book was changed elsewhere, everyone here is asked about anew."""

    def __init__(self, book: GuestBook, switchboard: Switchboard) -> None:
        self._book = book
        self._switchboard = switchboard
        self._due: deque[RoomId] = deque()

    def tick(self) -> None:
        """Look whether somebody else wrote, and at some of those whom it may concern."""
        # One that can't be read is in trouble, which upkeep tells; who is due stays so.
        with contextlib.suppress(GuestBookError):
            if self._book.changed_elsewhere():
                self._due = deque(room.id for room in self._switchboard.hub.registry)
            asked = 0
            while self._due and asked < AT_ONCE:
                asked += self._switchboard.look_again(self._due[0])
                self._due.popleft()

"""What time does to the guest book: it is pruned in small pieces, and tried whether it can be written."""

from __future__ import annotations

import contextlib
import logging
import os

from meshvoice.access.errors import GuestBookError
from meshvoice.access.guestbook import GuestBook
from meshvoice.web.clocks import Clock
from meshvoice.web.memory import Memory

log = logging.getLogger("meshvoice")
PRUNE_SECONDS = 3600.0
TRY_SECONDS = 60.0
"""Between two looks whether the book can be written."""
TRY_AGAIN_SECONDS = 10.0
"""The same while it can't."""
TELL_SECONDS = 600.0
"""Between two lines in the log that say so."""


class Upkeep:
    """Called by each tick; nothing of it takes longer than one small write."""

    def __init__(self, book: GuestBook, clock: Clock, path: str) -> None:
        self._book = book
        self._path = path
        self._file = identity(path)
        self._clock = clock
        self._memory = Memory()
        self._prune_at = self._try_at = clock.steady()
        self._told_at: float | None = None

    def tick(self) -> None:
        """Do what is due."""
        at = self._clock.steady()
        self._memory.tick(at)
        if self._book.trouble is not None:
            self._try_at = min(self._try_at, at + TRY_AGAIN_SECONDS)
        with contextlib.suppress(GuestBookError):  # it stays in the book's `trouble`, and is told below
            if at >= self._try_at:
                self._try_at = at + TRY_AGAIN_SECONDS
                self._look_at_file()
                self._book.try_to_write()
                self._try_at = at + TRY_SECONDS
            if at >= self._prune_at and self._clock.settled() and self._book.trouble is None:
                more = self._book.prune(now=self._clock())
                self._prune_at = at if more else at + PRUNE_SECONDS
        self._tell(at)

    def _look_at_file(self) -> None:
        with contextlib.suppress(OSError):  # nobody can say: the write tells what is wrong
            if identity(self._path) != self._file:
                self._book.lose_file()

    def _tell(self, at: float) -> None:
        trouble = self._book.trouble
        if trouble is None:
            if self._told_at is not None:
                log.info("the guest book can be written again")
                self._told_at = None
        elif self._told_at is None or at - self._told_at >= TELL_SECONDS:
            log.error("%s Calls and credentials go on; what must be written is refused.", trouble)
            self._told_at = at


def identity(path: str) -> tuple[int, int] | None:
    """Tell which file has this name; None where there is none, as of a book in memory. Raises `OSError`."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return None
    return there.st_dev, there.st_ino

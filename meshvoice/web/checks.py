"""What `/healthz` looks at: named checks, each of which says in a sentence what is wrong, if anything is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from meshvoice.web import keys

Check = Callable[[], str | None]
"""Looks at something that is known already; takes no time, and says None where all is well."""

FREE_BYTES, FREE_SHARE = 100 * 1024 * 1024, 0.05
"""Of the guest book's disk, whichever is less: it grows slowly, but a full disk refuses every change."""
HELD_UP_SECONDS = 1.0
"""For which a pause of the loop is borne: browsers notice nothing of a shorter one."""


class Health:
    """The checks by their names, in the order in which they were added."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Look at one thing more; its name is a key of the answer."""
        self._checks[name] = check

    def said(self) -> dict[str, str | None]:
        """Ask all of them."""
        return {name: check() for name, check in self._checks.items()}

    def troubles(self) -> dict[str, str]:
        """Give what is wrong, by the check that says so."""
        return {name: said for name, said in self.said().items() if said is not None}


def setup(app: web.Application) -> None:
    """Add the checks that need nothing but this process."""
    health, book, pulse, relay = app[keys.HEALTH], app[keys.BOOK], app[keys.PULSE], app[keys.RELAY]
    health.add("book", lambda: None if book.trouble is None else str(book.trouble))
    health.add("disk", lambda: disk(room_beside(Path(app[keys.SETTINGS].database))))
    health.add("relay", relay.trouble)
    health.add("loop", lambda: loop(pulse.worst(asyncio.get_running_loop().time())))


def disk(room: tuple[int, int] | None) -> str | None:
    """Say that there is little room for the guest book."""
    if room is None:
        return None
    free, size = room
    if free >= min(FREE_BYTES, size * FREE_SHARE):
        return None
    return f"Only {free / 1024**2:.1f} MB are free on the guest book's disk: make room."


def room_beside(database: Path) -> tuple[int, int] | None:
    """Give what may still be written beside the guest book, and the disk's size; None: nobody can say."""
    try:
        # By a link it is the disk of what that leads to.
        there = os.statvfs(Path(os.path.realpath(database)).parent)
    except OSError:
        return None
    return there.f_bavail * there.f_frsize, there.f_blocks * there.f_frsize


def loop(worst: float) -> str | None:
    """Say that something held everybody up."""
    if worst < HELD_UP_SECONDS:
        return None
    return f"Something held the server up for {worst:.1f} s in the last minute: is the machine too busy?"

"""Who looks at the relay: the one process, or one of several, and what it learns is told by all."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
from aiohttp import web

from meshvoice.settings import Settings
from meshvoice.web.keys import RELAY
from meshvoice.web.relay_watch import FIRST_SECONDS, PATIENCE_SECONDS, RelayWatch, ask_doctor, watch

GLANCE_SECONDS = 2.0
"""From glance to glance at what the others wrote."""


class SharedWord:
    """Files beside the guest book: the last report, its one writer's lock, and a wish for another look."""

    def __init__(self, database: str) -> None:
        # By a link it is the same book, as for its own lock.
        book = os.path.realpath(database)
        self._report, self._wish = Path(f"{book}.relay"), Path(f"{book}.relay-wish")
        self._lock = os.open(f"{book}.relay-lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._read: tuple[int, int] | None = None

    def take(self) -> bool:
        """Become the one who looks, until this process ends, however it does; false: another one is."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write(self, report: bytes) -> None:
        """Tell the others; where the disk is full they keep what they have (`/healthz` tells of that)."""
        new = Path(f"{self._report}.new")
        with contextlib.suppress(OSError):
            new.touch(mode=0o600)
            new.write_bytes(report)
            new.replace(self._report)

    def read(self) -> tuple[bytes, float] | None:
        """Give a report that wasn't read here before, with its age in seconds; None: there is none."""
        try:
            there = self._report.stat()
            version = there.st_ino, there.st_mtime_ns
            if version == self._read:
                return None
            report, self._read = self._report.read_bytes(), version
        except OSError:
            return None
        return report, max(0.0, time.time() - there.st_mtime)

    def wish(self) -> None:
        """Ask the one who looks for another look."""
        with contextlib.suppress(OSError):
            self._wish.touch(mode=0o600)

    def wished(self) -> bool:
        """Tell whether anybody asked since the last time."""
        try:
            self._wish.unlink()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Leave it to the others."""
        os.close(self._lock)


async def share(
    relay: RelayWatch,
    ask: Callable[[], Awaitable[bytes]],
    word: SharedWord,
    *,
    first: float = FIRST_SECONDS,
    glance: float = GLANCE_SECONDS,
) -> None:
    """Look, if nobody else does, and tell the others; else take what is told, as long as somebody looks."""
    relay.watched = relay.running = True
    loop = asyncio.get_running_loop()
    waiting_until = loop.time() + first + PATIENCE_SECONDS
    while not word.take():
        told = word.read()
        if told:
            with contextlib.suppress(msgspec.DecodeError):
                relay.learn(*told)
        if relay.wanted.is_set():
            relay.wanted.clear()
            word.wish()
            waiting_until = loop.time() + glance + PATIENCE_SECONDS
        elif told or loop.time() > waiting_until:
            relay.running = False
        await asyncio.sleep(glance)

    async def ask_for_all() -> bytes:
        try:
            report = await ask()
        except OSError as problem:
            word.write(msgspec.json.encode({"findings": [], "missed": str(problem)}))
            raise
        word.write(report)
        return report

    async def hear_wishes() -> None:
        while True:
            if word.wished():
                relay.want()
            await asyncio.sleep(glance)

    async with asyncio.TaskGroup() as looking:
        looking.create_task(watch(relay, ask_for_all, first=first))
        looking.create_task(hear_wishes())


def setup(app: web.Application, settings: Settings) -> None:
    """Watch over the relay of a server, where browsers are offered one."""
    turn = settings.turn
    if not turn.offered:
        return

    async def going_on(app: web.Application) -> AsyncIterator[None]:
        word = SharedWord(settings.database) if settings.processes > 1 else None
        relay, ask = app[RELAY], lambda: ask_doctor(turn)
        watching = asyncio.create_task(share(relay, ask, word) if word else watch(relay, ask))
        yield
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        if word:
            word.close()

    app.cleanup_ctx.append(going_on)

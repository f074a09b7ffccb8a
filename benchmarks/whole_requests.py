"""How long a step of the server's loop takes at most: whole requests, and the tick, on a large guest book.

The real application listens on loopback in this process, and a client in the same loop asks. Each step of the
loop (a handler until it waits, the sending of an answer, a tick) is timed by itself: while it lasts, nobody
else is served.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from aiohttp import web

from benchmarks import house
from meshvoice.access.guestbook import GuestBook
from meshvoice.settings import Settings
from meshvoice.timekeeping import QUIET
from meshvoice.web.app import make_app, tick
from meshvoice.web.connections import make_runner
from tests.process import free_port


@dataclass(slots=True)
class Hold:
    """The longest step of the loop, in ms, and the most CPU that one took."""

    took: float = 0.0
    worked: float = 0.0

    def see(self, took: float, worked: float) -> None:
        self.took, self.worked = max(self.took, took * 1000), max(self.worked, worked * 1000)


@contextmanager
def watched() -> Iterator[Hold]:
    """Time each step that asyncio's own loop runs."""
    hold = Hold()
    run: Callable[[asyncio.Handle], None] = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        run(handle)
        hold.see(time.perf_counter() - began, time.thread_time() - worked)

    with mock.patch.object(asyncio.Handle, "_run", timed):
        yield hold


class Site:
    """The application on a book, and somebody who is signed in there."""

    def __init__(self, app: web.Application, settings: Settings, cookie: str) -> None:
        self._app = app
        self._settings = settings
        self._cookie = cookie

    async def asks(self, line: str, *, status: int, form: str = "", known: bool = True) -> None:
        """Ask for one thing, on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._settings.port)
        head = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{self._settings.port}", "Connection: close"]
        head += [f"Origin: http://127.0.0.1:{self._settings.port}"]
        head += [f"Cookie: {self._cookie}"] if known else []
        if form:
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
        writer.write("\r\n".join([*head, "", form]).encode())
        answer = await reader.read()
        writer.close()
        found = int(answer.split(b" ", 2)[1])
        if found != status:
            raise RuntimeError(f"{line} was answered {found}, not {status}")

    def ticks(self) -> None:
        """Let time do its part, as twice a second."""
        tick(self._app)


@asynccontextmanager
async def site(book: GuestBook, folder: Path, user: str, *, now: float) -> AsyncIterator[Site]:
    """Serve the book as of `now`, so long after the start that it is pruned."""
    settings = house.settings(folder, free_port())
    started, slept = time.monotonic(), 0.0

    def passed() -> float:
        return time.monotonic() - started + slept

    app = make_app(settings, book, clock=lambda: now - QUIET + passed(), monotonic=passed)
    slept = QUIET + 1
    runner = make_runner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", settings.port).start()
        yield Site(app, settings, await house.cookie_of(settings, user, now))
    finally:
        await runner.cleanup()

"""How long the server's one thread is held: how late a timer of 2 ms comes, and how much of that is work."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

EVERY = 0.002


class Pauses:
    """Watches from one SIGUSR1 to the next, then writes the longest of both, in milliseconds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._watching: asyncio.Task[None] | None = None
        self._late: list[float] = []
        self._worked: list[float] = []

    async def watch(self, app: web.Application) -> AsyncIterator[None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._toggle)
        yield

    def _toggle(self) -> None:
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
            return
        self._watching.cancel()
        self._watching = None
        longest = {"late": max(self._late) * 1000, "worked": max(self._worked) * 1000}
        self._file.with_suffix(".new").write_text(json.dumps(longest))
        self._file.with_suffix(".new").rename(self._file)
        self._late.clear()
        self._worked.clear()

    async def _watch(self) -> None:
        while True:
            began, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(EVERY)
            self._late.append(time.perf_counter() - began - EVERY)
            self._worked.append(time.thread_time() - worked)

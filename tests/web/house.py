"""A meshvoice in the test's own loop: real sockets, a guest book in a real file, and a clock that stands."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp import web

from meshvoice.access.guestbook import GuestBook
from meshvoice.settings import Settings, TurnSettings
from meshvoice.signaling.limits import Buckets
from meshvoice.web.app import make_app, tick
from meshvoice.web.connections import Connection, make_runner
from meshvoice.web.keys import Waits
from meshvoice.web.server import open_book
from meshvoice.web.throttles import Throttles

ORIGIN = "http://localhost:8080"
METRICS_TOKEN = "mT4xR8qLw2Zc7Vb9"
OPENS = {"Authorization": f"Bearer {METRICS_TOKEN}"}
"""The header that opens `/metrics`."""
TURN_SECRET = "Zk3vQ9mB1xT7cL5nW2rY8pD4sH6jF0aG"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
"""As trusted proxies: then X-Forwarded-For says whose a request is."""
HOUR = 3600.0
DEADLINE = 10.0
"""Seconds after which a test that waits has failed; nothing is ever waited out."""


def settings(database: Path, **changes: Any) -> Settings:
    """Make the settings of a small deployment with TURN."""
    usual = Settings(
        secret_keys=(bytes(range(32)),),
        origins=(ORIGIN,),
        database=str(database),
        metrics_token=METRICS_TOKEN,
        turn=TurnSettings(shared_secrets=(TURN_SECRET,), hosts=("turn.example.org",)),
    )
    return dataclasses.replace(usual, **changes)


class Clock:
    """Stands until it is moved: time passes by `now`, and `step` sets the wall clock alone."""

    def __init__(self) -> None:
        self._wall = time.time()
        self._monotonic = 1000.0

    @property
    def now(self) -> float:
        """What the wall clock says."""
        return self._wall

    @now.setter
    def now(self, now: float) -> None:
        self._monotonic += now - self._wall
        self._wall = now

    def step(self, by: float) -> None:
        """Set the wall clock, with no time passing."""
        self._wall += by

    def __call__(self) -> float:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic


class House:
    """The application on a port of its own; `restart` makes a new one on the same file and keys."""

    straight = True
    """Whether frames are heard within the read, where aiohttp is fit for it."""

    def __init__(
        self, chosen: Settings, *, throttles: Throttles | None = None, waits: Waits | None = None
    ) -> None:
        self.settings = chosen
        self.clock = Clock()
        self.app: web.Application
        self.book: GuestBook
        self.http: aiohttp.ClientSession
        # The clock stands, so a bucket that is empty would stay so: a long test asks for more than a burst.
        self._throttles = throttles or dataclasses.replace(
            Throttles.with_sockets(chosen.sockets), requests=Buckets(rate=100, burst=100_000)
        )
        self._waits = waits
        self._runner: web.AppRunner

    @property
    def url(self) -> str:
        """Where it listens now, with the site's path, without a slash at the end."""
        host, port = self.address
        return f"http://{host}:{port}{self.settings.path}"

    @property
    def address(self) -> tuple[str, int]:
        """The listening socket's host and port."""
        host, port = self._runner.addresses[0]
        return host, port

    @property
    def connections(self) -> int:
        """How many connections it holds, as far as it knows."""
        server = self._runner.server
        assert server is not None
        return sum(connection.transport is not None for connection in server.connections)

    @property
    def upgraded(self) -> list[Connection]:
        """Its connections that are WebSockets."""
        server = self._runner.server
        assert server is not None
        return [cast(Connection, each) for each in server.connections if each._payload_parser is not None]

    async def start(self) -> House:
        self.book = open_book(self.settings.database)
        self.app = make_app(
            self.settings,
            self.book,
            clock=self.clock,
            monotonic=self.clock.monotonic,
            throttles=self._throttles,
            waits=self._waits,
            straight=self.straight,
        )
        self._runner = make_runner(self.app, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        # No jar: people keep their cookies themselves, Secure ones too.
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def stop(self, *, farewell: bool = False) -> None:
        """End it: with everyone's connections cut, or with a farewell to those who listen."""
        if not farewell:
            await self.http.close()
        await self._runner.cleanup()
        await self.http.close()
        self.book.close()

    async def restart(self, *, farewell: bool = False, **changes: Any) -> None:
        """End it and start another on the same file, with changed settings if any."""
        await self.stop(farewell=farewell)
        self.settings = dataclasses.replace(self.settings, **changes)
        await self.start()

    def tick(self, times: int = 1) -> None:
        """Let the house do now what it does twice a second."""
        for _ in range(times):
            tick(self.app)

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait for what no answer tells, the loop doing its work meanwhile."""
        async with asyncio.timeout(DEADLINE):
            while not so():  # noqa: ASYNC110  # a fact of the server's, no event
                await asyncio.sleep(0.01)

    async def raw(self, request: bytes) -> bytes:
        """Send bytes that no client of good manners sends, and read until the server ends the connection."""
        async with asyncio.timeout(DEADLINE):
            reader, writer = await asyncio.open_connection(*self.address)
            writer.write(request)
            try:
                return await reader.read()
            finally:
                writer.close()

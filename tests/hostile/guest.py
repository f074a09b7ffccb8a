"""A guest who means ill: comes in by an invitation as anybody does, and keeps a seat all the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from meshvoice.signaling.allowance import BYTES_A_SECOND, BYTES_AT_ONCE
from meshvoice.signaling.limits import TokenBucket

ADDRESS = "127.0.0.66"
"""Where it comes from: what is limited by address is not taken from the honest ones."""
MESSAGES_A_SECOND, MESSAGES_AT_ONCE = 49, 390
"""Just within what the server bears for ever."""
PATIENT = 100
"""Tenths of a second, at most, for which it waits to come in and go: an attack uses up what it may ask."""
EARS_SHUT = 0.02
"""Seconds between two looks at whether a lost seat can be had again."""


class Guest:
    """Somebody with one session and, mostly, one seat, who takes it again whenever it is lost."""

    def __init__(self, http: aiohttp.ClientSession, url: str, room: str, rng: random.Random) -> None:
        self.http = http
        self.url = url
        self.room = room
        self.rng = rng
        self.peers: dict[str, int] = {}
        """Who else is there, and the order of each."""
        self.gens: Counter[str] = Counter()
        """The last generation that either side named."""
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        """What peers said to it, the oldest first; for strategies that listen."""
        self.ticket = ""
        self.tickets: list[str] = []
        """Every ticket that it ever got."""
        self.seen = 0
        self.told: Counter[str] = Counter()
        """What happened: frames sent, answers by code, ends by close code."""
        self.ws: aiohttp.ClientWebSocketResponse | None = None
        self.seated = asyncio.Event()
        self._messages = TokenBucket(rate=MESSAGES_A_SECOND, burst=MESSAGES_AT_ONCE, now=time.monotonic())
        self._bytes = TokenBucket(rate=BYTES_A_SECOND, burst=BYTES_AT_ONCE, now=time.monotonic())

    @classmethod
    @asynccontextmanager
    async def entering(
        cls, url: str, origin: str, invitation: str, *, name: str, rng: random.Random
    ) -> AsyncIterator[Guest]:
        """Accept an invitation, and be nobody's guest any more at the end of the block."""
        async with aiohttp.ClientSession(
            headers={"Origin": origin, "Accept": "application/json"},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            connector=aiohttp.TCPConnector(local_addr=(ADDRESS, 0), limit=0),
        ) as http:
            fields = {"token": invitation.partition("#")[2], "name": name}
            accepted = await _post(http, f"{url}/invitations/accept", fields)
            yield cls(http, url, json.loads(accepted)["room_id"], rng)
            # Else a seat whose socket dropped would be kept for the grace.
            await _post(http, f"{url}/sign-out", {})

    # The seat

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """Open one more socket, which has not said hello."""
        return await self.http.ws_connect(
            f"{self.url}/ws/voice/{self.room}/", protocols=("meshvoice.v1",), max_msg_size=0
        )

    async def stay(self, *, resuming: bool = False) -> None:
        """Keep a seat: whenever a socket ends, take the next one, as fast as the server lets it."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                self.ws = await self.connect()
                await self._sit(self.ws, resuming)
                self.told[f"closed {self.ws.close_code}"] += 1
            self.ws = None
            self.seated.clear()
            await asyncio.sleep(EARS_SHUT)

    async def _sit(self, ws: aiohttp.ClientWebSocketResponse, resuming: bool) -> None:
        hello: dict[str, Any] = {"type": "hello", "name": "Guest", "muted": True}
        if resuming and self.ticket:
            hello |= {"ticket": self.ticket, "seen": self.seen}
        self._messages = TokenBucket(rate=MESSAGES_A_SECOND, burst=MESSAGES_AT_ONCE, now=time.monotonic())
        self._bytes = TokenBucket(rate=BYTES_A_SECOND, burst=BYTES_AT_ONCE, now=time.monotonic())
        await ws.send_str(json.dumps(hello))
        async for frame in ws:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self._take(json.loads(frame.data))

    def _take(self, message: dict[str, Any]) -> None:
        self.seen = message["seq"] or self.seen
        source = message.get("source", "")
        match message["type"]:
            case "welcome":
                self.ticket = message["ticket"]
                self.tickets.append(self.ticket)
                if not message["resumed"]:
                    self.peers.clear()
                    self.gens.clear()
                self.seated.set()
            case "present" | "hello":
                self.peers[source] = message["order"]
            case "left":
                self.peers.pop(source, None)
            case "offer" | "answer" | "ice" | "repair" | "abort":
                self.gens[source] = max(self.gens[source], message["gen"])
                self.inbox.put_nowait(message)
            case "error":
                self.told[f"error {message['code']}"] += 1

    async def others(self) -> list[str]:
        """Wait for a seat with somebody else in the room; gives everyone else."""
        while True:
            await self.seated.wait()
            if self.peers:
                return list(self.peers)
            await asyncio.sleep(EARS_SHUT)

    async def other(self) -> str:
        """Give one of them, by chance."""
        return self.rng.choice(await self.others())

    def next_gen(self, peer: str) -> int:
        """Count a generation of the link with a peer."""
        self.gens[peer] += 1
        return self.gens[peer]

    # Saying things

    async def say(self, *, paced: bool = True, **message: Any) -> None:
        """Send a message as fast as the server bears it for ever, or without any regard."""
        await self.say_text(json.dumps(message), paced=paced)

    async def say_text(self, text: str, *, paced: bool = True) -> None:
        await self.seated.wait()
        while paced and not self._affords(len(text)):  # noqa: ASYNC110  # tokens come by time alone
            await asyncio.sleep(0.005)
        await self._send(text)

    async def say_bytes(self, data: bytes) -> None:
        await self.seated.wait()
        await self._send(data)

    def _affords(self, size: int) -> bool:
        now = time.monotonic()
        return (
            self._messages.left(now) >= 1 and self._bytes.take(now, min(size, BYTES_AT_ONCE))
        ) and self._messages.take(now)

    async def _send(self, data: str | bytes) -> None:
        ws = self.ws
        if ws is None or ws.closed:
            await asyncio.sleep(EARS_SHUT)
            return
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await (ws.send_str(data) if isinstance(data, str) else ws.send_bytes(data))
            self.told["sent"] += 1
        # A send that finds room in the buffer gives nobody else a turn.
        await asyncio.sleep(0)


async def _post(http: aiohttp.ClientSession, url: str, fields: dict[str, str]) -> str:
    for _ in range(PATIENT):
        async with http.post(url, data=fields) as answer:
            said = await answer.text()
            if answer.status != 429:
                assert answer.status == 200, said
                return said
        await asyncio.sleep(0.1)
    raise AssertionError(f"refused {PATIENT} times: {said}")

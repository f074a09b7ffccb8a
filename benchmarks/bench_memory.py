"""What sockets cost the real server in memory: `make bench-memory`.

A `meshvoice serve` of its own, its resident memory from /proc after each step, and what that is for each
socket beyond the idle process. The sockets are eight in each room.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

import aiohttp
from multidict import CIMultiDict

from tests.process import Server, serving
from tests.signaling.descriptions import sdp_of

SEATS = 8
LARGE = 30_000
ROUNDS = 16
"""Large frames that each sends to each of its room: as much as is kept for who comes back."""


class Guest:
    """A person with one socket."""

    def __init__(self, server: Server, http: aiohttp.ClientSession, address: str) -> None:
        self._server = server
        self._http = http
        self._address = address
        self._cookie = ""
        self.peer = ""
        self._ws: aiohttp.ClientWebSocketResponse

    async def post(self, path: str, **form: str) -> dict[str, str]:
        url = f"http://127.0.0.1:{self._server.port}{path}"
        async with self._http.post(url, data=form, headers=self._headers()) as answer:
            if "meshvoice" in answer.cookies:
                self._cookie = f"meshvoice={answer.cookies['meshvoice'].value}"
            told: dict[str, str] = await answer.json()
            if answer.status >= 400:
                raise SystemExit(f"{path}: {told}")
            return told

    def _headers(self) -> CIMultiDict[str]:
        headers = CIMultiDict(
            {
                "Origin": self._server.origin,
                "Accept": "application/json",
                # An address for each room: one alone may not have so many silent sockets.
                "X-Forwarded-For": self._address,
            }
        )
        if self._cookie:
            headers["Cookie"] = self._cookie
        return headers

    async def dial(self, room: str) -> None:
        url = f"http://127.0.0.1:{self._server.port}/ws/voice/{room}/"
        self._ws = await self._http.ws_connect(url, headers=self._headers(), protocols=("meshvoice.v1",))

    async def hello(self) -> None:
        await self.say(type="hello", name="x", muted=True)
        self.peer = (await self._ws.receive_json())["source"]

    async def say(self, **frame: object) -> None:
        await self._ws.send_str(json.dumps(frame))

    async def read(self) -> None:
        """Read until nothing comes for a while."""
        while True:
            try:
                await self._ws.receive(timeout=0.2)
            except TimeoutError:
                return

    async def leave(self) -> None:
        await self._ws.close()


def resident(server: Server) -> float:
    """Give the server's resident memory in MB."""
    pid = server.process.pid if server.process else "self"
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def measure(sockets: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            serving(Path(folder), MESHVOICE_TRUSTED_PROXIES="127.0.0.1") as server,
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=0)
            ) as http,
        ):
            await _steps(server, http, sockets)


async def _steps(server: Server, http: aiohttp.ClientSession, sockets: int) -> None:
    rooms: dict[str, list[Guest]] = {}
    for number in range(sockets // SEATS):
        group = [Guest(server, http, f"198.51.100.{number}") for _ in range(SEATS)]
        owner = await group[0].post("/sign-in", name="x")
        room = f"mysea-{owner['user_id']}"
        await group[0].post("/my-sea/open")
        for guest in group[1:]:
            made = await group[0].post("/my-sea/invitations")
            await guest.post("/invitations/accept", token=made["url"].partition("#")[2], name="x")
        rooms[room] = group
    everyone = [guest for group in rooms.values() for guest in group]
    idle = resident(server)
    print(f"{'idle, all signed in':40} {idle:8.1f} MB")

    def tell(what: str) -> None:
        now = resident(server)
        print(f"{what:40} {now:8.1f} MB {(now - idle) * 1000 / len(everyone):8.1f} KB a socket")

    for room, group in rooms.items():
        await asyncio.gather(*(guest.dial(room) for guest in group))
    tell(f"{len(everyone)} sockets before the hello")
    for guest in everyone:
        await guest.hello()
    await asyncio.gather(*(guest.read() for guest in everyone))
    tell("after the hello")
    for step, reads in (("large frames, read", True), ("large frames, unread", False)):
        for gen in range(1, ROUNDS + 1):
            for group in rooms.values():
                for guest, other in zip(group, [*group[1:], group[0]], strict=True):
                    await guest.say(type="offer", target=other.peer, gen=gen, sdp=sdp_of(LARGE))
            if reads:
                await asyncio.gather(*(guest.read() for guest in everyone))
        await asyncio.sleep(1)
        tell(step)
    await asyncio.gather(*(guest.leave() for guest in everyone), return_exceptions=True)
    await asyncio.sleep(2)
    tell("after closing")
    await asyncio.sleep(110)
    tell("110 s later, when no seat is kept")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sockets", type=int, default=128)
    asyncio.run(measure(arguments.parse_args().sockets))

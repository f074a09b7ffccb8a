"""A stranger with a program: asks a server for one kind of thing a thousand times a second, and no more.

`python -m tests.hostile.stranger PORT KIND --rate 1000 --seconds 10 --addresses 50 --cookie C --room R`
prints one line of JSON: how often it asked, and what it was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import re
import socket
from collections import Counter, deque

OPEN = 256
"""Connections at one time; what would need more is not asked."""
HALF_OPEN_SECONDS = 0.2
FORM = "Content-Type: application/x-www-form-urlencoded"
BOMB = gzip.compress(b"name=" + b"a" * 1_000_000)
JSON = "Accept: application/json"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = (
    f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}"
)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


def _request(line: str, *headers: str, body: bytes = b"") -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([f"{line} HTTP/1.1", "Host: localhost", *headers, *length, "", ""]).encode() + body


def kinds(*, origin: str, cookie: str, room: str) -> dict[str, bytes]:
    """Give each kind of request; the cookie is of the stranger's own session, and so is the room."""
    ours, mine = f"Origin: {origin}", f"Cookie: {cookie}"
    return {
        "home page": _request("GET /"),
        "wrong passphrase": _request(
            "POST /sign-in", ours, JSON, FORM, body=b"name=Eve&passphrase=correct+horse"
        ),
        "invitation page": _request("GET /invitation/"),
        "made-up invitation": _request(
            "POST /invitations/accept", ours, JSON, FORM, body=b"name=Eve&token=abcdefghijklmnopqrstuvwxyz"
        ),
        "handshake without a session": _request(f"GET /ws/voice/{room}/", ours, UPGRADE),
        "handshake of one's own": _request(f"GET /ws/voice/{room}/", ours, mine, UPGRADE),
        "gzip body": _request("POST /sign-in", ours, JSON, FORM, "Content-Encoding: gzip", body=BOMB),
        "half a body": _request("POST /sign-in", ours, FORM, body=b"x" * 500)[:-400],
        "credentials": _request(f"GET /api/voice/turn-credentials/?room={room}", mine),
        "static file": _request("GET /static/voice-mesh.js"),
        "nonsense method": _request("NONSENSE /my-sea/"),
        "oversized headers": _request("GET /", f"X-Long: {'x' * 40_000}"),
        "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(100)),
    }


class _Asker(asyncio.Protocol):
    """One connection, on which one question at a time is asked."""

    def __init__(self, stranger: Stranger) -> None:
        self._stranger = stranger
        self.transport: asyncio.Transport
        self._asking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes) -> None:
        self._asking = True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        found = _STATUS.match(data)
        if not self._asking or found is None:
            return
        self._asking = False
        self._stranger.told[found[1].decode()] += 1
        if found[1] == b"101" or b"onnection: close" in data[:600]:
            self.transport.abort()
        else:
            self._stranger.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asking:
            self._stranger.told["cut"] += 1
        self._asking = False
        self._stranger.open -= 1
        with contextlib.suppress(ValueError):
            self._stranger.idle.remove(self)


class Stranger:
    """Asks at a steady pace, on connections that stay where the server lets them."""

    def __init__(self, port: int, request: bytes, *, addresses: int, half: bool) -> None:
        self.told: Counter[str] = Counter()
        self.idle: deque[_Asker] = deque()
        self.open = 0
        self._port = port
        self._request = request
        self._addresses = addresses
        self._half = half
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, *, rate: int, seconds: float) -> None:
        """Ask so many times a second for so long; what finds no free connection is left out."""
        loop = asyncio.get_running_loop()
        start, asked = loop.time(), 0
        while (passed := loop.time() - start) < seconds:
            while asked < passed * rate:
                asked += 1
                if self.idle:
                    self.told["asked"] += 1
                    self.idle.popleft().ask(self._request)
                elif self.open < OPEN:
                    self.told["asked"] += 1
                    self.open += 1
                    task = asyncio.create_task(self._ask_anew(asked % self._addresses))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                else:
                    self.told["left out"] += 1
            await asyncio.sleep(0.002)

    async def _ask_anew(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        raw = socket.socket()
        raw.setblocking(False)
        try:
            raw.bind((f"127.0.1.{number + 1}", 0))
            await loop.sock_connect(raw, ("127.0.0.1", self._port))
            _, asker = await loop.create_connection(lambda: _Asker(self), sock=raw)
        except OSError:
            raw.close()
            self.open -= 1
            self.told["not let in"] += 1
            return
        asker.ask(self._request)
        if self._half:
            await asyncio.sleep(HALF_OPEN_SECONDS)
            asker.transport.abort()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("kind")
    parser.add_argument("--origin", required=True)
    parser.add_argument("--cookie", required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--addresses", type=int, default=1)
    said = parser.parse_args()
    request = kinds(origin=said.origin, cookie=said.cookie, room=said.room)[said.kind]
    half = said.kind == "half a body"
    stranger = Stranger(said.port, request, addresses=said.addresses, half=half)
    print("ready", flush=True)
    await stranger.ask(rate=min(said.rate, 2000), seconds=min(said.seconds, 60.0))
    print(json.dumps(stranger.told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

"""A stranger with a program: asks a server for one kind of thing a thousand times a second, and no more.

`python -m tests.hostile.stranger PORT KIND --rate 1000 --seconds 10 --addresses 50 --cookie C --room R`
prints one line of JSON: how often it asked (what was written, not what was meant to be), and what it was
answered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import re
import resource
import socket
from collections import Counter, deque

OPEN = 256
"""Connections at one time; what would need more is not asked."""
MANY_OPEN = 12_000
"""The same where a connection is kept until the server ends it."""
HALF_OPEN_SECONDS = 0.2
HALVES = frozenset(["half a head", "half a body", "body of pieces without an end", "half an upload"])
"""What the server waits for, so long, and then the next one comes."""
KEPT = frozenset(["connection that asks nothing"])
FORM = "Content-Type: application/x-www-form-urlencoded"
UPLOAD = "Content-Type: multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"a" * 1000
BOMB = gzip.compress(b"name=" + b"a" * 1_000_000)
JSON = "Accept: application/json"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = (
    f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}"
)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


def _request(line: str, *headers: str, body: bytes = b"") -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([f"{line} HTTP/1.1", *headers, *length, "", ""]).encode() + body


def _frame(text: str) -> bytes:
    """A client's WebSocket frame, masked with zeros."""
    return b"\x81\xfe" + len(text).to_bytes(2) + bytes(4) + text.encode()


def kinds(*, origin: str, cookie: str, room: str) -> dict[str, bytes]:
    """Give each kind of request; the cookie is of the stranger's own session, and so is the room."""
    host, ours, mine = f"Host: {origin.partition('//')[2]}", f"Origin: {origin}", f"Cookie: {cookie}"
    theirs = "Origin: https://evil.example"
    name, _, value = cookie.partition("=")
    forged = f"Cookie: {name}={'A' * len(value)}"
    sign_in, socket = ("POST /sign-in", host, ours, JSON, FORM), (f"GET /ws/voice/{room}/", host)
    hello = json.dumps({"type": "hello", "name": "Eve", "muted": True, "ticket": "x" * 400})
    return {
        # Who is nobody
        "home page": _request("GET /", host),
        "wrong passphrase": _request(*sign_in, body=b"name=Eve&passphrase=correct+horse"),
        "invitation page": _request("GET /invitation/", host),
        "made-up invitation": _request(
            "POST /invitations/accept",
            *(host, ours, JSON, FORM),
            body=b"name=Eve&token=abcdefghijklmnopqrstuvwxyz",
        ),
        "handshake without a session": _request(*socket, ours, UPGRADE),
        "credentials without a session": _request(f"GET /api/voice/turn-credentials/?room={room}", host),
        "made-up cookie": _request("GET /my-sea/", host, forged),
        "metrics without the token": _request("GET /metrics", host),
        # Who has a session
        "handshake of one's own": _request(*socket, ours, mine, UPGRADE),
        "made-up seat ticket": _request(*socket, ours, mine, UPGRADE) + _frame(hello),
        "credentials": _request(f"GET /api/voice/turn-credentials/?room={room}", host, mine),
        # From elsewhere
        "another's host": _request("GET /", "Host: evil.example"),
        "form of another site": _request("POST /sign-in", host, theirs, JSON, FORM, body=b"name=Eve"),
        "handshake of another site": _request(*socket, theirs, mine, UPGRADE),
        # Bodies
        "gzip body": _request(*sign_in, "Content-Encoding: gzip", body=BOMB),
        "half a body": _request(*sign_in, body=b"x" * 500)[:-400],
        "body of pieces without an end": _request(*sign_in, "Transfer-Encoding: chunked") + b"5\r\nname=\r\n",
        "half an upload": _request("POST /sign-in", host, ours, JSON, UPLOAD, body=PART)[:-400],
        "body where none is wanted": _request("GET /", host, body=b"x" * 16_000),
        "two lengths": _request(*sign_in, "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        # Heads
        "half a head": _request("GET /", host, "X-Long: x")[:-4],
        "oversized headers": _request("GET /", host, f"X-Long: {'x' * 40_000}"),
        "nonsense method": _request("NONSENSE /my-sea/", host),
        "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(100)),
        "connection that asks nothing": b"",
        # Files
        "static file": _request("GET /static/voice-mesh.js", host),
        "file of no name": _request("GET /static/v-0123456789abcdef/%00", host),
        "file of too long a name": _request(f"GET /static/{'x' * 300}.js", host),
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
        self._stranger.told["asked"] += 1
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

    def __init__(self, port: int, request: bytes, *, addresses: int, kind: str) -> None:
        self.told: Counter[str] = Counter()
        self.idle: deque[_Asker] = deque()
        self.open = 0
        self._port = port
        self._request = request
        self._addresses = addresses
        self._half, self._most = kind in HALVES, MANY_OPEN if kind in KEPT else OPEN
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, *, rate: int, seconds: float) -> None:
        """Ask so many times a second for so long; what finds no free connection is left out."""
        loop = asyncio.get_running_loop()
        start, asked = loop.time(), 0
        while (passed := loop.time() - start) < seconds:
            while asked < passed * rate:
                asked += 1
                if self.idle:
                    self.idle.popleft().ask(self._request)
                elif self.open < self._most:
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
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * MANY_OPEN)), hard))
    request = kinds(origin=said.origin, cookie=said.cookie, room=said.room)[said.kind]
    stranger = Stranger(said.port, request, addresses=said.addresses, kind=said.kind)
    print("ready", flush=True)
    await stranger.ask(rate=min(said.rate, 2000), seconds=min(said.seconds, 60.0))
    print(json.dumps(stranger.told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

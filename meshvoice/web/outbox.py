"""Bounded outboxes between the hub, which never waits, and slow sockets."""

from __future__ import annotations

import asyncio
from collections import deque

from aiohttp import WSMsgType, web

from meshvoice.signaling.codes import CloseCode

OUTBOX_FRAMES = 256
OUTBOX_BYTES = 512 * 1024
ALL_BYTES = 64 * 1024 * 1024
"""In all outboxes together; from there on, whoever has more than a fair part waiting is cut."""
CROWDED_FRAMES = 32
CROWDED_BYTES = 64 * 1024
"""From here on, who fills an outbox lets its writer go first."""
CLOSE_SECONDS = 1.0
"""How long a peer may take to read its close frame before the connection is cut."""


class Waiting:
    """How much waits in all outboxes together."""

    def __init__(self, most: int = ALL_BYTES) -> None:
        self.bytes = 0
        self._most = most

    def too_much(self, here: int) -> bool:
        """Whether so much in one outbox is more than can be borne now."""
        # Not whoever comes next: those who read have little waiting, and are left alone.
        return self.bytes > self._most and here > CROWDED_BYTES


class Outbox:
    """The frames on their way to one socket, written by one task.

    A peer that does not read fills it, and is cut with 4408; nobody else waits for it.
    """

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, waiting: Waiting) -> None:
        self._ws = ws
        self._request = request
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._waiting = waiting
        self._closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    @property
    def crowded(self) -> bool:
        """Whether more waits than comes by in a moment."""
        return len(self._frames) > CROWDED_FRAMES or self._bytes > CROWDED_BYTES

    @property
    def closing(self) -> tuple[int, str] | None:
        """The close code and reason that we chose, if we did."""
        return self._closing

    def put(self, frame: bytes) -> None:
        """Queue a frame. An outbox that is full closes the socket."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._count(len(frame))
        full = len(self._frames) > OUTBOX_FRAMES or self._bytes > OUTBOX_BYTES
        if full or self._waiting.too_much(self._bytes):
            self._clear()
            self.close(CloseCode.TOO_SLOW, "you read too slowly")
        self._wake.set()

    def _count(self, more: int) -> None:
        self._bytes += more
        self._waiting.bytes += more

    def _clear(self) -> None:
        self._frames.clear()
        self._count(-self._bytes)

    def close(self, code: int, reason: str) -> None:
        """Close the socket after the frames that are queued; later frames are dropped."""
        if self._closing is None:
            self._closing = (code, reason)
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._cut)
            self._wake.set()

    def _cut(self) -> None:
        # A stalled peer reads no close frame either: its kernel's buffer is full.
        if not self._writer.done():
            self._writer.cancel()
        transport = self._request.transport
        if transport is not None:
            transport.abort()

    async def finish(self) -> None:
        """Wait until the writer has ended; it ends at once when the socket is gone."""
        if self._closing is None:
            self._writer.cancel()
        await asyncio.wait([self._writer], timeout=2 * CLOSE_SECONDS)
        self._clear()

    async def _write(self) -> None:
        try:
            while True:
                while self._frames:
                    frame = self._frames.popleft()
                    self._count(-len(frame))
                    await self._ws.send_frame(frame, WSMsgType.TEXT)
                if self._closing is not None:
                    code, reason = self._closing
                    await self._ws.close(code=code, message=reason.encode())
                    return
                self._wake.clear()
                await self._wake.wait()
        except ConnectionError:
            # The socket is gone; its handler sees that too, and tells the hub.
            return

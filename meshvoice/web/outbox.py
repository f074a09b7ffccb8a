"""Bounded outboxes between the hub, which never waits, and slow sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from struct import Struct

from aiohttp import web

from meshvoice.signaling.codes import CloseCode
from meshvoice.web.connections import connection_of

OUTBOX_BYTES = 512 * 1024
ALL_BYTES = 64 * 1024 * 1024
"""In all outboxes together; from there on, whoever has more than a fair part waiting is cut."""
FAIR_BYTES = 64 * 1024
"""What waits beyond it counts: less is on its way to anybody on a usual network."""
CLOSE_SECONDS = 1.0
"""How long a peer may take to read its close frame before the connection is cut."""
HELD_BYTES = 1024 * 1024
"""So much leaves before the end of a pass: until it does nobody asks how much waits."""
LATELY = 0.00005
"""Seconds: whoever sends so soon after another waits for what else this pass brings."""
GONE = 1006
"""RFC 6455, 7.4.1: the connection ended without a close frame."""


class Outgoing:
    """All outboxes together: which of them hold frames, and how much waits for those who read slowly.

    Where frames come one after the other, they leave at the end of the loop's pass, in the order in which
    they were put, so that the writes stand next to one another: between two that are apart their reader
    falls asleep, and waking it costs as much as all that we do with a frame. One that comes alone waits for
    nothing.
    """

    def __init__(self, most: int = ALL_BYTES, now: Callable[[], float] = time.monotonic) -> None:
        self.bytes = 0
        self._most = most
        self._now = now
        self._holding: list[tuple[Outbox, bytes]] = []
        self._held = 0
        self.slow: set[Outbox] = set()
        """Those of which something counts in `bytes`."""
        self._sent_at = 0.0

    def holds(self, outbox: Outbox, frame: bytes) -> bool:
        """Hold a frame until the end of this pass; False: it goes at once."""
        holding = self._holding
        if not holding:
            before = self._sent_at
            self._sent_at = now = self._now()
            if now - before > LATELY:
                return False
            asyncio.get_running_loop().call_soon(self._send)
        holding.append((outbox, frame))
        self._held += len(frame)
        if self._held > HELD_BYTES:
            self._send()
        return True

    def _send(self) -> None:
        holding, self._holding, self._held = self._holding, [], 0
        for outbox, frame in holding:
            outbox.write(frame)
        self._sent_at = self._now()

    def weigh(self) -> None:
        """Weigh again what waits for those who read slowly: they have read, or there is too much by now."""
        for outbox in list(self.slow):
            outbox.weigh()

    def too_much(self, here: int) -> bool:
        """Whether so much in one outbox is more than can be borne now."""
        # Not whoever comes next: those who read have little waiting, and are left alone.
        return self.bytes > self._most and here > FAIR_BYTES


class Outbox:
    """The frames on their way to one socket: at once, or at the end of the loop's pass (`Outgoing`).

    What the system doesn't take yet waits in the transport. A peer that does not read fills it, and is cut
    with 4408; nobody else waits for it.
    """

    __slots__ = (
        "_closer",
        "_closing",
        "_connection",
        "_counted",
        "_heard_at",
        "_outgoing",
        "_pinged_at",
        "_transport",
        "_ws",
    )

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, outgoing: Outgoing) -> None:
        self._ws = ws
        self._connection = connection_of(request)
        self._transport = request.transport
        self._outgoing = outgoing
        self._counted = 0
        """How much of this one is in `outgoing`."""
        self._closing: tuple[int, str] | None = None
        self._closer: asyncio.Task[None] | None = None
        self._heard_at = asyncio.get_running_loop().time()
        self._pinged_at: float | None = None

    @property
    def closing(self) -> tuple[int, str] | None:
        """The close code and reason that we chose, if we did."""
        return self._closing

    def put(self, frame: bytes) -> None:
        """Take a frame, to send it soon."""
        if self._closing is None and not self._outgoing.holds(self, frame):
            self.write(frame)

    def write(self, frame: bytes) -> None:
        """Send a frame. Where too much waits to be read, the socket closes."""
        # Each alone: a page that gets an offer and all its candidates in one piece hears nobody meanwhile.
        transport = self._transport
        # aiohttp's own way out is a coroutine, which may wait: nothing here is awaited.
        if transport is None or transport.is_closing() or self._ws.closed:
            return
        transport.write(text_frame(frame))
        waits = transport.get_write_buffer_size()
        if waits > FAIR_BYTES or self._counted:
            self._weigh(waits)

    def weigh(self) -> None:
        """Count what waits to be read, where the socket isn't closing. Where it is too much, it closes."""
        if self._closing is None:
            self._weigh(0 if self._transport is None else self._transport.get_write_buffer_size())

    def _weigh(self, waits: int) -> None:
        self._count(waits if waits > FAIR_BYTES else 0)
        if waits > OUTBOX_BYTES or self._outgoing.too_much(waits):
            self.close(CloseCode.TOO_SLOW, "you read too slowly")

    def _count(self, bytes: int) -> None:
        self._outgoing.bytes += bytes - self._counted
        self._counted = bytes
        if bytes:
            self._outgoing.slow.add(self)
        else:
            self._outgoing.slow.discard(self)

    def look(self, now: float, heartbeat: float) -> None:
        """Look at the socket now and then: ping whoever is silent, and cut whoever doesn't answer."""
        if self._closing is not None:
            return
        if self._connection.heard:
            self._connection.heard, self._heard_at, self._pinged_at = False, now, None
        elif self._pinged_at is None:
            if now - self._heard_at >= heartbeat:
                self._pinged_at = now
                self._ping()
        elif now - self._pinged_at >= heartbeat / 2:
            self._give_up("no answer to a ping")

    def _ping(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_PING)

    def close(self, code: int, reason: str) -> None:
        """Close the socket after the frames that were put; later frames are dropped."""
        if self._closing is None:
            # What was put leaves first: its turn came before that of the task.
            self._closing = (code, reason)
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._cut)
            self._closer = asyncio.create_task(self._close(code, reason))

    def _give_up(self, reason: str) -> None:
        # Nobody is at the other end, and no close frame would reach them.
        if self._closing is None:
            self._closing = (GONE, reason)
        self._cut()

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._ws.close(code=code, message=reason.encode())
        except ConnectionError:
            # The socket is gone; its handler sees that too, and tells the hub.
            return

    def _cut(self) -> None:
        # A stalled peer reads no close frame either: its kernel's buffer is full.
        if self._closer is not None and not self._closer.done():
            self._closer.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def finish(self) -> None:
        """Wait until the socket is closed, where we close it."""
        if self._closer is not None and not self._closer.done():
            await asyncio.wait([self._closer], timeout=2 * CLOSE_SECONDS)
        self._count(0)


_PING = b"\x89\x00"
_head = Struct("!BBH").pack


def text_frame(payload: bytes) -> bytes:
    """Write a server's text frame (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        return b"\x81%c" % length + payload
    if length < 65536:
        return _head(0x81, 126, length) + payload
    return b"\x81\x7f" + length.to_bytes(8) + payload

"""What a socket's handler reads, from the hello on, and how much may come that is no message."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial

from aiohttp import WebSocketError, WSMsgType, web

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.limits import TokenBucket
from meshvoice.signaling.registry import SocketId
from meshvoice.web.connections import Connection, connection_of
from meshvoice.web.keys import WAITS
from meshvoice.web.outbox import Outbox
from meshvoice.web.straight import OTHERS_A_SECOND, OTHERS_AT_ONCE, StraightResponse, Unheard
from meshvoice.web.switchboard import Switchboard


class Reader:
    """Reads one socket, frame by frame, but for the texts that a `StraightResponse` hands on by itself."""

    def __init__(
        self,
        request: web.Request,
        ws: web.WebSocketResponse,
        switchboard: Switchboard,
        socket: SocketId,
        outbox: Outbox,
    ) -> None:
        self.switchboard = switchboard
        self.socket = socket
        self._ws = ws
        # A `StraightResponse` has such bounds within the read, before a frame costs anything.
        self._bounds = None if isinstance(ws, StraightResponse) else _Bounds(connection_of(request), outbox)

    async def hear(self) -> bool:
        """Hear what comes next; False: the socket has ended."""
        message = await self._ws.receive()
        if self._bounds is not None and not self._bounds.bear(message.type, message.data):
            return False
        # No await from here to the outboxes: the registry is whole between two messages.
        match message.type:
            case WSMsgType.TEXT:
                self.switchboard.receive(self.socket, message.data)
            case WSMsgType.BINARY:
                self.switchboard.receive_binary(self.socket, len(message.data))
            case WSMsgType.PING:
                # Whoever sent it may be gone: what is read next tells that.
                with contextlib.suppress(ConnectionError):
                    await self._ws.pong(message.data)
            case WSMsgType.ERROR if isinstance(message.data, Unheard):
                raise message.data.problem
            case WSMsgType.ERROR if isinstance(message.data, WebSocketError):
                raise message.data
            case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED:
                return False
        return True

    def straight_on(self) -> None:
        """Have texts heard within the read that brings them, where that can be."""
        if isinstance(self._ws, StraightResponse):
            self._ws.hear(partial(self.switchboard.receive, self.socket))


class _Bounds:
    """Ends a socket on which more comes that is no message than a browser sends, by aiohttp's public names.

    A read holds forty thousand pings, and a queue gives them without a pause.
    """

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox
        self._others = TokenBucket(rate=OTHERS_A_SECOND, burst=OTHERS_AT_ONCE, now=time.monotonic())
        connection.bound(partial(outbox.close, CloseCode.TOO_FAST, "no message ends"))

    def bear(self, kind: WSMsgType, data: object) -> bool:
        """Count what was read; False: it is too much, and the socket closes."""
        if not isinstance(data, bytes | bytearray):
            return True
        self._connection.took(len(data))
        if kind not in (WSMsgType.PING, WSMsgType.PONG) or self._others.take(time.monotonic()):
            return True
        self._outbox.close(CloseCode.TOO_FAST, "too many pings")
        return False


async def listen(request: web.Request, reader: Reader, greeted: Callable[[], None]) -> None:
    """Hear a socket until it ends; `greeted` is called with its hello."""
    switchboard, socket, within = reader.switchboard, reader.socket, request.app[WAITS].hello
    try:
        async with asyncio.timeout(within):
            while switchboard.awaits_hello(socket):
                if not await reader.hear():
                    return
    except TimeoutError:
        switchboard.close(socket, CloseCode.BAD, f"no hello within {within:.0f} seconds")
        return
    greeted()
    # What the client says behind its hello is read once it is in.
    hello = await switchboard.turn(socket)
    if hello is not None and request.transport is not None:
        switchboard.let_in(socket, hello)
    reader.straight_on()
    while await reader.hear():
        pass

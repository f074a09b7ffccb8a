"""HTTP connections around their requests: how many there are, how long they wait, what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict

from meshvoice.forwarding import within
from meshvoice.languages import ENGLISH
from meshvoice.signaling.limits import address_key
from meshvoice.values import UNIX
from meshvoice.web.error_pages import plain_page
from meshvoice.web.keys import HEADERS, LANGUAGES, RESPONSE, SETTINGS, THROTTLES, WAITS
from meshvoice.web.site import to
from meshvoice.web.straight import LOOSE_BYTES, Bounded, StraightResponse, own_headers, whole_bytes

FIELD_BYTES = 32 * 1024
"""Of one header: a single sign-on on the same domain sets cookies that aiohttp's usual 8 KiB don't hold."""
HEAD_BYTES = 72 * 1024
"""Of a request's line and all its headers: 64 KiB of cookies and the usual rest."""
PROXY_SECONDS = 3630.0
"""For which a trusted proxy may keep a connection: longer than it does, for one that we close just when it
sends a form on it is a 502 for somebody."""
LINGER_SECONDS = 0.5
"""For which a body that nobody wants is thrown away, so that its sender gets to read why."""
LOOKED_AT = 32
"""How many connections are looked at, at most, for one that makes room."""


def make_runner(app: web.Application, **more: Any) -> web.AppRunner:
    """Give the runner of the application, with all that bounds its connections."""
    return _Runner(
        app,
        access_log=None,  # would hold addresses
        # 62 KB hold 64 MB, and unpacking them is nothing that a throttle sees: `admission` answers 415.
        auto_decompress=False,
        max_field_size=FIELD_BYTES,
        lingering_time=LINGER_SECONDS,
        keepalive_timeout=app[WAITS].keepalive,
        **more,
    )


class _Runner(web.AppRunner):
    """aiohttp's runner names its `Server` class itself; what it made is asked for its parts."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return Connections(self.app, made)


class Connections(web.Server):
    """Makes and counts the connections."""

    def __init__(self, app: web.Application, made: web.Server) -> None:
        super().__init__(made.request_handler, request_factory=made.request_factory, **made._kwargs)
        throttles, self._settings, headers = app[THROTTLES], app[SETTINGS], app[HEADERS]
        self._of_address, self._in_all = throttles.connections_of_address, throttles.connections
        self._refused = throttles.refused_connections
        self.first_request: float = app[WAITS].first_request
        self._room: float = app[WAITS].room
        self.unread: float = app[WAITS].unread
        self.silent: OrderedDict[Connection, float] = OrderedDict()
        """When each of a visitor's was heard last, the longest silence first; WebSockets are none of them."""
        self.own_headers = issubclass(app[RESPONSE], StraightResponse)
        """Whether aiohttp is such that a handshake's headers can be forgotten."""
        self.headers: dict[str, str] = {**headers, "Cache-Control": "no-store"}
        self.home = to(app, "/")
        # Nothing has been read by which another language could be known.
        self.language = app[LANGUAGES][ENGLISH]
        crowded = self.language.say("server", "refused.crowded")
        page = plain_page(self.language, 429, crowded, home=self.home).encode()
        lines = {
            **self.headers,
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(page)),
            "Retry-After": "60",
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.refusal = f"HTTP/1.1 429 Too Many Requests\r\n{head}\r\n".encode() + page

    def __call__(self) -> RequestHandler:
        """Make the protocol of a connection; called by the loop for each."""
        return Connection(self, loop=self._loop, **self._kwargs)

    @property
    def unasked(self) -> int:
        """How many have yet to ask for something."""
        return sum(cast(Connection, each).unasked for each in self.connections)

    def trusts(self, peer: str) -> bool:
        """Whether a proxy of ours is at the other end: no visitor, but all of them."""
        return within(peer, self._settings.trusted_proxies)

    def hold(self, peer: str) -> Callable[[], None] | None:
        """Count a connection, and give what counts it out; None: there are too many."""
        # All visitors come from a proxy's one address; whose they are is known with their first request.
        proxy = self.trusts(peer)
        caps = (
            [(self._in_all, None)] if proxy else [(self._in_all, None), (self._of_address, address_key(peer))]
        )
        if not all(cap.free(key) for cap, key in caps[1:]):
            self._refused["address"] += 1
            return None
        if not (self._in_all.free(None) or self._ends_one()):
            self._refused["all"] += 1
            return None
        for cap, key in caps:
            cap.hold(key)

        def release() -> None:
            for cap, key in caps:
                cap.release(key)

        return release

    def _ends_one(self) -> bool:
        """End the connection that idles for longest, lest idle ones in great number keep others out."""
        now = self._loop.time()
        for _ in range(min(LOOKED_AT, len(self.silent))):
            connection, at = next(iter(self.silent.items()))
            if now - at < self._room:
                return False
            if connection.idles:
                connection.makes_room()
                return True
            # It is being answered, which has an end of its own; whoever looks next begins behind it.
            connection.was_heard(now)
        return False


class Connection(RequestHandler):
    """aiohttp's connection, with an end for whoever asks for nothing, and answers like all others of ours.

    Between two requests, and for the head of the next one, aiohttp's keep-alive timer holds: it closes
    whatever is not being answered when its time is up. That timer starts with the connection too, but is
    longer than a browser needs for its first request, which has a timer here.
    """

    __slots__ = (
        *("_connections", "_first", "_frames", "_handshake", "_head", "_loose", "_release", "_too_loose"),
        *("heard", "peer"),
    )

    def __init__(self, connections: Connections, *, loop: asyncio.AbstractEventLoop, **settings: Any) -> None:
        super().__init__(connections, loop=loop, **settings)
        self._connections = connections
        self.peer = ""
        """The address at the other end, or `UNIX`; nothing where it is gone again."""
        self._first: asyncio.TimerHandle | None = None
        self._head = 0
        self._handshake: CIMultiDict[str] | None = None
        self._frames: Callable[[bytes], tuple[bool, bytes]] | None = None
        self._loose = 0
        self._too_loose: Callable[[], None] | None = None
        self.heard = False
        """Whether bytes came; whoever looks takes it back."""
        self._release: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection in, or refuse it before a task is made for it."""
        self.peer = peer = _peer(transport)
        self._release = self._connections.hold(peer)
        if self._release is None:
            refused = cast(asyncio.Transport, transport)
            refused.write(self._connections.refusal)
            refused.close()
            self._force_close = True
            return
        _give_up_unread(transport, self._connections.unread)
        proxy = self._connections.trusts(peer)
        if proxy:
            self._keepalive_timeout = PROXY_SECONDS
        super().connection_made(transport)
        if proxy:
            return
        self._connections.silent[self] = self._loop.time()
        self._first = self._loop.call_later(self._connections.first_request, self._give_up)

    @property
    def unasked(self) -> bool:
        """Whether no request has come by it."""
        return self._request_count == 0

    def upgraded(self) -> None:
        """Forget the headers of a handshake that is done, and take the short way to whoever reads frames."""
        self._connections.silent.pop(self, None)
        if self._handshake is not None:
            self._handshake.clear()
        parser = self._payload_parser
        if isinstance(parser, Bounded):
            self._frames = parser.feed_data

    def bound(self, too_loose: Callable[[], None]) -> None:
        """Have `too_loose` called where bytes come of which no message becomes: aiohttp's queue has no end.

        Empty pieces of one that never ends cost time, and neither grow it nor reach whoever counts.
        """
        self._too_loose = too_loose

    def took(self, size: int) -> None:
        """Note that a message of so many bytes was read from the queue."""
        self._loose = max(0, self._loose - whole_bytes(size))

    def _give_up(self) -> None:
        if self.unasked:
            self.force_close()

    @property
    def more_came(self) -> bool:
        """Whether another request waits for the answer to this one."""
        return bool(self._messages)

    @property
    def idles(self) -> bool:
        """Whether nothing is being answered."""
        return self._waiter is not None and not self._waiter.done()

    def was_heard(self, now: float) -> None:
        """Note that it isn't silent."""
        silent = self._connections.silent
        if self in silent:
            silent[self] = now
            silent.move_to_end(self)

    def makes_room(self) -> None:
        """End at once, for another."""
        transport = self.transport
        self.force_close()
        if transport is not None:
            # Whoever reads nothing would keep it open for what is on its way.
            transport.abort()
        self._count_out()

    def _count_out(self) -> None:
        self._connections.silent.pop(self, None)
        if self._release is not None:
            self._release()
            self._release = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the connection out."""
        if self._first is not None:
            self._first.cancel()
        self._count_out()
        self._frames = self._too_loose = None  # they lead back here
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of a head are counted until it is whole, for aiohttp bounds each field alone."""
        frames = self._frames
        if frames is not None:
            # All that aiohttp does with those of a WebSocket. Once it ends they are thrown away, and tell no
            # more that somebody is there.
            if not self._force_close and not self._close:
                self.heard = True
                if frames(data)[0]:
                    self.close()
            return
        if self._too_loose is not None:
            self.heard = not (self._force_close or self._close)
            # What waits for its turn in the queue counts too, and may be as much again.
            self._loose += len(data)
            if self._loose > 2 * LOOSE_BYTES:
                self._too_loose()
                return
            super().data_received(data)
            return
        self.heard = True
        self.was_heard(self._loop.time())
        if self._payload_parser is not None:  # frames right behind a handshake that is not yet answered
            super().data_received(data)
            return
        before = self._request_count
        super().data_received(data)
        if self._request_count > before and self._connections.own_headers:
            self._handshake = own_headers(self)
        # It waits while nothing is being answered: these bytes are a head's then, and no body's.
        self._head = self._head + len(data) if self.idles and self._request_count == before else 0
        if self._head > HEAD_BYTES:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what aiohttp refuses before the application sees it, and what breaks behind it."""
        # Logs it, and raises where a part of an answer has been sent; its own answer is the parser's words,
        # without the headers.
        super().handle_error(request, status, exc, message)
        key = "refused.unreadable" if status < 500 else "refused.broken-unseen"
        if isinstance(exc, LineTooLong):
            status, key = 431, "refused.too-long"
        return _Refusal(status, key, self._connections)


def connection_of(request: web.Request) -> Connection:
    """Give the connection that a request came by."""
    return cast(Connection, request.protocol)


def peer_of(request: web.Request) -> str:
    """Give what is known of the other end of a request's connection (`Connection.peer`)."""
    return connection_of(request).peer


def own_address_of(request: web.Request) -> str | None:
    """Give the address of ours at which a request's connection came in; None: by the Unix socket."""
    name = None if request.transport is None else request.transport.get_extra_info("sockname")
    return str(name[0]) if isinstance(name, tuple) else None


def _peer(transport: asyncio.BaseTransport) -> str:
    # By the socket's family: a TCP peer that is gone again has no name either, and is nobody to be trusted.
    if transport.get_extra_info("socket").family == socket.AF_UNIX:
        return UNIX
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else ""


def _give_up_unread(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Let the kernel end a connection whose other end takes nothing of what is sent for so long.

    It would ask for ever whether there is room again; and so an answer, or a farewell, would last for ever.
    """
    taken_in = transport.get_extra_info("socket")
    if taken_in.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):  # it is gone again
            taken_in.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


class _Refusal(web.Response):
    """An answer without the application, whose signal would have set its headers."""

    def __init__(self, status: int, key: str, connections: Connections) -> None:
        language = connections.language
        title = 400 if status < 500 else status
        text = plain_page(language, title, language.say("server", key), home=connections.home)
        super().__init__(status=status, text=text, content_type="text/html", headers=connections.headers)
        self.force_close()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        del self.headers["Server"]  # aiohttp names itself and Python's version

"""Text frames heard within the read that brings them: the one place that goes by aiohttp's private names.

Usually aiohttp queues a frame and wakes the task that reads it, which costs as much as all that we do with a
frame. A `StraightResponse` hands it on at once. Whether aiohttp is as this was written for, `fits` finds out
once, at the start; where it isn't, a plain `web.WebSocketResponse` does the same for a quarter more. By the
same names a handshake's headers are forgotten, once it is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import WebSocketError, WSMessage, WSMsgType, web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict, CIMultiDictProxy

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.limits import TokenBucket

try:
    from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
    from aiohttp.helpers import DEFAULT_CHUNK_SIZE
except ImportError:  # then it doesn't fit
    WebSocketDataQueue = object  # type: ignore[assignment, misc]

_TEXT = WSMsgType.TEXT
VERSIONS = ("3.14.",)
"""Those whose code was read for this."""
OTHERS_A_SECOND = 2.0
OTHERS_AT_ONCE = 200
"""Pings, pongs and whatever else is no text: a browser sends one pong to each of our pings."""
LOOSE_BYTES = 512 * 1024
"""Of no whole message: more than one may have, and a read or two that wait for their turn."""
_FRAME_HEAD = 14


def whole_bytes(size: int) -> int:
    """Tell how many bytes on the wire a whole message of `size` bytes may have taken."""
    # A client may cut its messages into pieces of a kilobyte, with a head for each.
    return size + size // 64 + _FRAME_HEAD


_KNOWN = frozenset(
    [
        *(
            "DEFAULT_CHUNK_SIZE",
            "WebSocketDataQueue",
            "WebSocketReader",
            "_compress",
            "_decode_text",
            "_heartbeat",
        ),
        *(
            "_loop",
            "_max_msg_size",
            "_on_data_received",
            "_parser",
            "_protocol",
            "_reader",
            "_reset_heartbeat",
        ),
        *("_writer", "_ws_protocol", "bool", "keep_alive", "protocol", "set_parser"),
    ]
)
"""All that aiohttp's own `_post_start` names: what is done there is what ours does."""

_OF_A_READ = frozenset(
    ["_close", "_force_close", "_messages", "_parser", "_payload_parser", "_upgraded", "close", "feed_data"]
)
"""What aiohttp's own `data_received` names, by which `own_headers` and `Connection.data_received` go."""


class Unheard(Exception):
    """Whoever heard a frame raised `problem`."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(problem)
        self.problem = problem


class _Queue(WebSocketDataQueue):
    """aiohttp's queue of what a socket's handler reads, past which texts go while somebody hears them."""

    __slots__ = ("hear", "loose", "others")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.hear: Callable[[bytes], None] | None = None
        self.loose = 0
        """Bytes that came, but for those of whole messages."""
        self.others: TokenBucket | None = None

    def feed_data(self, data: Any, size: int) -> None:
        self.loose -= size + size // 64 + _FRAME_HEAD  # `whole_bytes`, without a call for each frame
        kind, text, _ = data
        if kind is _TEXT:
            hear = self.hear
            # Not past what came before, and is yet to be read.
            if hear is not None and not self._buffer:
                try:
                    hear(text)
                except Exception as problem:
                    # The parser would drop it: so it goes to the handler, as what that reads next.
                    super().feed_data(WSMessage(WSMsgType.ERROR, Unheard(problem), None), 0)
                return
        elif kind is not WSMsgType.CLOSING and not self._may():
            # Ends the read in its middle: 40,000 pings fit into one. `CLOSING` is our own, when we close.
            raise WebSocketError(CloseCode.TOO_FAST, "too many pings")
        super().feed_data(data, size)

    def _may(self) -> bool:
        now = time.monotonic()
        if self.others is None:
            self.others = TokenBucket(rate=OTHERS_A_SECOND, burst=OTHERS_AT_ONCE, now=now)
        return self.others.take(now)


class Bounded:
    """aiohttp's reader of frames, with an end for bytes of which no message becomes.

    Empty pieces of a message that never ends cost time, and neither grow it nor reach whoever counts.
    """

    __slots__ = ("_queue", "_read", "_reader")

    def __init__(self, reader: WebSocketReader, queue: _Queue) -> None:
        self._reader = reader
        self._read = reader.feed_data
        self._queue = queue

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what was read."""
        queue = self._queue
        if queue.loose > LOOSE_BYTES:
            return True, b""
        queue.loose += len(data)
        told = self._read(data)
        if queue.loose < 0:
            queue.loose = 0
        elif queue.loose > LOOSE_BYTES and not told[0]:
            queue.set_exception(WebSocketError(CloseCode.TOO_FAST, "no message ends"))
            return True, b""
        return told

    def feed_eof(self) -> None:
        """Take the end."""
        self._reader.feed_eof()


class StraightResponse(web.WebSocketResponse):
    """A WebSocket whose texts go straight to `hear`; everything else is read from it as ever."""

    _queue: _Queue

    def hear(self, hear: Callable[[bytes], None] | None) -> None:
        """Hand texts to `hear` from now on, or to nobody. What it raises is read as an `Unheard`."""
        self._queue.hear = hear

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: Any) -> None:
        # As aiohttp's own, but for the queue. No heartbeat: the switchboard has one for all.
        assert self._loop is not None  # noqa: S101  # set just before
        self._ws_protocol = protocol
        self._writer = writer
        self._reader = self._queue = _Queue(request._protocol, DEFAULT_CHUNK_SIZE, loop=self._loop)
        self._parser = WebSocketReader(
            self._queue, self._max_msg_size, compress=bool(self._compress), decode_text=self._decode_text
        )
        request.protocol.set_parser(Bounded(self._parser, self._queue))  # type: ignore[arg-type]
        request.protocol.keep_alive(False)
        # No request comes any more, and it holds the headers of the last one.
        request._protocol._parser = None


def own_headers(connection: RequestHandler) -> CIMultiDict[str] | None:
    """Have the handshake that just came, if it is one, hold its headers by what this gives to be cleared.

    aiohttp keeps them for as long as the connection lasts, and twice, though nobody asks for them again.
    """
    if not connection._upgraded:
        return None
    message: Any
    message, payload = connection._messages.pop()
    headers = CIMultiDict(message.headers)
    slim = message._replace(headers=CIMultiDictProxy(headers), raw_headers=())
    connection._messages.append((slim, payload))
    return headers


def fits(version: str = aiohttp.__version__) -> bool:
    """Tell whether aiohttp is as this was written for: by its version, by its names, and by a frame."""
    if not version.startswith(VERSIONS):
        return False
    try:
        named = frozenset(web.WebSocketResponse._post_start.__code__.co_names)
        parses = frozenset(RequestHandler.data_received.__code__.co_names)
        return named == _KNOWN and parses >= _OF_A_READ and _hears()
    except Exception:
        # Whatever it is that has another shape: the usual way goes on.
        return False


def _hears() -> bool:
    heard: list[bytes] = []
    queue = _Queue(None, 1024, loop=None)  # neither is asked so soon
    queue.hear = heard.append
    WebSocketReader(queue, 1024, compress=False, decode_text=False).feed_data(b"\x81\x82\x00\x00\x00\x00{}")
    return heard == [b"{}"] and not queue._buffer

"""Frames on their way to one socket, written past aiohttp's own writer."""

from __future__ import annotations

import pytest
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader

from meshvoice.web.outbox import text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_of_any_length_is_read_as_it_was_put(length: int) -> None:
    """At each way in which RFC 6455 writes a length."""
    payload = b"x" * length
    queue = WebSocketDataQueue(None, 1 << 20, loop=None)  # type: ignore[arg-type]  # neither is asked
    WebSocketReader(queue, 0, compress=False, decode_text=False).feed_data(text_frame(payload))
    assert [message.data for message, _ in queue._buffer] == [payload]

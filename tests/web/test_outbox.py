"""Frames on their way to one socket, written past aiohttp's own writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader

from meshvoice.signaling.codes import CloseCode
from meshvoice.web.keys import OUTGOING
from meshvoice.web.outbox import FAIR_BYTES, HELD_BYTES, Outbox, Outgoing, text_frame
from tests.web.house import DEADLINE, House


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_of_any_length_is_read_as_it_was_put(length: int) -> None:
    """At each way in which RFC 6455 writes a length."""
    payload = b"x" * length
    queue = WebSocketDataQueue(None, 1 << 20, loop=None)  # type: ignore[arg-type]  # neither is asked
    WebSocketReader(queue, 0, compress=False, decode_text=False).feed_data(text_frame(payload))
    assert [message.data for message, _ in queue._buffer] == [payload]


class Recorded:
    """A transport that takes everything, and notes each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.waits = 0

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return self.waits


class Upgraded:
    """As much of a request, and of its WebSocket, as an outbox asks for."""

    closed = False
    protocol = None

    def __init__(self) -> None:
        self.transport = Recorded()

    async def close(self, *, code: int, message: bytes) -> None:
        self.transport.write(b"closed")


def outbox(outgoing: Outgoing) -> tuple[Outbox, list[bytes]]:
    upgraded = Upgraded()
    return Outbox(upgraded, upgraded, outgoing), upgraded.transport.writes  # type: ignore[arg-type]


async def test_what_comes_in_one_pass_leaves_at_its_end() -> None:
    """In its order, and for every outbox; the first of all at once."""
    outgoing = Outgoing(now=lambda: 1.0)
    (one, to_one), (other, to_other) = outbox(outgoing), outbox(outgoing)
    one.put(b"a")
    assert to_one == [b"\x81\x01a"]
    one.put(b"b")
    other.put(b"c")
    one.put(b"d")
    assert (len(to_one), to_other) == (1, [])
    await asyncio.sleep(0)
    assert (to_one[1:], to_other) == ([b"\x81\x01b", b"\x81\x01d"], [b"\x81\x01c"])


async def test_what_waits_leaves_in_the_order_in_which_it_was_put() -> None:
    """Whoever it goes to."""
    outgoing = Outgoing(now=lambda: 1.0)
    (one, to_one), (other, _) = outbox(outgoing), outbox(outgoing)
    other._transport.write = to_one.append  # type: ignore[union-attr, method-assign]
    for to, frame in ((one, b"a"), (one, b"b"), (other, b"c"), (one, b"d")):
        to.put(frame)
    await asyncio.sleep(0)
    assert to_one == [b"\x81\x01a", b"\x81\x01b", b"\x81\x01c", b"\x81\x01d"]


async def test_what_comes_alone_waits_for_nothing_but_what_came_before_it() -> None:
    """Whoever is sent something while others' frames wait gets it behind them, and so does everyone."""
    times = iter([1.0, 1.001, 1.00104, 1.01, 1.02])
    outgoing = Outgoing(now=lambda: next(times))
    (one, to_one), (other, to_other) = outbox(outgoing), outbox(outgoing)
    one.put(b"a")
    one.put(b"b")
    assert len(to_one) == 2
    one.put(b"c")
    other.put(b"d")
    assert (len(to_one), to_other) == (2, [])
    await asyncio.sleep(0)
    assert (to_one[2:], to_other) == ([b"\x81\x01c"], [b"\x81\x01d"])
    other.put(b"e")
    assert to_other[1:] == [b"\x81\x01e"]


async def test_no_pass_holds_more_than_a_megabyte() -> None:
    """Nobody asks how much waits for a slow reader before it is sent; in its order it goes all the same."""
    outgoing = Outgoing(now=lambda: 1.0)
    (one, to_one), (other, to_other) = outbox(outgoing), outbox(outgoing)
    frame = b"x" * (HELD_BYTES // 16)
    one.put(b"first")
    for _ in range(16):
        one.put(frame)
    assert len(to_one) == 1
    other.put(b"a")
    assert (len(to_one), len(to_other)) == (17, 1)
    other.put(b"b")
    assert len(to_other) == 1
    await asyncio.sleep(0)
    assert to_other == [b"\x81\x01a", b"\x81\x01b"]


async def test_what_was_put_before_the_end_leaves_before_it() -> None:
    """And nothing behind it."""
    one, to_one = outbox(Outgoing(now=lambda: 0.0))
    one.put(b"a")
    one.close(CloseCode.REMOVED, "removed")
    one.put(b"b")
    await one.finish()
    assert to_one == [b"\x81\x01a", b"closed"]


async def test_what_waits_for_a_slow_reader_is_weighed_again_until_it_is_read() -> None:
    """Though nothing more is sent to it; and it is forgotten with its socket."""
    outgoing, upgraded = Outgoing(now=lambda: 0.0), Upgraded()
    slow = Outbox(upgraded, upgraded, outgoing)  # type: ignore[arg-type]  # as much as it asks for
    weighed = []
    for waits in (FAIR_BYTES + 1, FAIR_BYTES + 2, FAIR_BYTES, FAIR_BYTES + 3):
        upgraded.transport.waits = waits
        if outgoing.slow:
            outgoing.weigh()
        else:
            slow.put(b"a")
            await asyncio.sleep(0)
        weighed.append((outgoing.bytes, len(outgoing.slow)))
    assert weighed == [(FAIR_BYTES + 1, 1), (FAIR_BYTES + 2, 1), (0, 0), (FAIR_BYTES + 3, 1)]
    await slow.finish()
    assert (outgoing.bytes, outgoing.slow) == (0, set())


async def test_whoever_reads_slowly_is_cut_at_the_next_look_once_all_together_wait_for_too_much() -> None:
    """And not when a frame comes for it."""
    outgoing, upgraded = Outgoing(most=2 * FAIR_BYTES, now=lambda: 0.0), Upgraded()
    slow = Outbox(upgraded, upgraded, outgoing)  # type: ignore[arg-type]  # as much as it asks for
    upgraded.transport.waits = FAIR_BYTES + 1
    slow.put(b"a")
    await asyncio.sleep(0)
    outgoing.bytes += FAIR_BYTES  # another's
    before = slow.closing
    outgoing.weigh()
    assert (before, slow.closing) == (None, (CloseCode.TOO_SLOW, "you read too slowly"))
    await slow.finish()


class Noted:
    """An outbox that is only weighed."""

    def __init__(self, weigh: Callable[[], None]) -> None:
        self.weigh = weigh


async def test_slow_readers_are_weighed_at_each_tick(house: House) -> None:
    weighed, slow = asyncio.Event(), house.app[OUTGOING].slow
    noted = cast(Any, Noted(weighed.set))
    slow.add(noted)
    async with asyncio.timeout(DEADLINE):
        await weighed.wait()
    slow.discard(noted)

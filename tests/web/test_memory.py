"""Memory that a crowd left behind (W14)."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from meshvoice.web.connections import Connection
from meshvoice.web.memory import TRIM_SECONDS, Memory
from tests.web.house import House
from tests.web.person import Person

MB = 1_000_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_what_a_crowd_left_goes_back_to_the_machine() -> None:
    """Freed frames between things that live on stay with the C library until it is asked."""
    memory = Memory()
    memory.tick(0)
    # Below the size from which each has a mapping of its own.
    frames = [bytes(30_000) for _ in range(2_000)]
    kept = frames[::50]
    frames.clear()
    held = resident()
    memory.tick(TRIM_SECONDS / 2)
    assert resident() > held - 5 * MB
    memory.tick(TRIM_SECONDS)
    assert resident() < held - 30 * MB
    assert len(kept) == 40


async def whole_life(ana: Person, path: str) -> None:
    """Ask by a connection of its own."""
    cookies = "; ".join(f"{name}={value}" for name, value in ana.cookies.items())
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookies}\r\n\r\n"
    assert (await ana.house.raw(head.encode())).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "path", ["/healthz", "/static/style.css", "/", "/api/voice/turn-credentials/", "bye", "cut"]
)
async def test_what_ended_is_freed_at_once(ana: Person, house: House, path: str) -> None:
    """No cycle holds a request or its connection: the collector of cycles looks once in many thousands."""
    room = await ana.open_sea()
    # A WebSocket takes the connection that is open already.
    left = house.connections - (path in ("bye", "cut"))
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        if path == "bye":
            wire = await ana.join(room)
            await wire.say(type="bye")
            await wire.closed()
        elif path == "cut":
            (await ana.join(room)).cut()
        else:
            await whole_life(ana, path)
        await house.until(lambda: house.connections == left)
        gc.collect()
        kept = Counter(
            type(each).__name__
            for each in gc.garbage
            if isinstance(each, web.Request | web.WebSocketResponse | Connection)
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert kept == {}

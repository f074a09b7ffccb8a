"""Strategies of coming and going: sockets, seats, tickets, tabs."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import aiohttp

from tests.hostile.guest import Guest

TENTH = 0.1
HELLO = {"type": "hello", "name": "Guest", "muted": False}


async def joining_and_leaving(guest: Guest) -> None:
    """Join and leave ten times a second, until the joins are used up."""
    await guest.say(type="bye")
    await asyncio.sleep(TENTH)


async def dropping_and_resuming(guest: Guest) -> None:
    """Drop the socket and come back with the ticket ten times a second: away, back, away."""
    await guest.seated.wait()
    if guest.ws is not None:
        await guest.ws.close()
    await asyncio.sleep(TENTH)


async def two_tabs(guest: Guest) -> None:
    """Fight itself for its own seat, each tab throwing the other out."""
    await _with_hello(guest, HELLO, seconds=TENTH)


async def forged_tickets(guest: Guest) -> None:
    """Come with tickets that were changed, cut, made up, or are somebody else's to make."""
    await guest.seated.wait()
    body, _, mac = guest.ticket.partition(".")
    at = guest.rng.randrange(len(body))
    forged = guest.rng.choice(
        (
            f"{body[:at]}{guest.rng.choice('ABCabc01')}{body[at + 1 :]}.{mac}",
            f"{body}.{mac[::-1]}",
            f"{body}.",
            guest.ticket[:at],
            "." * 512,
            "\u00e9" * 100,
            "x" * 1024,
        )
    )
    await _with_hello(guest, {**HELLO, "ticket": forged, "seen": 2**53}, seconds=TENTH)


async def replayed_tickets(guest: Guest) -> None:
    """Come with the tickets of seats that were left, and with any count of what was seen."""
    await guest.say(type="bye")
    await asyncio.sleep(TENTH)
    old = guest.rng.choice(guest.tickets)
    await _with_hello(guest, {**HELLO, "ticket": old, "seen": guest.rng.randrange(500)}, seconds=TENTH)


async def half_open_sockets(guest: Guest) -> None:
    """Begin handshakes and don't end them, and hold sockets that say nothing."""
    await guest.seated.wait()
    host, port = guest.url.removeprefix("http://").split(":")
    writers = []
    for _ in range(20):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET /ws/voice/{guest.room}/ HTTP/1.1\r\nHost: x\r\nUpgrade: web".encode())
            writers.append(writer)
    silent = [await _try(guest.connect) for _ in range(6)]
    await asyncio.sleep(5 * TENTH)
    for writer in writers:
        writer.transport.abort()
    for ws in silent:
        if ws is not None:
            await ws.close()


async def deaf_sockets(guest: Guest) -> None:
    """Take the seat with a socket that nothing is read from, and ask for more than fits."""
    ws = await _try(guest.connect)
    if ws is None:
        return
    with contextlib.suppress(aiohttp.ClientError, OSError):
        await ws.send_str(json.dumps(HELLO))
        transport = getattr(ws, "_writer").transport  # noqa: B009  # aiohttp has no public word for it
        transport.pause_reading()
        for t in range(390):
            await ws.send_str(json.dumps({"type": "ping", "t": t}))
        await asyncio.sleep(5 * TENTH)
    await ws.close()


async def asking_for_credentials(guest: Guest) -> None:
    """Ask for TURN credentials, the page and the room's links as fast as one can."""
    paths = (f"/api/voice/turn-credentials/?room={guest.room}", "/", "/my-sea/", "/invitation/")
    await guest.seated.wait()

    async def ask(path: str) -> None:
        async with guest.http.get(guest.url + path) as answer:
            guest.told[f"answered {answer.status}"] += 1
            await answer.read()

    with contextlib.suppress(aiohttp.ClientError, OSError):
        await asyncio.gather(*(ask(guest.rng.choice(paths)) for _ in range(5)))
    await asyncio.sleep(0.01)


async def _with_hello(guest: Guest, hello: dict[str, Any], *, seconds: float) -> None:
    ws = await _try(guest.connect)
    if ws is None:
        await asyncio.sleep(TENTH)
        return
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
        await ws.send_str(json.dumps(hello))
        async with asyncio.timeout(seconds):
            async for frame in ws:
                guest.told[f"told {json.loads(frame.data)['type']}"] += 1
    await ws.close()


async def _try(connect: Callable[[], Any]) -> aiohttp.ClientWebSocketResponse | None:
    with contextlib.suppress(aiohttp.ClientError, OSError):
        ws: aiohttp.ClientWebSocketResponse = await connect()
        return ws
    return None


SEATING = (
    joining_and_leaving,
    dropping_and_resuming,
    two_tabs,
    forged_tickets,
    replayed_tickets,
    half_open_sockets,
    deaf_sockets,
    asking_for_credentials,
)

"""SIGTERM ends the process at once and in good order, whatever its peers do (S5)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from meshvoice.web.server import _finish
from tests.web.person import Person
from tests.web.rooms import BULK, Stalled
from tests.web.running import Outside, serving, usual


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    values = usual(tmp_path)
    async with (
        serving(tmp_path, values) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        yield Outside(running, http, values)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_within_five_seconds_with_a_stalled_peer(
    outside: Outside, ending: signal.Signals
) -> None:
    """Those who read are sent away with 1012; the one who reads nothing holds up nobody (S5)."""
    ana, bo, cleo, dora = [await Person(outside).sign_in(name) for name in ("Ana", "Bo", "Cleo", "Dora")]
    room = await ana.open_sea()
    for guest in (bo, cleo, dora):
        await guest.accept(await ana.invite(room))
    hers, his = await ana.join(room), await bo.join(room)
    silent = await bo.connect(room)
    with (
        closing(await Stalled.join(cleo, room)) as stalled,
        # One whose buffers are empty gets its close frame, and never answers it.
        closing(await Stalled.join(dora, room)),
    ):
        # As much as may be sent at once: more than the kernels take for a peer that reads nothing.
        for _ in range(8):
            await hers.say(type="ice", target=stalled.peer, gen=1, candidates=BULK)
            await his.say(type="ice", target=stalled.peer, gen=1, candidates=BULK)
        await hers.caught_up()
        await his.caught_up()
        start = time.monotonic()
        code, *codes = await asyncio.gather(
            outside.running.ends(ending), hers.closed(), his.closed(), silent.closed()
        )
        assert time.monotonic() - start < 5
    assert code == 0
    assert codes == [1012, 1012, 1012]
    assert f"told to end by {ending.name}: 5 sockets close\n" in outside.running.log.decode()
    assert b"Traceback" not in outside.running.log


async def test_an_idle_connection_does_not_hold_up_the_end(outside: Outside) -> None:
    """A browser's kept-alive connection, and half a request, are cut."""
    _, kept = await asyncio.open_connection(*outside.address)
    _, half = await asyncio.open_connection(*outside.address)
    half.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    await half.drain()
    start = time.monotonic()
    assert await outside.running.ends(signal.SIGTERM) == 0
    assert time.monotonic() - start < 5
    for writer in (kept, half):
        writer.close()


async def test_whoever_was_taken_in_as_the_listening_ends_is_waited_for() -> None:
    """uvloop accepts, and makes the connection known a pass later: nobody was left to wait for by then."""
    connections = SimpleNamespace(unasked=0)
    loop = asyncio.get_running_loop()
    loop.call_soon(setattr, connections, "unasked", 1)
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        connections.unasked = 0

    loop.call_later(0.05, ask)
    await _finish(cast(Any, SimpleNamespace(sites=[], server=connections)))
    assert asked == [1]

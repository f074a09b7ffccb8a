"""Another release takes over behind systemd's socket: nobody is refused, and peers keep their seats."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from tests.web.holder import Holder, ask
from tests.web.person import Person, Wire
from tests.web.rooms import pair
from tests.web.running import Outside, Running, usual

CHECKOUT = Path(__file__).parents[2]
PATHS = ("/healthz", "/", "/invitation/", "/static/style.css")
BETWEEN = 0.01
"""Seconds from one visitor to the next."""


def release(folder: Path, mark: str) -> Path:
    """Lay a release out: this one, whose style says which it is."""
    for part in ("meshvoice", "static", "templates", "conf"):
        own = shutil.ignore_patterns("__pycache__", "meshvoice.env", "inventory.ini")
        shutil.copytree(CHECKOUT / part, folder / part, ignore=own)
    with (folder / "static/style.css").open("a") as style:
        style.write(f"/* {mark} */\n")
    return folder


class Load:
    """Visitors who come one after another, each with one question, until it is stopped."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._asked: list[asyncio.Task[bytes]] = []
        self._done = asyncio.Event()
        self._coming = asyncio.create_task(self._come())

    async def _come(self) -> None:
        while not self._done.is_set():
            path = PATHS[len(self._asked) % len(PATHS)]
            self._asked.append(asyncio.create_task(ask(self._port, path)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._done.wait(), BETWEEN)

    @property
    def came(self) -> int:
        """How many have asked."""
        return len(self._asked)

    async def stop(self) -> list[bytes | BaseException]:
        """Let nobody else come; gives what each was answered, or how it was refused."""
        self._done.set()
        await self._coming
        async with asyncio.timeout(30):
            return await asyncio.gather(*self._asked, return_exceptions=True)


async def upgraded(running: Running, holder: Holder, to: Path) -> Running:
    assert await running.ends(signal.SIGTERM) == 0
    newer = await holder.start(to)
    await newer.listens()
    return newer


async def come_back(person: Person, room: str, wire: Wire) -> Wire:
    """Dial once, with the ticket, when the server says goodbye: who is refused here is refused for good."""
    assert await wire.closed(within=30) == 1012
    back = await person.connect(room)
    await back.hello("again", ticket=wire.welcome["ticket"])
    assert back.peer == wire.peer
    return back


@pytest.mark.long
async def test_an_upgrade_under_load_refuses_nobody(tmp_path: Path) -> None:
    """To a newer release, and back to the one before: of a hundred visitors a second each has an answer."""
    older, newer = [release(tmp_path / mark, mark) for mark in ("older", "newer")]
    values = usual(tmp_path)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        with socket.create_server(("127.0.0.1", int(values["MESHVOICE_PORT"])), backlog=4096) as held:
            port, holder = held.getsockname()[1], Holder(tmp_path, held, values)
            running = await holder.start(older)
            try:
                await running.listens()
                house = Outside(running, http, values)
                ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
                wires = [*await pair(ana, bo)]
                load = Load(port)
                for to in (newer, older):
                    assert f"/* {to.name} */".encode() not in await ask(port, "/static/style.css")
                    room = f"mysea-{ana.user_id}"
                    returns = [
                        asyncio.create_task(come_back(who, room, wire))
                        for who, wire in zip((ana, bo), wires, strict=True)
                    ]
                    before = load.came
                    running = await upgraded(running, holder, to)
                    # Who comes while nobody listens is what this is about; how many, the machine's speed.
                    assert load.came - before >= 10
                    assert f"/* {to.name} */".encode() in await ask(port, "/static/style.css")
                    wires = await asyncio.gather(*returns)
                answers = await load.stop()
            finally:
                await running.ends(signal.SIGKILL)
    refused = [
        each for each in answers if not (isinstance(each, bytes) and each.startswith(b"HTTP/1.1 200 "))
    ]
    print(f"{len(answers)} visitors, {len(refused)} refused")
    assert refused == []

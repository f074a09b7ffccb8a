"""Rooms split over three processes on one guest book: each has its own, and feels no other's end."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.process import METRICS_TOKEN, Server, free_port, started
from tests.proxies.front import Front
from tests.web.holder import Holder
from tests.web.house import House, settings
from tests.web.person import Person, Wire

pytestmark = [pytest.mark.proxy, pytest.mark.long]

PROCESSES = 3
ROOMS = 9


class OneOf(Server):
    """One of several processes, by its number."""

    def __init__(self, folder: Path, number: int, **env: str) -> None:
        super().__init__(folder, **env)
        self.number = number
        self.port += number
        self.log = folder / f"server-{number}.log"
        self.arguments = ("--process", str(number))


class Site(House):
    """Several processes behind one nginx, in a house's place."""

    def __init__(self, folder: Path, front: Front, servers: list[OneOf], http: aiohttp.ClientSession) -> None:
        super().__init__(settings(folder / "meshvoice.db", origins=(front.origin,)))
        self.front = front
        self.servers = servers
        self.http = http

    @property
    def url(self) -> str:
        return f"http://localhost:{self.front.port}"

    async def rooms(self) -> list[int]:
        """How many rooms each process has, in their order; -1 of one that is gone."""
        return [await self._rooms_of(server) for server in self.servers]

    async def _rooms_of(self, server: OneOf) -> int:
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        try:
            async with self.http.get(f"http://127.0.0.1:{server.port}/metrics", headers=headers) as answer:
                found = re.search(r"(?m)^meshvoice_rooms (\d+)", await answer.text())
        except aiohttp.ClientError:
            return -1
        assert found is not None
        return int(found[1])


def free_ports() -> int:
    """Find a port after which others are free, too."""
    while True:
        first = free_port()
        try:
            for port in range(first + 1, first + PROCESSES):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


def deployment(folder: Path, port: int, first: int) -> dict[str, str]:
    """Give the settings that all of them share, and the proxy."""
    env = {
        "MESHVOICE_ORIGIN": f"http://localhost:{port}",
        "MESHVOICE_TRUSTED_PROXIES": "127.0.0.1",
        "MESHVOICE_PROCESSES": str(PROCESSES),
        "MESHVOICE_PORT": str(first),
    }
    whole = Server(folder, **env).environment()
    return {name: value for name, value in whole.items() if name.startswith(("MESHVOICE_", "COTURN_"))}


@asynccontextmanager
async def several(folder: Path) -> AsyncIterator[Site]:
    """Start three and the nginx in front of them, by what the settings say."""
    port, first = free_port(), free_ports()
    env = deployment(folder, port, first)
    servers = [OneOf(folder, number, **env) for number in range(PROCESSES)]
    front = Front("nginx", folder, servers[0], port)
    async with AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(started(server))
        stack.push_async_callback(front.stop)
        await front.start(await front.rendered())
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Site(folder, front, servers, http)


async def couple(site: Site, number: int) -> tuple[Person, Person, list[Wire]]:
    """Two people in one sea's voice."""
    ana, bo = [await Person(site).sign_in(f"{name} {number}") for name in ("Ana", "Bo")]
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    wires = [await ana.join(room), await bo.join(room)]
    return ana, bo, wires


async def hear_each_other(wires: list[Wire]) -> None:
    for here, there in (wires, wires[::-1]):
        await here.say(type="state", muted=False)
        assert (await there.next("state"))["source"] == here.peer


async def come_back(person: Person, room: str, wire: Wire) -> Wire:
    """Dial anew with the ticket, as the client does, until somebody takes it."""
    async with asyncio.timeout(20):
        while True:
            try:
                back = await person.connect(room)
                await back.hello("again", ticket=wire.welcome["ticket"])
            except (aiohttp.ClientError, AssertionError):
                await asyncio.sleep(0.1)
                continue
            return back


async def test_one_process_ends_and_the_rooms_of_the_others_notice_nothing(tmp_path: Path) -> None:
    """All of a room's people are in one process, before and after; nobody loses a seat."""
    async with several(tmp_path) as site:
        couples = [await couple(site, number) for number in range(ROOMS)]
        for _, _, wires in couples:
            await hear_each_other(wires)
        before = await site.rooms()
        assert sum(before) == ROOMS
        killed = next(number for number, rooms in enumerate(before) if 0 < rooms < ROOMS)
        await site.servers[killed].end(signal.SIGKILL)
        moved = 0
        for ana, bo, wires in couples:
            # Whoever was there is told at once; the others go on over the same sockets.
            if await is_cut(wires[0]):
                room = f"mysea-{ana.user_id}"
                back = [
                    await come_back(person, room, wire) for person, wire in zip((ana, bo), wires, strict=True)
                ]
                assert [wire.peer for wire in back] == [wire.peer for wire in wires]
                wires[:] = back
                moved += 1
            await hear_each_other(wires)
        assert moved == before[killed]
        after = await site.rooms()
        assert (after[killed], sum(after)) == (-1, ROOMS - 1)


async def test_behind_systemds_sockets_a_room_waits_for_its_process(tmp_path: Path) -> None:
    """Nobody moves: whoever dials meanwhile is answered by the one that is started anew."""
    async with AsyncExitStack() as stack:
        port, first = free_port(), free_ports()
        env = deployment(tmp_path, port, first)
        front = Front("nginx", tmp_path, Server(tmp_path, **env), port)
        holders: list[Holder] = []
        for number in range(PROCESSES):
            held = stack.enter_context(socket.create_server(("127.0.0.1", first + number), backlog=128))
            (folder := tmp_path / str(number)).mkdir()
            holders.append(Holder(folder, held, env, "--process", str(number)))
        processes = [await holder.start() for holder in holders]

        async def kill_all() -> None:
            for process in processes:
                await process.ends(signal.SIGKILL)

        stack.push_async_callback(kill_all)
        for process in processes:
            await process.listens()
        stack.push_async_callback(front.stop)
        await front.start(await front.rendered())
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        site = Site(tmp_path, front, [OneOf(tmp_path, number, **env) for number in range(PROCESSES)], http)

        couples = [await couple(site, number) for number in range(ROOMS)]
        before = await site.rooms()
        killed = before.index(max(before))
        # Somebody dials as it dies, by connections that it had taken: a proxy that asked the next one would
        # seat them there, alone.
        await asyncio.gather(*(ana.get(f"/sea/{ana.user_id}/") for ana, _, _ in couples))
        processes[killed].process.send_signal(signal.SIGSTOP)
        dials = [asyncio.create_task(ana.knock(f"mysea-{ana.user_id}")) for ana, _, _ in couples]
        answered, waiting = await asyncio.wait(dials, timeout=1)
        assert {await each for each in answered} == {101}
        assert len(waiting) == before[killed]
        await processes[killed].ends(signal.SIGKILL)
        refused, waiting = await asyncio.wait(waiting, timeout=1)
        assert {await each for each in refused} == {502}
        gone = [each for each in couples if await is_cut(each[2][0])]
        assert len(gone) == before[killed]
        returns = [
            asyncio.create_task(come_back(person, f"mysea-{ana.user_id}", wire))
            for ana, bo, wires in gone
            for person, wire in zip((ana, bo), wires, strict=True)
        ]
        processes[killed] = await holders[killed].start()
        back = await asyncio.gather(*returns)
        assert {await each for each in waiting} <= {101}
        for pair in zip(back[::2], back[1::2], strict=True):
            await hear_each_other([*pair])
        assert await site.rooms() == before


async def is_cut(wire: Wire) -> bool:
    try:
        await wire.caught_up()
    except (AssertionError, ConnectionError):
        return True
    return False


async def test_what_is_done_in_one_process_counts_in_the_others(tmp_path: Path) -> None:
    """Whichever process is asked: a removal, a closed sea and a sign-out end sockets in the room's own."""
    async with several(tmp_path) as site:

        async def asks(person: Person, server: OneOf, path: str) -> int:
            headers = person.headers({"Host": f"localhost:{site.front.port}"})
            url = f"http://127.0.0.1:{server.port}{path}"
            async with site.http.post(url, headers=headers) as answer:
                return answer.status

        for number, server in enumerate(site.servers):
            ana, bo, (hers, his) = await couple(site, number)
            assert await asks(ana, server, f"/my-sea/guests/{bo.user_id}/remove") == 200
            assert await his.closed() == 4403
            assert (await hers.next("left"))["reason"] == "removed"
            assert await asks(ana, server, "/my-sea/close") == 200
            assert await hers.closed() == 4410
            cleo, _, wires = await couple(site, 10 + number)
            assert await asks(cleo, server, "/sign-out") == 200
            assert await wires[0].closed() == 4401
            assert (await wires[1].next("left"))["source"] == wires[0].peer


async def test_a_server_that_knows_nothing_of_the_others_is_refused(tmp_path: Path) -> None:
    async with several(tmp_path) as site:
        own = {"MESHVOICE_PROCESSES": "1", "MESHVOICE_PORT": str(free_port())}
        alone = Server(tmp_path, **{**site.servers[0].environment(), **own})
        alone.log = tmp_path / "alone.log"
        with pytest.raises(AssertionError, match="Another meshvoice serves from this guest book"):
            await alone.start()
        await alone.wire.stop()
        assert alone.process is not None
        assert await alone.process.wait() == 2

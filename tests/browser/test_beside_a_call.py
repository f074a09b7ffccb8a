"""A call of real pages beside 5,000 others, and beside members who read nothing: heard throughout."""

from __future__ import annotations

import asyncio
import statistics
from contextlib import AsyncExitStack, closing
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser

from tests.browser.crowd import SEATS, crowd, server_for
from tests.browser.harness import Person, Stage, all_hear_each_other, until
from tests.browser.test_dropped_sockets import marks, no_gap, nobody_left, sockets
from tests.process import METRICS_TOKEN, Server, numbers, started
from tests.web import person as program
from tests.web.house import House, settings
from tests.web.rooms import BULK, Stalled

pytestmark = pytest.mark.slow
ROOMS = 833
SIT_SECONDS = 60.0
PING_MS = 250.0
BURST = 8
"""Large frames that a sender may send at once; after that, about one in two seconds passes."""
SENDERS, READERS_OF_NOTHING = ("Cleo", "Dee", "Gus", "Hal"), ("Eli", "Fay")


async def metrics(server: Server, http: aiohttp.ClientSession) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with http.get(f"http://127.0.0.1:{server.port}/metrics", headers=headers) as answer:
        return numbers(await answer.text())


def ended(told: dict[str, float]) -> dict[str, float]:
    """Say how many sockets ended, by series."""
    return {name: count for name, count in told.items() if name.startswith("meshvoice_ended") and count}


async def test_a_call_is_heard_throughout_beside_5000_idle_peers(browser: Browser, tmp_path: Path) -> None:
    """In 833 rooms of one process: they come, sit there for a minute, and vanish at once."""
    server = await asyncio.to_thread(server_for, tmp_path, ROOMS)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(started(server))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        others = await stack.enter_async_context(crowd(server))
        stage = await stack.enter_async_context(Stage(server, lent=browser))
        ana, bo, cleo = people = await stage.sea("Ana", "Bo", "Cleo")
        came = await others.come(SEATS * ROOMS)
        print(f"\n{came['n']} came within {came['seconds']:.0f} s")
        await ana.join()
        await bo.join()
        await all_hear_each_other([ana, bo])
        since, opened = await marks([ana, bo]), await sockets([ana, bo])
        sitting = asyncio.create_task(others.sit(SIT_SECONDS))
        await cleo.join()
        await all_hear_each_other(people)
        print(f"the third hears the first {await cleo.click_to_audible(ana) or 0:.0f} ms after her click")
        await sitting
        told = await metrics(server, http)
        print(f"{told['process_resident_memory_bytes'] / 1e6:.0f} MB, {told['process_open_fds']:.0f} files")
        assert told["meshvoice_rooms"] == ROOMS + 1
        assert told['meshvoice_peers{state="connected"}'] == SEATS * ROOMS + len(people)
        others.vanish()

        async def alone() -> bool:
            return (await metrics(server, http))["meshvoice_rooms"] == 1

        # Seats are kept for 45 s.
        await until("the others are forgotten", alone, seconds=90)
        await no_gap([ana, bo], since)
        await nobody_left([ana, bo])
        assert await sockets([ana, bo]) == opened, "no socket was made anew"
        assert stage.problems == []


class Programs(House):
    """A server with pages, for programs of the tests to go to."""

    def __init__(self, server: Server, http: aiohttp.ClientSession) -> None:
        super().__init__(settings(server.folder / "meshvoice.db", origins=(server.origin,)))
        self._server = server
        self.http = http

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.port}"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.port

    async def guest_of(self, owner: Person, name: str) -> program.Person:
        """Come in by an invitation."""
        token = (await owner.invite()).partition("#")[2]
        somebody = program.Person(self)
        answer = await somebody.accept(program.Invitation(token=token, id=0), name=name)
        assert answer.status == 200, answer.text
        return somebody


async def test_members_who_read_nothing_are_cut_and_nobody_else_notices(own_stage: Stage) -> None:
    """Two of them in the call's own room: one is sent more than kernels take, one lets a ping go by."""
    ana, bo = people = await own_stage.sea("Ana", "Bo")
    for person in people:
        await person.join()
    await all_hear_each_other(people)
    since, opened = await marks(people), await sockets(people)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        house, room = Programs(own_stage.server, http), f"mysea-{ana.user_id}"
        senders = [await (await house.guest_of(ana, name)).join(room) for name in SENDERS]
        flooded, _ = [
            stack.enter_context(closing(await Stalled.join(await house.guest_of(ana, name), room)))
            for name in READERS_OF_NOTHING
        ]
        pings: list[float] = []

        async def both_are_cut() -> bool:
            frames = 1 if pings else BURST
            for wire in senders:
                for _ in range(frames):
                    await wire.say(type="ice", target=flooded.peer, gen=1, candidates=BULK)
            for wire in senders:
                at = asyncio.get_running_loop().time()
                await wire.caught_up()
                pings.append((asyncio.get_running_loop().time() - at) * 1000)
            await asyncio.sleep(1)
            return sum(ended(await metrics(own_stage.server, http)).values()) == 2

        await until("both are cut", both_are_cut, seconds=60)
        print(f"\n{len(pings)} pings, median {statistics.median(pings):.0f} ms, longest {max(pings):.0f} ms")
        assert ended(await metrics(own_stage.server, http)) == {
            'meshvoice_ended_sockets_total{code="4408"}': 1.0,
            'meshvoice_ended_sockets_total{code="1006"}': 1.0,
        }
        assert max(pings) < PING_MS
        assert sorted(await bo.names()) == sorted(["Ana", "Bo", *SENDERS, *READERS_OF_NOTHING])
        await no_gap(people, since)
        assert await sockets(people) == opened, "no socket was made anew"

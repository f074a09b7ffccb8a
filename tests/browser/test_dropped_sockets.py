"""What happens to the signaling costs nobody a word: sockets cut, the server killed, a second tab."""

from __future__ import annotations

import asyncio
import random
import signal
from itertools import permutations

import pytest

from tests.browser.harness import Person, Stage, all_hear_each_other, until

GAP = 100.0
"""Milliseconds of silence that would be a lost word."""


async def marks(people: list[Person]) -> dict[str, int]:
    """Note the present block of everyone's ear."""
    return {person.name: await person.mark() for person in people}


async def no_gap(people: list[Person], since: dict[str, int]) -> None:
    """Assert that nobody missed anything of anybody since the marks."""
    gaps = {
        f"{hearer.name} of {speaker.name}": await hearer.gap(speaker, since[hearer.name])
        for hearer, speaker in permutations(people, 2)
    }
    longest = max(gaps, key=gaps.__getitem__)
    print(f"\nlongest gap {gaps[longest]:.0f} ms ({longest})")
    assert gaps[longest] <= GAP, gaps


async def nobody_left(people: list[Person]) -> None:
    """Assert that no page ever told that somebody left or can't be heard."""
    for person in people:
        told = [sentence for sentence in await person.events("announce") if "left" in sentence]
        assert told == [], told
        for roster in await person.events("people"):
            assert not [p["name"] for p in roster if p["word"] in ("gone", "unheard")], roster


async def connections(person: Person) -> int:
    """Count the RTCPeerConnections that a page ever made."""
    return int(await person.page.evaluate("globalThis.seen.connections.length"))


async def reseated(people: list[Person], opened: dict[str, int]) -> None:
    """Wait until everyone has a new socket and is seated on it."""

    async def all_back() -> bool:
        for person in people:
            count = await person.page.evaluate("globalThis.seen.sockets.length")
            if count <= opened[person.name] or not await person.joined():
                return False
        return True

    await until("everyone is back on a new socket", all_back)


async def sockets(people: list[Person]) -> dict[str, int]:
    """Count the WebSockets that each page ever made."""
    return {p.name: await p.page.evaluate("globalThis.seen.sockets.length") for p in people}


@pytest.mark.long
@pytest.mark.parametrize("times", [12, pytest.param(60, marks=pytest.mark.slow)])
async def test_cuts_of_the_sockets_cost_no_word(stage: Stage, times: int) -> None:
    people = await stage.sea("Ana", "Bo", "Cleo")
    for person in people:
        await person.join()
    await all_hear_each_other(people)
    made = [await connections(person) for person in people]
    since = await marks(people)
    chance = random.Random(7)
    cuts = 0
    while cuts < times:
        cuts += stage.server.wire.cut() > 0
        # The moments between cuts are the test's input: some fall into a resume that is under way.
        await asyncio.sleep(chance.choice([0.0, 0.02, 0.1, 0.3, 0.6]))
    await until("all are seated again", lambda: _all_joined(people))
    await no_gap(people, since)
    await nobody_left(people)
    assert [await connections(person) for person in people] == made, "no link was made anew"
    await people[0].click_voice()
    await until("signaling works: Bo sees Ana muted", lambda: _sees(people[1], "Ana", "muted"))


async def _all_joined(people: list[Person]) -> bool:
    return all([await person.joined() for person in people])


async def _sees(person: Person, name: str, word: str) -> bool:
    return (await person.words()).get(name) == word


@pytest.mark.long
@pytest.mark.parametrize("times", [3, pytest.param(8, marks=pytest.mark.slow)])
async def test_cuts_in_the_middle_of_negotiations_leave_nobody_unheard(stage: Stage, times: int) -> None:
    people = await stage.sea("Ana", "Bo", "Cleo")
    ana, bo, cleo = people
    await ana.join()
    await bo.join()
    await cleo.join()
    await all_hear_each_other(people)
    await cleo.leave()
    since = await marks([ana, bo])
    chance = random.Random(11)
    for _ in range(times):
        joining = asyncio.create_task(cleo.click_voice())
        for _ in range(3):
            await asyncio.sleep(chance.uniform(0.0, 0.15))
            stage.server.wire.cut()
        await joining
        await all_hear_each_other(people)
        await cleo.leave()
        await until("Cleo is out", lambda: _is_out(cleo))
    await no_gap([ana, bo], since)


async def _is_out(person: Person) -> bool:
    return bool(await person.page.evaluate("globalThis.seen.room.state === 'left'"))


@pytest.mark.long
async def test_who_joins_while_one_is_cut_off_is_connected_when_that_one_is_back(stage: Stage) -> None:
    people = await stage.sea("Ana", "Bo", "Cleo")
    ana, bo, cleo = people
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    since = await marks([ana, bo])
    wire, bos = stage.server.wire, await bo.cookie()
    wire.refused.add(bos)
    assert wire.cut(bos) > 0
    await until("Ana sees Bo away", lambda: _away(ana, "Bo"))
    await cleo.join()
    await until("Cleo hears Ana", lambda: cleo.hears(ana))
    wire.refused.clear()
    await all_hear_each_other(people)
    await no_gap([ana, bo], since)
    await nobody_left([ana, bo])


async def _away(person: Person, name: str) -> bool:
    return any(p["away"] for p in await person.people() if p["name"] == name)


@pytest.mark.long
async def test_a_killed_server_and_its_restart_cost_no_word_in_a_call_of_four(own_stage: Stage) -> None:
    people = await own_stage.sea("Ana", "Bo", "Cleo", "Dee")
    ana, bo, cleo, dee = people
    for person in people:
        await person.join()
    await all_hear_each_other(people)
    await bo.click_voice()
    await until("Ana sees Bo muted", lambda: _sees(ana, "Bo", "muted"))
    speakers = [ana, cleo, dee]
    since, opened = await marks(people), await sockets(people)
    made = [await connections(person) for person in people]
    await own_stage.server.restart(signal.SIGKILL)
    await reseated(people, opened)
    await until("the roster is whole", lambda: _whole(people))
    await no_gap(speakers, since)
    await nobody_left(people)
    assert [await connections(person) for person in people] == made, "no link was made anew"

    # Everything that the server does works afterwards.
    await until("Ana sees Bo muted", lambda: _sees(ana, "Bo", "muted"))
    eli = await own_stage.person("Eli")
    await eli.come(await ana.invite())
    await eli.join()
    await bo.click_voice()
    await all_hear_each_other([*people, eli])
    target = next(p["peer"] for p in await ana.people() if p["name"] == "Dee")
    await ana.page.evaluate("peer => globalThis.seen.room.remove(peer)", target)
    await all_hear_each_other([ana, bo, cleo, eli])
    await until("Dee hears nobody", lambda: _hears_nobody(dee))


async def _hears_nobody(person: Person) -> bool:
    return await person.tones() == []


async def _whole(people: list[Person]) -> bool:
    return all([len(await person.names()) == len(people) for person in people])


async def test_a_second_tab_takes_over_and_the_first_says_so(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    second = await stage.tab_of(bo)
    await second.go(f"/sea/{ana.user_id}/")
    await second.join()
    await all_hear_each_other([ana, second])
    await until("the first tab has left", lambda: _is_out(bo))
    states = await bo.events("state")
    assert "another tab" in states[-1]["words"]
    assert await ana.names() == ["Ana", "Bo"]
    # It stays out: two tabs that take the seat from each other would never end.
    opened = await sockets([bo])
    await all_hear_each_other([ana, second])
    assert await sockets([bo]) == opened

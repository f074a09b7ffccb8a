"""The protocol stands by its text alone: aiortc, which shares no line with our client, is one of the room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.aiortc_peer import AiortcPeer
from tests.browser.harness import Person, Stage, until
from tests.browser.homes import at_home
from tests.browser.test_dropped_sockets import connections

TONE = 1900


async def test_aiortc_joins_a_room_of_browsers_and_is_heard(stage: Stage) -> None:
    """As the newcomer it owns its links: it offers, the browsers answer."""
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    peer = AiortcPeer("Robot", TONE)
    async with peer.in_room(stage.server.origin, await ana.invite()):

        async def heard() -> bool:
            tones = sorted(peer.tones().values())
            return (
                tones == sorted([ana.tone, bo.tone])
                and await ana.tones() == sorted([bo.tone, TONE])
                and await bo.tones() == sorted([ana.tone, TONE])
            )

        await until("the two browsers and aiortc hear each other", heard)
        assert await ana.names() == ["Ana", "Bo", "Robot"]
        assert peer.errors == []

    async def gone() -> bool:
        return await ana.names() == ["Ana", "Bo"] and await ana.tones() == [bo.tone]

    await until("it is gone after its bye", gone)


async def test_a_browser_joins_a_room_where_aiortc_waits_and_both_are_heard(stage: Stage) -> None:
    """Here the browser owns the link: it offers, aiortc answers."""
    ana = await stage.person("Ana")
    await ana.open_sea()
    peer = AiortcPeer("Robot", TONE)
    async with peer.in_room(stage.server.origin, await ana.invite()):
        await ana.join()

        async def heard() -> bool:
            return list(peer.tones().values()) == [ana.tone] and await ana.tones() == [TONE]

        await until("aiortc and the browser hear each other", heard)
        assert peer.errors == []


async def hear_each_other(peer: AiortcPeer, person: Person) -> None:
    """Wait until both hear the other's tone, and it is a new one."""
    peer.forget_heard()

    async def heard() -> bool:
        return list(peer.tones().values()) == [person.tone] and await person.tones() == [TONE]

    await until("aiortc and the browser hear each other", heard)


@pytest.mark.parametrize("owner", ["aiortc", "browser"])
async def test_a_generation_made_by_either_keeps_the_voices(stage: Stage, owner: str) -> None:
    """Whoever owns the link makes the generation; the other side asks for one."""
    ana = await stage.person("Ana")
    await ana.open_sea()
    if owner == "aiortc":
        await ana.join()
    peer = AiortcPeer("Robot", TONE)
    async with peer.in_room(stage.server.origin, await ana.invite()):
        if owner == "browser":
            await ana.join()
        await hear_each_other(peer, ana)
        (other,) = peer.links
        for act in (peer.regenerate, peer.ask_repair) if owner == "aiortc" else (peer.ask_repair,):
            made, gen = await connections(ana), peer.links[other].gen
            if owner == "aiortc" and act == peer.ask_repair:
                # The browser asks: its connection breaks, and it hears nothing.
                await ana.page.evaluate("globalThis.seen.connections.at(-1).close()")
            else:
                await act(other)

            async def renewed(made: int = made, gen: int = gen) -> bool:
                return await connections(ana) > made and peer.links[other].gen > gen

            await until("a new generation runs", renewed)
            await hear_each_other(peer, ana)
        assert peer.errors == []


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.parametrize("moved", ["aiortc", "browser"])
@pytest.mark.parametrize("first", ["aiortc", "browser"])
async def test_a_new_address_on_either_side_keeps_the_voices(tmp_path: Path, moved: str, first: str) -> None:
    async with at_home(tmp_path, "Ana", turn=True, spare=1) as homes:
        (ana,) = homes.people
        link = await ana.invite()
        if first == "browser":
            await ana.join()
        peer = AiortcPeer("Robot", TONE, stun=homes.stun)
        with homes.lab.inside("home2"):
            async with peer.in_room(homes.server.origin, link):
                if first == "aiortc":
                    await ana.join()
                await hear_each_other(peer, ana)
                homes.lab.change_address(2 if moved == "aiortc" else 1)
                await until("the old path is gone", lambda: ana.hears())
                await hear_each_other(peer, ana)
                assert peer.errors == []

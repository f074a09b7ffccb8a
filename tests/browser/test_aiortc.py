"""The protocol stands by its text alone: aiortc, which shares no line with our client, is one of the room."""

from __future__ import annotations

from tests.browser.aiortc_peer import AiortcPeer
from tests.browser.harness import Stage, until

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

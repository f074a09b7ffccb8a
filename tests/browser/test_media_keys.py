"""The system's media keys reach a call, as a Linux desktop presses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import need
from tests.browser.desktop import Desktop, desktop
from tests.browser.harness import Person, Stage, all_hear_each_other, chromium, invite, until
from tests.process import Server

pytestmark = pytest.mark.long


@asynccontextmanager
async def at_a_desktop(server: Server, folder: Path) -> AsyncIterator[tuple[Desktop, Stage]]:
    """Open a stage whose browser has its media keys from a desktop."""
    for program, package in (("dbus-daemon", "dbus-daemon"), ("dbus-send", "dbus-bin")):
        need(program, package)
    async with (
        desktop(folder) as keys,
        chromium(environment=keys.environment) as browser,
        Stage(server, lent=browser) as stage,
    ):
        yield keys, stage
        assert stage.problems == []


async def muted(person: Person) -> bool:
    """Tell whether somebody's own page says so."""
    return bool(await person.page.evaluate("globalThis.seen.room.muted"))


async def is_told(person: Person, sentence: str, times: int) -> None:
    """Wait until somebody was told that so often."""

    async def told() -> bool:
        return (await person.events("announce")).count(sentence) == times

    await until(f"{person.name} is told: {sentence}", told)


async def shows(keys: Desktop, what: str, *, for_seconds: float = 0) -> None:
    """Wait until the desktop shows that, and has done so for a while."""
    clock = asyncio.get_running_loop().time
    since = clock()

    async def shown() -> bool:
        nonlocal since
        if await keys.shows() != what:
            since = clock()
            return False
        return clock() - since >= for_seconds

    await until(f"the desktop shows {what}", shown)


async def test_play_unmutes_nobody_who_was_muted_by_hand(
    stage: Stage, server: Server, tmp_path: Path
) -> None:
    async with at_a_desktop(server, tmp_path) as (keys, mine):
        ana = await mine.person("Ana", tone=1700)
        await ana.open_sea()
        await ana.join()
        await shows(keys, "Playing")
        # The button under the focus says for itself that it mutes.
        await ana.page.evaluate("document.activeElement.blur()")
        for mute, sentence in (
            ("mute", "You are muted: nobody hears you."),
            ("deafen", "You are deafened: you hear nobody, and nobody hears you."),
        ):
            await ana.page.evaluate(f"globalThis.seen.room.{mute}()")
            await is_told(ana, sentence, 1)
            await shows(keys, "Paused")
            await keys.press("Play")
            await is_told(ana, sentence, 2)
            assert await muted(ana)
        assert await ana.page.evaluate("globalThis.seen.room.deafened")


async def test_media_keys_mute_and_unmute_whoever_is_in_a_call(
    stage: Stage, server: Server, tmp_path: Path
) -> None:
    bo, cleo = await stage.person("Bo"), await stage.person("Cleo")
    async with at_a_desktop(server, tmp_path) as (keys, mine):
        ana = await mine.person("Ana", tone=1700)
        await invite(ana, bo, cleo)
        # Bo comes last: alone, too, one has the keys.
        await ana.join()
        await shows(keys, "Playing")
        await bo.join()
        await all_hear_each_other([ana, bo])
        await keys.press("Pause")
        await until("Bo hears nobody", lambda: bo.hears())
        assert await muted(ana)
        assert await ana.hears(bo)
        await shows(keys, "Paused")
        # Voices and sounds that begin and end leave the keys with the call.
        await cleo.join()
        await until("Ana hears both", lambda: ana.hears(bo, cleo))
        await cleo.leave()
        await until("Ana hears Bo alone", lambda: ana.hears(bo))
        # While the sound of a leaving is heard, something plays.
        await shows(keys, "Paused", for_seconds=1.5)
        await keys.press("PlayPause")
        await until("Bo hears Ana", lambda: bo.hears(ana))
        await shows(keys, "Playing")
        await keys.press("PlayPause")
        await until("Bo hears nobody again", lambda: bo.hears())
        await ana.click_voice()
        await shows(keys, "Playing")
        await keys.press("Pause")
        await shows(keys, "Paused")
        await keys.press("Play")
        await until("Bo hears Ana again", lambda: bo.hears(ana))
        await ana.leave()
        await shows(keys, "Stopped")

"""A laptop's lid and a tab in the background: standing still, or nearly, costs no seat and no link."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.browser.harness import TONES, Stage, all_hear_each_other, until
from tests.browser.test_dropped_sockets import connections, marks, no_gap, nobody_left, sockets

pytestmark = pytest.mark.slow


async def test_a_browser_stopped_for_a_minute_is_back_in_the_call(stage: Stage) -> None:
    """A laptop's lid: the whole browser process stands still, then goes on."""
    (ana,) = await stage.sea("Ana")
    await ana.join()
    async with Stage(stage.server) as lid:
        bo = await lid.person("Bo", tone=TONES[1])
        await bo.come(await ana.invite())
        await bo.join()
        await all_hear_each_other([ana, bo])
        lid.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(60)
            assert await ana.tones() == []
        finally:
            lid.signal(signal.SIGCONT)
        await all_hear_each_other([ana, bo])
        # The voices may be back before the socket is.
        await until("Bo is in the room again", bo.joined)
        assert lid.problems == []


async def test_a_tab_whose_timers_fire_once_a_minute_stays_in_the_call(stage: Stage) -> None:
    """What Chromium does to hidden pages after five minutes, done to every timer of one page."""
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.page.add_init_script(
        """
        const native = setTimeout;
        globalThis.throttled = false;
        globalThis.setTimeout = (task, ms = 0, ...rest) => {
          const minute = 60_000 - performance.now() % 60_000;
          const late = Math.ceil((ms - minute) / 60_000) * 60_000 + minute;
          return native(task, globalThis.throttled ? late : ms, ...rest);
        };
        """
    )
    await bo.page.reload()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await bo.page.evaluate("() => { globalThis.throttled = true; }")
    people = [ana, bo]
    since, opened = await marks(people), await sockets(people)
    made = [await connections(person) for person in people]
    await asyncio.sleep(130)
    await no_gap(people, since)
    await nobody_left(people)
    assert [await connections(person) for person in people] == made, "no link was made anew"
    assert await sockets(people) == opened, "no socket was made anew"

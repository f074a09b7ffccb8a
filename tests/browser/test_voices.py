"""The main job: people in real browsers hear each other, each one's own voice."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from itertools import permutations

import pytest

from tests.browser.harness import Person, Stage, all_hear_each_other, until


async def test_two_people_hear_each_other(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    assert await ana.names() == ["Ana", "Bo"]
    assert await bo.names() == ["Bo", "Ana"]


async def test_muting_is_silence_within_200_ms_and_unmuting_brings_the_voice_back(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    # Counted from the click itself: what the driver does before it is no part of the promise.
    await ana.page.evaluate(
        "document.addEventListener('click', () => { globalThis.clicked = Date.now(); }, true)"
    )
    await ana.click_voice()

    async def last_heard() -> float | None:
        """Ask when the last of Ana was heard, once that is 400 ms ago."""
        value = await bo.page.evaluate(
            """tone => {
              const silent = globalThis.ear.silentFor(tone);
              return silent > 400 ? Date.now() - silent : null;
            }""",
            ana.tone,
        )
        return None if value is None else float(value)

    last = await until("Bo hears nothing of Ana for 400 ms", last_heard)
    heard_for = last - float(await ana.page.evaluate("globalThis.clicked"))
    print(f"\nheard for {heard_for:.0f} ms after the click on mute")
    assert heard_for <= 200
    await until("Bo sees Ana muted", lambda: _word(bo, "Ana", "muted"))
    assert await ana.page.get_attribute("#id_voice_btn", "aria-pressed") == "true"
    await ana.click_voice()
    await all_hear_each_other([ana, bo])


async def _word(person: Person, name: str, word: str) -> bool:
    return (await person.words()).get(name) == word


async def test_leaving_takes_a_person_out_of_the_others_roster_and_ears(stage: Stage) -> None:
    ana, bo, cleo = await stage.sea("Ana", "Bo", "Cleo")
    for person in (ana, bo, cleo):
        await person.join()
    await all_hear_each_other([ana, bo, cleo])
    await bo.leave()

    async def gone() -> bool:
        return await ana.names() == ["Ana", "Cleo"] and await cleo.names() == ["Cleo", "Ana"]

    await until("Bo is in nobody's roster", gone)
    await all_hear_each_other([ana, cleo])
    await until("Bo hears nobody", lambda: bo.hears())
    assert await bo.page.evaluate("globalThis.voice.tracks.every(t => t.readyState === 'ended')")
    assert await bo.page.evaluate("globalThis.seen.connections.every(c => c.connectionState === 'closed')")


@pytest.mark.long
async def test_six_people_clicking_at_once_hear_the_right_tone_on_all_thirty_links(stage: Stage) -> None:
    people = await stage.sea("Ana", "Bo", "Cleo", "Dee", "Eli", "Fay")
    await asyncio.gather(*(person.join() for person in people))
    await all_hear_each_other(people, seconds=40)
    times = [await hearer.click_to_audible(speaker) for hearer, speaker in permutations(people, 2)]
    heard = [time for time in times if time is not None]
    assert len(heard) == 30
    # From the hearer's click to the first audible block; a speaker who clicked later counts in.
    median, last = statistics.median(heard), max(heard)
    print(f"\nsix at once, click to first audible: median {median:.0f} ms, last {last:.0f} ms")


async def test_a_browser_that_opens_no_connection_says_so_on_the_row_and_the_room_goes_on(
    stage: Stage,
) -> None:
    ana, bo, cleo = await stage.sea("Ana", "Bo", "Cleo")
    await cleo.page.add_init_script(
        """globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
          constructor(...args) {
            if (!globalThis.allowed) throw new DOMException("forbidden by the test", "NotAllowedError");
            super(...args);
          }
        };"""
    )
    await cleo.page.reload()
    for person in (ana, bo, cleo):
        await person.join()

    async def told() -> list[str]:
        rows = [person for person in await cleo.people() if not person["self"]]
        return [row["doing"] for row in rows if row["word"] == "unheard"]

    await until("Cleo's page says why she hears nobody", lambda: _all_told(told))
    row = cleo.page.locator(".person", has_text="Ana")
    await row.get_by_role("button", name="Why can't I hear Ana?").click()
    assert "opens no connection" in (await row.locator(".path:focus .path-words").text_content() or "")
    await until("Ana hears Bo", lambda: ana.hears(bo))
    await cleo.page.evaluate("globalThis.allowed = true")
    await all_hear_each_other([ana, bo, cleo], seconds=30)


async def _all_told(told: Callable[[], Awaitable[list[str]]]) -> bool:
    words = await told()
    return len(words) == 2 and all("opens no connection" in word for word in words)

"""Who comes by a link and not to voice: those in the call hear a knock, once, and read who it is."""

from __future__ import annotations

import pytest

from tests.browser.harness import Person, Stage, until
from tests.browser.test_notices import notices
from tests.browser.test_sounds import LISTEN, heard_since

pytestmark = pytest.mark.long

COUNT = "() => { globalThis.looks = 0; document.addEventListener('meshvoice:part', () => { looks += 1; }); }"
"""What counts how often the page had its list from the server."""
STANDS = "Bo is at the door: not in voice yet."


async def looks(person: Person, wanted: int) -> bool:
    return bool(await person.page.evaluate("looks") >= wanted)


async def said(person: Person) -> bool:
    return STANDS in await person.events("announce")


async def shown(person: Person, *words: str) -> bool:
    return await notices(person) == list(words)


async def test_who_comes_by_a_link_and_not_to_voice_knocks_once_until_they_are_in(stage: Stage) -> None:
    ana, bo, cleo = [await stage.person(name) for name in ("Ana", "Bo", "Cleo")]
    await ana.page.context.add_init_script(LISTEN)
    await ana.page.clock.install()
    await ana.open_sea()
    first, second, _ = [await ana.invite() for _ in range(3)]
    await ana.go("/my-sea/")
    await ana.page.evaluate(COUNT)
    await ana.join()
    await ana.page.clock.fast_forward(1100)
    await until("Ana's page has looked", lambda: looks(ana, 1))
    await bo.come(first)
    await until("the server says that somebody is there", lambda: ana.events("knock"))
    # They may be on their way into voice.
    assert not await said(ana)
    await ana.page.clock.fast_forward(8_000)
    await until("it is said", lambda: said(ana))
    await until("it is heard", lambda: heard_since(ana, 0))
    assert await shown(ana, STANDS)
    await ana.page.clock.fast_forward(10_000)
    await ana.page.locator(".member:visible", has_text="Bo").wait_for()
    # A list that reads as before is left alone: whoever reads it isn't thrown out of it.
    await ana.page.evaluate(
        "() => { document.getElementById('id_lists').mark = 'kept'; globalThis.looks = 0; }"
    )
    await ana.page.clock.fast_forward(10_000)
    await until("Ana's page has looked again", lambda: looks(ana, 1))
    assert await ana.page.evaluate("document.getElementById('id_lists').mark") == "kept"
    await bo.join()
    await until("Bo stands there no more", lambda: shown(ana))
    # Whoever goes on into voice at once is told of by the sound of joining alone.
    await cleo.come(second)
    await cleo.join()
    await until("Cleo is in voice", lambda: _names(ana, "Ana", "Bo", "Cleo"))
    await ana.page.clock.fast_forward(20_000)
    await until("Ana's page has looked again", lambda: looks(ana, 2))
    await ana.page.clock.fast_forward(8_000)
    assert [each for each in await ana.events("announce") if "at the door" in each] == [STANDS]


async def _names(person: Person, *names: str) -> bool:
    return sorted(await person.names()) == sorted(names)

"""Notices above the people: what each kind may cover, and what it must not."""

from __future__ import annotations

import re

import pytest

from meshvoice import assets
from meshvoice.web import bundle
from tests.browser.harness import Person, Stage, until

TELL = "([name, detail]) => seen.room.dispatchEvent(new CustomEvent(name, { detail }))"


async def notices(person: Person) -> list[str]:
    """Give the notices that are shown, from top to bottom."""
    return await person.page.locator(".notices .note:visible p").all_text_contents()


async def test_an_alarm_is_loud_and_gives_way_to_no_later_notice_until_it_is_read(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await ana.page.evaluate(TELL, ["notice", {"code": "key-changed", "words": "Beware.", "alarm": True}])
    await ana.page.evaluate(TELL, ["notice", {"code": "notes-crowded", "words": "Bo sends a lot."}])
    assert await notices(ana) == ["Beware.", "Bo sends a lot."]
    assert await ana.page.locator(".notices .note.bad:visible p").all_text_contents() == ["Beware."]
    await ana.page.locator(".notices .note.bad button").click()
    assert await notices(ana) == ["Bo sends a lot."]


async def test_a_notice_that_loses_its_button_gives_the_focus_away(stage: Stage) -> None:
    (ana,) = await stage.sea("Ana")
    await ana.page.check("#id_listen_only")
    await ana.join()
    await ana.page.evaluate("voice.refuse = 'SecurityError'")
    await ana.page.get_by_role("button", name="Use the microphone").press("Enter")
    await ana.page.locator(".notices").get_by_text("keeps the microphone from it").wait_for()
    assert await ana.page.evaluate("document.activeElement.innerText") == "Who is here"


async def test_why_the_server_is_missed_is_said_beside_that_one_can_go_on_talking(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    cause = {"state": "reconnecting", "code": "unreachable", "words": "It can't be reached."}
    await ana.page.evaluate(TELL, ["server", {"lost": True, "words": "You can go on talking."}])
    await ana.page.evaluate(TELL, ["state", cause])
    assert await notices(ana) == ["You can go on talking. It can't be reached."]
    await ana.page.evaluate(TELL, ["server", {"lost": False, "words": "Connected again."}])
    assert await notices(ana) == []


def only_of_the_sheets() -> str:
    """Name a file that a sheet imports, and nothing of a call that is there before."""
    static = assets.find("static")
    if not bundle.files(static):
        return "sections.js"

    def parts(*names: str) -> set[str]:
        texts = ((static / bundle.FOLDER / name).read_text(encoding="utf-8") for name in names)
        return {part for text in texts for part in re.findall(r"part-\w+\.js", text)}

    there = parts("voice-mesh.js", "voice/panel/button.js", "voice/panel/panel.js")
    return min(parts("voice/panel/settings-sheet.js") - there)


@pytest.mark.long
@pytest.mark.parametrize("by", ["itself", "what it imports"])
async def test_a_sheet_that_could_not_be_loaded_says_so_and_is_there_once_it_can_be(
    stage: Stage, by: str
) -> None:
    missed = "settings-sheet.js" if by == "itself" else only_of_the_sheets()
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.page.route(f"**/{missed}", lambda route: route.abort())
    await ana.join()
    await ana.page.get_by_role("button", name="Settings").click()
    again = ana.page.get_by_role("button", name="Try again")
    await again.wait_for()
    (words,) = await notices(ana)
    assert words.startswith("This could not be loaded")
    await until("it is said to a screen reader, too", lambda: _said(ana, words))
    await ana.page.unroute(f"**/{missed}")
    await again.click()
    await ana.page.locator("dialog[open]").wait_for()
    assert await notices(ana) == []


async def _said(person: Person, words: str) -> bool:
    return words in await person.events("announce")


@pytest.mark.long
async def test_a_drag_that_ends_beside_a_sheet_leaves_it_open_and_a_tap_there_closes_it(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await ana.page.get_by_role("button", name="Settings").click()
    title = await ana.page.locator("dialog[open] h2").bounding_box()
    assert title is not None
    await ana.page.mouse.move(title["x"] + 5, title["y"] + 5)
    await ana.page.mouse.down()
    await ana.page.mouse.move(5, 300, steps=4)
    await ana.page.mouse.up()
    assert await ana.page.locator("dialog[open]").count() == 1
    await ana.page.mouse.click(5, 300)
    await ana.page.locator("dialog").wait_for(state="detached")

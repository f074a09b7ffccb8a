"""Notices above the people: what each kind may cover, and what it must not."""

from __future__ import annotations

from tests.browser.harness import Person, Stage

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

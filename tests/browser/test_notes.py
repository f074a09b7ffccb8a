"""Notes: lines of text that go from browser to browser."""

from __future__ import annotations

import signal
from functools import partial

from tests.browser.harness import Person, Stage, all_hear_each_other, until
from tests.browser.test_in_band import in_band

TEXT = "see https://example.org/a?b=c. <b>not bold</b> \u202egnp.exe"


async def write(person: Person, text: str) -> None:
    """Write a note as a person does: open the view, type, send."""
    notes = person.page.get_by_role("button", name="Notes")
    if await notes.get_attribute("aria-expanded") != "true":
        await notes.click()
    await person.page.get_by_label("Note to everyone here").fill(text)
    await person.page.keyboard.press("Enter")


async def lines(person: Person) -> list[str]:
    texts = await person.page.locator(".notes .lines .words").all_text_contents()
    return [text.strip() for text in texts]


async def shows(person: Person, *texts: str) -> bool:
    return await lines(person) == list(texts)


async def test_a_note_reaches_everyone_also_without_the_server_and_nobody_who_comes_later(
    own_stage: Stage,
) -> None:
    ana, bo = await own_stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await in_band([ana, bo])
    shown = "see https://example.org/a?b=c. <b>not bold</b> gnp.exe"
    await write(ana, TEXT)
    await until("Bo has the note", lambda: shows(bo, shown))
    link = bo.page.locator(".notes .lines a")
    assert await link.get_attribute("href") == "https://example.org/a?b=c"
    assert await link.get_attribute("rel") == "noopener noreferrer"
    assert await bo.page.locator(".notes .lines b").count() == 0
    unread = bo.page.get_by_role("button", name="Notes").locator(".unread")
    assert (await unread.text_content() or "").startswith("1")

    async def told() -> bool:
        return any(said.startswith("Note from Ana: see") for said in await bo.events("announce"))

    # Its turn comes after what is said of oneself.
    await until("a screen reader tells Bo of it", told)
    await own_stage.server.end(signal.SIGKILL)
    await write(bo, "still here")
    await until("Ana has the answer", lambda: shows(ana, shown, "still here"))
    assert await unread.is_hidden()
    await own_stage.server.start()
    await own_stage.server.ready()
    for person in (ana, bo):
        await until(f"{person.name} is back", person.joined)
    cleo = await own_stage.person("Cleo")
    await cleo.come(await ana.invite())
    await cleo.join()
    await all_hear_each_other([ana, bo, cleo])
    assert await lines(cleo) == []
    await cleo.page.get_by_role("button", name="Notes").click()
    assert "none of before" in (await cleo.page.locator(".notes").text_content() or "")


async def test_a_note_that_comes_moves_neither_the_page_nor_whoever_reads_earlier_ones(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.page.set_viewport_size({"width": 390, "height": 500})
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await in_band([ana, bo])
    await ana.page.get_by_role("button", name="Notes").click()
    for number in range(12):
        await ana.page.evaluate("number => seen.room.sendNote(`line ${number}`)", number)
    at_end = "(list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2"
    written = ana.page.locator(".notes .lines")
    assert await written.evaluate(at_end)
    await ana.page.evaluate("scrollTo(0, 0)")
    for at, position in ((12, "at the end"), (13, "at the beginning")):
        await bo.page.evaluate("at => seen.room.sendNote(`answer ${at}`)", at)
        await until("it is there", partial(has_lines, ana, at + 1))
        assert await ana.page.evaluate("scrollY") == 0, position
        assert await written.evaluate(at_end) == (position == "at the end")
        await written.evaluate("(list) => { list.scrollTop = 0; }")


async def has_lines(person: Person, count: int) -> bool:
    return len(await lines(person)) == count


async def test_where_notes_are_off_none_is_shown_and_the_writer_is_told(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await in_band([ana, bo])
    await bo.page.get_by_role("button", name="Settings").click()
    await bo.page.get_by_label("Take notes from the others").uncheck()
    await bo.page.keyboard.press("Escape")
    await write(ana, "hello")

    async def told() -> bool:
        return "Bo has notes switched off" in (await ana.page.locator(".notes .lines").text_content() or "")

    await until("Ana reads that Bo has notes off", told)
    assert await lines(bo) == []

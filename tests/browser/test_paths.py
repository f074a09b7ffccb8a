"""The path between two in words on the page, from what both ends say."""

from __future__ import annotations

import pytest

from tests.browser.harness import Person, Stage, all_hear_each_other, until


async def path(person: Person, name: str) -> dict[str, object]:
    """Give what a page says of the path to somebody."""
    said: dict[str, object] | None = await person.page.evaluate(
        """name => {
          const { room } = globalThis.seen;
          return room.path(room.people.find((each) => each.name === name)?.peer ?? "");
        }""",
        name,
    )
    return said or {}


@pytest.mark.slow
async def test_the_path_reads_good_and_its_figures_are_those_of_both_ends(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])

    async def whole() -> bool:
        said = await path(ana, "Bo")
        ends = [said.get("from"), said.get("to")]
        known = [end for end in ends if isinstance(end, dict) and end["bitrate"] and end["loss"] is not None]
        return said.get("word") == "good" and len(known) == 2

    await until("Ana's page has the figures of both ends", whole, seconds=30)
    row = ana.page.locator(".person", has_text="Bo")
    await row.locator("summary").first.click()
    assert await row.locator(".path-words").text_content() == "Good, and direct."
    await row.get_by_text("Figures").click()
    await row.locator(".figures th").first.wait_for()
    table = await row.locator(".figures table").inner_text()
    assert "Bo to you" in table
    assert table.count("kbit/s") == 2


async def test_how_it_is_between_two_others_is_one_line_that_opens(stage: Stage) -> None:
    everyone = ana, bo, cleo = await stage.sea("Ana", "Bo", "Cleo")
    for person in everyone:
        await person.join()
    await all_hear_each_other(list(everyone))
    line = ana.page.locator(".between > summary")

    async def measured() -> bool:
        [pair] = await ana.page.evaluate("globalThis.seen.room.between")
        return pair["word"] == "good" and None not in pair["loss"]

    await until("Bo and Cleo have told how it is between them", measured, seconds=30)
    assert await line.text_content() == "Between the others: all good"
    await line.click()
    await ana.page.locator(".between li").wait_for()
    assert await ana.page.locator(".between li").all_text_contents() == ["Bo and Cleo: good, and direct"]
    await ana.page.locator(".between").get_by_text("Figures").click()
    await ana.page.locator(".between th").first.wait_for()
    assert "to Bo: 0 %; to Cleo: 0 %" in await ana.page.locator(".between table").inner_text()
    await bo.leave()
    await line.wait_for(state="hidden")
    assert cleo.name in await ana.names()

"""The safety code among real pages, and with somebody in between who swaps fingerprints on the way."""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

from playwright.async_api import Page, WebSocketRoute

from tests.browser.harness import Person, Stage, all_hear_each_other, until

MALLORY = Path(__file__).with_name("mallory.js").read_text(encoding="utf-8")


async def safety(person: Person) -> dict[str, Any]:
    state: dict[str, Any] = await person.page.evaluate("globalThis.seen.room?.safety ?? {}")
    return state


async def words(*people: Person) -> list[str] | None:
    """Give the words that each one's page shows; None while one has none."""
    all_words = [(await safety(person)).get("words") for person in people]
    return None if None in all_words else [" ".join(w["name"] for w in each) for each in all_words if each]


async def alike(*people: Person) -> bool:
    """Tell whether all have the words of all, and the same ones."""
    shown = await words(*people)
    counts = {len((await safety(person)).get("included", [])) for person in people}
    return shown is not None and len(set(shown)) == 1 and counts == {len(people) - 1}


async def test_all_see_the_same_words_and_a_newcomer_makes_new_ones(stage: Stage) -> None:
    people = await stage.sea("Ana", "Bo", "Cleo")
    ana, bo, cleo = people
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await until("Ana and Bo see the same words", lambda: alike(ana, bo))
    before = await words(ana)
    await ana.page.get_by_role("button", name="Settings").click()
    shown = ana.page.locator(".safety-code li")
    await shown.first.wait_for()
    assert await shown.count() == 6
    await ana.page.get_by_role("button", name="They are the same").click()
    await until("Bo is marked", lambda: ana.page.get_by_text("Compared with: Bo.").is_visible())
    await ana.page.keyboard.press("Escape")
    await ana.page.get_by_label("Details of Bo").and_(ana.page.locator(":visible")).click()
    assert await ana.page.get_by_text("Safety code compared.").is_visible()
    await ana.page.get_by_role("button", name="Settings").click()
    await shown.first.wait_for()
    await cleo.join()
    await all_hear_each_other(people)
    await until("all three see the same words", lambda: alike(*people))
    assert await words(ana) != before
    assert len((await safety(ana))["compared"]) == 1
    assert [(await safety(person))["trouble"] for person in people] == ["", "", ""]
    assert await ana.page.get_by_text("These words are new").is_visible()

    async def both_are_marked() -> bool:
        await ana.page.get_by_role("button", name="They are the same").click()
        return await ana.page.get_by_text("Compared with: Bo and Cleo.").is_visible()

    await until("both are marked, once the new words have stood there for a while", both_are_marked)
    assert await ana.page.get_by_text("These words are new").is_hidden()
    await bo.page.reload()
    await bo.join()
    await ana.page.get_by_text("Compared earlier, but here with another key now: Bo.").wait_for()
    assert await ana.page.get_by_text("Compared with: Cleo.").is_visible()
    codes = [(notice["code"], notice.get("alarm")) for notice in await ana.events("notice")]
    assert codes == [("another-key", None)]


class InBetween:
    """Everything between the server and one person's page, and a page that can answer and offer."""

    def __init__(self, page: Page, room: str, *, forge: bool) -> None:
        self._page = page
        self._room = room
        self._forge = forge
        self._answers: dict[str, str] = {}
        self._lines: list[asyncio.Task[None]] = []

    def route(self, ws: WebSocketRoute) -> None:
        """Take a socket over."""
        server = ws.connect_to_server()
        down: asyncio.Queue[str | bytes] = asyncio.Queue()
        up: asyncio.Queue[str | bytes] = asyncio.Queue()
        server.on_message(down.put_nowait)
        ws.on_message(up.put_nowait)
        self._lines.append(asyncio.create_task(self._pass(down, ws, self._downward)))
        self._lines.append(asyncio.create_task(self._pass(up, server, self._upward)))

    def close(self) -> None:
        """Take nothing over any more."""
        for line in self._lines:
            line.cancel()

    async def _pass(self, line: asyncio.Queue[str | bytes], to: WebSocketRoute, change: Any) -> None:
        while True:
            message = json.loads(await line.get())
            await change(message)
            to.send(json.dumps(message))

    async def _downward(self, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":
            self._me = message["source"]
        if message["type"] == "offer":
            made = await self._page.evaluate(
                "how => globalThis.mallory.offered(how)",
                {
                    "from": message["source"],
                    "to": self._me,
                    "sdp": message["sdp"],
                    "room": self._room,
                    "forge": self._forge,
                },
            )
            self._answers[message["source"]] = made["answer"]
            message["sdp"] = made["offer"]
        if message["type"] == "ice" and message["source"] in self._answers:
            await self._page.evaluate(
                "all => globalThis.mallory.candidates('from', all)", message["candidates"]
            )
            message["candidates"] = []

    async def _upward(self, message: dict[str, Any]) -> None:
        if message["type"] == "answer" and message["target"] in self._answers:
            await self._page.evaluate("sdp => globalThis.mallory.answered(sdp)", message["sdp"])
            message["sdp"] = self._answers[message["target"]]
        if message["type"] == "ice" and message["target"] in self._answers:
            await self._page.evaluate(
                "all => globalThis.mallory.candidates('to', all)", message["candidates"]
            )
            message["candidates"] = [None]


async def attacked(stage: Stage, *, forge: bool) -> tuple[Person, Person, InBetween]:
    """Let Ana and Bo talk with Mallory in between."""
    ana, bo = await stage.sea("Ana", "Bo")
    mallory = await stage.person("Mallory")
    await mallory.go("/")
    await mallory.page.evaluate(MALLORY)
    between = InBetween(mallory.page, f"mysea-{ana.user_id}", forge=forge)
    await ana.page.route_web_socket(re.compile("/ws/voice/"), between.route)
    await ana.page.reload()
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    return ana, bo, between


async def test_somebody_in_between_makes_the_words_differ_and_the_page_says_so(stage: Stage) -> None:
    ana, bo, between = await attacked(stage, forge=True)
    shown = await until("both have words", lambda: words(ana, bo))
    assert shown[0] != shown[1]
    await ana.page.get_by_role("button", name="Settings").click()
    await ana.page.get_by_role("button", name="They differ").click()
    assert await ana.page.get_by_text("Then somebody may be in between.").is_visible()
    between.close()


async def test_somebody_in_between_who_passes_all_on_is_found_by_the_pages_themselves(stage: Stage) -> None:
    ana, bo, between = await attacked(stage, forge=False)

    async def alarmed(person: Person) -> bool:
        codes = [notice["code"] for notice in await person.events("notice")]
        return "not-their-key" in codes and "another key" in (await safety(person))["trouble"]

    for person in (ana, bo):
        await until(f"{person.name}'s page says so", partial(alarmed, person))
        assert "another key" in await person.page.locator(".notices .note.bad:visible").inner_text()
        await person.page.locator(".notices .note.bad:visible").get_by_role("button", name="Got it").click()
        await person.page.locator(".person .tag.warn", has_text="in doubt").wait_for()
    await ana.page.keyboard.press("s")
    await ana.page.locator(".safety .bad:visible").wait_for()
    assert await ana.page.locator(".safety-code").is_hidden()
    assert await ana.page.get_by_text("The code is being agreed on").is_hidden()
    between.close()

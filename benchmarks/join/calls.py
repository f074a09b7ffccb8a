"""Two systems in which people join a call, ours and the plain page, with pages that are about to click."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, StorageState

from tests.browser.harness import Person, invite, until
from tests.process import Server

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")
NAMES = ("Ana", "Bo", "Cleo", "Dee", "Eli", "Fay")
CREDENTIALS = """async () => {
  const { roomId } = document.getElementById("id_voice_btn").dataset;
  return (await (await fetch(`/api/voice/turn-credentials/?room=${roomId}`)).json()).iceServers ?? [];
}"""
BEFORE_CLICK = 1.0
"""Seconds from a page's load to the click: nobody clicks sooner than they read."""
AT_ONCE = 0.25
"""Seconds in which every page is told when to click."""

Marks = dict[str, float]
"""What was noted, in ms since 1970; what the other page of two noted begins with `their `."""


class System:
    """Where each person's page lies, and what each browser holds before."""

    def __init__(
        self,
        name: str,
        browsers: Sequence[Browser],
        pages: Sequence[tuple[str, StorageState | None]],
        ice: Sequence[object],
    ):
        self.name = name
        self.ice = ice
        """The STUN and TURN servers that its pages are given."""
        self._browsers = browsers
        self._pages = pages
        self._warm: dict[int, BrowserContext] = {}

    @asynccontextmanager
    async def about_to_click(self, who: int, *, cold: bool) -> AsyncIterator[Page]:
        """Open somebody's page, in an empty browser or in one that was there before."""
        url, state = self._pages[who]
        context = None if cold else self._warm.get(who)
        if context is None:
            browser = self._browsers[who % len(self._browsers)]
            context = await browser.new_context(
                storage_state=state, permissions=["microphone"], bypass_csp=True
            )
            await context.add_init_script(PROBE)
            if not cold:
                self._warm[who] = context
                # The third visit is the first for which the browser kept what it compiled.
                for _ in range(2):
                    page = await context.new_page()
                    await page.goto(url)
                    await _join([page])
                    await until("the warming call", lambda page=page: _seated(page))  # type: ignore[misc]
                    await page.close()
        page = await context.new_page()
        try:
            await page.goto(url)
            await asyncio.sleep(BEFORE_CLICK)
            yield page
        finally:
            await (context.close() if cold else page.close())

    async def close(self) -> None:
        """Close what is kept warm."""
        for context in self._warm.values():
            await context.close()
        self._warm.clear()


async def _join(pages: Sequence[Page]) -> None:
    at = (time.time() + AT_ONCE) * 1000
    await asyncio.gather(*(page.evaluate("at => globalThis.probe.clickAt(at)", at) for page in pages))


async def _seated(page: Page) -> bool:
    return bool(await page.evaluate("globalThis.probe.marks.welcome"))


async def measure(pages: Sequence[Page], others: int) -> list[Marks]:
    """Let all click at once; gives each page's marks once it hears so many others; the last is `audible`."""
    await _join(pages)

    async def heard(page: Page) -> Marks:
        await until("the room is there", lambda: _seated(page))

        async def all_heard() -> Any:
            return await page.evaluate("n => globalThis.probe.audible.length >= n", others)

        await until(f"{others} are heard", all_heard, seconds=30)
        found: dict[str, Any] = await page.evaluate("globalThis.probe")
        marks: Marks = found["marks"]
        return {**marks, "audible": max(found["audible"][:others], default=marks["welcome"])}

    return await asyncio.gather(*(heard(page) for page in pages))


async def beside(marks: Marks, other: Page) -> Marks:
    """Add what the page of the one already there noted of the same link."""
    theirs: Marks = await other.evaluate("globalThis.probe.marks")
    return {**marks, **{f"their {name}": at for name, at in theirs.items()}}


async def our_system(server: Server, browsers: Sequence[Browser], people: int) -> System:
    """Sign people in and bring them into one room."""
    async with _pages(browsers, people) as pages:
        everyone = [Person(name, 0, page, server) for name, page in zip(NAMES, pages, strict=False)]
        for person in everyone:
            await person.sign_in()
        await invite(*everyone)
        seats = [(page.url, await page.context.storage_state()) for page in pages]
        return System("ours", browsers, seats, await pages[0].evaluate(CREDENTIALS))


@asynccontextmanager
async def _pages(browsers: Sequence[Browser], people: int) -> AsyncIterator[list[Page]]:
    contexts = [await browsers[n % len(browsers)].new_context() for n in range(people)]
    try:
        yield [await context.new_page() for context in contexts]
    finally:
        for context in contexts:
            await context.close()


@asynccontextmanager
async def plain_system(
    origin: str,
    host: str,
    port: int,
    browsers: Sequence[Browser],
    people: int,
    *,
    ice: Sequence[object],
    prefix: Sequence[str] = (),
    certificate: Sequence[Path] = (),
) -> AsyncIterator[System]:
    """Run the plain page's server as a process of its own."""
    command = [sys.executable, "-m", "benchmarks.join.plain_server", host, str(port), json.dumps(list(ice))]
    process = await asyncio.create_subprocess_exec(*prefix, *command, *map(str, certificate))
    system = System("plain", browsers, [(f"{origin}/", None)] * people, ice)
    try:
        await until("the plain server answers", lambda: _answers(browsers[0], origin))
        yield system
    finally:
        await system.close()
        process.terminate()
        await process.wait()


async def _answers(browser: Browser, origin: str) -> bool:
    page = await browser.new_page()
    try:
        return bool(await page.goto(f"{origin}/"))
    except Exception as refused:
        if "ERR_CONNECTION_REFUSED" in str(refused):
            return False
        raise
    finally:
        await page.close()

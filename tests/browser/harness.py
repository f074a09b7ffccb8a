"""People in real browser pages: each plays a tone of its own, and a test asks what each one hears."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.process import Server

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # The last list counts, so this is Playwright's own, and with it two pages of the address bar's: nobody
    # sees them, and each new context would pay more for them than for ours.
    "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
    "AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,"
    "PreconnectToSearch,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
TONES = (500, 700, 900, 1100, 1300, 1500, 1700, 1900)
_EAR = Path(__file__).with_name("ear.js").read_text(encoding="utf-8")
PATIENCE = 20.0
"""Seconds after which something that should happen counts as not happening."""


def ear(tone: int) -> str:
    """Give the script that lends a page a tone for a voice, and an ear."""
    return f"globalThis.__TONE = {tone}; globalThis.__TONES = {json.dumps(TONES)};\n{_EAR}"


async def until(what: str, ask: Callable[[], Awaitable[Any]], *, seconds: float = PATIENCE) -> Any:
    """Ask until the answer is true; fails saying what was waited for, and the last answer."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        if loop.time() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what} (last answer: {answer!r})")
        await asyncio.sleep(0.05)


class Person:
    """Somebody with a page of their own, and a tone for a voice."""

    def __init__(self, name: str, tone: int, page: Page, server: Server) -> None:
        self.name = name
        self.tone = tone
        self.page = page
        self.server = server
        self.base = urlsplit(server.origin).path
        """What stands before each path of the site."""
        self.user_id = ""

    async def post(self, path: str, **fields: str) -> Any:
        """POST as the page would; gives the JSON answer, with `status` in it."""
        if not self.page.url.startswith(self.server.origin):
            await self.go("/invitation/")
        answer: dict[str, Any] = await self.page.evaluate(
            """async ([path, fields]) => {
              const how = { method: "POST", headers: { Accept: "application/json" } };
              const answer = await fetch(path, { ...how, body: new URLSearchParams(fields) });
              return { ...await answer.json(), status: answer.status };
            }""",
            [self.base + path, fields],
        )
        return answer

    async def sign_in(self) -> None:
        """Sign in by name."""
        self.user_id = (await self.post("/sign-in", name=self.name))["user_id"]

    async def open_sea(self) -> None:
        """Open one's own sea and go there."""
        await self.post("/my-sea/open")
        await self.go("/my-sea/")

    async def invite(self) -> str:
        """Make an invitation; gives the link."""
        return str((await self.post("/my-sea/invitations"))["url"])

    async def come(self, link: str) -> None:
        """Accept an invitation (without its page), and go where it leads."""
        answer = await self.post("/invitations/accept", token=link.partition("#")[2])
        assert answer["status"] == 200, answer
        await self.go(answer["url"].removeprefix(self.base))

    async def cookie(self) -> bytes:
        """Give this person's session cookie: it tells the wire whose a connection is."""
        cookies = await self.page.context.cookies()
        return next(c["value"] for c in cookies if c["name"].endswith("meshvoice")).encode()

    async def go(self, path: str) -> None:
        """Open a page."""
        await self.page.goto(self.server.origin + path)

    async def click_voice(self) -> None:
        """Click the voice button: joins, or mutes."""
        await self.page.click("#id_voice_btn")

    async def join(self) -> None:
        """Join, and wait until seated."""
        await self.click_voice()
        await until(f"{self.name} is seated", self.joined)

    async def joined(self) -> bool:
        """Tell whether the room says so, and the page shows it where it has a panel."""
        return bool(
            await self.page.evaluate(
                """globalThis.seen.room?.state === 'joined'
                && (!document.getElementById("id_voice_panel") || !!document.querySelector(".call-bar"))"""
            )
        )

    async def leave(self) -> None:
        """Leave the room by its own button."""
        await self.page.evaluate("globalThis.seen.room.leave()")

    async def tones(self) -> list[int]:
        """List the tones heard now. Two tones from one element, or one from two, stand twice or together."""
        lists: list[list[int]] = await self.page.evaluate("globalThis.ear.now()")
        for heard in lists:
            assert len(heard) == 1, f"{self.name} hears {heard} from one element"
        return sorted(tone for heard in lists for tone in heard)

    async def hears(self, *others: Person) -> bool:
        """Tell whether exactly those are heard now."""
        return await self.tones() == sorted(other.tone for other in others)

    async def mark(self) -> int:
        """Give the present block of the ear's timeline."""
        return int(await self.page.evaluate("globalThis.ear.mark()"))

    async def gap(self, other: Person, since: int) -> float:
        """Give the longest silence of another's tone since a mark, in ms."""
        return float(await self.page.evaluate("([t, m]) => globalThis.ear.gap(t, m)", [other.tone, since]))

    async def heard_after(self, other: Person, mark: int) -> float | None:
        """Give how long after a mark another's tone was first heard, in ms."""
        value = await self.page.evaluate("([t, m]) => globalThis.ear.heardAfter(t, m)", [other.tone, mark])
        return None if value is None else float(value)

    async def people(self) -> list[dict[str, Any]]:
        """Give the room's people as this page sees them."""
        people: list[dict[str, Any]] = await self.page.evaluate("globalThis.seen.room?.people ?? []")
        return people

    async def names(self) -> list[str]:
        """Give the names in the roster, oneself first."""
        return [person["name"] for person in await self.people()]

    async def words(self) -> dict[str, str]:
        """Give the word for each person by name."""
        return {person["name"]: person["word"] for person in await self.people()}

    async def events(self, name: str) -> list[Any]:
        """Give the room's events of one name so far."""
        details: list[Any] = await self.page.evaluate(
            "name => globalThis.seen.events.filter(e => e.name === name).map(e => e.detail)", name
        )
        return details

    async def click_to_audible(self, other: Person) -> float | None:
        """Give the ms from the click to the first audible block of another's tone; None: not heard yet."""
        value = await self.page.evaluate(
            """tone => {
              const click = performance.getEntriesByName("meshvoice:click").at(-1);
              const heard = globalThis.ear.firstHeard[tone];
              return heard === undefined ? null : heard - click.startTime;
            }""",
            other.tone,
        )
        return None if value is None else float(value)


@asynccontextmanager
async def chromium(
    *flags: str,
    executable: str = CHROMIUM,
    driver: Playwright | None = None,
    sound: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
) -> AsyncIterator[Browser]:
    """Run a Chromium, with a driver of its own unless one is given.

    `sound` is the environment of a sound server, whose devices stand in for the browser's made-up ones.
    """
    usual = [flag for flag in FLAGS if sound is None or flag != "--use-fake-device-for-media-stream"]
    async with AsyncExitStack() as stack:
        if driver is None:
            driver = await stack.enter_async_context(async_playwright())
        browser = await driver.chromium.launch(
            executable_path=executable,
            args=[*usual, AUTOPLAY, *flags],
            # The driver's own: nothing would come out at the speakers.
            ignore_default_args=None if sound is None else ["--mute-audio"],
            env={**os.environ, **(sound or {}), **(environment or {})},
        )
        stack.push_async_callback(browser.close)
        yield browser


class Stage:
    """One Chromium with a context for each person.

    It is lent to the stage, or else the stage's own: then it can have flags, and be stopped by signals.
    """

    def __init__(
        self,
        server: Server,
        *flags: str,
        executable: str = CHROMIUM,
        driver: Playwright | None = None,
        lent: Browser | None = None,
    ) -> None:
        self.server = server
        self.people: list[Person] = []
        self.problems: list[str] = []
        self._mark = f"--meshvoice-test={uuid.uuid4().hex}"
        self._stack = AsyncExitStack()
        self._own = chromium(self._mark, *flags, executable=executable, driver=driver)
        self._lent = lent
        self.browser = lent

    async def __aenter__(self) -> Stage:
        self.browser = self._lent or await self._stack.enter_async_context(self._own)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def person(
        self, name: str, *, sign_in: bool = True, tone: int | None = None, **context: Any
    ) -> Person:
        """Bring somebody in, with the next free tone."""
        assert self.browser is not None
        tone = tone or TONES[len(self.people)]
        # The ear needs an AudioWorklet of its own, which the pages' policy rightly refuses to strangers.
        where: BrowserContext = await self.browser.new_context(
            bypass_csp=True, permissions=["microphone"], **context
        )
        if self._lent:
            self._stack.push_async_callback(where.close)
        await where.add_init_script(ear(tone))
        somebody = Person(name, tone, await self._page(name, where), self.server)
        self.people.append(somebody)
        if sign_in:
            await somebody.sign_in()
        return somebody

    async def tab_of(self, person: Person) -> Person:
        """Open a second tab of the same person's."""
        tab = Person(
            person.name, person.tone, await self._page(person.name, person.page.context), self.server
        )
        tab.user_id = person.user_id
        return tab

    async def _page(self, name: str, where: BrowserContext) -> Page:
        page = await where.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{name}: {error}"))
        page.on("console", lambda said: self._heard_console(name, said.type, said.text))
        return page

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of this Chromium."""
        for pid in self._processes():
            os.kill(pid, number)

    def _processes(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if self._mark.encode() in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        tree = list(found)
        while found:
            pid = found.pop()
            with contextlib.suppress(OSError):
                for children in Path(f"/proc/{pid}/task").glob("*/children"):
                    born = [int(child) for child in children.read_text().split()]
                    found += [child for child in born if child not in tree]
                    tree += [child for child in born if child not in tree]
        return tree

    def _heard_console(self, name: str, kind: str, text: str) -> None:
        # A dropped connection is what some tests are about; Chromium logs it by itself.
        if kind == "error" and not re.search(
            r"WebSocket connection to|Failed to load resource|net::ERR", text
        ):
            self.problems.append(f"{name}: {text}")

    async def sea(self, *names: str) -> list[Person]:
        """Bring people into the first one's sea, on its page, not yet in voice."""
        tones = TONES[len(self.people) :][: len(names)]
        async with asyncio.TaskGroup() as coming:
            people = [
                coming.create_task(self.person(name, tone=tone))
                for name, tone in zip(names, tones, strict=True)
            ]
        everyone = [person.result() for person in people]
        await invite(*everyone)
        return everyone


async def invite(owner: Person, *guests: Person) -> None:
    """Open the first one's sea and bring the others in."""
    await owner.open_sea()
    links = [await owner.invite() for _ in guests]
    async with asyncio.TaskGroup() as coming:
        for guest, link in zip(guests, links, strict=True):
            coming.create_task(guest.come(link))


async def all_hear_each_other(people: list[Person], *, seconds: float = PATIENCE) -> None:
    """Wait until each one hears exactly all the others."""

    async def complete() -> bool:
        answers = await asyncio.gather(*(p.hears(*(o for o in people if o is not p)) for p in people))
        return all(answers)

    async def picture() -> str:
        lines = [f"{p.name} hears {await p.tones()}, sees {await p.words()}" for p in people]
        return "\n".join(lines)

    try:
        await until("everyone hears everyone", complete, seconds=seconds)
    except AssertionError as problem:
        raise AssertionError(f"{problem}\n{await picture()}") from None

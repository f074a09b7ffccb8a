"""Take the pictures of the room page: those under docs/, or with a folder as argument one of every state.

`make pictures` takes those under docs/; `python -m tools.pictures FOLDER` all, to be looked at.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.browser.harness import Person, Stage, all_hear_each_other, until
from tests.process import serving

ROOT = Path(__file__).parents[1]
DESK = {"width": 860, "height": 760}
PHONE = {"width": 375, "height": 740}
KEPT = {"four-light": "voice", "four-dark": "voice-dark", "four-phone": "voice-phone"}
"""Which picture is kept under docs/, and as what."""

Look = Callable[[Page], Awaitable[Any]]


async def large(page: Page) -> None:
    """Show letters of twice the size."""
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")


LOOKS: dict[str, Look] = {
    "light": lambda page: page.emulate_media(color_scheme="light"),
    "dark": lambda page: page.emulate_media(color_scheme="dark"),
    "phone": lambda page: page.set_viewport_size(PHONE),  # type: ignore[arg-type]
    "large": large,
    "forced": lambda page: page.emulate_media(forced_colors="active"),
    "still": lambda page: page.emulate_media(reduced_motion="reduce"),
}


class Album:
    """Pictures of one person's page, in every look."""

    def __init__(self, page: Page, folder: Path, *, all_looks: bool) -> None:
        self.page = page
        self.folder = folder
        self.looks = LOOKS if all_looks else {name: LOOKS[name] for name in ("light", "dark", "phone")}
        self.all = all_looks

    async def take(self, state: str) -> None:
        """Picture the page as it is now."""
        for name, look in self.looks.items():
            picture = f"{state}-{name}"
            if not self.all and picture not in KEPT:
                continue
            await look(self.page)
            # What the last look moved has come to rest.
            await self.page.wait_for_timeout(200)
            file = f"{picture if self.all else KEPT[picture]}.png"
            await self.page.screenshot(path=self.folder / file, animations="disabled")
            await self.plain()

    async def plain(self) -> None:
        """Show the page as on a desk again, with the pointer over nothing."""
        await self.page.mouse.move(0, 0)
        await self.page.emulate_media(
            color_scheme="light", forced_colors="none", reduced_motion="no-preference"
        )
        await self.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        await self.page.evaluate("() => { document.documentElement.style.fontSize = ''; scrollTo(0, 0); }")


async def states(stage: Stage, album_of: Callable[[Page], Album]) -> None:
    """Walk through a call, picturing each state."""
    ana, bo, cleo, dan, eva = await stage.sea("Ana", "Bo", "Cleo", "Dan", "Eva")
    people = [ana, bo, cleo, dan]
    await ana.go("/my-sea/")
    album = album_of(ana.page)
    await album.plain()
    await album.take("before")
    await ana.join()
    await until("Ana is heard", lambda: speaks(ana))
    await album.take("alone")
    await ana.page.get_by_role("button", name="Invite somebody").click()
    await ana.page.locator("#id_link").wait_for()
    await album.take("invitation")
    await ana.page.reload()
    await ana.join()
    for other in (bo, cleo, dan):
        await other.join()
    await all_hear_each_other(people)
    await cleo.page.evaluate("seen.room.mute()")
    await dan.page.evaluate("() => voice.quieter(0)")
    await until("Dan is quiet", lambda: quiet(ana, "Dan"))
    await album.take("four")
    await ana.page.get_by_label("Details of Bo").and_(ana.page.locator(":visible")).click()
    await album.take("details")
    await ana.page.get_by_label("Details of Bo").and_(ana.page.locator(":visible")).click()
    await ana.page.keyboard.press("m")
    await album.take("muted")
    await ana.page.keyboard.press("d")
    await album.take("deafened")
    await ana.page.keyboard.press("d")
    await ana.page.keyboard.press("m")
    await ana.page.evaluate("seen.room.talk.choose('push')")
    await ana.page.keyboard.down("v")
    await album.take("push-to-talk")
    await ana.page.keyboard.up("v")
    await ana.page.get_by_role("button", name="Settings").click()
    await album.take("settings")
    await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("?")
    await album.take("shortcuts")
    await ana.page.keyboard.press("Escape")
    await ana.page.evaluate("seen.room.talk.choose('open')")
    if not album.all:
        return
    await bo.page.evaluate("seen.connections.forEach((connection) => connection.close())")
    await eva.page.evaluate("() => { voice.refuse = 'NotReadableError'; }")
    await eva.join()
    await until("Bo can't be heard", lambda: has_word(ana, "Bo", "unheard"))
    await album.take("trouble")
    await album_of(eva.page).take("no-microphone")
    await ana.post("/my-sea/close")
    await until("the call is over", lambda: ana.page.evaluate("seen.room.state !== 'joined'"))
    await album.take("ended")


async def speaks(person: Person) -> bool:
    """Tell whether the page shows that its own person speaks."""
    return bool((await person.people())[0]["speaking"])


async def quiet(person: Person, name: str) -> bool:
    """Tell whether a page shows somebody as here and silent."""
    return any(one["name"] == name and not one["speaking"] for one in await person.people())


async def has_word(person: Person, name: str, word: str) -> bool:
    """Tell whether a page has this word for somebody."""
    return (await person.words()).get(name) == word


async def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        async with serving(Path(home)) as server, Stage(server) as stage:
            await states(stage, lambda page: Album(page, folder, all_looks=len(sys.argv) > 1))


if __name__ == "__main__":
    asyncio.run(main())

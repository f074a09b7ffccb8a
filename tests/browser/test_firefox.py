"""Chromium with Firefox: heard both ways, whichever came first and so whichever owns the link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Page

from tests.browser.conftest import need
from tests.browser.firefox import FIREFOX, FirefoxPage, firefox
from tests.browser.harness import TONES, Person, Stage, all_hear_each_other, ear, until
from tests.browser.homes import at_home
from tests.browser.test_dropped_sockets import connections
from tests.browser.test_in_band import in_band
from tests.process import Server

ENTER = "\ue006"
"""As WebDriver writes the key."""


@asynccontextmanager
async def in_firefox(name: str, server: Server, folder: Path) -> AsyncIterator[Person]:
    """Bring somebody in who uses Firefox."""
    need(FIREFOX, "firefox-esr")
    need("pulseaudio", "pulseaudio")
    tone = TONES[-1]
    async with firefox(folder, ear(tone)) as page:
        person = Person(name, tone, cast(Page, page), server)
        await person.sign_in()
        yield person


@pytest.mark.parametrize("first", ["Chromium", pytest.param("Firefox", marks=pytest.mark.slow)])
async def test_chromium_and_firefox_hear_each_other_and_after_a_generation_made_by_either(
    stage: Stage, tmp_path: Path, first: str
) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    async with in_firefox("Fox", stage.server, tmp_path) as fox:
        await fox.come(await ana.invite())
        order = [ana, fox] if first == "Chromium" else [fox, ana]
        for person in order:
            await person.join()
        await all_hear_each_other([ana, fox])
        await in_band(order)
        assert await fox.names() == ["Fox", "Ana"]
        # Firefox asks for stereo, which would halve what each channel gets.
        settings = await ana.page.evaluate("""async () => {
          const stats = await globalThis.seen.connections.at(-1).getStats();
          const { codecId } = [...stats.values()].find(({ type }) => type === "outbound-rtp");
          return stats.get(codecId).sdpFmtpLine.split(";");
        }""")
        assert "stereo=0" in settings
        # Whoever came second owns the link. One side's connection dies: if it is the owner's it makes a new
        # generation, else it asks for one.
        for broken in order:
            made = [await connections(person) for person in order]
            await broken.page.evaluate("globalThis.seen.connections.at(-1).close()")

            async def renewed(before: list[int] = made) -> bool:
                return all([await connections(p) > n for p, n in zip(order, before, strict=True)])

            await until("both have a new connection", renewed)
            await all_hear_each_other([ana, fox])
            await in_band(order)


@pytest.mark.long
async def test_a_key_on_the_big_button_talks_until_it_is_let_go_of(server: Server, tmp_path: Path) -> None:
    async with in_firefox("Fox", server, tmp_path) as fox:
        await fox.open_sea()
        await fox.join()
        await fox.page.evaluate("seen.room.talk.choose('push')")
        page = cast(FirefoxPage, fox.page)
        for key in (" ", ENTER):
            await page.evaluate("document.querySelector('.push').focus()")
            await page.key("keyDown", key)
            await until("the key talks", lambda: page.evaluate("seen.room.talk.pressed"), seconds=3)
            await page.key("keyUp", key)
            await until("it talks no more", lambda: page.evaluate("!seen.room.talk.pressed"), seconds=3)
            await until("nothing goes out", lambda: page.evaluate("!seen.room.talk.sends"))


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.parametrize("moved", ["Chromium", "Firefox"])
@pytest.mark.parametrize("first", ["Chromium", "Firefox"])
async def test_a_new_address_on_either_side_keeps_the_voices(tmp_path: Path, moved: str, first: str) -> None:
    async with at_home(tmp_path, "Ana", turn=True, spare=1) as homes:
        (ana,) = homes.people
        link = await ana.invite()
        with homes.lab.inside("home2"):
            async with in_firefox("Fox", homes.server, tmp_path) as fox:
                await fox.come(link)
                order = [ana, fox] if first == "Chromium" else [fox, ana]
                for person in order:
                    await person.join()
                await all_hear_each_other([ana, fox])
                mark = await ana.mark()
                homes.lab.change_address(1 if moved == "Chromium" else 2)
                await until("the old path is gone", lambda: ana.hears())
                await all_hear_each_other([ana, fox])
                gap = await ana.gap(fox, mark)
                print(f"\n{first} first, {moved} moved: Chromium hears Firefox again after {gap:.0f} ms")
                assert gap <= 5000


@pytest.mark.long
async def test_a_page_that_missed_a_module_is_loaded_anew_by_the_click(
    server: Server, tmp_path: Path
) -> None:
    """This Firefox keeps for a page's life that a module couldn't be had: to try again would do nothing."""
    async with in_firefox("Fox", server, tmp_path) as fox:
        page = cast(FirefoxPage, fox.page)
        hint = "document.getElementById('id_voice_hint').textContent"
        async with page.missing("voice-mesh.js"):
            await fox.open_sea()
            await fox.click_voice()
            await until("it says so", lambda: page.evaluate(f"{hint}.includes('Trying again')"))
        anew = "performance.getEntriesByType('navigation')[0].type === 'reload'"
        # Its scripts too: a click that comes before them does nothing.
        loaded = f"{anew} && document.readyState === 'complete'"
        await until("the page is loaded anew", lambda: page.evaluate(loaded))
        await fox.join()


@pytest.mark.long
async def test_a_link_is_copied_though_its_module_was_missed_at_first(server: Server, tmp_path: Path) -> None:
    async with in_firefox("Fox", server, tmp_path) as fox:
        page = cast(FirefoxPage, fox.page)
        said = "document.getElementById('id_notice').textContent"
        async with page.missing("handing.js"):
            await fox.open_sea()
            await page.click("form[action$=invitations] button")
            await until("there is a link", lambda: page.evaluate("!!document.querySelector('[data-copy]')"))
            await page.click("[data-copy]")
            await until("it says so", lambda: page.evaluate(f"{said}.includes('can\\'t be reached')"))
        await page.click("[data-copy]")
        await until("it is copied, or selected", lambda: page.evaluate(f"/cop/i.test({said})"))

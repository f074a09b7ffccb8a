"""A whole call in German: nothing English is on the screen, and axe finds nothing there either."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page

from meshvoice import assets
from meshvoice.languages import read
from tests.browser.conftest import need_file
from tests.browser.harness import Person, Stage, until
from tests.browser.test_accessibility import AXE, TOKEN, violations

pytestmark = pytest.mark.long

GERMAN: dict[str, Any] = {"locale": "de-DE", "viewport": {"width": 375, "height": 740}}
READ = """() => {
  const all = [...document.querySelectorAll("*")].filter((each) => !each.closest("script, style, noscript"));
  const named = ["aria-label", "title", "placeholder", "alt", "aria-valuetext", "data-partial", "data-hint"];
  const attributes = all.flatMap((each) => named.map((name) => each.getAttribute(name)));
  const texts = all.flatMap((each) => [...each.childNodes].filter(({ nodeType }) => nodeType === 3));
  return [...attributes, ...texts.map(({ data }) => data)].map((text) => (text ?? "").trim()).filter(Boolean);
}"""
"""All that a page says: its texts, and what screen readers say of its elements."""


def sentences(tag: str) -> list[str]:
    file = read((assets.find("static") / "lang" / f"{tag}.js").read_text(encoding="utf-8"))
    parts = [words for part, words in file.items() if part != "language"]
    return [
        sentence
        for part in parts
        for words in part.values()
        for sentence in ([words] if isinstance(words, str) else words.values())
    ]


def pattern(sentence: str) -> str:
    """Give what finds a sentence, whatever its values are."""
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(sentence))


def foreign() -> re.Pattern[str]:
    """Find what English says and German doesn't."""
    german = set(sentences("de"))
    # What is nothing but a value, or the same sign in both, is in no language.
    english = [
        each for each in sentences("en") if each not in german and re.search(r"[a-z]{2}", pattern(each))
    ]
    return re.compile("|".join(sorted({pattern(each) for each in english}, key=len, reverse=True)))


async def english_on(page: Page, where: str) -> list[str]:
    """Give what is said in English there, and how far the page is wider than the screen."""
    assert await page.evaluate("document.documentElement.lang") == "de"
    english = foreign()
    told = [f"{where}: {text}" for text in await page.evaluate(READ) if english.fullmatch(text)]
    wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*told, *([f"{where}: {wider} px too wide"] if wider > 0 else [])]


async def test_a_whole_call_in_german_has_nothing_english_on_the_screen(stage: Stage) -> None:
    need_file(AXE, "npm ci")
    ana = await stage.person("Ana", sign_in=False, **GERMAN)
    found: list[str] = []
    seen: list[str] = []

    async def look(somebody: Person, where: str, *, axe: bool = False) -> None:
        seen.append(where)
        found.extend(await english_on(somebody.page, where))
        if axe:
            found.extend(await violations(somebody.page, where))

    def button(name: str) -> Any:
        return ana.page.get_by_role("button", name=name, exact=True)

    await ana.go("/")
    await look(ana, "sign-in", axe=True)
    await ana.page.get_by_label("Dein Name").fill("Ana")
    await button("Hereinkommen").click()
    await ana.page.get_by_role("heading", name="Hallo, Ana").wait_for()
    await look(ana, "home", axe=True)
    table = (await ana.post("/tables", name="Freitagsspiel"))["table_id"]
    for path, where in (
        ("/check/", "check"),
        ("/gibt-es-nicht/", "error"),
        (f"/table/{table}/", "table"),
        (f"/host-link/#{TOKEN}", "host link"),
        ("/my-sea/", "closed sea"),
    ):
        await ana.go(path)
        await look(ana, where, axe=True)
    await button("Dein Meer öffnen").click()
    await button("Mitreden").wait_for()
    await look(ana, "before joining", axe=True)
    await button("Mitreden").click()
    await until("Ana is in", ana.joined)
    await look(ana, "alone")
    await ana.page.get_by_role("button", name="Jemanden einladen").click()
    link = await ana.page.get_by_label("Einladungslink").input_value()
    await look(ana, "invitation made")

    bo = await stage.person("Bo", sign_in=False, **GERMAN)
    await bo.go(link.removeprefix(stage.server.origin))
    await bo.page.get_by_role("heading", name="Ana lädt dich ein").wait_for()
    await look(bo, "invitation", axe=True)
    await bo.page.get_by_label("Dein Name").fill("Bo")
    await bo.page.get_by_role("button", name="Hereinkommen").click()
    await bo.page.get_by_role("heading", name="Meer von Ana").wait_for()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))

    await bo.page.get_by_role("button", name="Stumm", exact=True).last.click()
    await ana.page.get_by_text("stumm", exact=True).wait_for()
    await ana.page.get_by_label("Mehr zu Bo").and_(ana.page.locator(":visible")).click()
    await ana.page.get_by_text("Zahlen", exact=True).first.click()
    await button("Notizen").click()
    await ana.page.get_by_label("Notiz an alle hier").fill("Hallo zusammen")
    await button("Senden").click()
    await bo.page.get_by_text("1 ungelesen").or_(bo.page.locator(".unread:visible")).first.wait_for()
    await look(ana, "details, figures and notes", axe=True)
    await look(bo, "a muted guest")

    await button("Optionen").click()
    sheet = ana.page.get_by_role("dialog", name="Optionen")
    for choice in ("Solange ich eine Taste drücke", "Wenn ich spreche"):
        await sheet.get_by_label(choice).check()
        await look(ana, f"settings, {choice}", axe=choice == "Wenn ich spreche")
    await sheet.get_by_label("Sprache", exact=True).select_option("en")
    # The page stays in German until it is loaded anew, and the call goes on.
    await sheet.get_by_text("Das gilt ab der nächsten Seite").wait_for()
    await look(ana, "another language chosen")
    assert await ana.joined()
    await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("?")
    await ana.page.get_by_role("dialog", name="Tastenkürzel").wait_for()
    await look(ana, "shortcuts", axe=True)
    await ana.page.keyboard.press("Escape")
    said = [*await ana.events("announce"), *await bo.events("announce")]
    found += [f"announced: {sentence}" for sentence in said if foreign().fullmatch(sentence)]
    await button("Gehen").click()
    await look(ana, "left")
    assert found == []
    assert len(seen) == len(set(seen)) == 18

    await ana.page.reload()
    assert await ana.page.evaluate("document.documentElement.lang") == "en"
    await ana.page.get_by_role("heading", name="Your sea").wait_for()
    assert stage.problems == []

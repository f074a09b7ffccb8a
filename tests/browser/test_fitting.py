"""What has to fit: long names, names of another direction, words read aloud, a screen with a notch."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Page

from meshvoice import assets
from meshvoice.languages import read
from tests.browser.harness import Stage, invite, until

NARROW = {"width": 320, "height": 640}
"""The narrowest phone that is in use."""
GERMAN: dict[str, Any] = {"locale": "de-DE", "viewport": {"width": 375, "height": 740}}
LONG = "Donaudampfschifffahrtselektrizitaetswerk"
ARABIC = "عبد الرحمن بن محمد بن عبد الله بن خلدون"


async def as_a_phone(page: Page, size: dict[str, int], **insets: int) -> None:
    """Lay the page out as a phone does: what is too wide makes it wider there."""
    browser = await page.context.new_cdp_session(page)
    metrics = {**size, "deviceScaleFactor": 1, "mobile": True}
    await browser.send("Emulation.setDeviceMetricsOverride", metrics)
    await browser.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    await browser.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})


async def test_a_name_of_one_long_word_makes_no_page_wider(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", LONG)
    await ana.go("/my-sea/")
    await as_a_phone(ana.page, NARROW)
    wide = "document.documentElement.scrollWidth"
    row = ana.page.locator(".person:visible", has_text=LONG)

    async def is_asked_about() -> None:
        await row.locator(".about > summary").click()
        await row.get_by_text("Remove", exact=True).click()
        await row.get_by_role("button", name=f"Remove {LONG}").wait_for()
        assert await ana.page.evaluate(wide) <= NARROW["width"]

    await is_asked_about()
    await ana.page.reload()
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await is_asked_about()
    await bo.page.evaluate("document.querySelector('.end summary').click()")
    await as_a_phone(bo.page, NARROW)
    assert await bo.page.evaluate(wide) <= NARROW["width"]


# Of a name that is cut: whether its first letter stands within what is shown.
_BEGINS = """(name) => {
  const letter = document.createRange();
  letter.setStart(name.firstChild, 0);
  letter.setEnd(name.firstChild, 1);
  const [one, all] = [letter.getBoundingClientRect(), name.getBoundingClientRect()];
  return name.scrollWidth > name.clientWidth && one.left >= all.left - 1 && one.right <= all.right + 1;
}"""


async def test_of_a_long_name_the_beginning_is_shown_in_either_direction(stage: Stage) -> None:
    for name in (ARABIC, "Somebody with a name too long for this"):
        ana, bo = await stage.sea("Ana", name)
        await as_a_phone(ana.page, NARROW)
        await ana.join()
        await bo.join()
        shown = ana.page.locator(".person:visible .full", has_text=name)
        await shown.wait_for()
        assert await shown.evaluate(_BEGINS), name
        await as_a_phone(bo.page, {"width": 600, "height": 600})
        assert await bo.page.locator(".who").evaluate(_BEGINS), name


async def test_no_word_of_the_safety_code_is_cut_on_a_narrow_phone(stage: Stage) -> None:
    ana = await stage.person("Ana", **GERMAN)
    await ana.open_sea()
    await as_a_phone(ana.page, NARROW)
    await ana.join()
    await ana.page.keyboard.press("s")
    await ana.page.locator(".safety-code").wait_for(state="attached")
    german = read((assets.find("static") / "lang" / "de.js").read_text(encoding="utf-8"))
    words = [word for key, word in german["voice"].items() if key.startswith("emoji.")]
    cut = await ana.page.evaluate(
        """(words) => {
          const code = document.querySelector(".safety-code");
          code.hidden = false;
          code.replaceChildren(...words.map((word) => {
            const [item, shown] = [document.createElement("li"), document.createElement("span")];
            shown.textContent = word;
            item.append(shown);
            return item;
          }));
          return [...code.querySelectorAll("span")].filter((each) => each.getClientRects().length > 1)
            .map(({ textContent }) => textContent);
        }""",
        words,
    )
    assert len(words) == 64
    assert cut == [], json.dumps(cut, ensure_ascii=False)


async def test_a_sheet_lies_beside_a_notch_and_not_under_it(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await as_a_phone(ana.page, {"width": 740, "height": 340}, left=44, right=44, bottom=21)
    await ana.join()
    await ana.page.keyboard.press("s")
    sheet = ana.page.locator("dialog[open]")
    await sheet.wait_for()
    parts = await sheet.evaluate(
        """(sheet) => [...sheet.querySelectorAll("h2, h3, button, input, select, section p")]
          .filter((each) => each.checkVisibility())
          .map((each) => each.getBoundingClientRect())
          .map(({ left, right }) => [Math.round(left), Math.round(right)])"""
    )
    assert min(left for left, _ in parts) >= 44
    assert max(right for _, right in parts) <= 740 - 44
    # Beside it a tap closes it, at its own edge none does.
    box = await sheet.bounding_box()
    assert box is not None
    await ana.page.mouse.click(box["x"] + 20, box["y"] + box["height"] - 5)
    assert await sheet.is_visible()


async def test_beside_a_long_name_no_word_of_the_figures_is_cut(stage: Stage) -> None:
    ana, bo = await stage.person("Ana", **GERMAN), await stage.person(LONG)
    await invite(ana, bo)
    await as_a_phone(ana.page, NARROW)
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    row = ana.page.locator(".person:visible", has_text=LONG)
    await row.locator(".about > summary").click()
    await row.get_by_text("Zahlen").click()
    heads = row.locator(".figures [scope=row]")
    await heads.first.wait_for()
    # A word that is cut takes a line more than there are words.
    cut = await heads.evaluate_all(
        """all => all.filter((one) => {
          const text = document.createRange();
          text.selectNodeContents(one);
          const lines = new Set([...text.getClientRects()].map(({ top }) => Math.round(top)));
          return lines.size > one.textContent.split(" ").length;
        }).map(({ textContent }) => textContent)"""
    )
    assert cut == []
    assert await ana.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


async def test_on_a_phone_that_lies_on_its_side_the_bar_leaves_the_page_its_room(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await as_a_phone(ana.page, {"width": 667, "height": 331})
    await ana.join()
    await ana.page.evaluate("seen.room.talk.choose('push')")
    await ana.page.locator(".push:visible").wait_for()
    bar = await ana.page.locator(".call-bar").bounding_box()
    assert bar is not None
    assert bar["height"] <= 331 / 4
    assert await ana.page.evaluate("document.documentElement.scrollWidth") <= 667


async def test_in_a_call_the_menu_is_one_line_on_a_phone_in_german_too(stage: Stage) -> None:
    ana, bo = await stage.person("Ana", **GERMAN), await stage.person("Bo")
    await invite(ana, bo)
    await as_a_phone(ana.page, GERMAN["viewport"])
    await ana.join()
    tops = await ana.page.eval_on_selector_all(
        "#id_voice_btn, .menu ul a, .menu summary",
        """all => all.map((one) => {
          const { top, height } = one.getBoundingClientRect();
          return [top + height / 2, height];
        })""",
    )
    middles = [round(middle) for middle, _ in tops]
    assert max(middles) - min(middles) <= 1, middles
    assert min(height for _, height in tops) >= 44


async def test_a_box_stands_beside_the_first_line_of_its_words_before_a_call_too(stage: Stage) -> None:
    ana = await stage.person("Ana", **GERMAN)
    await as_a_phone(ana.page, NARROW)
    await ana.go("/check/")
    await ana.page.click("#id_devices_start")
    await ana.page.locator("#id_microphone").wait_for()
    apart = await ana.page.eval_on_selector_all(
        "#id_devices .check",
        """all => all.map((label) => label.querySelector("span").getClientRects()[0].top
          - label.querySelector("input").getBoundingClientRect().top)""",
    )
    assert len(apart) == 6
    assert [one for one in apart if abs(one) > 6] == []


# How an edge stands out from what lies around it, as WCAG counts (1.4.11 asks for 3).
_EDGES = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
      const c = part / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (each) => {
    for (let at = each.parentElement; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!backgroundColor.startsWith("rgba(0, 0, 0, 0")) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const controls = [...document.querySelectorAll("select, input[type=text], textarea, input:not([type])")];
  return controls.filter((each) => each.checkVisibility()).map((each) => {
    const both = [light(getComputedStyle(each).borderTopColor), light(ground(each))];
    const [one, other] = both.sort((a, b) => b - a);
    return [each.id || each.name, Math.round((one + 0.05) / (other + 0.05) * 100) / 100];
  });
}"""


async def test_every_fields_edge_is_seen(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await ana.page.locator(".call-bar").get_by_role("button", name="Notes").click()
    await ana.page.get_by_role("button", name="Settings").click()
    await ana.page.locator("dialog[open]").wait_for()
    for theme in ("light", "dark"):
        await ana.page.emulate_media(color_scheme=theme)
        edges = await ana.page.evaluate(_EDGES)
        assert {"id_microphone", "id_language", "note"} <= {name for name, _ in edges}
        assert [edge for edge in edges if edge[1] < 3] == [], theme


async def test_with_large_letters_no_page_is_wider_than_a_phone_in_german_before_a_call(stage: Stage) -> None:
    ana = await stage.person("Ana", **GERMAN)
    table = (await ana.post("/tables", name="Freitagsspiel"))["table_id"]
    await ana.post("/my-sea/open")
    size = {"width": 375, "height": 667}
    await as_a_phone(ana.page, size)
    wide = []
    for path in ("/", "/my-sea/", f"/table/{table}/", "/check/"):
        await ana.go(path)
        await ana.page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        if path == "/check/":
            await ana.page.click("#id_devices_start")
            await ana.page.locator("#id_microphone").wait_for()
        wide.append(await ana.page.evaluate("document.documentElement.scrollWidth"))
    assert wide == [size["width"]] * 4

"""What a keyboard, a screen reader and a thumb find: axe on each page and sheet, focus, sentences, sizes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Locator, Page

from tests.browser.checking import ENDED
from tests.browser.conftest import need_file
from tests.browser.harness import Person, Stage, invite, until
from tests.browser.test_in_band import in_band
from tests.browser.test_notices import TELL

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TOKEN = "0" * 32
"""Looks like a host link's, so that its page asks whether to take it."""
PHONE = {"width": 375, "height": 667}
THUMB = 44
"""CSS pixels that a thumb needs, each way."""


# A theme changes nothing but colours.
_ASKED: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
}


async def violations(page: Page, where: str) -> list[str]:
    """Give what axe finds: the rule, and the elements."""
    found = []
    if not await page.evaluate("'axe' in globalThis"):
        await page.add_script_tag(path=AXE)
    for theme, asked in _ASKED.items():
        await page.emulate_media(color_scheme=theme)
        answer: dict[str, Any] = await page.evaluate("asked => axe.run(asked)", asked)
        for violation in answer["violations"]:
            for node in violation["nodes"]:
                found.append(f"{where}, {theme}: {violation['id']}: {node['html'][:120]}")
    return found


async def test_axe_finds_nothing_on_any_page_or_sheet_in_either_theme(stage: Stage) -> None:
    need_file(AXE, "npm ci")
    ana, bo = await stage.sea("Ana", "Bo")
    nobody = await stage.person("Nobody", sign_in=False)
    table = (await ana.post("/tables", name="Friday game"))["table_id"]
    await nobody.go("/")
    found = await violations(nobody.page, "/ signed out")
    for path in ("/", "/my-sea/", f"/table/{table}/", "/check/", f"/host-link/#{TOKEN}", "/nothing-here/"):
        await ana.go(path)
        found += await violations(ana.page, path)
    await ana.go("/my-sea/")
    await ana.join()
    found += await violations(ana.page, "alone")
    await ana.page.get_by_role("button", name="Invite somebody").click()
    await ana.page.locator("#id_link").wait_for()
    found += await violations(ana.page, "invitation")
    link = await ana.page.locator("#id_link").input_value()
    await nobody.page.goto(link)
    await nobody.page.locator("#id_invitation_form").wait_for()
    found += await violations(nobody.page, "/invitation/")
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await in_band([ana, bo])
    await ana.page.locator(".about summary:visible").first.click()
    await ana.page.keyboard.press("m")
    found += await violations(ana.page, "in voice, muted, details open")
    await bo.page.evaluate("seen.room.sendNote('See https://example.org/')")
    await ana.page.locator(".call-bar").get_by_role("button", name="Notes").click()
    await ana.page.locator(".notes a").wait_for()
    await ana.page.evaluate("seen.room.sendNote('I see.')")
    await ana.page.evaluate(TELL, ["notice", {"code": "key-changed", "words": "Beware.", "alarm": True}])
    await ana.page.locator(".notices .bad:visible").wait_for()
    found += await violations(ana.page, "notes open, and an alarm")
    found += await violations(bo.page, "a guest in voice")
    for mode in ("push", "voice"):
        await ana.page.evaluate("mode => seen.room.talk.choose(mode)", mode)
        await ana.page.get_by_role("button", name="Settings").click()
        await ana.page.locator("dialog[open]").wait_for()
        await ana.page.get_by_role("button", name="They differ").click()
        found += await violations(ana.page, f"settings, {mode}")
        await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("?")
    await ana.page.locator("dialog[open]").wait_for()
    found += await violations(ana.page, "shortcuts")
    assert found == []


async def focused(person: Person) -> str:
    """Give the text of what has the focus."""
    return str(
        await person.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.innerText")
    ).strip()


async def test_every_control_of_a_call_is_reached_by_tab_and_shows_its_focus(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await ana.page.evaluate("seen.room.talk.choose('push')")
    await ana.page.evaluate("document.getElementById('id_main').focus()")
    reached = []
    for _ in range(20):
        await ana.page.keyboard.press("Tab")
        reached.append(await focused(ana))
        outline = await ana.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in ("none", ""), reached[-1]
        if reached[-1] == "Leave":
            break
    wanted = ["Details of Bo", "Invite somebody", "Hold to talk", "Mute", "Deafen", "Settings", "Leave"]
    places = [next((at for at, text in enumerate(reached) if name in text), -1) for name in wanted]
    assert -1 not in places, reached
    assert places == sorted(places), reached


async def told_to(live: Locator, sentence: str) -> bool:
    return await live.inner_text() == sentence


async def test_whoever_joins_others_is_told_who_they_are(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    spoken = bo.page.locator("#id_voice_live")
    await until("he is told with whom he is in", lambda: told_to(spoken, "You are in, with Ana."))


async def test_a_sheet_takes_the_focus_keeps_it_and_gives_it_back(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    spoken = ana.page.locator("main > [role=status].visually-hidden")
    # Before the click, and through it: a region that comes with its words is not heard.
    assert await spoken.inner_text() == ""
    await ana.join()
    await until("she is told that she is in", lambda: told_to(spoken, "You are in. Nobody else is here yet."))
    await ana.page.get_by_role("button", name="Settings").focus()
    await ana.page.keyboard.press("Enter")
    await ana.page.locator("dialog[open]").wait_for()
    # What lies behind it is told to no screen reader: the sentences go with it.
    assert await ana.page.locator("dialog > [role=status]").count() == 1
    for _ in range(12):
        await ana.page.keyboard.press("Tab")
        # Behind the last control lies the browser's own bar, never the page.
        assert await ana.page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    await ana.page.keyboard.press("Escape")
    await ana.page.locator("dialog").wait_for(state="detached")
    assert await focused(ana) == "Settings"
    assert await ana.page.locator("main > #id_voice_live").count() == 1


async def test_a_call_that_ends_under_a_sheet_leaves_the_focus_to_the_button_that_joins(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await ana.page.get_by_role("button", name="Settings").focus()
    await ana.page.keyboard.press("Enter")
    await ana.page.locator("dialog[open]").wait_for()
    await ana.post("/my-sea/close")
    await ana.page.locator(".call-bar").wait_for(state="detached")
    assert await focused(ana) == "Join voice"


async def test_whose_row_moves_to_those_in_voice_takes_the_focus_along(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.go("/my-sea/")
    await ana.join()
    await ana.page.locator("[data-member] .about > summary").focus()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await ana.page.locator("[data-member]").wait_for(state="hidden")
    assert await focused(ana) == "Details of Bo"
    assert await ana.page.evaluate("document.activeElement.checkVisibility()")


async def test_who_is_refused_at_the_door_keeps_the_focus(stage: Stage) -> None:
    (ana,) = await stage.sea("Ana")
    bo = await stage.person("Bo", sign_in=False)
    await bo.page.goto(await ana.invite())
    await bo.page.fill("#id_name", "Bo\u2066")
    come = bo.page.get_by_role("button", name="Come in")
    await come.press("Enter")
    await bo.page.locator("#id_message:visible").wait_for()
    assert await focused(bo) == "Come in"
    await ana.post("/my-sea/close")
    await bo.page.fill("#id_name", "Bo")
    await come.press("Enter")
    await bo.page.get_by_role("heading", name="That came too late").wait_for()
    assert await focused(bo) == "Go to the start page"
    await bo.go(f"/host-link/#{TOKEN}")
    await bo.page.fill("#id_name", "Bo")
    become = bo.page.locator("#id_host_link_form button")
    await become.press("Enter")
    await bo.page.locator("#id_message:visible").wait_for()
    assert await focused(bo) == await become.inner_text()


async def test_shortcuts_are_listed_under_a_key_and_can_be_switched_off_for_good(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await ana.page.keyboard.press("?")
    sheet = ana.page.locator("dialog[open]")
    await sheet.wait_for()
    assert await sheet.locator("kbd").all_inner_texts() == ["M", "D", "S", "?"]
    await ana.page.keyboard.press("m")
    assert not await ana.page.evaluate("seen.room.muted"), "a key acted under a dialog"
    await sheet.get_by_role("checkbox").uncheck()
    await ana.page.keyboard.press("Escape")
    await ana.page.reload()
    await ana.join()
    await ana.page.keyboard.press("m")
    assert not await ana.page.evaluate("seen.room.muted")
    mute = ana.page.get_by_role("group", name="Call").get_by_role("button", name="Mute")
    assert await mute.get_attribute("aria-keyshortcuts") is None


@pytest.mark.long
async def test_the_menus_mute_and_the_bars_never_disagree_and_a_change_is_said_once(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    menu, bar = ana.page.locator("#id_voice_btn"), ana.page.locator(".call-bar button", has_text="Mute")
    await menu.focus()
    ways = [
        ("the menu", ana.page.keyboard.press("Enter")),
        ("the bar", bar.click()),
        ("a key, on the bar", ana.page.keyboard.press("m")),
        ("the room", ana.page.evaluate("seen.room.unmute()")),
    ]
    for turn, (way, act) in enumerate(ways):
        await act
        pressed = [await each.get_attribute("aria-pressed") for each in (menu, bar)]
        assert pressed == [str(turn % 2 == 0).lower()] * 2, way
    # The one under the focus said it itself. Elsewhere the live region does.
    await ana.page.evaluate("document.activeElement.blur()")
    await ana.page.keyboard.press("m")
    await ana.page.evaluate("seen.room.deafen()")
    assert [await each.get_attribute("aria-pressed") for each in (menu, bar)] == ["true", "true"]
    said = ["You are muted: nobody hears you.", "You are deafened: you hear nobody, and nobody hears you."]
    await until("both are said", lambda: _told(ana, said))


async def _told(person: Person, sentences: list[str]) -> bool:
    mine = ("You are muted", "You are deafened", "You hear")
    own = [each for each in await person.events("announce") if each.startswith(mine)]
    assert own == sentences[: len(own)], own
    return own == sentences


@pytest.mark.long
async def test_links_in_the_head_leave_a_call_alone_and_are_links_again_after_it(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    async with ana.page.context.expect_page() as opened:
        await ana.page.get_by_role("link", name="Home").click()
    await (await opened.value).wait_for_load_state()
    assert await ana.joined()
    await ana.leave()
    assert await ana.page.locator("header [target]").count() == 0


async def test_the_live_region_says_a_sentence_in_two_seconds_at_most(stage: Stage) -> None:
    """Five people come and mute at once: what is said is counted where a screen reader hears it."""
    ana, *others = await stage.sea("Ana", "Bo", "Cleo", "Dan", "Eva")
    await ana.join()
    await ana.page.evaluate(
        "() => { globalThis.sentences = [];"
        " const live = document.getElementById('id_voice_live');"
        " new MutationObserver(() => live.textContent && sentences.push(performance.now()))"
        " .observe(live, { childList: true }); }"
    )
    for other in others:
        await other.join()
    for other in others:
        await other.leave()
    await until("their leaving is said", lambda: ana.page.evaluate("sentences.length >= 2"))
    gaps = await ana.page.evaluate("sentences.slice(1).map((at, i) => at - sentences[i])")
    assert min(gaps) >= 1950, gaps


@pytest.mark.parametrize("scale", [100, 200])
async def test_on_a_phone_the_bar_lies_at_the_bottom_and_every_control_fits_a_thumb(
    stage: Stage, scale: int
) -> None:
    ana, bo = await stage.sea("Ana", "Bo with a name too long for any screen")
    await ana.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await ana.page.evaluate("scale => { document.documentElement.style.fontSize = `${scale}%`; }", scale)
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await ana.page.evaluate("seen.room.talk.choose('push')")
    bar = await ana.page.locator(".call-bar").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] == PHONE["height"]
    assert bar["height"] <= PHONE["height"] / 5, bar
    for name in ("Hold to talk", "Mute", "Deafen", "Notes", "Settings", "Leave"):
        assert await ana.page.locator(".call-bar").get_by_role("button", name=name).count() == 1, name
    sizes = await ana.page.eval_on_selector_all(
        ".call-bar button, #id_voice_btn, #id_burger_btn, summary, .invite button, .why",
        # "Why?" is there for whoever can't be heard.
        "all => all.filter((one) => { if (one.matches('.why')) one.hidden = false;"
        " return one.checkVisibility(); }).map((one) => {"
        " const { width, height } = one.getBoundingClientRect(); return [one.innerText, width, height]; })",
    )
    assert "Why?" in [name for name, *_ in sizes]
    assert [size for size in sizes if min(size[1:]) < THUMB - 0.5] == []
    assert await ana.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bos = ana.page.locator(".person:visible", has_text="Bo")
    whole = "(name) => name.scrollWidth <= name.clientWidth"
    assert not await bos.locator(".full").evaluate(whole)
    await bos.locator(".about > summary").click()
    assert await bos.locator(".full").evaluate(whole)
    await bos.locator(".about > summary").click()
    # The last line of the page is not hidden under the bar.
    await ana.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    foot = await ana.page.locator("footer").bounding_box()
    assert foot is not None
    assert foot["y"] + foot["height"] <= bar["y"]
    await ana.page.get_by_role("button", name="Settings").click()
    sheet = await ana.page.locator("dialog[open]").bounding_box()
    assert sheet is not None
    assert sheet["y"] >= 0
    assert sheet["y"] + sheet["height"] <= PHONE["height"] + 1
    assert await ana.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_with_large_letters_nothing_is_wider_than_a_phone_nor_lies_under_another(stage: Stage) -> None:
    """As phones lay out: what is too wide makes the page wider there, and the bar with it."""
    ana, bo = await stage.sea("Ana", "Bo")
    browser = await ana.page.context.new_cdp_session(ana.page)
    metrics = {**PHONE, "deviceScaleFactor": 1, "mobile": True}
    await browser.send("Emulation.setDeviceMetricsOverride", metrics)
    await ana.page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    wide = "document.documentElement.scrollWidth"
    await ana.join()
    assert await ana.page.evaluate(wide) <= PHONE["width"]
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    row = ana.page.locator(".person:visible", has_text="Bo")
    here = await row.locator(".state").bounding_box()
    dots = await row.locator("summary").first.bounding_box()
    assert here is not None
    assert dots is not None
    assert here["x"] + here["width"] <= dots["x"]
    await row.locator("summary").first.click()
    await row.get_by_text("Figures").click()
    await row.locator(".figures th").first.wait_for()
    assert await ana.page.evaluate(wide) <= PHONE["width"]


@pytest.mark.long
@pytest.mark.parametrize(("locale", "muted"), [("en-GB", "muted"), ("de-DE", "stumm")])
async def test_with_large_letters_no_persons_word_is_cut_in_two(
    stage: Stage, locale: str, muted: str
) -> None:
    ana, bo = await stage.person("Ana", locale=locale), await stage.person("Bo")
    await invite(ana, bo)
    await ana.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await ana.page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await bo.page.evaluate("seen.room.mute()")
    row = ana.page.locator(".person:visible", has_text="Bo")
    word = row.locator(".state > span", has_text=muted)
    await word.wait_for()
    one = await word.bounding_box()
    dots = await row.locator("summary").first.bounding_box()
    assert one is not None
    assert dots is not None
    assert one["height"] < await word.evaluate("word => 1.5 * parseFloat(getComputedStyle(word).lineHeight)")
    assert one["x"] + one["width"] <= dots["x"]


async def test_what_is_said_stands_above_the_bar_and_a_mark_makes_the_bar_no_higher(stage: Stage) -> None:
    """On a phone whose own bar comes and goes at the bottom edge, as it does when a page is scrolled."""
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await in_band([ana, bo])
    bar = ana.page.locator(".call-bar")
    browser = await ana.page.context.new_cdp_session(ana.page)
    await browser.send("Emulation.setSafeAreaInsetsOverride", {"insets": {"bottom": 34}})
    plain = await bar.bounding_box()
    await bo.page.evaluate("seen.room.sendNote('From bar 40?')")
    await ana.page.locator(".unread").wait_for()
    assert await bar.bounding_box() == plain
    await ana.page.get_by_role("button", name="Invite somebody").click()
    toast = ana.page.locator("#id_notice")
    await until("a sentence stands there", toast.inner_text)

    async def above() -> bool:
        box = await toast.bounding_box()
        return box is not None and plain is not None and box["y"] + box["height"] <= plain["y"]

    await until("it stands above the bar", above, seconds=2)


# Behind a page that is scrolled, in a strip of the window.
_COLOURS = """async (picture) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


async def test_nothing_of_the_page_looks_out_under_the_bar(stage: Stage) -> None:
    ana, *_ = await stage.sea("Ana", "Bo", "Cleo", "Dan", "Eva")
    await ana.page.set_viewport_size({"width": 700, "height": 560})
    await ana.join()
    bar = await ana.page.locator(".call-bar").bounding_box()
    assert bar is not None
    top = bar["y"] + bar["height"] + 1
    strip = {"x": bar["x"], "y": top, "width": bar["width"], "height": 560 - top}
    assert strip["height"] > 5
    picture = base64.b64encode(await ana.page.screenshot(clip=strip)).decode()  # type: ignore[arg-type]
    assert await ana.page.evaluate(_COLOURS, picture) == 1


async def test_who_is_here_is_one_list_and_removing_lies_in_a_persons_details(stage: Stage) -> None:
    ana, bo, _ = await stage.sea("Ana", "Bo", "Cleo")
    await ana.go("/my-sea/")
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    names = ana.page.locator(".here .person:visible .name")
    await until("each stands there once", lambda: said_once(names.all_inner_texts, ["Ana", "Bo", "Cleo"]))
    assert await ana.page.get_by_text("Remove", exact=True).filter(visible=True).count() == 0
    for name in ("Bo", "Cleo"):
        await (
            ana.page.locator("summary:visible", has=ana.page.locator("svg"))
            .and_(ana.page.get_by_label(f"Details of {name}"))
            .click()
        )
    assert await ana.page.get_by_text("Remove", exact=True).filter(visible=True).count() == 2
    bos = ana.page.locator(".person:visible", has_text="Bo")
    await bos.get_by_text("Remove", exact=True).click()
    await bos.get_by_role("button", name="Remove Bo").click()
    await until("Bo is out", lambda: told_removed(bo))
    await until("Bo is listed no more", lambda: said_once(names.all_inner_texts, ["Ana", "Cleo"]))


# Each sentence of each live region that a screen reader hears, in the order in which they come.
HEAR = """() => {
  globalThis.heard = [];
  new MutationObserver((changes) => {
    const live = "[role=status], [role=alert]";
    const regions = changes.map(({ target }) => target.parentElement?.closest(live) ?? target);
    for (const region of new Set(regions)) {
      if (!region.matches(live) || region.closest("[aria-hidden=true]")) continue;
      if (region.textContent) heard.push(region.textContent);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


@pytest.mark.long
async def test_each_thing_is_told_once_however_many_regions_there_are(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ana.go("/my-sea/")
    await ana.page.evaluate(HEAR)
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await ana.page.get_by_role("button", name="Invite somebody").click()
    await ana.page.get_by_role("button", name="Copy").click()
    await ana.page.get_by_label("Details of Bo").and_(ana.page.locator(":visible")).click()
    bos = ana.page.locator(".person:visible", has_text="Bo")
    await bos.get_by_text("Remove", exact=True).click()
    await bos.get_by_role("button", name="Remove Bo").click()
    shown = ana.page.locator("#id_notice")
    await until("it is shown", lambda: _reads(shown, "Bo is removed."))
    await until("it is heard", lambda: _heard(ana, "removed"))
    await ana.page.locator(".call-bar").get_by_role("button", name="Leave").click()
    await until("the end is heard", lambda: _heard(ana, "You left"))
    heard: list[str] = await ana.page.evaluate("heard")
    assert len(set(heard)) == len(heard), heard
    assert [each for each in heard if "removed" in each] == ["Bo was removed by the owner"], heard


async def _reads(shown: Locator, words: str) -> bool:
    return await shown.inner_text() == words


async def _heard(person: Person, words: str) -> bool:
    return any(words in each for each in await person.page.evaluate("heard"))


# From now on one's own path reads as weak: three people and a bad network would take longer than all this.
WEAKENED = """() => {
  const { room } = seen;
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(room), "people");
  const people = () => get.call(room).map((person) => ({ ...person, weak: person.self }));
  const told = (event) => (event.type === "people" ? new CustomEvent("people", { detail: people() }) : event);
  Object.defineProperty(room, "people", { get: people });
  room.dispatchEvent = (event) => EventTarget.prototype.dispatchEvent.call(room, told(event));
  room.dispatchEvent(new CustomEvent("people"));
}"""


@pytest.mark.long
async def test_axe_finds_nothing_where_a_call_is_over_where_one_is_weak_nor_in_what_is_asked_before(
    stage: Stage,
) -> None:
    need_file(AXE, "npm ci")
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.go("/my-sea/")
    await ana.join()
    await bo.join()
    await until("they hear each other", lambda: ana.hears(bo))
    await ana.page.evaluate(WEAKENED)
    await ana.page.get_by_role("button", name="Why is my connection weak?").click()
    own = ana.page.get_by_text("it is likely your own network")
    assert await own.is_visible()
    assert await own.evaluate("own => own === document.activeElement")
    await ana.page.get_by_label("Details of Bo").and_(ana.page.locator(":visible")).click()
    bos = ana.page.locator(".person:visible", has_text="Bo")
    await bos.get_by_text("Remove", exact=True).click()
    assert await bos.locator("[name=links][type=checkbox]").is_visible()
    found = await violations(ana.page, "one's own path is weak, and Remove asks once more")
    await bos.get_by_role("button", name="Remove Bo").click()
    await until("Bo is out", lambda: told_removed(bo))
    found += await violations(bo.page, "removed")
    tab = await ana.page.context.new_page()
    await tab.goto(ana.page.url)
    await tab.click("#id_voice_btn")
    await until("the first tab is out", lambda: _ended(ana, 4409))
    found += await violations(ana.page, "in voice elsewhere")
    await tab.goto(f"{ana.server.origin}/check/")
    await tab.click("#id_check_start")
    await tab.wait_for_function(ENDED)
    await tab.get_by_text("Report for whoever runs this site").click()
    found += await violations(tab, "/check/ with its results")
    assert found == []


async def _ended(person: Person, code: int) -> bool:
    return [state.get("code") for state in await person.events("state")][-1:] == [code]


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    reached: list[str] = []
    called = "({ ariaLabel, innerText, labels }) => ariaLabel ?? (labels?.[0] ?? { innerText }).innerText"
    for _ in range(40):
        await page.keyboard.press("Tab")
        reached.append(str(await page.evaluate(f"({called})(document.activeElement)")).strip())
        if reached[-1] == name:
            return
    raise AssertionError(f"{name} is not reached: {reached}")


@pytest.mark.long
async def test_from_the_first_page_to_the_end_of_a_call_by_keys_alone(stage: Stage) -> None:
    ana = await stage.person("Ana", sign_in=False)
    page, keys = ana.page, ana.page.keyboard
    await ana.go("/")
    await tab_to(page, "Your name")
    await keys.type("Ana")
    await tab_to(page, "Come in")
    await keys.press("Enter")
    await page.wait_for_url("**/")
    await page.get_by_role("button", name="Open your sea").wait_for()
    await tab_to(page, "Open your sea")
    await keys.press("Enter")
    await page.wait_for_url("**/my-sea/")
    await tab_to(page, "Join voice")
    await keys.press("Enter")
    await until("she is in", ana.joined)
    await tab_to(page, "Mute")
    await keys.press("Space")
    await until("she is muted", lambda: page.evaluate("seen.room.muted"))
    await tab_to(page, "Settings")
    await keys.press("Enter")
    await page.locator("dialog[open]").wait_for()
    await tab_to(page, "Close settings")
    await keys.press("Enter")
    await page.locator("dialog").wait_for(state="detached")
    await tab_to(page, "Leave")
    await keys.press("Enter")
    await until("she has left", lambda: page.evaluate("seen.room.state === 'left'"))
    # What comes next is as near as what came before: the focus is not lost with the bar.
    assert await page.evaluate("document.activeElement !== document.body")


async def said_once(ask: Any, names: list[str]) -> bool:
    return [text.split()[0] for text in await ask()] == names


async def told_removed(person: Person) -> bool:
    return [state.get("code") for state in await person.events("state")][-1:] == [4403]


async def test_who_is_alone_is_offered_to_invite_and_has_the_link_at_once(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    tile = ana.page.get_by_role("button", name="Invite somebody")
    box, grid = await tile.bounding_box(), await ana.page.locator(".here").bounding_box()
    assert box is not None
    assert grid is not None
    assert box["width"] > grid["width"] * 0.9
    await tile.click()
    await ana.page.locator("#id_link").wait_for()
    assert await ana.page.evaluate("document.activeElement.id") == "id_fresh_title"
    assert await ana.joined()


async def test_without_javascript_the_owner_still_invites_and_removes(stage: Stage) -> None:
    assert stage.browser is not None
    page = await (await stage.browser.new_context(java_script_enabled=False)).new_page()
    await page.goto(stage.server.origin + "/")
    await page.fill("[name=name]", "Ana")
    await page.get_by_role("button", name="Come in").click()
    await page.get_by_role("button", name="Open your sea").click()
    await page.get_by_role("button", name="Invite somebody").click()
    link = await page.input_value("#id_link")
    bo = await stage.person("Bo")
    await bo.come(link)
    await page.goto(stage.server.origin + "/my-sea/")
    await page.get_by_label("Details of Bo").click()
    await page.get_by_text("Remove", exact=True).click()
    await page.get_by_role("button", name="Remove Bo").click()
    await page.get_by_text("Earlier guests and links").click()
    assert "removed" in await page.inner_text("#id_earlier")
    await page.context.close()

"""Who is heard when: deafen, push-to-talk that fails closed, voice activation, and what the page shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.harness import TONES, Person, Stage, until
from tests.process import Server

SOON = 3.0
"""Seconds within which what was closed must be silent: the jitter buffer and the ear's window lie in it."""


async def press(person: Person) -> None:
    await person.page.keyboard.down("v")


async def choose(person: Person, mode: str, *, toggles: bool = False) -> None:
    await person.page.evaluate("([m, t]) => seen.room.talk.choose(m, t)", [mode, toggles])


async def hears(listener: Person, speaker: Person) -> None:
    await until(f"{listener.name} hears {speaker.name}", lambda: listener.hears(speaker))


async def hears_nothing(listener: Person) -> None:
    await until(f"{listener.name} hears nothing", listener.hears, seconds=SOON)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def listener(browser: Browser, lent_server: Server) -> AsyncIterator[Person]:
    """Ana, who listens to each Bo in turn: these tests are about what goes out at his end."""
    async with Stage(lent_server, lent=browser) as opened:
        ana = await opened.person("Ana")
        await ana.open_sea()
        await ana.join()
        yield ana
        assert opened.problems == []


@pytest_asyncio.fixture(loop_scope="session")
async def pair(listener: Person, stage: Stage) -> AsyncIterator[tuple[Person, Person]]:
    """Ana and a Bo who is new, who hear each other."""
    ana, bo = listener, await stage.person("Bo", tone=TONES[1])
    await bo.come(await ana.invite())
    await bo.join()
    await hears(ana, bo)
    await hears(bo, ana)
    yield ana, bo
    await bo.leave()
    await until("Ana is alone", lambda: is_alone(ana))


async def is_alone(person: Person) -> bool:
    return await person.names() == [person.name]


async def let_go(page: Page) -> None:
    await page.keyboard.up("v")


async def focus_a_frame(page: Page) -> None:
    """Take the keyboard from the window, as another window would."""
    await page.evaluate(
        "() => { const frame = document.body.appendChild(document.createElement('iframe'));"
        " frame.srcdoc = '<input>'; return new Promise((done) => { frame.onload = () => {"
        " frame.contentWindow.focus(); frame.contentDocument.querySelector('input').focus(); done(); }; }); }"
    )


async def hide(page: Page) -> None:
    """Chromium without a window hides no tab by itself."""
    await page.evaluate(
        "() => { Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )


async def write(page: Page) -> None:
    await page.evaluate(
        "() => { const field = document.body.appendChild(document.createElement('input')); field.focus(); }"
    )


async def hold_a_modifier(page: Page) -> None:
    await page.keyboard.down("Control")


async def open_the_settings(page: Page) -> None:
    await page.get_by_role("button", name="Settings").click()


async def open_a_menu(page: Page) -> None:
    await page.mouse.click(5, 400, button="right")


async def repeat_and_lose_the_end(page: Page) -> None:
    """A keyup that never comes: the repeats end all the same."""
    await page.keyboard.down("v")


async def mute(page: Page) -> None:
    await page.click("#id_voice_btn")


CLOSERS: list[Callable[[Page], Awaitable[None]]] = [
    let_go,
    focus_a_frame,
    hide,
    write,
    hold_a_modifier,
    open_the_settings,
    open_a_menu,
    repeat_and_lose_the_end,
    mute,
]


@pytest.mark.parametrize("close", CLOSERS, ids=lambda close: close.__name__)
async def test_push_to_talk_fails_closed(
    pair: tuple[Person, Person], close: Callable[[Page], Awaitable[None]]
) -> None:
    ana, bo = pair
    await choose(bo, "push")
    await hears_nothing(ana)
    await press(bo)
    await hears(ana, bo)
    await close(bo.page)
    await hears_nothing(ana)
    assert not await bo.page.evaluate("seen.room.talk.sends")
    # The key is still down, or goes on repeating: neither opens anything.
    await press(bo)
    assert await bo.page.evaluate("seen.room.talk.sends") is (close is let_go)


async def test_a_key_on_the_big_button_talks_until_it_is_let_go_of(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await choose(ana, "push")
    for key in ("Space", "Enter"):
        await ana.page.focus(".push")
        await ana.page.keyboard.down(key)
        assert await ana.page.evaluate("seen.room.talk.pressed"), key
        await ana.page.keyboard.up(key)
        assert not await ana.page.evaluate("seen.room.talk.pressed"), key
        await until("nothing goes out", lambda: ana.page.evaluate("!seen.room.talk.sends"))


@pytest.mark.parametrize("end", ["touchCancel", "touchEnd", "capture", "capture at once"])
async def test_a_finger_on_the_big_button_talks_until_it_is_lifted_or_lost(
    pair: tuple[Person, Person], end: str
) -> None:
    ana, bo = pair
    await choose(bo, "push")
    box = await bo.page.locator(".push").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    await hears_nothing(ana)
    fingers = await bo.page.context.new_cdp_session(bo.page)
    await bo.page.evaluate(
        "() => addEventListener('pointerdown', ({ pointerId }) => { globalThis.finger = pointerId; }, true)"
    )
    await fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    await hears(ana, bo)
    assert await bo.page.locator(".push").get_attribute("aria-pressed") == "true"
    # What a phone asks after a long press: here it is a finger that talks.
    await bo.page.locator(".push").dispatch_event("contextmenu")
    assert await bo.page.evaluate("seen.room.talk.sends")
    if end.startswith("capture"):
        # A capture begins with the finger's next move, and its loss is told with the one after. One that is
        # lost before it has begun is told by nothing: then the finger counts that is lifted somewhere else.
        near = {"type": "touchMove", "touchPoints": [{"x": at["x"] + 30, "y": at["y"]}]}
        away = {"type": "touchMove", "touchPoints": [{"x": 5, "y": 5}]}
        if end == "capture":
            await fingers.send("Input.dispatchTouchEvent", near)
        await bo.page.evaluate("document.querySelector('.push').releasePointerCapture(globalThis.finger)")
        await fingers.send("Input.dispatchTouchEvent", away)
        if end == "capture at once":
            await fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        await fingers.send("Input.dispatchTouchEvent", {"type": end, "touchPoints": []})
    await hears_nothing(ana)


@pytest.mark.long
async def test_an_assistive_tools_click_opens_and_closes_and_after_a_minute_nobody_is_heard(
    stage: Stage,
) -> None:
    ana = await stage.person("Ana")
    await ana.page.clock.install()
    await ana.open_sea()
    await ana.join()
    await choose(ana, "push")
    click, sends = "document.querySelector('.push').click()", "seen.room.talk.sends"
    await ana.page.evaluate(click)
    assert await ana.page.evaluate(sends)
    await ana.page.evaluate(click)
    assert not await ana.page.evaluate(sends)
    await ana.page.evaluate(click)
    await ana.page.clock.fast_forward(58_000)
    assert await ana.page.evaluate(sends)
    await ana.page.clock.fast_forward(3_000)
    await until("nothing goes out", lambda: ana.page.evaluate("!seen.room.talk.sends"))


async def test_a_press_that_toggles_goes_on_after_the_key_and_ends_with_the_next_one_or_a_doubt(
    pair: tuple[Person, Person],
) -> None:
    ana, bo = pair
    await choose(bo, "push", toggles=True)
    await hears_nothing(ana)
    await bo.page.keyboard.press("v")
    await hears(ana, bo)
    await bo.page.keyboard.press("v")
    await hears_nothing(ana)
    await bo.page.keyboard.press("v")
    await hears(ana, bo)
    await write(bo.page)
    await hears_nothing(ana)


async def test_another_key_is_taken_in_the_settings_and_the_old_one_is_a_letter_again(
    pair: tuple[Person, Person],
) -> None:
    ana, bo = pair
    await open_the_settings(bo.page)
    await bo.page.get_by_label("While I press a key").check()
    change = bo.page.get_by_role("button", name="Change the key")
    await change.click()
    await bo.page.keyboard.press("m")
    await bo.page.get_by_text("M is a shortcut already").wait_for()
    await bo.page.keyboard.press("g")
    await bo.page.get_by_text("The key is G now.").wait_for()
    await bo.page.keyboard.press("Escape")
    await bo.page.locator("dialog").wait_for(state="detached")
    await hears_nothing(ana)
    await press(bo)
    await bo.page.keyboard.down("g")
    await hears(ana, bo)
    await bo.page.keyboard.up("g")
    await hears_nothing(ana)


async def test_who_is_deafened_hears_and_says_nothing_and_the_others_see_it(
    pair: tuple[Person, Person],
) -> None:
    ana, bo = pair
    await bo.page.get_by_role("button", name="Deafen").click()
    await hears_nothing(ana)
    await hears_nothing(bo)
    await ana.page.locator(".person", has_text="Bo").get_by_text("sound off").wait_for()
    assert (await ana.words())["Bo"] == "muted"
    await bo.page.get_by_role("button", name="Deafen").click()
    await hears(ana, bo)
    await hears(bo, ana)
    await bo.page.keyboard.press("m")
    await bo.page.keyboard.press("d")
    await hears_nothing(bo)
    await bo.page.keyboard.press("d")
    await hears(bo, ana)
    assert await bo.page.evaluate("seen.room.muted")


async def test_voice_activation_opens_for_what_is_louder_than_the_mark(pair: tuple[Person, Person]) -> None:
    ana, bo = pair
    await bo.page.evaluate("() => { seen.room.talk.threshold = -15; }")
    await choose(bo, "voice")
    await hears(ana, bo)  # the tone lies at -13 dB
    await bo.page.evaluate("() => voice.quieter(0.03)")
    await until("the microphone closes", lambda: bo.page.evaluate("!seen.room.talk.sends"))
    await hears_nothing(ana)
    await bo.page.evaluate("() => { seen.room.talk.threshold = -45; }")
    await until("a quieter voice opens the microphone, too", lambda: bo.page.evaluate("seen.room.talk.sends"))
    await mute(bo.page)
    assert not await bo.page.evaluate("seen.room.talk.sends")


async def test_where_webaudio_is_refused_voice_activation_says_so_and_the_call_goes_on(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await bo.page.evaluate(
        "() => { localStorage.setItem('meshvoice:talk-mode', '\"voice\"');"
        " globalThis.voice.ctx = new AudioContext();"
        " globalThis.AudioContext = class {"
        "  constructor() { throw new DOMException('', 'NotSupportedError'); } }; }"
    )
    await ana.join()
    await bo.join()
    await hears(ana, bo)
    notices = await bo.events("notice")
    assert [notice["code"] for notice in notices] == ["no-voice-activation"]
    assert notices[0]["words"] in await bo.page.inner_text("#id_voice_panel")
    await open_the_settings(bo.page)
    await bo.page.get_by_text("voice activation isn't available").first.wait_for()


async def test_who_speaks_while_muted_is_told_on_the_page_and_by_the_live_region(
    pair: tuple[Person, Person],
) -> None:
    ana, bo = pair
    await mute(bo.page)
    await hears_nothing(ana)
    await bo.page.locator(".vain").wait_for()
    # Beside the button it says that he is muted: what is new stands in the bar.
    said_once = [await bo.page.locator(where).inner_text() for where in (".vain", "#id_voice_hint")]
    assert said_once == ["You speak, but you are muted.", "You are muted: nobody hears you."]
    await until("it is said", lambda: said(bo, "You are muted, so nobody hears you."))
    await mute(bo.page)
    await bo.page.locator(".vain").wait_for(state="hidden")


async def said(person: Person, sentence: str) -> bool:
    return sentence in await person.events("announce")


async def test_what_was_chosen_is_there_again_after_a_reload(pair: tuple[Person, Person]) -> None:
    ana, bo = pair
    await choose(bo, "push")
    await mute(bo.page)
    await bo.page.reload()
    await bo.join()
    await until("the links are up", lambda: bo.hears(ana))
    assert await bo.page.evaluate("[seen.room.talk.mode, seen.room.muted]") == ["push", True]
    assert await bo.page.locator("#id_voice_btn").get_attribute("aria-pressed") == "true"
    await press(bo)
    assert not await bo.page.evaluate("seen.room.talk.sends")


async def test_the_tab_shows_muted_and_talking_and_is_as_before_after_the_call(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    plain = await ana.page.title()
    icon = "document.querySelector('link[rel=icon]').href"
    drawn = await ana.page.evaluate(icon)
    await ana.join()

    async def title_is(expected: str) -> bool:
        return await ana.page.title() == expected

    await until("the tab shows that Ana talks", lambda: title_is("🔊 " + plain))
    await mute(ana.page)
    await until("the tab shows that Ana is muted", lambda: title_is("🔇 " + plain))
    assert (await ana.page.evaluate(icon)).startswith("data:image/svg+xml,")
    await ana.leave()
    assert [await ana.page.title(), await ana.page.evaluate(icon)] == [plain, drawn]


# When the key comes: in the click's own turn, or with voice there and its panel still to be drawn.
CLICKED = "Promise.resolve()"
LOADED = "new Promise((go) => addEventListener('meshvoice:room', () => queueMicrotask(go), { once: true }))"


@pytest.mark.parametrize("moment", [CLICKED, LOADED], ids=["at once", "before the panel"])
async def test_a_key_right_after_the_click_mutes(stage: Stage, moment: str) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    bars = await ana.page.evaluate(
        f"async () => {{ const moment = {moment};"
        " document.getElementById('id_voice_btn').click(); await moment;"
        " const key = { key: 'm', code: 'KeyM', bubbles: true, cancelable: true };"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', key));"
        " return document.querySelectorAll('.call-bar').length; }"
    )
    assert bars == 0
    await until("Ana is in", ana.joined)
    assert await ana.page.evaluate("[seen.room.muted, seen.room.talk.sends]") == [True, False]
    assert await ana.page.locator(".call-bar [aria-keyshortcuts=m]").get_attribute("aria-pressed") == "true"


async def test_the_systems_pause_key_mutes_and_play_unmutes(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.page.add_init_script(
        "globalThis.keys = {}; const set = MediaSession.prototype.setActionHandler;"
        "MediaSession.prototype.setActionHandler = function (action, handler) {"
        " keys[action] = handler; return set.call(this, action, handler); };"
    )
    await ana.open_sea()
    await ana.join()
    await ana.page.evaluate("keys.pause({ action: 'pause' })")
    assert await ana.page.evaluate("[seen.room.muted, navigator.mediaSession.playbackState]") == [
        True,
        "paused",
    ]
    await ana.page.evaluate("keys.play({ action: 'play' })")
    assert not await ana.page.evaluate("seen.room.muted")
    await ana.page.evaluate("keys.hangup({ action: 'hangup' })")
    assert await ana.page.evaluate("seen.room.state") == "left"
    assert await ana.page.evaluate("Object.values(keys).every((handler) => handler === null)")

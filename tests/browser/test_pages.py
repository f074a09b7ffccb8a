"""The pages as a person meets them: the policy holds, the keyboard works, refusals have words."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from tests.browser.harness import CHROMIUM, FLAGS, Stage, until
from tests.process import Server


async def test_no_page_violates_the_content_security_policy(server: Server) -> None:
    """Every page, and a whole call's client, under the policy as it is sent."""
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await (await browser.new_context(permissions=["microphone"])).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(server.origin + "/")
        await page.fill("[name=name]", "Ana")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#id_burger_btn")
        await page.goto(server.origin + "/my-sea/")
        await page.get_by_role("button", name="Open your sea").click()
        await page.get_by_role("button", name="Invite somebody").click()
        link = await page.input_value("#id_link")
        await page.click("#id_voice_btn")
        await page.locator("#id_voice_btn", has_text="Mute").wait_for()
        # A link after /invitation/ would only change the hash: the reload would race with what follows.
        for path in ("/invitation/", "/nothing-here/", "/"):
            await page.goto(server.origin + path)
        await page.goto(link)
        await page.goto(server.origin + "/check/")
        await page.click("#id_check_start")
        await page.locator("#id_check_help[open]").wait_for()
        await browser.close()
    # Chromium logs the 404 by itself.
    assert [text for text in said if "404" not in text] == []


async def test_javascript_before_the_click_is_at_most_5_kb(stage: Stage) -> None:
    """As it is sent to somebody who saves data: others get at idle what comes after the click, too."""
    ana = await stage.person("Ana")
    saving = 'Object.defineProperty(Navigator.prototype, "connection", { get: () => ({ saveData: true }) });'
    await ana.page.context.add_init_script(saving)
    scripts: set[str] = set()
    ana.page.on("request", lambda asked: scripts.add(asked.url) if asked.url.endswith(".js") else None)
    await ana.open_sea()
    await ana.page.wait_for_load_state("networkidle")
    answers = [await ana.page.request.get(url) for url in scripts]
    assert {answer.headers.get("content-encoding") for answer in answers} <= {"gzip", None}
    sizes = [int(answer.headers["content-length"]) for answer in answers]
    print(f"\nJavaScript before the click: {sum(sizes)} bytes in {len(sizes)} files")
    assert 0 < sum(sizes) <= 5 * 1024


async def test_the_voice_button_flashes_twice_while_voice_is_inactive(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.go("/my-sea/")
    button = ana.page.locator("#id_voice_btn")
    assert "active" not in (await button.get_attribute("class") or "")
    assert await button.get_attribute("data-room-id") is None
    await button.click()
    pulses = await button.evaluate("b => b.getAnimations().map(a => a.effect.getTiming().iterations)")
    assert pulses == [2]
    await until("a sentence says why", lambda: ana.page.inner_text("#id_voice_hint"))


@pytest.mark.parametrize("size", [(1280, 720), (375, 700), (320, 640)])
async def test_the_click_that_joins_moves_nothing_on_the_page(stage: Stage, size: tuple[int, int]) -> None:
    """What is said of it has a place, on a phone too: a finger on its way elsewhere finds it there."""
    ana = await stage.person("Ana")
    await ana.page.set_viewport_size({"width": size[0], "height": size[1]})
    await ana.open_sea()
    before, after, hint = await ana.page.evaluate(
        """async () => {
          const parts = [...document.querySelectorAll("main, #id_burger_menu a")];
          const tops = () => parts.map((part) => part.getBoundingClientRect().top);
          const before = tops();
          document.getElementById("id_voice_btn").click();
          return [before, tops(), document.getElementById("id_voice_hint").innerText];
        }"""
    )
    assert hint
    assert after == before
    await until("Ana is seated", ana.joined)


async def test_everything_can_be_done_by_keyboard(stage: Stage) -> None:
    """From sign-in to muted, without a pointer."""
    ana = await stage.person("Ana", sign_in=False)
    await ana.go("/")
    await ana.page.keyboard.type("Ana")  # the field has the focus
    if not await ana.page.input_value("[name=name]"):
        await ana.page.focus("[name=name]")
        await ana.page.keyboard.type("Ana")
    await ana.page.keyboard.press("Enter")
    await ana.page.wait_for_selector("text=Sign out", state="attached")
    await ana.go("/my-sea/")
    await ana.page.get_by_role("button", name="Open your sea").focus()
    await ana.page.keyboard.press("Enter")
    await ana.page.wait_for_selector("#id_voice_btn.active")
    await ana.page.focus("#id_voice_btn")
    await ana.page.keyboard.press("Space")
    await until("Ana is seated", ana.joined)
    await ana.page.keyboard.press("m")
    await until("M mutes", lambda: ana.page.evaluate("globalThis.seen.room.muted"))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("NotAllowedError", "allow"),
        ("NotFoundError", "no microphone"),
        ("NotReadableError", "another program"),
        ("SecurityError", "microphone"),
    ],
)
async def test_a_refused_microphone_is_told_in_plain_words_and_one_listens_all_the_same(
    stage: Stage, name: str, part: str
) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.page.evaluate("name => { globalThis.voice.refuse = name; }", name)
    await bo.join()
    await until("Bo hears Ana", lambda: bo.hears(ana))
    told = (await bo.events("microphone"))[-1]
    assert told["ok"] is False
    assert part in told["words"].lower()
    assert told["words"] in await bo.page.inner_text("#id_voice_panel")
    await bo.page.evaluate("() => { globalThis.voice.refuse = ''; }")
    await bo.page.evaluate("globalThis.seen.room.retryMicrophone()")
    await until("Ana hears Bo after the retry", lambda: ana.hears(bo))


async def test_an_insecure_origin_says_that_https_is_needed(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    await bo.page.evaluate("Object.defineProperty(globalThis, 'isSecureContext', { value: false })")
    await bo.join()
    told = (await bo.events("microphone"))[-1]
    assert "https" in told["words"]


async def test_refused_playback_offers_one_tap_that_lets_one_hear_everyone(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.page.add_init_script(
        "const play = HTMLMediaElement.prototype.play; globalThis.refusePlay = true;"
        "HTMLMediaElement.prototype.play = function () {"
        " if (!globalThis.refusePlay) return play.call(this);"
        " this.pause(); return Promise.reject(new DOMException('', 'NotAllowedError')); };"
    )
    await bo.page.reload()
    await bo.join()
    tap = bo.page.get_by_role("button", name="hear everyone")
    await tap.wait_for()
    await bo.page.evaluate("() => { globalThis.refusePlay = false; }")
    await tap.click()
    await until("Bo hears Ana", lambda: bo.hears(ana))

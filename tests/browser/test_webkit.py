"""Pages in WebKit: as far as Debian builds it, which is without WebRTC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from meshvoice.web import bundle
from tests.browser.conftest import need
from tests.browser.harness import until
from tests.browser.webkit import WebKit, mini_browser, webkit
from tests.process import Server

pytestmark = [pytest.mark.browser, pytest.mark.long]

POST = """
  const body = new URLSearchParams(args[1]);
  const answer = await fetch(args[0], { method: "POST", headers: { Accept: "application/json" }, body });
  return { ...await answer.json(), status: answer.status };
"""
STATIC = Path(__file__).parents[2] / "static"
PAGES = ("/", "/my-sea/", "/check/", "/invitation/", "/host-link/", "/nowhere/")


@asynccontextmanager
async def safari(folder: Path) -> AsyncIterator[WebKit]:
    if mini_browser() is None:
        need("WebKitWebDriver", "webkit2gtk-driver")
        need("Xvfb", "xvfb")
    async with webkit(folder) as browser:
        yield browser


async def sign_in(browser: WebKit, server: Server) -> None:
    await browser.go(server.origin + "/")
    answer = await browser.run(POST, "/sign-in", {"name": "Ana"})
    assert answer["status"] == 200, answer
    assert (await browser.run(POST, "/my-sea/open", {}))["status"] == 200


async def test_every_page_loads_and_fits_a_phone(tmp_path: Path, server: Server) -> None:
    async with safari(tmp_path) as browser:
        await browser.size(375, 740)
        await browser.go(server.origin + "/")
        assert await browser.run("return document.querySelector('form [name=name]') !== null")
        await sign_in(browser, server)
        table = (await browser.run(POST, "/tables", {"name": "Chess"}))["url"]
        for path in (*PAGES, table):
            await browser.go(server.origin + path)
            title, width, shown = await browser.run(
                "const { scrollWidth } = document.documentElement;"
                "return [document.querySelector('h1')?.textContent, scrollWidth, innerWidth];"
            )
            assert title, path
            assert width <= shown, f"{path} is {width} pixels wide in a window of {shown}"
            assert shown == 375, "the window is a phone's"


async def test_the_whole_client_is_understood_and_the_microphone_opens(
    tmp_path: Path, server: Server
) -> None:
    async with safari(tmp_path) as browser:
        await sign_in(browser, server)
        await browser.go(server.origin + "/my-sea/")
        names = await browser.run(
            "const base = document.querySelector('script[src*=\"voice-button\"]').src;"
            "const paths = ['voice-mesh.js', 'voice/panel/button.js', 'voice/panel/panel.js'];"
            "const modules = await Promise.all(paths.map((path) => import(new URL(path, base))));"
            "return modules.flatMap((module) => Object.keys(module));"
        )
        assert {"VoiceRoom", "VoiceButton", "VoicePanel"} <= set(names)
        live = await browser.run(
            "const stream = await navigator.mediaDevices.getUserMedia({ audio: true });"
            "const [track] = stream.getAudioTracks();"
            "const state = track.readyState;"
            "track.stop();"
            "return state;"
        )
        assert live == "live"


async def test_no_script_of_any_page_has_syntax_that_webkit_does_not_know(
    tmp_path: Path, server: Server
) -> None:
    """Those too that are asked for later: sheets, workers, worklets, the check page; and what is joined."""
    joined = bundle.files(STATIC)
    written = {each.relative_to(STATIC) for each in STATIC.rglob("*.js")}
    scripts = sorted({*joined, *(str(each) for each in written if each.parts[0] != bundle.FOLDER)})
    assert len(scripts) > 100
    async with safari(tmp_path) as browser:
        await sign_in(browser, server)
        await browser.go(server.origin + "/my-sea/")
        # Where one runs that is meant for another place, it may throw whatever it likes.
        problems = await browser.run(
            "const base = document.querySelector('script[src*=\"voice-button\"]').src;"
            "const problems = [];"
            "for (const path of args[0]) await import(new URL(path, base)).catch((problem) => {"
            "  const wrong = problem instanceof SyntaxError || /import/i.test(problem.message);"
            "  if (wrong) problems.push(`${path}: ${problem}`);"
            "});"
            "return problems;",
            scripts,
        )
        assert problems == []


async def test_a_browser_without_webrtc_is_told_so_in_words(tmp_path: Path, server: Server) -> None:
    async with safari(tmp_path) as browser:
        # As narrow as a phone, where a call's bar would stand in the sentence's place.
        await browser.size(375, 740)
        await sign_in(browser, server)
        await browser.go(server.origin + "/my-sea/")
        assert await browser.run("return typeof RTCPeerConnection") == "undefined"

        async def told() -> bool:
            return "WebRTC" in await browser.run(
                "return document.getElementById('id_voice_hint').textContent"
            )

        for _ in range(2):
            await browser.click("#id_voice_btn")
            await until("the page says what is missing", told)
            width, height, bars, busy = await browser.run(
                "await new Promise((go) => setTimeout(go, 1000));"
                "const { width, height } = document.getElementById('id_voice_hint').getBoundingClientRect();"
                "const busy = document.getElementById('id_voice_btn').hasAttribute('aria-busy');"
                "return [width, height, document.querySelectorAll('.call-bar').length, busy];"
            )
            assert width > 100, "the sentence is in sight"
            assert height > 10
            assert (bars, busy) == (0, False)

"""Under a path of a host that has other sites, behind a real proxy: people come in, talk, find their way."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from meshvoice.proxies.conf import Proxy
from tests.browser.harness import Stage, all_hear_each_other, until
from tests.process import free_port
from tests.proxies.front import fronted


@pytest.mark.long
@pytest.mark.proxy
@pytest.mark.parametrize("kind", ["nginx", pytest.param("caddy", marks=pytest.mark.slow)])
async def test_two_people_hear_each_other_under_a_path(browser: Browser, kind: Proxy, tmp_path: Path) -> None:
    """By the pages alone, from the link to the voice; nothing is asked for outside the path."""
    port = free_port()
    origin = f"http://localhost:{port}/static/voice"
    async with (
        fronted(kind, tmp_path, port=port, MESHVOICE_ORIGIN=origin) as front,
        Stage(front.server, lent=browser) as stage,
    ):
        ana, bo = await stage.person("Ana", sign_in=False), await stage.person("Bo", sign_in=False)
        asked: list[str] = []
        for person in (ana, bo):
            person.page.on("request", lambda request: asked.append(request.url))
            person.page.on("websocket", lambda socket: asked.append(socket.url.replace("ws", "http", 1)))
        await ana.page.goto(f"{origin}/my-sea/")
        await ana.page.fill("#id_name", "Ana")
        await ana.page.click("text=Come in")
        await ana.page.click("text=Open your sea")
        await ana.page.click("text=Invite somebody")
        link = await ana.page.input_value("#id_link")
        assert link.startswith(f"{origin}/invitation/#")

        # As a messenger writes it that doesn't know what a # is for.
        await bo.page.goto(link.replace("#", "%23"))
        await bo.page.fill("#id_name", "Bo")
        await bo.page.click("text=Come in")
        await bo.page.wait_for_url(f"{origin}/sea/*/")
        await ana.join()
        await bo.join()
        await all_hear_each_other([ana, bo])

        # Without leaving the page, and so the call.
        await ana.page.click("text=Invite somebody")
        await ana.page.wait_for_selector("#id_link")
        await ana.page.click("text=Invite somebody")
        assert await ana.hears(bo)

        await bo.page.goto(f"{origin}/check/")
        await bo.page.click("#id_check_start")
        await until("the check ends", lambda: bo.page.is_visible("#id_check_help"))
        report = await bo.page.input_value("#id_check_report")
        assert "This site" in report
        assert [url for url in asked if not url.startswith((f"{origin}/", "data:", "blob:"))] == []
        assert any(url.startswith(f"{origin}/ws/voice/") for url in asked)
        assert stage.problems == []

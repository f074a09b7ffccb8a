"""The check page as a person meets it: without a relay or a room, by keyboard, with a broken microphone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.checking import ENDED, check, deployment
from tests.browser.harness import Person, Stage, until
from tests.browser.homes import at_home


async def test_no_turn_is_configured(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    told = await check(ana)
    assert told.named == ["turn"]
    assert {leg for leg, status in told.status.items() if status == "ok"} == {"microphone", "server"}
    assert told.failed == set()
    assert "COTURN_TURN_HOST" in told.report


async def test_whoever_may_enter_no_room_tests_what_can_be_tested(stage: Stage) -> None:
    ana = await stage.person("Ana")
    told = await check(ana)
    assert told.status["microphone"] == "ok"
    assert told.status["server"] == "skipped"
    assert "Open your sea" in told.words
    assert "enter a room" in await ana.page.inner_text("[data-leg=server]")
    await ana.post("/my-sea/open")
    assert (await check(ana)).status["server"] == "ok"


@pytest.mark.coturn
@pytest.mark.lab
async def test_the_report_holds_no_credential_and_no_address(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        ana = homes.people[0]
        body = await ana.page.evaluate("fetch('/api/voice/turn-credentials/').then(answer => answer.json())")
        told = await check(ana)
        await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await ana.page.get_by_text("Report for whoever runs this site").click()
        await ana.page.get_by_role("button", name="Copy report").click()
        await until("the page says so", lambda: ana.page.get_by_text("Report copied.").is_visible())
        assert await ana.page.evaluate("navigator.clipboard.readText()") == told.report
    assert body["credential"] not in told.report
    assert body["username"].partition(":")[2] not in told.report
    # A browser's version looks like an address, and stands on a line of its own.
    lines = [line for line in told.report.splitlines() if "Mozilla" not in line]
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f]*:", "\n".join(lines[1:]))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("NotAllowedError", "allow it"),
        ("NotFoundError", "No microphone found"),
        ("NotReadableError", "Another program"),
        ("SecurityError", "keeps the microphone"),
    ],
)
async def test_a_refused_microphone_has_plain_words(stage: Stage, name: str, part: str) -> None:
    ana = await stage.person("Ana")
    await ana.page.context.add_init_script(f"globalThis.voice.refuse = '{name}';")
    told = await check(ana)
    assert told.failed == {"microphone"}
    assert part in await ana.page.inner_text("[data-leg=microphone]")
    assert part in told.words


@pytest.mark.slow
async def test_a_silent_microphone_is_noticed(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.page.context.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () =>"
        " new AudioContext().createMediaStreamDestination().stream;"
    )
    told = await check(ana)
    assert told.status["microphone"] == "notice"
    assert "silent" in await ana.page.inner_text("[data-leg=microphone]")


async def test_the_microphone_is_let_go_and_the_seat_in_another_tab_stays(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    tab = await stage.tab_of(ana)
    await check(tab)
    assert await tab.page.evaluate("globalThis.voice.tracks.every(track => track.readyState === 'ended')")
    assert await ana.joined()
    assert await ana.names() == ["Ana"]


async def test_a_calls_report_is_copied_from_the_panel_and_added_to_the_checks(stage: Stage) -> None:
    ana = await stage.person("Ana")
    await ana.open_sea()
    await ana.join()
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ana.page.get_by_role("button", name="Settings").click()
    await ana.page.get_by_role("button", name="Copy a report").click()
    await until("the sheet says so", lambda: ana.page.get_by_text("Report copied.").first.is_visible())
    copied = await ana.page.evaluate("navigator.clipboard.readText()")
    assert "room  state=joined" in copied
    assert "Ana" not in copied
    await ana.page.keyboard.press("Escape")
    await ana.page.get_by_role("button", name="Leave", exact=True).click()
    await ana.go("/check/")
    told = await check(ana)
    assert "The last call:" in told.report
    assert "room  state=left" in told.report


async def test_the_check_is_loaded_by_its_click_and_works_by_keyboard(stage: Stage) -> None:
    ana = await stage.person("Ana")
    loaded: list[str] = []
    ana.page.on("response", lambda answer: loaded.append(answer.url.rpartition("/static/")[2]))
    await ana.go("/")
    await ana.page.get_by_role("link", name="Check my microphone and connection").press("Enter")
    await ana.page.wait_for_selector("#id_check_start")
    await ana.page.wait_for_load_state("networkidle")
    assert [name for name in loaded if name.startswith("voice/")] == []
    await ana.page.focus("#id_check_start")
    await ana.page.keyboard.press("Enter")
    await until("the check has ended", lambda: ana.page.evaluate(ENDED))
    assert await ana.page.evaluate("document.activeElement.id") == "id_check_start"
    await ana.page.keyboard.press("Tab")
    assert await ana.page.evaluate("document.activeElement.parentElement.id") == "id_check_help"


@pytest.mark.coturn
@pytest.mark.lab
@pytest.mark.long
async def test_the_check_is_offered_where_somebody_is_not_heard_and_keeps_the_room(tmp_path: Path) -> None:
    async with at_home(tmp_path, "Ana", "Bo", turn=True) as homes:
        ana, bo = homes.people
        await ana.join()
        await bo.join()
        link = ana.page.get_by_role("link", name="Check my connection")
        await until("Bo is here", lambda: _is(ana, "Bo", "here"))
        assert not await link.is_visible()
        homes.lab.cut(2)
        await until("Ana is offered a check", link.is_visible)
        async with ana.page.expect_popup() as tab:
            await link.click()
        page = await tab.value
        await page.wait_for_selector("#id_check_start")
        assert await ana.joined()
        homes.lab.heal(2)
        await until("Bo is here again", lambda: _is(ana, "Bo", "here"))


async def _is(person: Person, name: str, word: str) -> bool:
    return (await person.words()).get(name) == word

"""A call works by the joined files, which are few, and by the modules as they are written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser

from meshvoice import assets
from meshvoice.web import bundle
from tests.browser.conftest import need_file
from tests.browser.harness import Stage, all_hear_each_other, until
from tests.process import serving

FEW = 20
ROOT = assets.find("static").parent
SHEETS_ARE_THERE = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => /-sheet\\.js$/.test(name)).length === 2"""


async def call(stage: Stage) -> set[str]:
    """Bring two people into a call; gives the modules that one of them asked for, by path."""
    ana, bo = await stage.sea("Ana", "Bo")
    asked: set[str] = set()
    for person in (ana, bo):
        person.page.on("request", lambda request: asked.add(request.url.partition("/static/")[2]))
        await person.page.reload()
        await person.join()
    await all_hear_each_other([ana, bo])
    await ana.page.click("text=Settings")
    await until("the sheets are there", lambda: ana.page.evaluate(SHEETS_ARE_THERE))
    await ana.page.wait_for_selector("dialog[open]")
    return {path.partition("/")[2] for path in asked if path.endswith(".js")}


async def test_a_call_loads_a_few_files(stage: Stage) -> None:
    need_file(ROOT / "static" / bundle.FOLDER / bundle.SOURCES, "make bundle")
    asked = await call(stage)
    assert {"voice-mesh.js", "voice/panel/panel.js", "words/voice.js"} <= asked
    assert len(asked) <= FEW
    assert "voice/call/call.js" not in asked


@pytest.mark.long
async def test_a_call_works_without_the_joined_files(browser: Browser, tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    for folder in ("meshvoice", "static", "templates", "conf"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns(bundle.FOLDER, "*.env"))
    async with (
        serving(tmp_path, PYTHONPATH=str(copy)) as server,
        Stage(server, lent=browser) as stage,
    ):
        asked = await call(stage)
        assert "voice/call/call.js" in asked
        assert len(asked) > FEW
        assert not any("part-" in path for path in asked)
        assert stage.problems == []

"""Real Chromium where it is installed; a visible skip by hand where it isn't, and a failure in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.harness import CHROMIUM, Stage
from tests.process import Server, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def need(program: str, package: str) -> None:
    """Skip, or in CI fail, where a program is missing."""
    if shutil.which(program) is None:
        message = f"{program} is missing: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as running:
        yield running


@pytest.fixture
async def stage(server: Server) -> AsyncIterator[Stage]:
    need(CHROMIUM, "chromium")
    async with Stage(server) as opened:
        yield opened
        assert opened.problems == []

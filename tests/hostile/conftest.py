"""A server and a Chromium for each test: what is attacked is lent to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.conftest import need
from tests.browser.harness import CHROMIUM, Stage
from tests.process import Server, serving


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

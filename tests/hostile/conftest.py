"""A server and a Chromium for each test: what is attacked is lent to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import need
from tests.browser.harness import CHROMIUM, Stage
from tests.hostile.one_machine import without_autogroups
from tests.process import Server, serving


@pytest.fixture
def fair_to_voices() -> Iterator[None]:
    """Before anything is started: what runs keeps the group that it was started in."""
    with without_autogroups():
        yield


@pytest.fixture
async def server(tmp_path: Path, fair_to_voices: None) -> AsyncIterator[Server]:
    async with serving(tmp_path) as running:
        yield running


@pytest.fixture
async def stage(server: Server) -> AsyncIterator[Stage]:
    need(CHROMIUM, "chromium")
    async with Stage(server) as opened:
        yield opened
        assert opened.problems == []

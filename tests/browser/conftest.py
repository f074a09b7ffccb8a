"""Real Chromium where it is installed; a visible skip by hand where it isn't, and a failure in CI.

Its start costs more than most tests: one is there for all, and lends each test contexts of its own. So is one
server, to which everybody is new; a test that ends its server, or asks what it counted, has one of its own.
A browser belongs to the event loop that it was started from, so these tests have one loop for the session.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.harness import CHROMIUM, Stage, chromium
from tests.process import Server, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def need(program: str, package: str) -> None:
    """Skip, or in CI fail, where a program is missing."""
    if shutil.which(program) is None:
        _miss(f"{program} is missing: apt-get install {package}")


def need_file(path: Path, command: str) -> None:
    """Skip, or in CI fail, where a file of another package is missing."""
    if not path.is_file():
        _miss(f"{path.name} is missing: {command}")


def _miss(message: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    need(CHROMIUM, "chromium")
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lent_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


_NETWORKS = itertools.count(1)


@pytest.fixture
def server(lent_server: Server) -> Server:
    """Lend the server to a test that comes from a network of its own: some things are counted by address."""
    number = next(_NETWORKS)
    lent_server.wire.source = f"127.{number // 250}.{number % 250}.2"
    return lent_server


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser, server: Server) -> AsyncIterator[Stage]:
    async with Stage(server, lent=browser) as opened:
        yield opened
        assert opened.problems == []


@pytest_asyncio.fixture(loop_scope="session")
async def own_stage(browser: Browser, tmp_path: Path) -> AsyncIterator[Stage]:
    """Give a stage whose server nobody else has."""
    async with serving(tmp_path) as running, Stage(running, lent=browser) as opened:
        yield opened
        assert opened.problems == []

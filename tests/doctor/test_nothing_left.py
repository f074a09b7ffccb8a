"""Whoever examines a relay leaves nothing there: coturn would hold it for ten minutes, and not be renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from meshvoice.doctor.examination import examine
from meshvoice.settings import TurnSettings
from meshvoice.turn.renewal import allocations
from meshvoice.web.relay_watch import ask_doctor
from tests.doctor.bench import DIRECT, DUAL, PUBLIC, PUBLIC6, Bench, failed
from tests.turn.coturn_server import conf

pytestmark = [pytest.mark.coturn, pytest.mark.lab]

APP = replace(DIRECT, hosts=(str(PUBLIC),), realm=str(PUBLIC))
SELF_DENIED = f"denied-peer-ip={PUBLIC}\ndenied-peer-ip={PUBLIC6}\n"


def held(bench: Bench, turn: TurnSettings) -> int:
    """Count coturn's sockets on relay ports."""
    tables = (bench.lab.run("server", "cat", f"/proc/net/{name}") for name in ("udp", "udp6"))
    return sum(allocations(table, turn, uid=0) for table in tables)


async def until(true: Callable[[], bool], *, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # the kernel's tables have no event to wait for
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("more", ["", SELF_DENIED], ids=["where all is well", "where it is refused"])
async def test_an_examination_gives_back_all_that_it_allocated(bench: Bench, more: str) -> None:
    both = [str(PUBLIC), str(PUBLIC6)]
    async with bench.standing(DUAL, conf(DUAL) + more, addresses=both) as deployment:
        findings = [finding async for finding in examine(deployment)]
        assert failed(findings) == ({"two-relays"} if more else set())
        # coturn holds one by UDP a second longer than it lasts.
        await until(lambda: held(bench, DUAL) == 0)


async def test_the_servers_own_look_leaves_nothing_behind_be_it_interrupted(bench: Bench) -> None:
    """By a process of its own, which ends with the server: in the midst of it where that is stopped."""
    async with bench.standing(APP, conf(APP)):
        await ask_doctor(APP)
        await until(lambda: held(bench, APP) == 0)
        look = asyncio.create_task(ask_doctor(APP))
        await until(lambda: held(bench, APP) > 0, seconds=20)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        await until(lambda: held(bench, APP) == 0)

"""Half an hour of coming and going leaves nothing. SOAK_MINUTES says for how long, SEED by which chance."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.web.house import METRICS_TOKEN
from tests.web.person import Person
from tests.web.running import Outside, serving, usual
from tests.web.soaking import (
    DESCRIPTORS,
    GUESTS,
    HEAD,
    RESTS,
    TASKS,
    Sample,
    Town,
    growth,
    left_behind,
    new_series,
    sample,
)

MINUTES = 30.0
WARM_MINUTES = 5.0
"""In which caches fill, and everything has happened once."""
GROWTH = 0.02
EVERY = 5.0
"""Seconds from one look to the next."""
REST_SECONDS = 90.0
"""Seats are kept for 45 s."""

Print = Callable[[str], None]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Print:
    """Print past pytest, which keeps what is said to itself where all is well."""

    def show(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    return show


@pytest.mark.slow
async def test_half_an_hour_of_coming_and_going_leaves_nothing_behind(tmp_path: Path, show: Print) -> None:
    """Memory is flat after five minutes; no task, descriptor, registry entry or series is there for good."""
    minutes, seed = float(os.environ.get("SOAK_MINUTES", MINUTES)), int(os.environ.get("SEED", "5"))
    warm = min(WARM_MINUTES, minutes / 2)
    values = {
        **usual(tmp_path),
        "MESHVOICE_METRICS_TOKEN": METRICS_TOKEN,
        "MESHVOICE_TRUSTED_PROXIES": "127.0.0.1",
    }
    async with (
        serving(tmp_path, values) as running,
        # Each question by a connection of its own: then what is open at rest is always the same.
        aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(force_close=True)
        ) as http,
    ):
        house = Outside(running, http, values)
        watcher = Person(house)
        town = await Town.build(house, random.Random(seed))
        # The owners' connections are gone with the last of these.
        before = min([await sample(watcher) for _ in range(20)], key=lambda each: each.values[DESCRIPTORS])
        show(f"\n{HEAD}\n{before.row()}")
        samples = await watch(town, watcher, minutes, show)
        grown = growth(samples, after=warm)
        after = await at_rest(watcher, before)
        show(f"{after.row()}  (everybody has gone)\n{dict(town.done)}, errors {dict(town.errors)}")
        show(f"after {warm:g} minutes the memory grew by {100 * grown:.2f} %, seed {seed}")
    assert left_behind(before, after) == []
    assert new_series([each for each in samples if each.minute <= warm], after) == []
    # Who is spoken to may have gone a moment ago.
    assert set(town.errors) <= {"unknown-target"}
    assert b"ERROR" not in running.log
    assert grown <= GROWTH


async def watch(town: Town, watcher: Person, minutes: float, show: Print) -> list[Sample]:
    """Let everybody come and go for so long, and look now and then."""
    loop, samples = asyncio.get_running_loop(), list[Sample]()
    began = loop.time()
    async with asyncio.TaskGroup() as living:
        for _ in range(GUESTS):
            living.create_task(town.come_and_go())
        while (minute := (loop.time() - began) / 60) < minutes:
            samples.append(await sample(watcher, minute))
            if len(samples) % round(60 / EVERY) == 0:
                show(samples[-1].row())
            await asyncio.sleep(EVERY)
        town.over = True
    return samples


async def at_rest(watcher: Person, before: Sample) -> Sample:
    """Wait until nothing is left, or for as long as anything may be."""
    loop = asyncio.get_running_loop()
    ending = loop.time() + REST_SECONDS
    while left_behind(before, last := await sample(watcher)) and loop.time() < ending:  # noqa: ASYNC110  # another process's
        await asyncio.sleep(1)
    return last


def told(minute: float, megabytes: float = 60.0, **more: float) -> Sample:
    rest = {**dict.fromkeys(RESTS, 0.0), TASKS: 4.0, DESCRIPTORS: 12.0}
    return Sample(minute=minute, values={**rest, "process_resident_memory_bytes": megabytes * 1e6, **more})


def test_what_comes_and_goes_is_no_growth() -> None:
    samples = [told(at / 12, 60 + at % 12) for at in range(360)]
    assert growth(samples, after=5) == 0


def test_a_little_more_with_each_minute_is_growth() -> None:
    samples = [told(at / 12, 60 + at % 12 + at / 100) for at in range(360)]
    assert growth(samples, after=5) > 0.02


def test_what_caches_take_at_first_is_no_growth() -> None:
    samples = [told(at / 12, min(60 + at, 100)) for at in range(360)]
    assert growth(samples, after=5) == 0


def test_whatever_is_left_behind_is_named() -> None:
    left = told(30, **{"meshvoice_rooms": 1.0, TASKS: 5.0, DESCRIPTORS: 13.0})
    assert left_behind(told(0), left) == [
        "meshvoice_rooms: 1",
        "meshvoice_tasks: 5, before 4",
        "process_open_fds: 13, before 12",
    ]
    assert left_behind(told(0), told(30)) == []


def test_a_series_that_comes_late_is_named() -> None:
    assert new_series([told(0), told(5, x=1)], told(30, x=2, y=1)) == ["y"]

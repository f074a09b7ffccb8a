"""A guest who means ill does not take the call from the others, whatever it sends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.conftest import need
from tests.browser.harness import Stage
from tests.hostile.honest import HEADER, Room, Suffering, room
from tests.hostile.strategies import STRATEGIES

pytestmark = pytest.mark.browser

BATCH = 9
SHORT = ("shapes_at_the_limits", "offers", "everything_at_once", "two_tabs")


def batches() -> list[tuple[str, ...]]:
    """Give the strategies in portions that one stage bears."""
    names = tuple(os.environ.get("STRATEGIES", "").split()) or tuple(STRATEGIES)
    return [names[start : start + BATCH] for start in range(0, len(names), BATCH)]


async def play(stage: Room, strategies: tuple[str, ...], *, seconds: float) -> None:
    """Play strategies one after another; what the honest suffer twice from one fails."""
    quiet = await stage.suffer(None, seconds=seconds)
    print(f"\n{HEADER}\n{quiet.row('(nobody attacks)')}", flush=True)
    suffered: dict[str, tuple[Suffering, Suffering]] = {}
    for name in strategies:
        first = await stage.suffer(name, seconds=seconds)
        print(first.row(name), flush=True)
        if first.complaints:
            # The machine may have been busy with something else: once more, before it is believed.
            second = await stage.suffer(name, seconds=seconds)
            print(second.row(f"{name}, again"), flush=True)
            if second.complaints:
                suffered[name] = first, second
    told = [f"{name}: {'; '.join(each.complaints)}" for name, both in suffered.items() for each in both]
    if told:
        told.append(f"(nobody attacks: {quiet.row('')})")
    assert not told, "\n".join(told)


async def test_a_call_goes_on_whatever_a_guest_sends(stage: Stage, tmp_path: Path) -> None:
    async with room(stage, tmp_path, with_firefox=False) as honest:
        await play(honest, SHORT, seconds=2)


@pytest.mark.slow
@pytest.mark.parametrize("strategies", batches(), ids=lambda names: f"{names[0]}..{names[-1]}")
async def test_a_call_goes_on_through_every_strategy(
    stage: Stage, tmp_path: Path, strategies: tuple[str, ...]
) -> None:
    need("firefox-esr", "firefox-esr")
    async with room(stage, tmp_path, with_firefox=True) as honest:
        await play(honest, strategies, seconds=4)

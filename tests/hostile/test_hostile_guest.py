"""A guest who means ill does not take the call from the others, whatever it sends."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.browser.conftest import need
from tests.browser.harness import Stage
from tests.hostile.honest import HEADER, GuestStarved, Room, Suffering, room
from tests.hostile.strategies import STRATEGIES

pytestmark = [
    pytest.mark.browser,
    # aiortc leaves the sockets of a connection that a bad offer broke to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BATCH = 6
TRIES = 8
"""How often a strategy is played, at most, until it is known what it does."""
HITS = 4
"""How often in a row it must do harm to be blamed. Two cores that run five ends of a call are late in one of
five to three rounds with nobody attacking: with fewer, one of all would be blamed in each run for nothing."""
SEEDS_A_NIGHT = 1000
SHORT = ("shapes_at_the_limits", "offers", "everything_at_once")


def batches() -> list[tuple[str, ...]]:
    """Give the strategies in portions that one stage bears."""
    names = tuple(os.environ.get("STRATEGIES", "").split()) or tuple(STRATEGIES)
    return [names[start : start + BATCH] for start in range(0, len(names), BATCH)]


def seed_of_the_night() -> int:
    """Give the seed of a batch's first attack: another each night; `SEED=N` plays one again."""
    tonight = datetime.now(UTC).date().toordinal() * SEEDS_A_NIGHT + 1
    return int(os.environ.get("SEED", tonight))


async def play(stage: Room, strategies: tuple[str, ...], *, seconds: float) -> None:
    """Play strategies one after another; fails where one is blamed.

    A lost seat is the strategy's at once. For late voices and clicks it is blamed where they come `HITS`
    times, and neither right after it nor in any quiet round before that was in order was anything nearly as
    late: a busy machine starves voices alike.
    """
    usual: list[Suffering] = []
    blamed: list[str] = []
    undecided: list[str] = []

    async def suffer(name: str | None) -> Suffering:
        seed = stage.seed
        found = await stage.suffer(name, seconds=seconds)
        row = found.row(name or "(nobody attacks)")
        print(row if name is None else f"{row}  (STRATEGIES={name} SEED={seed})", flush=True)
        return found

    async def judge(name: str) -> None:
        told: list[str] = []
        for rounds in range(1, TRIES + 1):
            found = await suffer(name)
            if not found.complaints:
                print(f"{name}: clean in round {rounds}, of {TRIES} at most", flush=True)
                return
            quiet = await suffer(None)
            if not quiet.complaints:
                usual.append(quiet)
            if found.lost or (found.worse_than(usual) and not quiet.complaints):
                told.append(f"{name}: {'; '.join(found.complaints)}")
            if found.lost or len(told) == HITS:
                blamed.extend(told)
                print(f"{name}: blamed after {rounds} rounds", flush=True)
                return
        print(f"{name}: nothing known after {TRIES} rounds, late in {len(told)} of them", flush=True)
        undecided.append(f"nothing is known of {name}")

    print(f"\nSEED={stage.seed}\n{HEADER}", flush=True)
    for _ in range(TRIES):
        quiet = await suffer(None)
        if not quiet.complaints:
            usual.append(quiet)
            break
    else:
        _too_busy("voices and clicks are late with nobody attacking")
    try:
        for name in strategies:
            await judge(name)
    except GuestStarved as starved:
        undecided.append(str(starved))
    assert not blamed, "\n".join(blamed)
    if undecided:
        _too_busy("; ".join(undecided))


def _too_busy(why: str) -> None:
    # In CI, too: what is not known of a busy machine is nothing that the change did.
    pytest.skip(f"the machine is too busy to tell: {why}")


@pytest.mark.long
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
        honest.seed = seed_of_the_night()
        await play(honest, strategies, seconds=4)

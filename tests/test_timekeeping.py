"""The wall clock steps and durations don't notice; a time counts once it has held."""

from __future__ import annotations

import pytest

from meshvoice.timekeeping import HOLD, QUIET, TOLERANCE, Step, Timekeeper

WALL, BOOT = 1_795_348_800.0, 5_000.0
DAY = 86_400.0
STEPS = [-3600.0, -90.0, -30.0, 30.0, 25 * 3600.0, 100 * DAY]


@pytest.fixture
def keeper() -> Timekeeper:
    return Timekeeper(wall=WALL, monotonic=BOOT)


def test_without_a_step_the_time_is_the_wall_clocks(keeper: Timekeeper) -> None:
    for later in (0.0, 0.5, QUIET, DAY):
        assert keeper.notice(WALL + later, BOOT + later) is None
        assert keeper.now(BOOT + later) == keeper.steady(BOOT + later) == WALL + later


def test_small_corrections_are_followed_at_once(keeper: Timekeeper) -> None:
    for number in (1, 2, 3):
        assert keeper.notice(WALL + number * TOLERANCE, BOOT) is None
        assert keeper.now(BOOT) == WALL + number * TOLERANCE
    assert keeper.steady(BOOT) == WALL


@pytest.mark.parametrize("by", STEPS)
def test_a_step_that_is_taken_back_changes_nothing(keeper: Timekeeper, by: float) -> None:
    """As when the network's time is wrong for two seconds: it is told once, and no duration moves."""
    assert keeper.notice(WALL + by, BOOT) == Step(by=by, counts=False)
    assert keeper.notice(WALL + by + 2, BOOT + 2) is None
    assert keeper.now(BOOT + 2) == WALL + 2
    assert keeper.notice(WALL + 2.5, BOOT + 2.5) is None
    assert keeper.notice(WALL + HOLD * 2, BOOT + HOLD * 2) is None
    assert keeper.now(BOOT + HOLD * 2) == WALL + HOLD * 2


@pytest.mark.parametrize("by", STEPS)
def test_a_step_that_holds_counts_from_then_on(keeper: Timekeeper, by: float) -> None:
    keeper.notice(WALL + by, BOOT)
    assert keeper.notice(WALL + by + HOLD - 1, BOOT + HOLD - 1) is None
    assert keeper.now(BOOT + HOLD - 1) == WALL + HOLD - 1
    assert keeper.notice(WALL + by + HOLD, BOOT + HOLD) == Step(by=by, counts=True)
    assert keeper.now(BOOT + HOLD) == WALL + by + HOLD
    assert keeper.steady(BOOT + HOLD) == WALL + HOLD
    assert keeper.notice(WALL + by + HOLD + 1, BOOT + HOLD + 1) is None


@pytest.mark.parametrize("by", STEPS)
def test_nothing_is_old_enough_to_go_for_an_hour_after_a_step(keeper: Timekeeper, by: float) -> None:
    """Nor for the first hour of a process, which may begin with a wrong clock."""
    assert not keeper.settled(BOOT + QUIET - 1)
    assert keeper.settled(BOOT + QUIET)
    stepped_at = BOOT + DAY
    keeper.notice(WALL + DAY + by, stepped_at)
    assert not keeper.settled(stepped_at)
    for after in (HOLD, QUIET - 1):
        keeper.notice(WALL + DAY + by + after, stepped_at + after)
        assert not keeper.settled(stepped_at + after)
    assert keeper.settled(stepped_at + QUIET)


def test_a_claim_that_nobody_has_checked_for_an_hour_deletes_nothing(keeper: Timekeeper) -> None:
    """As after a process that was stopped: the next readings decide first."""
    keeper.notice(WALL + DAY, BOOT)
    assert not keeper.settled(BOOT + QUIET)


def test_each_other_time_must_hold_anew(keeper: Timekeeper) -> None:
    keeper.notice(WALL + DAY, BOOT)
    keeper.notice(WALL + 2 * DAY + HOLD - 1, BOOT + HOLD - 1)
    assert keeper.notice(WALL + 2 * DAY + HOLD, BOOT + HOLD) is None
    assert keeper.now(BOOT + HOLD) == WALL + HOLD


def test_a_clock_that_steps_to_and_fro_is_told_once_an_hour(keeper: Timekeeper) -> None:
    told = []
    for second in range(0, int(2 * QUIET), 2):
        wrong = DAY if second % 4 == 0 else 0
        step = keeper.notice(WALL + second + wrong, BOOT + second)
        if step is not None:
            told.append((second, step))
    assert told == [(0, Step(by=DAY, counts=False)), (int(QUIET), Step(by=DAY, counts=False))]

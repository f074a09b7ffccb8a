"""The application's clock: the time by which rooms end, and the one by which seats and throttles wait."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from meshvoice.timekeeping import QUIET, Timekeeper

log = logging.getLogger("meshvoice")


boot_time: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)
"""Gives seconds that go on while the machine sleeps, where the system counts those."""


class Clock:
    """Called, it gives seconds since 1970; a step of the wall clock moves it only once it has held."""

    def __init__(self, wall: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._keeper = Timekeeper(wall=wall(), monotonic=monotonic())
        self._first = self._keeper.steady(0.0)

    def __call__(self) -> float:
        return self._keeper.now(self._monotonic())

    def steady(self) -> float:
        """Seconds since 1970 as the process began, which never jump: for whatever lasts."""
        return self._first + self._monotonic()

    def latest(self) -> float:
        """The later one of `self()` and of what the wall clock says: for what others see expire."""
        return max(self(), self._wall())

    def ahead(self) -> float:
        """By how much `steady` is ahead of the time by now; 0 unless a step has held."""
        at = self._monotonic()
        return self._keeper.steady(at) - self._keeper.now(at)

    def settled(self) -> bool:
        """Whether what is old may be deleted."""
        return self._keeper.settled(self._monotonic())

    def notice(self) -> float:
        """Look at the wall clock, twice a second; gives by how much the time moved now, mostly 0."""
        step = self._keeper.notice(self._wall(), self._monotonic())
        if step is None:
            return 0.0
        if not step.counts:
            log.warning(
                "the clock stepped by %+.0f s: rooms and seats go on by the time before unless it holds, and "
                "nothing is deleted for %d minutes",
                *(step.by, QUIET // 60),
            )
            return 0.0
        log.warning("the clock stayed where it stepped to: rooms end by it from now on (%+.0f s)", step.by)
        return step.by

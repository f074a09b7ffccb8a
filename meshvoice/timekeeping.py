"""What time it is while the wall clock steps: a step counts once it has held, and durations never notice."""

from __future__ import annotations

from dataclasses import dataclass

TOLERANCE = 1.0
"""Seconds by which the wall clock may be corrected at once without being said to step."""
HOLD = 300.0
"""Seconds for which a new time must hold before it counts: what ends by the clock ends no earlier."""
QUIET = 3600.0
"""Seconds without a step, since the beginning too, before anything is deleted for its age."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The wall clock was set, or the machine slept by a clock that stands still meanwhile."""

    by: float
    """Seconds: above 0, it went forward."""
    counts: bool
    """False: it was seen just now, and may be a mistake. True: it has held, and `now` has moved by it."""


class Timekeeper:
    """Fed with pairs of both clocks; `monotonic` is any clock that goes on by itself, in seconds."""

    def __init__(self, *, wall: float, monotonic: float) -> None:
        self._offset = wall - monotonic
        self._first = self._offset
        self._new: tuple[float, float] | None = None
        """Another offset that the wall clock claims, and since when."""
        # A process may well begin with a wrong clock, which the network then mends.
        self._quiet_from = monotonic + QUIET
        self._told_until = monotonic

    def now(self, monotonic: float) -> float:
        """What the wall clock says, but for a step that hasn't held yet; seconds since 1970."""
        return self._offset + monotonic

    def steady(self, monotonic: float) -> float:
        """Seconds since 1970 by the first reading, which never jump: for durations and for orders."""
        return self._first + monotonic

    def settled(self, monotonic: float) -> bool:
        """Whether the clock is to be trusted so far that what is old may be deleted."""
        return self._new is None and monotonic >= self._quiet_from

    def notice(self, wall: float, monotonic: float) -> Step | None:
        """Compare the clocks, once a second or so; gives what is to be told.

        However often the clock steps to and fro, that is told once in `QUIET`.
        """
        offset = wall - monotonic
        by = offset - self._offset
        if abs(by) <= TOLERANCE:
            self._offset, self._new = offset, None
            return None
        if self._new is None or abs(offset - self._new[0]) > TOLERANCE:
            self._new = (offset, monotonic)
            self._quiet_from = monotonic + QUIET
            if monotonic < self._told_until:
                return None
            self._told_until = monotonic + QUIET
            return Step(by=by, counts=False)
        if monotonic - self._new[1] < HOLD:
            return None
        self._offset, self._new = offset, None
        return Step(by=by, counts=True)

"""The loop's pulse: how late it beats, for whatever holds one thing up holds up everything."""

from __future__ import annotations

import asyncio
from collections import deque

from meshvoice.histogram import Histogram

BEAT_SECONDS = 0.2
LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
REMEMBERED_SECONDS = 60.0
WORTH_REMEMBERING = 0.05


class Pulse:
    """Counts how late each beat was, and remembers the late ones of the last minute."""

    def __init__(self) -> None:
        self.lag = Histogram(LAG_SECONDS)
        self._late: deque[tuple[float, float]] = deque()
        self._next: asyncio.TimerHandle | None = None

    def beat(self, *, due: float, at: float) -> None:
        """Note a beat that was due before."""
        late = max(at - due, 0.0)
        self.lag.observe(late)
        if late >= WORTH_REMEMBERING:
            self._late.append((at, late))
        self._forget(at)

    def worst(self, at: float) -> float:
        """Give by how many seconds the latest beat of the last minute was late."""
        self._forget(at)
        return max((late for _, late in self._late), default=0.0)

    def _forget(self, at: float) -> None:
        while self._late and self._late[0][0] <= at - REMEMBERED_SECONDS:
            self._late.popleft()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Beat until `stop`."""
        # No task that sleeps: that costs twice as much, and this is most of what an idle server does.
        due = loop.time() + BEAT_SECONDS
        self._next = loop.call_at(due, self._beat, loop, due)

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self.beat(due=due, at=loop.time())
        self.start(loop)

    def stop(self) -> None:
        """Beat no more."""
        if self._next is not None:
            self._next.cancel()

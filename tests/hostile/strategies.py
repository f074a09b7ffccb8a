"""All that the hostile guest knows to do; each strategy is one turn, played over and over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.hostile.descriptions import DESCRIBING
from tests.hostile.floods import FLOODING
from tests.hostile.guest import Guest
from tests.hostile.media import SOUNDING
from tests.hostile.seats import SEATING

Strategy = Callable[[Guest], Awaitable[None]]

STRATEGIES = {strategy.__name__: strategy for strategy in (*DESCRIBING, *FLOODING, *SEATING, *SOUNDING)}


def named(name: str) -> Strategy:
    """Find a strategy."""
    return STRATEGIES[name]

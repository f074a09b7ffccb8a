"""What the hub took and refused so far, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts since the process began."""

    taken: Counter[str] = field(default_factory=Counter)
    """Frames that were heard, by their type."""
    refused: Counter[str] = field(default_factory=Counter)
    """Frames that were answered with an error, by its code."""
    joins: Counter[str] = field(default_factory=Counter)
    """Peers that got their place: `new`, or back by a `ticket`."""

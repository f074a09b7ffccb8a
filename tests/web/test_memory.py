"""Memory that a crowd left behind (W14)."""

from __future__ import annotations

from pathlib import Path

from meshvoice.web.memory import TRIM_SECONDS, Memory

MB = 1_000_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_what_a_crowd_left_goes_back_to_the_machine() -> None:
    """Freed frames between things that live on stay with the C library until it is asked."""
    memory = Memory()
    memory.tick(0)
    # Below the size from which each has a mapping of its own.
    frames = [bytes(30_000) for _ in range(2_000)]
    kept = frames[::50]
    frames.clear()
    held = resident()
    memory.tick(TRIM_SECONDS / 2)
    assert resident() > held - 5 * MB
    memory.tick(TRIM_SECONDS)
    assert resident() < held - 30 * MB
    assert len(kept) == 40

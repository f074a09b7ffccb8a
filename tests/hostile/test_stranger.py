"""A stranger who asks a thousand times a second takes the call from nobody, and keeps nobody out."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.hostile.siege import ADDRESSES, HEADER, KINDS, RATE, siege

CASES = tuple(itertools.product(KINDS, ADDRESSES))
BATCH = 7


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(CASES), BATCH), ids=lambda start: CASES[start][0])
async def test_a_call_goes_on_and_takes_in_a_fifth_whatever_a_stranger_asks(
    tmp_path: Path, start: int
) -> None:
    async with siege(tmp_path) as under:
        quiet = await under.endure(None, seconds=4)
        print(f"\n{HEADER}\n{quiet.row('(nobody asks)')}", flush=True)
        suffered, unproven = [], []
        for kind, addresses in CASES[start : start + BATCH]:
            cost, rounds = await under.endure_to_be_sure(kind, addresses=addresses, seconds=6)
            row = cost.row(f"{kind}, from {addresses}, round {rounds}")
            if not cost.good:
                suffered.append(row)
            elif not cost.proven:
                unproven.append(f"{row}\nnothing is known of {RATE} a second: {cost.rate:.0f} were sent")
        assert not suffered, "\n".join([HEADER, quiet.row("(nobody asks)"), *suffered])
        assert not unproven, "\n".join([HEADER, *unproven])

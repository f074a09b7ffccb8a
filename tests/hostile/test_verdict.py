"""What of late voices and clicks is the guest's doing, and what the machine's."""

from __future__ import annotations

import pytest

from tests.hostile.honest import Suffering


@pytest.mark.parametrize(
    ("attacked", "quiet", "worse"),
    [
        (Suffering(clicks={"Ana": 205}), Suffering(clicks={"Ana": 187}), False),
        (Suffering(clicks={"Ana": 376}), Suffering(clicks={"Bo": 187}), True),
        (Suffering(clicks={"Ana": 190}), Suffering(clicks={"Ana": 20}), False),
        (Suffering(gaps={"Bo missed Ana": 900}), Suffering(gaps={"Bo missed Ana": 46}), True),
        (Suffering(gaps={"Robot missed Ana": 900}), Suffering(), False),
        (Suffering(gaps={"Robot missed Ana": 1200}), Suffering(gaps={"Bo missed Ana": 190}), True),
        (Suffering(newcomer={"Ana": 2100}), Suffering(newcomer={"Ana": 1500}), False),
        (Suffering(newcomer={"Ana": 4000}), Suffering(newcomer={"Ana": 1500}), True),
    ],
)
def test_what_is_much_later_than_with_nobody_attacking_is_the_attacks(
    attacked: Suffering, quiet: Suffering, worse: bool
) -> None:
    assert attacked.worse_than([quiet]) == worse


def test_what_came_with_nobody_attacking_even_once_is_no_attacks() -> None:
    quiet = [Suffering(clicks={"Ana": late}) for late in (90, 190, 80)]
    assert not Suffering(clicks={"Ana": 280}).worse_than(quiet)
    assert Suffering(clicks={"Ana": 290}).worse_than(quiet)

"""A histogram counts each value once, below its bound and every larger one."""

from __future__ import annotations

from meshvoice.histogram import Histogram


def test_each_bound_counts_what_is_at_most_as_large() -> None:
    seconds = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        seconds.observe(value)
    assert seconds.buckets() == [("0.1", 2), ("1.0", 3), ("+Inf", 4)]
    assert seconds.sum == 7.65


def test_nothing_counted_is_zero_everywhere() -> None:
    assert Histogram((0.1,)).buckets() == [("0.1", 0), ("+Inf", 0)]

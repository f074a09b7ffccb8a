"""What the benchmarks' server bounds is out of reach of their load, which comes from one address."""

from __future__ import annotations

import pytest

from benchmarks.servers.ours import throttles

LOAD = 20_000
"""More than any bench asks of one kind within a second."""


@pytest.mark.parametrize("kind", ["requests", "files", "credentials", "handshakes", "joins", "arrivals"])
def test_no_limit_meets_the_load(kind: str) -> None:
    buckets = getattr(throttles(), kind)
    assert all(buckets.take("203.0.113.1", 0.0) for _ in range(LOAD))

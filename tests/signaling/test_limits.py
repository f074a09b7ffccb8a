"""How much one sender may ask for: bursts, rates and what is held at one time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.signaling.limits import Buckets, Cap, TokenBucket, address_key


def taken(bucket: TokenBucket, now: float, tries: int = 100) -> int:
    return sum(bucket.take(now) for _ in range(tries))


def test_a_bucket_lets_its_burst_through_at_once_and_no_more() -> None:
    assert taken(TokenBucket(rate=1, burst=5, now=0), 0) == 5


def test_a_bucket_fills_at_its_rate() -> None:
    bucket = TokenBucket(rate=2, burst=5, now=0)
    taken(bucket, 0)
    assert taken(bucket, 1.5) == 3


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    assert taken(TokenBucket(rate=2, burst=5, now=0), 1e9) == 5


def test_a_refused_token_costs_nothing() -> None:
    bucket = TokenBucket(rate=1, burst=1, now=0)
    taken(bucket, 0)
    taken(bucket, 0.5)
    assert bucket.take(1.0)


def test_a_clock_that_goes_back_gives_no_tokens_and_takes_none() -> None:
    bucket = TokenBucket(rate=1, burst=5, now=1000)
    assert bucket.take(0)
    assert taken(bucket, 0) == 4


def test_a_bucket_is_full_when_nothing_is_owed() -> None:
    bucket = TokenBucket(rate=1, burst=2, now=0)
    bucket.take(0)
    assert (bucket.full(0.9), bucket.full(1.0)) == (False, True)


@given(
    rate=st.floats(0.1, 100),
    burst=st.integers(1, 50),
    waits=st.lists(st.floats(0, 10), max_size=50),
)
def test_a_bucket_never_lets_through_more_than_its_burst_and_its_rate(
    rate: float, burst: int, waits: list[float]
) -> None:
    bucket = TokenBucket(rate=rate, burst=burst, now=0)
    now, through = 0.0, 0
    for wait in waits:
        now += wait
        through += taken(bucket, now, 20)
        assert through <= burst + now * rate + 1e-6


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(rate=1, burst=1)
    assert buckets.take("a", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_full_buckets_are_forgotten_when_room_is_needed() -> None:
    buckets = Buckets(rate=1, burst=1, most=2)
    buckets.take("a", 0)
    buckets.take("b", 0.5)
    assert buckets.take("c", 1.0)
    assert len(buckets) == 2
    assert not buckets.take("b", 1.0)


def test_asking_what_is_left_takes_nothing() -> None:
    buckets = Buckets(rate=1, burst=2)
    assert [buckets.left("a", 0) for _ in range(3)] == [2, 2, 2]
    assert len(buckets) == 0
    buckets.take("a", 0)
    assert [buckets.left("a", now) for now in (0, 0, 0.5, 9)] == [1, 1, 1.5, 2]


def test_nothing_is_left_for_newcomers_where_no_bucket_can_be_forgotten() -> None:
    buckets = Buckets(rate=1, burst=1, most=1)
    buckets.take("a", 0)
    assert (buckets.left("b", 0), buckets.left("b", 1)) == (0, 1)


def test_where_no_bucket_can_be_forgotten_newcomers_are_refused() -> None:
    buckets = Buckets(rate=1, burst=1, most=2)
    buckets.take("a", 0)
    buckets.take("b", 0)
    assert not buckets.take("c", 0)
    assert len(buckets) == 2


def test_a_cap_is_for_each_key() -> None:
    cap = Cap(1)
    cap.hold("a")
    assert (cap.free("a"), cap.free("b")) == (False, True)


def test_what_is_released_is_free_again_and_forgotten() -> None:
    cap = Cap(2)
    cap.hold("a")
    cap.hold("a")
    cap.release("a")
    assert (cap.free("a"), len(cap)) == (True, 1)
    cap.release("a")
    assert len(cap) == 0


def test_asking_whether_a_key_is_free_keeps_nothing() -> None:
    cap = Cap(1)
    cap.free("a")
    assert len(cap) == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix:/run/proxy", "unix:/run/proxy"),
    ],
)
def test_an_ipv6_household_is_one_and_an_ipv4_address_is_one(address: str, key: str) -> None:
    assert address_key(address) == key

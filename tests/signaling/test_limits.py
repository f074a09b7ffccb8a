"""How much one sender may ask for: bursts, rates and what is held at one time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.signaling.allowance import (
    BYTES_A_SECOND,
    BYTES_AT_ONCE,
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    Allowance,
)
from meshvoice.signaling.limits import Buckets, Cap, Tiered, TokenBucket, address_key, address_keys


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


def test_a_bucket_of_bytes_gives_many_at_once_and_never_a_part() -> None:
    bucket = TokenBucket(rate=100, burst=1000, now=0)
    assert bucket.take(0, 700)
    assert not bucket.take(0, 301)
    assert bucket.take(0, 300)
    assert not bucket.take(1, 101)
    assert bucket.take(1, 100)


def test_more_than_the_burst_is_never_given() -> None:
    bucket = TokenBucket(rate=100, burst=1000, now=0)
    assert not bucket.take(1e9, 1001)
    assert bucket.take(1e9, 1000)


def test_a_clock_that_goes_back_gives_no_tokens_and_takes_none() -> None:
    bucket = TokenBucket(rate=1, burst=5, now=1000)
    assert bucket.take(0)
    assert taken(bucket, 0) == 4


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.02, 0.5, 60.0, -3.0]),
            st.sampled_from([0, 1, 900, 64 * 1024]),
            st.sampled_from([1, 8, 401]),
        ),
        max_size=12,
    )
)
def test_an_allowance_is_two_buckets(spent: list[tuple[float, int, int]]) -> None:
    """One of messages and one of bytes, though they are written as one; whatever the clock does."""
    now = 100.0
    allowance = Allowance(now)
    messages = TokenBucket(rate=MESSAGES_A_SECOND, burst=MESSAGES_AT_ONCE, now=now)
    amounts = TokenBucket(rate=BYTES_A_SECOND, burst=BYTES_AT_ONCE, now=now)
    latest = now
    for passes, size, times in spent:
        now += passes
        latest = max(latest, now)
        for _ in range(times):
            # A bucket takes a clock that went back for its own; here what was earned once isn't earned twice.
            borne = messages.take(latest) and amounts.take(latest, size)
            assert (allowance.spend(now, size) is None) is borne


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


def test_where_there_is_no_room_the_bucket_that_rested_longest_is_forgotten() -> None:
    buckets = Buckets(rate=0.001, burst=1, most=2)
    buckets.take("a", 0)
    buckets.take("b", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("c", 0)
    assert len(buckets) == 2
    assert [buckets.left(key, 0) for key in ("a", "b", "c")] == [0, 1, 0]


def test_after_any_number_of_keys_a_new_one_is_served_and_memory_is_bounded() -> None:
    buckets = Buckets(rate=0.001, burst=1, most=1000)
    for key in range(100_000):
        buckets.take(key, 0)
    assert (buckets.left("ana", 0), buckets.take("ana", 0), len(buckets)) == (1, True, 1000)


def test_those_who_owe_nothing_any_more_are_forgotten_as_others_come() -> None:
    """A server that runs for months has as many buckets as people who came lately."""
    buckets = Buckets(rate=1, burst=2)
    sizes = []
    for now in range(1000):
        buckets.take(("visitor", now), now)
        buckets.take("ana", now)
        sizes.append(len(buckets))
    assert max(sizes) <= 4
    assert buckets.left("ana", 999) == 1


def test_many_tokens_of_one_key_go_together() -> None:
    buckets = Buckets(rate=1, burst=10)
    assert buckets.take("a", 0, 8)
    assert not buckets.take("a", 0, 3)
    assert buckets.take("a", 0, 2)


def test_a_key_is_full_until_something_is_taken_and_when_it_came_back() -> None:
    buckets = Buckets(rate=1, burst=2)
    assert buckets.full("a", 0)
    buckets.take("a", 0)
    assert [buckets.full("a", now) for now in (0, 0.9, 1)] == [False, False, True]


def test_asking_what_is_left_takes_nothing() -> None:
    buckets = Buckets(rate=1, burst=2)
    assert [buckets.left("a", 0) for _ in range(3)] == [2, 2, 2]
    assert len(buckets) == 0
    buckets.take("a", 0)
    assert [buckets.left("a", now) for now in (0, 0, 0.5, 9)] == [1, 1, 1.5, 2]


def tiered(*, again: float = 300) -> Tiered:
    narrow, wide = Buckets(rate=1 / 30, burst=10), Buckets(rate=1 / 10, burst=40)
    return Tiered(narrow, wide, again=TokenBucket(rate=2, burst=again, now=0))


def test_each_tier_limits_what_is_behind_its_key() -> None:
    limits = tiered()
    assert sum(limits.take(("a1", "a"), 0) for _ in range(50)) == 10
    assert sum(limits.take((f"a{at}", "a"), 0) for at in range(2, 50)) == 30
    assert not limits.allows(("a50", "a"), 0)
    assert limits.allows(("b1", "b"), 0)


def test_an_address_with_one_key_is_limited_by_that_and_by_what_all_do_again() -> None:
    limits = tiered(again=4)
    assert sum(limits.take(("192.0.2.7",), 0) for _ in range(50)) == 4
    assert [limits.take(("192.0.2.7",), now) for now in (0.4, 0.5)] == [False, True]


def test_what_is_refused_counts_in_no_tier() -> None:
    limits = tiered(again=11)
    assert sum(limits.take(("a1", "a"), 0) for _ in range(50)) == 10
    assert limits.take(("a2", "a"), 0)
    assert not limits.take(("a2", "a"), 0)
    assert limits.take(("a2", "a"), 0.5)


def test_asking_whether_it_is_allowed_counts_nothing() -> None:
    limits = tiered(again=1)
    assert all(limits.allows(("a1", "a"), 0) for _ in range(50))


def test_what_many_do_together_holds_back_those_alone_who_did_something_lately() -> None:
    limits = tiered(again=5)
    for at in range(5):
        limits.take((f"a{at}", f"a{at}"), 0)
    assert not limits.allows(("a0", "a0"), 0)
    assert not limits.allows(("a99", "a0"), 0), "another address of the same network"
    assert limits.take(("b", "b"), 0)
    assert not limits.take(("b", "b"), 0)


def test_the_first_tries_of_new_networks_have_no_total_and_their_second_ones_have() -> None:
    limits = tiered(again=5)
    networks = [(f"{at}", f"/48 of {at}") for at in range(1000)]
    assert sum(limits.take(keys, 0) for keys in networks) == 1000
    assert sum(limits.take(keys, 0) for keys in networks) == 0
    assert sum(limits.take(keys, 2.5) for keys in networks) == 5


def test_whoever_was_quiet_for_long_enough_is_new_again() -> None:
    limits = tiered(again=1)
    assert limits.take(("a", "a"), 0)
    for now in range(0, 31, 5):
        while limits.take((f"b{now}",), now):
            pass
        assert limits.allows(("a", "a"), now) == (now == 30)


def test_after_guesses_from_a_whole_48_and_from_everywhere_a_new_address_has_its_try() -> None:
    limits = tiered()
    assert sum(limits.take((f"a{at}", "a"), 0) for at in range(65_536)) == 40
    for at in range(35_000):
        limits.take((f"b{at}", f"b{at}"), 1)
    assert limits.take(("c", "c"), 1)


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


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("192.0.2.7", ("192.0.2.7",)),
        ("::ffff:192.0.2.7", ("192.0.2.7",)),
        ("2001:db8:1:2:3:4:5:6", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("fe80::1%eth0", ("fe80::/64", "fe80::/48")),
        ("unix:/run/proxy", ("unix:/run/proxy",)),
        ("", ("",)),
    ],
)
def test_an_ipv6_address_stands_in_two_networks(address: str, keys: tuple[str, ...]) -> None:
    assert address_keys(address) == keys
    assert address_key(address) == keys[0]

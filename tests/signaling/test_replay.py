"""The last frames of a peer are numbered without a gap, kept within bounds, and given back once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.signaling.replay import REPLAY_BYTES, REPLAY_FRAMES, Replay


def kept(*bodies: bytes) -> Replay:
    replay = Replay()
    for body in bodies:
        replay.number(body)
    return replay


def test_frames_are_numbered_from_one() -> None:
    replay = Replay()
    assert [replay.number(b"a"), replay.number(b"b")] == [1, 2]


def test_what_came_after_the_last_one_seen_is_given_back_in_order() -> None:
    assert kept(b"a", b"b", b"c").rewind(1) == [b"b", b"c"]


def test_who_missed_nothing_gets_nothing() -> None:
    assert kept(b"a", b"b").rewind(2) == []


def test_what_was_given_back_is_kept_no_longer() -> None:
    replay = kept(b"a", b"b", b"c")
    replay.rewind(1)
    assert replay.rewind(1) == []
    assert replay.rewind(0) is None


def test_after_a_rewind_the_numbers_go_on_from_the_last_one_seen() -> None:
    replay = kept(b"a", b"b", b"c")
    replay.rewind(1)
    assert replay.number(b"d") == 2


def test_an_empty_body_takes_a_number_and_is_not_given_back() -> None:
    assert kept(b"a", b"", b"b").rewind(0) == [b"a", b"b"]


@pytest.mark.parametrize("seen", [3, 1000])
def test_a_frame_that_was_never_sent_was_never_seen(seen: int) -> None:
    assert kept(b"a", b"b").rewind(seen) is None


def test_a_refused_rewind_changes_nothing() -> None:
    replay = kept(b"a", b"b")
    replay.rewind(9)
    assert replay.rewind(1) == [b"b"]


def test_128_frames_are_kept() -> None:
    replay = kept(*[b"x"] * (REPLAY_FRAMES + 1))
    assert replay.rewind(0) is None
    missed = replay.rewind(1)
    assert missed is not None
    assert len(missed) == 128


def test_256_kib_are_kept() -> None:
    half = b"x" * (REPLAY_BYTES // 2)
    assert kept(half, half).rewind(0) == [half, half]
    replay = kept(half, half, b"x")
    assert replay.rewind(0) is None
    assert replay.rewind(1) == [half, b"x"]


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 700, 5_000, REPLAY_BYTES // 3]), st.integers(1, 70)), max_size=12
    )
)
def test_what_is_kept_is_as_much_as_both_bounds_let(sent: list[tuple[int, int]]) -> None:
    """After any number of frames of any sizes, neither more nor less."""
    bodies = [b"x" * size for size, times in sent for _ in range(times)]
    replay, most = kept(*bodies), 0
    while most < min(len(bodies), 128) and sum(map(len, bodies[-most - 1 :])) <= 256 * 1024:
        most += 1
    assert replay.rewind(len(bodies) - most - 1) is None
    assert replay.rewind(len(bodies) - most) == [body for body in bodies[len(bodies) - most :] if body]


def test_a_frame_over_the_limit_alone_is_not_kept() -> None:
    replay = kept(b"x" * (REPLAY_BYTES + 1))
    assert replay.rewind(0) is None
    assert replay.rewind(1) == []


def test_bytes_that_were_dropped_leave_room() -> None:
    replay = kept(b"x" * REPLAY_BYTES, b"y" * REPLAY_BYTES)
    assert replay.rewind(1) == [b"y" * REPLAY_BYTES]
    replay.number(b"z" * REPLAY_BYTES)
    assert replay.rewind(1) == [b"z" * REPLAY_BYTES]


def test_what_a_look_long_ago_found_is_forgotten() -> None:
    replay = Replay()
    for now in (1.0, 2.0, 3.0):
        replay.number(b"%d" % now)
        replay.forget(now, before=0.0)
    replay.forget(4.0, before=2.0)
    assert replay.rewind(0) is None
    assert replay.rewind(1) == [b"2", b"3"]


def test_all_of_it_may_be_forgotten() -> None:
    replay = kept(b"a")
    replay.forget(1.0, before=0.0)
    replay.forget(2.0, before=1.5)
    assert (replay.rewind(0), replay.rewind(1)) == (None, [])


def test_nothing_is_forgotten_at_the_first_look() -> None:
    """Nobody knows how old it is."""
    replay = kept(b"a")
    replay.forget(1000.0, before=900.0)
    assert replay.rewind(0) == [b"a"]


def test_what_came_since_a_look_is_kept_when_that_is_long_ago() -> None:
    replay = kept(b"a")
    replay.forget(1.0, before=0.0)
    replay.number(b"b")
    replay.forget(100.0, before=50.0)
    assert replay.rewind(1) == [b"b"]


def test_a_peer_to_which_nothing_is_sent_has_one_look_to_remember() -> None:
    """It takes memory, and an idle room is looked at for days."""
    replay = kept(b"a")
    for now in range(1000):
        replay.forget(now, before=-1.0)
    assert len(replay._looks) == 1


@pytest.mark.parametrize("seen", [0, 1, 2, 50])
def test_after_a_restart_no_earlier_number_counts_as_seen(seen: int) -> None:
    replay = kept(b"a", b"b")
    replay.restart(seen)
    first = replay.number(b"c")
    assert [replay.rewind(earlier) for earlier in range(max(seen, 2) + 1)] == [None] * (max(seen, 2) + 1)
    assert replay.rewind(first - 1) == [b"c"]


def test_looks_count_on_behind_frames_that_were_dropped() -> None:
    replay = kept(*[b"x"] * (2 * REPLAY_FRAMES))
    replay.forget(1.0, before=0.0)
    replay.number(b"y")
    replay.forget(2.0, before=1.5)
    assert replay.rewind(2 * REPLAY_FRAMES) == [b"y"]


def test_a_look_from_before_a_rewind_is_none() -> None:
    """The numbers begin anew there."""
    replay = kept(b"a", b"b", b"c")
    replay.forget(1.0, before=0.0)
    replay.rewind(1)
    for body in (b"d", b"e"):
        replay.number(body)
    replay.forget(100.0, before=50.0)
    assert replay.rewind(1) == [b"d", b"e"]


def test_what_came_since_a_look_is_kept_though_much_came() -> None:
    replay = kept(b"a")
    replay.forget(1.0, before=0.0)
    for _ in range(2 * REPLAY_FRAMES):
        replay.number(b"b")
    replay.forget(100.0, before=50.0)
    assert replay.rewind(1 + REPLAY_FRAMES) == [b"b"] * REPLAY_FRAMES


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["number", "look", "rewind"]), st.integers(1, 90), st.sampled_from([1, 9_000])
        ),
        max_size=20,
    )
)
def test_whatever_happens_the_last_frames_are_there_and_none_that_two_looks_found_old(
    steps: list[tuple[str, int, int]],
) -> None:
    """As much as both bounds let, of what no look before the last 50 seconds found."""
    replay, now, bodies, looks = Replay(), 0.0, list[bytes](), list[tuple[float, int]]()
    for step, many, size in steps:
        now += many
        if step == "number":
            for _ in range(many):
                replay.number(b"x" * size)
                bodies.append(b"x" * size)
        elif step == "look":
            replay.forget(now, before=now - 50)
            looks.append((now, replay.seq))
        else:
            young = replay.seq - max((seq for at, seq in looks if at < now - 50), default=0)
            room, most = REPLAY_BYTES, 0
            for body in reversed(bodies[len(bodies) - min(young, len(bodies), REPLAY_FRAMES) :]):
                room -= len(body)
                if room < 0:
                    break
                most += 1
            missed = min(many, most)
            assert replay.rewind(replay.seq - missed) == bodies[len(bodies) - missed :]
            bodies, looks = [], []

"""Whoever makes another's browser work is limited, and whoever answers pays nothing for it."""

from __future__ import annotations

from typing import Any

import pytest

from meshvoice.signaling.allowance import BYTES_A_SECOND, BYTES_AT_ONCE
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.pairs import ANSWER_FRAMES, ASKED_AT_ONCE, FIRST_GEN, GEN_LEAP
from tests.signaling.descriptions import SDP, sdp_of
from tests.signaling.room import CANDIDATE, SEA, Tab, World, three

ASKING: dict[str, dict[str, Any]] = {"offer": {"sdp": SDP}, "repair": {}, "abort": {}}


def codes(tab: Tab) -> list[str]:
    return [frame["code"] for frame in tab.hears() if frame["type"] == "error"]


def exhaust(tab: Tab) -> None:
    """Use a sender's messages up."""
    for _ in range(400):
        tab.says("ping", t=1)
    tab.hears()


# How often


@pytest.mark.parametrize("kind", ASKING)
def test_a_handful_at_once_then_one_in_a_while(kind: str) -> None:
    world = World()
    ana, bo, _ = three(world)
    for gen in range(1, ASKED_AT_ONCE + 4):
        ana.says(kind, target=bo.peer, gen=gen, **ASKING[kind])
    assert codes(ana) == ["too-fast"] * 3
    assert len(bo.hears()) == ASKED_AT_ONCE
    world.now += 1.4
    ana.says(kind, target=bo.peer, gen=20, **ASKING[kind])
    assert [frame["type"] for frame in bo.hears()] == [kind]


def test_what_one_pair_may_no_more_another_pair_may() -> None:
    ana, bo, cleo = three(World())
    for gen in range(1, 20):
        ana.says("repair", target=bo.peer, gen=gen)
    bo.hears()
    ana.says("repair", target=cleo.peer, gen=1)
    cleo.says("repair", target=bo.peer, gen=1)
    bo.says("repair", target=ana.peer, gen=1)
    assert [len(tab.hears()) for tab in (cleo, bo)] == [1, 1]
    assert [frame["source"] for frame in ana.hears() if frame["type"] == "repair"] == [bo.peer]


def test_whoever_leaves_and_comes_back_as_another_peer_has_asked_all_the_same() -> None:
    world = World()
    ana, bo, _ = three(world)
    for gen in range(1, ASKED_AT_ONCE + 1):
        bo.says("offer", target=ana.peer, gen=gen, sdp=SDP)
    bo.says("bye")
    again = world.joins("Bo")
    again.hears(), ana.hears()
    again.says("offer", target=ana.peer, gen=1, sdp=SDP)
    assert codes(again) == ["too-fast"]
    assert ana.hears() == []


def test_a_flood_of_offers_ends_its_sender() -> None:
    ana, bo, _ = three(World())
    for gen in range(1, 300):
        ana.says("offer", target=bo.peer, gen=gen, sdp=SDP)
        if ana.closed:
            break
    assert ana.closed == CloseCode.TOO_FAST
    assert bo.closed is None


# Up to which generation


@pytest.mark.parametrize("kind", ASKING)
def test_a_generation_that_leaps_reaches_nobody(kind: str) -> None:
    ana, bo, _ = three(World())
    ana.says("offer", target=bo.peer, gen=3, sdp=SDP)
    bo.hears()
    ana.says(kind, target=bo.peer, gen=4 + GEN_LEAP, **ASKING[kind])
    (told,) = ana.hears()
    assert (told["code"], told["about"]) == ("bad-message", kind)
    assert told["message"] == "generations count by one: 68 leaps, the last was 3 - at `$.gen`"
    assert bo.hears() == []


def test_the_first_generation_of_a_pair_may_be_of_before_a_restart_but_not_any() -> None:
    ana, bo, cleo = three(World())
    ana.says("repair", target=bo.peer, gen=FIRST_GEN + 1)
    assert "none before it" in ana.hears()[0]["message"]
    ana.says("repair", target=bo.peer, gen=FIRST_GEN)
    ana.says("repair", target=cleo.peer, gen=1)
    assert [len(tab.hears()) for tab in (ana, bo, cleo)] == [0, 1, 1]


def test_either_may_go_on_from_what_the_other_named_and_time_allows_more() -> None:
    world = World()
    ana, bo, _ = three(world)
    ana.says("offer", target=bo.peer, gen=60, sdp=SDP)
    bo.says("repair", target=ana.peer, gen=60 + GEN_LEAP)
    world.now += 30
    ana.says("offer", target=bo.peer, gen=60 + 2 * GEN_LEAP + 30, sdp=SDP)
    assert (codes(ana), codes(bo)) == ([], [])


def test_candidates_carry_the_count_of_generations_nowhere() -> None:
    ana, bo, _ = three(World())
    ana.says("offer", target=bo.peer, gen=1, sdp=SDP)
    for gen in range(1, 4 * GEN_LEAP, GEN_LEAP // 2):
        bo.says("ice", target=ana.peer, gen=gen, candidates=[None])
    assert codes(bo) == ["bad-message"] * 5
    bo.says("repair", target=ana.peer, gen=2 + GEN_LEAP)
    assert codes(bo) == ["bad-message"]


@pytest.mark.parametrize("kind", ASKING)
def test_what_is_dropped_carries_the_count_of_generations_nowhere(kind: str) -> None:
    """Fifty a second, each 64 further, reached any number: and then every candidate was taken."""
    ana, bo, _ = three(World())
    reached = 0
    for _ in range(20):
        reached += GEN_LEAP
        ana.says(kind, target=bo.peer, gen=reached, **ASKING[kind])
    taken = max(frame["gen"] for frame in bo.hears() if "gen" in frame)
    assert taken == ASKED_AT_ONCE * GEN_LEAP
    ana.hears()
    ana.says("ice", target=bo.peer, gen=reached, candidates=[None])
    assert codes(ana) == ["bad-message"]


def test_a_peer_that_left_takes_its_generations_along() -> None:
    world = World()
    ana, bo, cleo = three(world)
    ana.says("offer", target=bo.peer, gen=1, sdp=SDP)
    ana.says("offer", target=cleo.peer, gen=1, sdp=SDP)
    bo.says("bye")
    room = next(iter(world.hub.registry))
    assert len(room.pairs) == 1
    assert set(room.peers[cleo.peer].due or ()) == {ana.peer}


def test_a_first_generation_that_is_too_high_is_told_and_never_punished() -> None:
    """Which of two peers lifted their count so far, only the server of before a restart knew."""
    ana, bo, _ = three(World())
    for _ in range(100):
        ana.says("repair", target=bo.peer, gen=FIRST_GEN + 1)
    assert codes(ana) == ["bad-message"] * 100
    assert ana.closed is None


# Who pays


def test_an_answer_and_its_candidates_are_free_for_whoever_answers() -> None:
    ana, bo, _ = three(World())
    exhaust(bo)
    ana.says("offer", target=bo.peer, gen=1, sdp=SDP)
    bo.says("answer", target=ana.peer, gen=1, sdp=SDP)
    bo.says("ice", target=ana.peer, gen=1, candidates=[CANDIDATE, None])
    assert [frame["type"] for frame in ana.hears()] == ["answer", "ice"]
    bo.says("state", muted=True)
    assert codes(bo) == ["too-fast"]


def test_what_an_offer_calls_for_is_bounded_and_for_that_offer_alone() -> None:
    ana, bo, cleo = three(World())
    exhaust(bo)
    ana.says("offer", target=bo.peer, gen=2, sdp=SDP)
    bo.says("answer", target=ana.peer, gen=1, sdp=SDP)
    bo.says("ice", target=cleo.peer, gen=2, candidates=[None])
    assert codes(bo) == ["too-fast"] * 2
    for _ in range(ANSWER_FRAMES + 1):
        bo.says("ice", target=ana.peer, gen=2, candidates=[None])
    assert codes(bo) == ["too-fast"]
    assert len(ana.hears()) == ANSWER_FRAMES


def test_answers_take_nothing_of_what_was_left_to_whoever_answers() -> None:
    ana, bo, _ = three(World())
    for gen in range(1, ASKED_AT_ONCE + 1):
        ana.says("offer", target=bo.peer, gen=gen, sdp=SDP)
        bo.says("answer", target=ana.peer, gen=gen, sdp=SDP)
    for _ in range(400):
        bo.says("ping", t=1)
    assert codes(bo) == []


def test_a_too_large_answer_is_told_and_never_punished() -> None:
    world = World()
    ana, bo, _ = three(world)
    for gen in range(1, 61):
        bo.says("answer", target=ana.peer, gen=gen, sdp=sdp_of(33_000))
        world.now += 1.1
    assert codes(bo) == ["too-large"] * 60
    assert bo.closed is None


def test_a_too_large_answer_counts_like_any_frame_even_of_one_who_owes_an_answer() -> None:
    """A few lines are enough for one, and seventy bytes: it is nobody's fault, but not free without end."""
    ana, bo, _ = three(World())
    ana.says("offer", target=bo.peer, gen=1, sdp=SDP)
    for _ in range(1000):
        bo.says("answer", target=ana.peer, gen=1, sdp="v=0\na=group\na=group")
    assert bo.closed is CloseCode.TOO_FAST
    assert {frame["type"] for frame in ana.hears()} == {"left"}


def test_an_older_offer_takes_nothing_of_what_is_owed_to_a_later_one() -> None:
    ana, bo, _ = three(World())
    exhaust(bo)
    ana.says("offer", target=bo.peer, gen=5, sdp=SDP)
    ana.says("offer", target=bo.peer, gen=4, sdp=SDP)
    bo.says("answer", target=ana.peer, gen=5, sdp=SDP)
    assert [frame["type"] for frame in ana.hears()] == ["answer"]


# Bytes


def test_a_sender_has_a_budget_of_bytes_and_its_excess_is_told_to_it_alone() -> None:
    world = World()
    ana, bo, _ = three(world)
    candidates = [{**CANDIDATE, "candidate": "x" * 1000}] * 58
    sent = 0
    while not (told := codes(ana)):
        ana.says("ice", target=bo.peer, gen=1, candidates=candidates)
        sent += 1
    assert told == ["too-fast"]
    assert sent * 58_000 > BYTES_AT_ONCE - 70_000
    assert len(bo.hears()) == sent - 1
    world.now += 70_000 / BYTES_A_SECOND
    ana.says("ice", target=bo.peer, gen=1, candidates=candidates)
    assert (codes(ana), len(bo.hears())) == ([], 1)


def test_whoever_leaves_and_comes_back_as_another_peer_has_sent_all_the_same() -> None:
    """Else eight byes and hellos are eight times as many bytes at once, to somebody who reads slowly."""
    world = World()
    ana, bo, _ = three(world)
    candidates = [{**CANDIDATE, "candidate": "x" * 1000}] * 58
    while not codes(bo):
        bo.says("ice", target=ana.peer, gen=1, candidates=candidates)
    bo.says("bye")
    again = world.joins("Bo")
    again.hears(), ana.hears()
    again.says("ice", target=ana.peer, gen=1, candidates=candidates)
    assert codes(again) == ["too-fast"]
    assert ana.hears() == []


def test_what_those_who_left_had_sent_is_forgotten_as_others_come() -> None:
    """Of those who are there it is not, whoever comes."""
    world = World()
    _, bo, _ = three(world)
    exhaust(bo)
    for number in range(200):
        world.joins(f"Guest {number}").says("bye")
    room = world.hub.registry.get(SEA)
    assert room is not None
    assert len(room.remembered) < 100
    for _ in range(20):
        bo.says("ping", t=1)
    assert "too-fast" in codes(bo)


def test_who_goes_on_sending_too_many_bytes_is_closed_and_nobody_else() -> None:
    world = World()
    ana, bo, _ = three(world)
    candidates = [{**CANDIDATE, "candidate": "x" * 1000}] * 58
    for _ in range(45 * 12):
        if ana.closed:
            break
        ana.says("ice", target=bo.peer, gen=1, candidates=candidates)
        world.now += 1 / 45
    assert (ana.closed, bo.closed) == (CloseCode.TOO_FAST, None)

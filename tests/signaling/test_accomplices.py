"""What several guests together make one victim do is charged to them, and never to it."""

from __future__ import annotations

import pytest

from meshvoice.signaling.pairs import ASKED_AT_ONCE, GEN_LEAP
from tests.signaling.descriptions import SDP, sdp_of
from tests.signaling.room import CANDIDATE, GRACE, Tab, World

MINUTES = 10
BIG = sdp_of(12_000)
ROOM = 10


def call(guests: int) -> tuple[World, list[Tab], Tab]:
    """Seat so many guests, and then the victim: whoever comes last owns its links."""
    world = World(capacity=ROOM)
    asking = [world.joins(f"Guest {number}") for number in range(guests)]
    victim = world.joins("Ana", role="owner")
    for tab in (*asking, victim):
        tab.hears()
    return world, asking, victim


class Counting:
    """The victim's page: for each repair a new generation with candidates; each second one is taken back."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.gens: dict[str, int] = {}
        self.errors: list[str] = []

    def does_what_it_is_asked(self) -> None:
        for frame in self.tab.hears():
            if frame["type"] == "error":
                self.errors.append(f"{frame['code']}: {frame['message']}")
            if frame["type"] == "repair":
                self.makes(frame["source"], frame["gen"])

    def makes(self, peer: str, named: int) -> None:
        gen = self.gens[peer] = max(self.gens.get(peer, 0), named) + 1
        self.tab.says("offer", target=peer, gen=gen, sdp=BIG)
        for _ in range(4):
            self.tab.says("ice", target=peer, gen=gen, candidates=[CANDIDATE] * 8)
        if gen % 2:
            self.tab.says("abort", target=peer, gen=gen)


@pytest.mark.parametrize("guests", [3, ROOM - 1])
def test_repairs_that_several_ask_for_within_their_limits_cost_the_victim_nothing(guests: int) -> None:
    world, asking, ana = call(guests)
    page = Counting(ana)
    for _ in range(MINUTES * 60):
        world.now += 1
        for guest in asking:
            for _ in range(2):
                if not guest.closed:
                    guest.says("repair", target=ana.peer, gen=page.gens.get(guest.peer, 1), why="stalled")
            guest.hears()
        page.does_what_it_is_asked()
    assert page.errors == []
    assert ana.closed is None
    for _ in range(390):
        ana.says("ping", t=1)
    assert ana.hears("error") == []


@pytest.mark.parametrize("forgotten", ["by a restart", "by those who are lost"])
@pytest.mark.parametrize("guests", [1, 3])
def test_a_count_that_others_lifted_costs_nobody_the_seat_when_it_is_forgotten(
    forgotten: str, guests: int
) -> None:
    """Each repair may lift it by 64, so two minutes are enough for more than any call ever counts."""
    world, asking, ana = call(guests)
    page = Counting(ana)
    for _ in range(120):
        world.now += 1.4
        for guest in asking:
            guest.says("repair", target=ana.peer, gen=page.gens.get(guest.peer, 0) + GEN_LEAP)
            guest.hears()
        page.does_what_it_is_asked()
    assert min(page.gens.values()) > 100 * GEN_LEAP
    if forgotten == "by a restart":
        world.restarts()
        ana.comes_back()
    else:
        for guest in asking:
            guest.drops()
        world.waits(GRACE)
    for guest in asking:
        guest.comes_back()
        # From now on one is known that is far below.
        guest.says("repair", target=ana.peer, gen=1)
    ana.hears()
    page.errors.clear()
    for _ in range(100):
        world.now += 4
        for guest in asking:
            page.makes(guest.peer, 0)
        page.does_what_it_is_asked()
    # A link of theirs alone, which comes about no more in this call.
    assert len(page.errors) > 100
    assert all(" leaps, " in error for error in page.errors)
    assert ana.closed is None


def test_a_repair_pays_for_one_offer_to_whoever_asked_and_for_no_other() -> None:
    world, (bo, cleo), ana = call(2)
    for gen in range(1, ASKED_AT_ONCE + 1):
        ana.says("offer", target=bo.peer, gen=gen, sdp=SDP)
        ana.says("offer", target=cleo.peer, gen=gen, sdp=SDP)
    bo.says("repair", target=ana.peer, gen=8)
    ana.hears(), bo.hears(), cleo.hears()
    for gen in (9, 10):
        ana.says("offer", target=bo.peer, gen=gen, sdp=SDP)
    ana.says("offer", target=cleo.peer, gen=9, sdp=SDP)
    assert [frame["code"] for frame in ana.hears()] == ["too-fast"] * 2
    assert [frame["gen"] for frame in bo.hears()] == [9]
    assert cleo.hears() == []
    world.now += 60
    ana.says("offer", target=bo.peer, gen=11, sdp=SDP)
    assert ana.hears() == []


def test_repairs_are_answered_in_their_own_time_but_no_more_than_a_handful_is_owed() -> None:
    world, (bo,), ana = call(1)
    for _ in range(4 * ASKED_AT_ONCE):
        world.now += 1.4
        bo.says("repair", target=ana.peer, gen=1)
    (room,) = world.hub.registry
    assert (room.peers[ana.peer].asked or {})[bo.peer].offers == ASKED_AT_ONCE


def test_a_repair_that_came_too_fast_pays_for_nothing() -> None:
    world, (bo,), ana = call(1)
    for _ in range(ASKED_AT_ONCE):
        bo.says("repair", target=ana.peer, gen=1)
    for gen in range(2, 2 + 2 * ASKED_AT_ONCE):
        ana.says("offer", target=bo.peer, gen=gen, sdp=SDP)
        bo.says("repair", target=ana.peer, gen=gen)
    assert ana.hears("error") == []
    ana.says("offer", target=bo.peer, gen=40, sdp=SDP)
    assert len(ana.hears("error")) == 1
    (room,) = world.hub.registry
    assert (room.peers[ana.peer].asked or {})[bo.peer].offers == 0


def test_a_generation_that_was_asked_for_is_taken_back_once_for_nothing() -> None:
    _, (bo,), ana = call(1)
    for gen in range(1, ASKED_AT_ONCE + 1):
        ana.says("abort", target=bo.peer, gen=gen)
    bo.says("repair", target=ana.peer, gen=8)
    ana.hears(), bo.hears()
    ana.says("offer", target=bo.peer, gen=9, sdp=SDP)
    ana.says("abort", target=bo.peer, gen=9)
    ana.says("abort", target=bo.peer, gen=9)
    assert [frame["code"] for frame in ana.hears()] == ["too-fast"]
    assert [frame["type"] for frame in bo.hears()] == ["offer", "abort"]


def test_what_was_asked_for_goes_with_whoever_asked() -> None:
    world, (bo, cleo), ana = call(2)
    for guest in (bo, cleo):
        guest.says("repair", target=ana.peer, gen=1)
    bo.says("bye")
    (room,) = world.hub.registry
    assert set(room.peers[ana.peer].asked or ()) == {cleo.peer}

"""A resume refused and a server restarted: ids and orders stay, and nothing lost passes for seen."""

from __future__ import annotations

from typing import Any

import pytest

from meshvoice.signaling.replay import REPLAY_BYTES, REPLAY_FRAMES
from tests.signaling.descriptions import sdp_of
from tests.signaling.room import World, three


def gens(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["gen"] for frame in frames if frame["type"] == "ice"]


# A refused resume


@pytest.mark.parametrize(("missed", "resumed"), [(REPLAY_FRAMES, True), (REPLAY_FRAMES + 1, False)])
def test_a_resume_is_refused_beyond_128_messages(missed: int, resumed: bool) -> None:
    ana, bo, _ = three(World())
    bo.drops()
    for gen in range(1, missed + 1):
        ana.says("ice", target=bo.peer, gen=gen, candidates=[None])
    bo.comes_back()
    welcome, *rest = bo.hears()
    assert welcome["resumed"] is resumed
    assert gens(rest) == (list(range(1, missed + 1)) if resumed else [])


@pytest.mark.parametrize(("megabytes", "resumed"), [(0.99, True), (1.01, False)])
def test_a_resume_is_refused_beyond_256_kibibytes(megabytes: float, resumed: bool) -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.drops()
    for gen in range(1, 21):
        sdp = sdp_of(int(REPLAY_BYTES * megabytes / 20) - 120)
        ana.says("answer", target=bo.peer, gen=gen, sdp=sdp)
    bo.comes_back()
    assert bo.hears()[0]["resumed"] is resumed


def refused_resume(world: World) -> tuple[Any, Any, Any]:
    ana, bo, cleo = three(world)
    ana.says("state", muted=True)
    bo.says("state", muted=True, n=7)
    bo.drops()
    for gen in range(1, 200):
        ana.says("ice", target=bo.peer, gen=gen, candidates=[None])
    ana.hears(), cleo.hears()
    bo.comes_back()
    return ana, bo, cleo


def test_after_a_refused_resume_the_roster_comes_anew_and_ids_stay() -> None:
    ana, bo, cleo = refused_resume(World())
    welcome, *presents = bo.hears()
    assert (welcome["source"], welcome["order"], welcome["got"]) == (bo.peer, bo.order, 0)
    assert [(p["type"], p["source"], p["muted"]) for p in presents] == [
        ("present", ana.peer, True),
        ("present", cleo.peer, False),
    ]


def test_after_a_refused_resume_the_numbers_go_on_above_all_that_came_before() -> None:
    _, bo, _ = refused_resume(World())
    first, second, third = (frame["seq"] for frame in bo.hears_numbered())
    assert first > 200
    assert (second, third) == (first + 1, first + 2)


def test_a_refused_resume_is_told_to_the_others_as_back_so_that_links_stay() -> None:
    ana, bo, cleo = refused_resume(World())
    assert ana.hears("back", "hello", "left") == [{"type": "back", "source": bo.peer}]
    assert cleo.hears("back", "hello", "left") == [{"type": "back", "source": bo.peer}]


def test_a_seen_that_was_never_sent_is_refused() -> None:
    _, bo, _ = three(World())
    bo.drops()
    bo.comes_back(seen=1000)
    assert bo.hears()[0]["resumed"] is False


def test_who_does_not_say_what_it_saw_gets_the_roster() -> None:
    ana, bo, _ = three(World())
    bo.drops()
    ana.says("abort", target=bo.peer, gen=1)
    bo.comes_back(seen=None)
    assert [frame["type"] for frame in bo.hears()] == ["welcome", "present", "present"]
    bo.drops()
    bo.comes_back()
    assert [frame["type"] for frame in bo.hears()] == ["welcome"]


def test_frames_long_delivered_are_not_kept_for_ever() -> None:
    world = World()
    ana, bo, _ = three(world)
    ana.says("abort", target=bo.peer, gen=1)
    world.waits(1)
    world.waits(91)
    bo.comes_back(seen=bo.seen)
    assert bo.hears()[0]["resumed"] is False


def test_what_is_too_old_is_forgotten_within_twenty_seconds() -> None:
    """Every ten seconds it is looked at, and nothing goes before it is too old."""
    world = World()
    ana, bo, _ = three(world)
    ana.says("abort", target=bo.peer, gen=1)
    for _ in range(89):
        world.waits(1)
    bo.comes_back(seen=bo.seen - 1)
    assert bo.hears()[0]["resumed"] is True
    ana.says("abort", target=bo.peer, gen=1)
    for _ in range(110):
        world.waits(1)
    bo.comes_back(seen=bo.seen)
    assert bo.hears()[0]["resumed"] is False


# A restart


def test_after_a_restart_a_ticket_seats_the_peer_under_its_old_id_and_order() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.says("state", muted=True, n=3)
    world.restarts()
    for tab in (bo, ana):
        tab.comes_back()
    (welcome,) = bo.hears("welcome")
    assert (welcome["source"], welcome["order"], welcome["boot"]) == (bo.peer, bo.order, "boot-2")
    assert (welcome["resumed"], welcome["got"]) == (False, 0)


def test_after_a_restart_the_others_find_old_ids_in_the_roster() -> None:
    world = World()
    ana, bo, cleo = three(world)
    world.restarts()
    for tab in (cleo, ana, bo):
        tab.comes_back()
    roster = {
        frame["source"]: frame["order"] for frame in ana.hears() if frame["type"] in ("present", "hello")
    }
    assert roster == {bo.peer: bo.order, cleo.peer: cleo.order}


def test_after_a_restart_the_numbers_go_on_above_the_last_one_seen() -> None:
    world = World()
    ana, _, _ = three(world)
    seen = ana.seen
    world.restarts()
    ana.comes_back()
    assert ana.hears_numbered()[0]["seq"] > seen


def test_after_the_grace_a_ticket_still_seats_the_peer_under_its_old_id() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.drops()
    world.waits(3600)
    ana.hears()
    bo.comes_back()
    assert bo.hears()[0]["resumed"] is False
    assert [(frame["type"], frame["source"]) for frame in ana.hears()] == [("hello", bo.peer)]


def test_after_a_restart_the_newest_tab_keeps_the_seat_whichever_comes_first() -> None:
    for first in (0, 1):
        world = World()
        tabs = [world.joins("Ana"), world.joins("Ana")]
        world.restarts()
        for tab in (tabs[first], tabs[1 - first]):
            tab.comes_back()
        assert [tab.closed for tab in tabs] == [4409, None]


def test_a_roster_that_was_lost_on_its_way_is_never_taken_for_seen_after_a_restart() -> None:
    world = World()
    _, bo, _ = three(world)
    world.restarts()
    bo.comes_back()
    world.joins("Dan"), world.joins("Eve")
    bo.drops()
    bo.comes_back()
    assert [frame["type"] for frame in bo.hears()] == ["welcome", "present", "present"]


def test_a_roster_that_was_lost_on_its_way_is_never_taken_for_seen_after_a_refused_resume() -> None:
    ana, bo, _ = refused_resume(World())
    bo.drops()
    for gen in range(1, 10):
        ana.says("ice", target=bo.peer, gen=gen, candidates=[None])
    bo.comes_back()
    assert [frame["type"] for frame in bo.hears()] == ["welcome", "present", "present"]


# Who sits where after a restart


def test_those_in_the_call_all_get_their_seats_though_a_newcomer_was_quicker() -> None:
    world = World(capacity=3)
    ana, bo, cleo = three(world)
    world.restarts()
    dan = world.joins("Dan")
    for tab in (ana, bo, cleo):
        tab.comes_back()
    assert [tab.closed for tab in (ana, bo, cleo, dan)] == [None] * 4


def test_a_minute_and_a_half_after_a_restart_a_full_room_is_full_for_tickets_too() -> None:
    world = World(capacity=3)
    _, _, cleo = three(world)
    world.restarts()
    for name in ("Dan", "Eli", "Fay"):
        world.joins(name)
    world.waits(90)
    cleo.comes_back()
    assert cleo.closed == 4413


def test_whoever_comes_back_gets_new_credentials_before_those_present() -> None:
    world = World(renew_after=1800)
    ana, bo, _ = three(world)
    world.restarts()
    ana.comes_back()
    bo.comes_back()
    assert [frame["type"] for frame in bo.hears()] == ["welcome", "credentials", "present"]

"""The protocol in the order in which a client lives it: who hears what, and nobody else anything."""

from __future__ import annotations

from typing import Any

import pytest

from meshvoice.signaling.registry import SocketId
from tests.signaling.descriptions import SDP
from tests.signaling.room import CANDIDATE, SEA, START, TABLE, World, error, three

DIRECTED: list[tuple[str, dict[str, Any]]] = [
    ("offer", {"gen": 1, "sdp": SDP}),
    ("answer", {"gen": 1, "sdp": SDP}),
    ("ice", {"gen": 1, "candidates": [CANDIDATE, None]}),
    ("repair", {"gen": 1, "why": "stalled"}),
    ("abort", {"gen": 2}),
]


# 1, 2 and 3: hello, welcome, present


def test_a_welcome_tells_where_one_sits_and_what_holds_there() -> None:
    ana = World(capacity=8, closes_at=1795362000).joins("Ana", role="owner")
    assert ana.hears() == [
        {
            "type": "welcome",
            "source": ana.peer,
            "user": ana.user,
            "order": 1795358400001,
            "ticket": f"ticket of {ana.peer}",
            "resumed": False,
            "got": 0,
            "boot": "boot-1",
            "seats": 8,
            "grace": 45,
            "ping": 10,
            "role": "owner",
            "closes_at": 1795362000,
            "counts": True,
            "keeps": True,
        }
    ]


def test_a_room_without_an_end_says_so() -> None:
    assert World().joins("Ana").hears()[0]["closes_at"] is None


def test_the_presents_after_a_welcome_are_the_whole_roster() -> None:
    world = World()
    ana, bo = world.joins("Ana", role="owner", muted=True), world.joins("Bo")
    bo.says("state", muted=False, deafened=True)
    bo.drops()
    cleo = world.joins("Cleo")
    assert cleo.hears()[1:] == [
        {
            "type": "present",
            "source": ana.peer,
            "user": ana.user,
            "order": ana.order,
            "name": "Ana",
            "muted": True,
            "deafened": False,
            "away": False,
            "role": "owner",
        },
        {
            "type": "present",
            "source": bo.peer,
            "user": bo.user,
            "order": bo.order,
            "name": "Bo",
            "muted": False,
            "deafened": True,
            "away": True,
            "role": "guest",
        },
    ]


def test_those_already_there_hear_the_newcomers_hello_stamped() -> None:
    world = World()
    ana = world.joins("Ana")
    ana.hears()
    bo = world.joins("Bo", muted=True)
    assert ana.hears() == [
        {
            "type": "hello",
            "source": bo.peer,
            "user": bo.user,
            "order": bo.order,
            "name": "Bo",
            "muted": True,
            "deafened": False,
            "role": "guest",
        }
    ]


def test_a_join_takes_no_round_trip_through_the_others() -> None:
    world = World()
    world.joins("Ana").drops()
    assert [frame["type"] for frame in world.joins("Bo").hears()] == ["welcome", "present"]


def test_whoever_joins_later_has_the_higher_order() -> None:
    world = World()
    assert world.joins("Ana").order < world.joins("Bo").order < world.joins("Cleo").order


def test_two_who_join_in_one_millisecond_have_different_orders() -> None:
    hub = World().hub
    assert hub.next_order(START) < hub.next_order(START)


def test_an_order_stays_above_one_that_a_ticket_brought() -> None:
    world = World()
    ana = world.joins("Ana")
    world.restarts()
    world.now -= 3600
    ana.comes_back()
    assert world.joins("Bo").order > ana.order


def test_frames_are_numbered_from_one_for_each_peer() -> None:
    world = World()
    ana = world.joins("Ana")
    world.joins("Bo")
    cleo = world.joins("Cleo")
    ana.says("ping", t=1)
    assert [frame["seq"] for frame in ana.hears_numbered()] == [1, 2, 3, 4]
    assert [frame["seq"] for frame in cleo.hears_numbered()] == [1, 2, 3]


def test_a_second_hello_is_refused() -> None:
    ana, _, _ = three(World())
    ana.says("hello", name="Ana", muted=False)
    assert ana.hears() == [error("bad-message", "you have joined: a hello comes once, first", "hello")]


def test_a_socket_without_a_seat_is_not_heard() -> None:
    assert World().hub.receive(SocketId(9), b'{"type":"ping","t":1}', START) == []


# 4: offer, answer, ice, repair, abort


@pytest.mark.parametrize(("type", "fields"), DIRECTED)
def test_a_directed_message_reaches_its_target_alone_with_source_in_the_targets_place(
    type: str, fields: dict[str, Any]
) -> None:
    ana, bo, cleo = three(World())
    ana.says(type, target=bo.peer, **fields)
    assert bo.hears() == [{"type": type, "source": ana.peer, **fields}]
    assert (ana.hears(), cleo.hears()) == ([], [])


@pytest.mark.parametrize(("type", "fields"), DIRECTED)
def test_a_target_in_another_room_is_unknown(type: str, fields: dict[str, Any]) -> None:
    world = World()
    ana, bo = world.joins("Ana", SEA), world.joins("Bo", TABLE)
    ana.hears(), bo.hears()
    ana.says(type, target=bo.peer, **fields)
    assert ana.hears() == [error("unknown-target", "nobody else of that id is in this room now", type)]
    assert bo.hears() == []


def test_a_target_that_has_left_is_unknown() -> None:
    ana, bo, _ = three(World())
    bo.says("bye")
    ana.hears()
    ana.says("abort", target=bo.peer, gen=1)
    assert ana.hears()[0]["code"] == "unknown-target"


def test_nobody_is_their_own_target() -> None:
    ana, _, _ = three(World())
    ana.says("abort", target=ana.peer, gen=1)
    assert ana.hears()[0]["code"] == "unknown-target"


def test_a_source_of_ones_own_is_refused_and_reaches_nobody() -> None:
    ana, bo, cleo = three(World())
    ana.says("abort", target=bo.peer, gen=1, source=cleo.peer)
    assert ana.hears() == [error("bad-message", "Object contains unknown field `source`", "abort")]
    assert (bo.hears(), cleo.hears()) == ([], [])


# 5 and 6: state, links


def test_everyone_else_hears_a_state() -> None:
    ana, bo, cleo = three(World())
    ana.says("state", muted=True, deafened=True)
    told = [{"type": "state", "source": ana.peer, "muted": True, "deafened": True}]
    assert (ana.hears(), bo.hears(), cleo.hears()) == ([], told, told)


def test_the_last_state_stands_in_the_roster() -> None:
    world = World()
    ana = world.joins("Ana")
    ana.says("state", muted=True, deafened=True)
    ana.says("state", muted=True, deafened=False)
    (present,) = world.joins("Bo").hears("present")
    assert (present["muted"], present["deafened"]) == (True, False)


def test_everyone_else_hears_how_ones_links_fare() -> None:
    ana, bo, cleo = three(World())
    links = {bo.peer: {"state": "up", "path": "relay", "rtt": 42, "loss": 0.01}}
    ana.says("links", links=links)
    told = [{"type": "links", "source": ana.peer, "links": links}]
    assert (ana.hears(), bo.hears(), cleo.hears()) == ([], told, told)


def test_links_to_whoever_is_not_in_the_room_are_not_told() -> None:
    world = World()
    ana, bo, dan = world.joins("Ana"), world.joins("Bo"), world.joins("Dan", TABLE)
    bo.hears()
    ana.says("links", links={bo.peer: {"state": "stalled"}, dan.peer: {"state": "up"}, "x": {"state": "up"}})
    assert list(bo.hears()[0]["links"]) == [bo.peer]


def test_nobody_hears_another_room() -> None:
    world = World()
    ana, dan = world.joins("Ana", SEA), world.joins("Dan", TABLE)
    dan.hears()
    ana.says("state", muted=True)
    ana.says("bye")
    assert dan.hears() == []

"""However often a peer says how it is, the room reads it as often as is of use, and the last of it always."""

from __future__ import annotations

from typing import Any

import pytest

from meshvoice.signaling.allowance import TOLD_A_SECOND as A_SECOND
from meshvoice.signaling.allowance import TOLD_AT_ONCE as AT_ONCE
from tests.signaling.room import Tab, World, three

UP = {"state": "up", "path": "direct", "rtt": 20, "loss": 0}


def in_a_room() -> tuple[World, Tab, Tab, Tab]:
    """Bring three together in a room that was looked at, so that nothing else is due there."""
    world = World()
    tabs = three(world)
    world.waits(0.5)
    return (world, *tabs)


def floods(ana: Tab, times: int = 300) -> None:
    for number in range(times):
        ana.says("state", muted=number % 2 == 1)


def states(frames: list[dict[str, Any]]) -> list[bool]:
    return [frame["muted"] for frame in frames]


def test_a_flood_reaches_the_room_as_far_as_it_is_of_use() -> None:
    _, ana, bo, cleo = in_a_room()
    floods(ana)
    assert len(bo.hears()) == len(cleo.hears()) == AT_ONCE
    assert ana.hears() == []


def test_the_last_word_comes_by_the_next_tick_and_once() -> None:
    world, ana, bo, _ = in_a_room()
    floods(ana)
    bo.hears()
    world.waits(0.05)
    assert states(bo.hears("state")) == [True]
    world.waits(0.05)
    assert bo.hears() == []


def test_what_waits_is_told_as_it_is_by_then() -> None:
    world, ana, bo, cleo = in_a_room()
    floods(ana, AT_ONCE)
    ana.says("state", muted=True)
    ana.says("links", links={bo.peer: UP, "gone": UP})
    ana.says("state", muted=False)
    cleo.hears()
    world.waits(0.05)
    assert cleo.hears() == [
        {"type": "links", "source": ana.peer, "links": {bo.peer: UP}},
        {"type": "state", "source": ana.peer, "muted": False, "deafened": False},
    ]


def test_what_may_be_told_at_once_again_does_not_come_twice() -> None:
    world, ana, bo, _ = in_a_room()
    floods(ana, AT_ONCE + 1)
    bo.hears()
    world.now += 2 / A_SECOND
    ana.says("state", muted=True)
    assert states(bo.hears("state")) == [True]
    world.waits(0.05)
    assert bo.hears() == []


def test_who_keeps_on_is_told_of_at_a_pace_that_a_page_bears() -> None:
    world, ana, bo, _ = in_a_room()
    floods(ana, 200)
    bo.hears()
    for _ in range(4):
        for _ in range(25):
            world.now += 0.02
            ana.says("state", muted=True)
        world.waits(0)
    ticks = 4
    assert 2 * A_SECOND - 1 <= len(bo.hears()) <= 2 * A_SECOND + ticks


def test_a_peer_whose_socket_drops_is_told_of_all_the_same() -> None:
    world, ana, bo, _ = in_a_room()
    floods(ana, AT_ONCE)
    ana.says("state", muted=True, deafened=True)
    ana.drops()
    bo.hears()
    world.waits(0.05)
    assert bo.hears("state") == [{"type": "state", "source": ana.peer, "muted": True, "deafened": True}]


def test_who_leaves_and_comes_back_has_told_all_the_same() -> None:
    world, ana, bo, _ = in_a_room()
    floods(ana)
    ana.says("bye")
    floods(world.joins("Ana"), 10)
    assert states(bo.hears("state"))[AT_ONCE:] == []


@pytest.mark.parametrize("kind", ["state", "links"])
def test_one_who_floods_takes_nothing_from_another(kind: str) -> None:
    _, ana, bo, cleo = in_a_room()
    floods(ana)
    cleo.hears()
    fields: dict[str, Any] = {"muted": True} if kind == "state" else {"links": {}}
    bo.says(kind, **fields)
    assert [frame["source"] for frame in cleo.hears(kind)] == [bo.peer]

"""What the server says by itself as time passes: pongs, new credentials, notices and the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.ids import PeerId
from meshvoice.signaling.effects import Deliver, RenewCredentials
from meshvoice.signaling.registry import Peer
from meshvoice.signaling.server_messages import credentials_body
from tests.signaling.room import GRACE, SEA, START, TABLE, Tab, World, three

# 7: credentials, ping


@pytest.mark.parametrize("t", [0, 7, 1234.5, 2**53])
def test_a_ping_is_answered_by_a_pong_with_the_same_t(t: float) -> None:
    ana, bo, _ = three(World())
    ana.says("ping", t=t)
    assert ana.hears() == [{"type": "pong", "t": t}]
    assert bo.hears() == []


def test_credentials_are_renewed_at_half_the_ttl_and_again_after_as_long() -> None:
    world = World(renew_after=1800)
    ana = world.joins("Ana")
    world.waits(1799)
    assert world.asked == []
    world.waits(1)
    world.waits(1799)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]
    world.waits(1)
    assert len(world.asked) == 2


def test_credentials_are_never_renewed_where_there_are_none() -> None:
    world = World(renew_after=None)
    world.joins("Ana")
    world.waits(1e6)
    assert world.asked == []


def test_credentials_due_while_one_was_away_come_when_one_is_back() -> None:
    world = World(renew_after=30)
    ana = world.joins("Ana")
    ana.drops()
    world.waits(31)
    assert world.asked == []
    ana.comes_back()
    world.waits(0)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]


def test_whoever_is_alone_gets_new_credentials_when_somebody_comes() -> None:
    world = World(renew_after=1800)
    ana = world.joins("Ana")
    world.waits(900)
    bo = world.joins("Bo")
    assert world.asked == [RenewCredentials(ana.socket, ana.user, awaited=True)]
    # Neither a third, nor whoever comes back, nor another tab of somebody's.
    world.joins("Cleo")
    bo.drops()
    bo.comes_back()
    world.joins("Bo")
    assert len(world.asked) == 1


def test_another_tab_is_no_company() -> None:
    world = World(renew_after=1800)
    world.joins("Ana")
    world.joins("Ana")
    assert world.asked == []


def test_whoever_was_away_when_somebody_came_gets_new_credentials_when_back() -> None:
    world = World(renew_after=1800)
    ana = world.joins("Ana")
    ana.drops()
    world.joins("Bo")
    assert world.asked == []
    ana.comes_back()
    world.waits(0)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]


def test_credentials_that_came_count_from_then() -> None:
    world = World(renew_after=1800)
    ana = world.joins("Ana")
    world.waits(900)
    world.happens(world.hub.send_credentials(ana.socket, credentials_body({}), world.now))
    world.waits(1799)
    assert world.asked == []
    world.waits(1)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]


def test_credentials_are_renewed_after_all_else_that_a_tick_tells() -> None:
    """They get their number when they are made: a frame of a lower number after them would count as had."""
    world = World(renew_after=GRACE)
    ana, bo, _ = three(world)
    bo.drops()
    effects = world.waits(GRACE)
    kinds = [type(effect) for effect in effects]
    assert kinds.index(RenewCredentials) > max(n for n, kind in enumerate(kinds) if kind is Deliver)
    assert [frame["type"] for frame in ana.hears("left")] == ["left"]


def test_credentials_go_to_their_own_seat_with_the_endpoints_body() -> None:
    world = World()
    ana, bo, _ = three(world)
    body = credentials_body({"ttl": 3600, "iceServers": []})
    world.happens(world.hub.send_credentials(ana.socket, body, world.now))
    assert ana.hears() == [{"type": "credentials", "ttl": 3600, "iceServers": []}]
    assert bo.hears() == []


def test_credentials_for_a_socket_that_is_gone_go_nowhere() -> None:
    world = World()
    ana, _, _ = three(world)
    ana.drops()
    assert world.hub.send_credentials(ana.socket, credentials_body({}), world.now) == []


# 11: notice, and the end


def test_everyone_is_told_10_minutes_and_1_minute_before_the_end_once_each() -> None:
    world = World(closes_at=int(START) + 3600)
    ana, bo = world.joins("Ana"), world.joins("Bo")
    ana.hears(), bo.hears()
    told: list[int] = []
    for second in range(1, 3600):
        world.waits(START + second - world.now)
        heard = ana.hears()
        assert bo.hears() == heard
        if heard:
            assert heard == [{"type": "notice", "code": "closing", "at": int(START) + 3600}]
            told.append(second)
    assert told == [3000, 3540]


def test_a_server_that_was_stopped_meanwhile_tells_only_what_is_still_true() -> None:
    world = World(closes_at=int(START) + 3600)
    ana = world.joins("Ana")
    ana.hears()
    world.waits(3590)
    world.waits(1)
    assert len(ana.hears("notice")) == 1


def test_another_end_is_announced_anew() -> None:
    world = World(closes_at=int(START) + 30)
    ana = world.joins("Ana")
    world.waits(1)
    world.closes_at = int(START) + 3600
    bo = world.joins("Bo")
    ana.hears(), bo.hears()
    world.waits(3000)
    assert (len(ana.hears("notice")), len(bo.hears("notice"))) == (1, 1)


def test_the_end_closes_everyones_socket_and_leaves_nothing() -> None:
    world = World(closes_at=int(START) + 3600)
    ana, bo = world.joins("Ana"), world.joins("Bo")
    bo.drops()
    world.waits(3600)
    assert ana.closed == 4410
    assert (len(world.hub.registry), world.hub.registry.connected) == (0, 0)


def test_the_end_of_one_room_is_not_that_of_another() -> None:
    world = World(closes_at=int(START) + 3600)
    ana = world.joins("Ana", SEA)
    world.closes_at = None
    dan = world.joins("Dan", TABLE)
    world.waits(3600)
    assert (ana.closed, dan.closed) == (4410, None)


def test_a_room_can_be_closed_by_hand() -> None:
    world = World()
    ana, bo, cleo = three(world)
    world.happens(world.hub.close_room(SEA))
    assert [tab.closed for tab in (ana, bo, cleo)] == [4410] * 3


def test_closing_a_room_that_is_empty_does_nothing() -> None:
    assert World().hub.close_room(SEA) == []


# When a room is looked at

RENEW_AFTER = 300


class Counted(dict[PeerId, Peer]):
    """A room's peers, and how often all of them were looked at."""

    looks = 0

    def values(self) -> Any:
        self.looks += 1
        return super().values()


def test_a_room_in_which_nothing_is_due_is_looked_at_every_ten_seconds() -> None:
    """Of thousands of people, most sit in such rooms."""
    world = World(closes_at=int(START) + 36_000, renew_after=RENEW_AFTER)
    three(world)
    room = world.hub.registry.get(SEA)
    assert room is not None
    world.waits(0.5)
    room.peers = counted = Counted(room.peers)
    world.waits(0.5)
    once = counted.looks
    for _ in range(119):
        world.waits(0.5)
    assert (once, counted.looks > 0, counted.looks <= 6 * 4) == (0, True, True)


def test_a_seat_is_lost_at_the_end_of_its_grace_whenever_its_room_was_looked_at() -> None:
    world = World()
    ana, bo, _ = three(world)
    world.waits(3)
    bo.drops()
    for _ in range(89):
        world.waits(0.5)
    assert ana.hears("left") == []
    world.waits(0.5)
    assert [frame["type"] for frame in ana.hears("left")] == ["left"]


def test_a_grace_that_is_shorter_than_the_time_between_two_looks_ends_in_time() -> None:
    world = World()
    world.hub.terms = dataclasses.replace(world.hub.terms, grace=2)
    ana, bo, _ = three(world)
    world.waits(0.5)
    bo.drops()
    world.waits(2)
    assert [frame["type"] for frame in ana.hears("left")] == ["left"]


def test_whoever_is_back_is_looked_at_with_the_next_tick() -> None:
    """Whose credentials were due meanwhile has them at once."""
    world = World(renew_after=RENEW_AFTER)
    ana = world.joins("Ana")
    ana.drops()
    world.joins("Bo")
    world.waits(0.5)
    ana.comes_back()
    world.waits(0.5)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("waits"), st.sampled_from([0.5, 7.0, GRACE, RENEW_AFTER / 2, 1500.0])),
            st.tuples(st.just("joins"), st.integers(0, 7)),
            st.tuples(st.sampled_from(["drops", "returns", "leaves"]), st.integers(0, 7)),
            st.tuples(st.just("ends in"), st.sampled_from([30, 90, 700, 4000])),
        ),
        max_size=40,
    )
)
def test_what_is_due_is_found_as_if_every_room_were_looked_at_each_time(
    acts: list[tuple[str, float]],
) -> None:
    """Whoever comes, goes or moves the end between two looks."""
    worlds = [World(closes_at=int(START) + 4000, renew_after=RENEW_AFTER) for _ in range(2)]
    seldom, often = (_acting(world) for world in worlds)
    for what, which in acts:
        for room in worlds[1].hub.registry:
            room.look_at = 0.0
        assert seldom(what, which) == often(what, which)


def _acting(world: World) -> Callable[[str, float], object]:
    def act(what: str, which: float) -> object:
        tabs: list[Tab] = [tab for tab in world.tabs if tab.closed is None]
        match what:
            case "waits":
                return world.waits(which)
            case "ends in":
                world.closes_at = int(world.now + which)
                for room in world.hub.registry:
                    world.hub.registry.get_or_make(room.id, room.capacity, world.closes_at)
            case "joins":
                world.joins(("Ana", "Bo", "Cleo", "Dan")[int(which) % 4], (SEA, TABLE)[int(which) // 4])
            case _ if tabs:
                tab = tabs[int(which) % len(tabs)]
                if what == "drops":
                    tab.drops()
                elif what == "returns":
                    tab.drops()
                    tab.comes_back()
                else:
                    tab.says("leave")
        return [(tab.closed, tab.wire[-3:]) for tab in world.tabs]

    return act

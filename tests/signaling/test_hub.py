"""The protocol in the order in which a client lives it: who hears what, and nobody else anything."""

from __future__ import annotations

from typing import Any

import pytest
from room import CANDIDATE, SDP, SEA, START, TABLE, Tab, World, three, user

from meshvoice.signaling.effects import Close, RemoveUser, RenewCredentials
from meshvoice.signaling.errors import CloseCode
from meshvoice.signaling.frames import credentials_body
from meshvoice.signaling.rooms import SocketId

DIRECTED: list[tuple[str, dict[str, Any]]] = [
    ("offer", {"gen": 1, "sdp": SDP}),
    ("answer", {"gen": 1, "sdp": SDP}),
    ("ice", {"gen": 1, "candidates": [CANDIDATE, None]}),
    ("repair", {"gen": 1, "why": "stalled"}),
    ("abort", {"gen": 2}),
]


def error(code: str, message: str, about: str | None) -> dict[str, Any]:
    return {"type": "error", "code": code, "message": message, "about": about}


def mistakes(tab: Tab, times: int) -> None:
    for _ in range(times):
        tab.sends("{")


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
    assert World().hub.receive(SocketId(9), '{"type":"ping","t":1}', START) == []


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


def test_whoever_sits_down_again_after_a_restart_gets_credentials_at_once() -> None:
    world = World(renew_after=1800)
    ana = world.joins("Ana")
    world.restarts()
    ana.comes_back()
    world.waits(0)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]


def test_credentials_due_while_one_was_away_come_when_one_is_back() -> None:
    world = World(renew_after=30)
    ana = world.joins("Ana")
    ana.drops()
    world.waits(31)
    assert world.asked == []
    ana.comes_back()
    world.waits(0)
    assert world.asked == [RenewCredentials(ana.socket, ana.user)]


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


# 9: bye, remove


def test_a_bye_frees_the_seat_without_grace() -> None:
    world = World()
    ana, bo, cleo = three(world)
    ana.says("bye")
    told = [{"type": "left", "source": ana.peer, "reason": "left"}]
    assert (ana.hears(), bo.hears(), cleo.hears()) == ([], told, told)
    assert ana.closed == 1000
    assert world.hub.users_in(SEA) == {bo.user, cleo.user}


def test_a_socket_that_closes_after_bye_tells_nobody_again() -> None:
    ana, _, _ = three(World())
    ana.says("bye")
    assert ana.drops() == []


def test_the_owners_remove_is_left_to_whoever_can_make_it_last() -> None:
    world = World()
    ana, bo, _ = three(world)
    ana.says("remove", target=bo.peer)
    assert world.asked == [RemoveUser(SEA, bo.user, ana.user)]


def test_a_guest_may_not_remove() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.says("remove", target=ana.peer)
    assert bo.hears() == [error("not-allowed", "only the room's owner removes people", "remove")]
    assert world.asked == []


def test_the_owner_can_remove_only_who_is_in_the_room() -> None:
    world = World()
    ana = world.joins("Ana", role="owner")
    dan = world.joins("Dan", TABLE)
    ana.hears()
    ana.says("remove", target=dan.peer)
    assert ana.hears()[0]["code"] == "unknown-target"
    assert world.asked == []


# 10: left, and the close codes that go with it


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (CloseCode.SIGNED_OUT, "left"),
        (CloseCode.REMOVED, "removed"),
        (CloseCode.NOT_YOURS, "left"),
    ],
)
def test_whoever_is_evicted_is_closed_with_the_code_and_the_others_hear_the_reason(
    code: CloseCode, reason: Any
) -> None:
    world = World()
    ana, bo, cleo = three(world)
    world.happens(world.hub.evict(SEA, bo.user, code, reason=reason, why="why", now=world.now))
    assert bo.closed == code
    told = [{"type": "left", "source": bo.peer, "reason": reason}]
    assert (ana.hears(), bo.hears(), cleo.hears()) == (told, [], told)


def test_whoever_is_away_can_be_evicted() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.drops()
    ana.hears()
    world.happens(world.hub.evict(SEA, bo.user, CloseCode.REMOVED, reason="removed", why="", now=world.now))
    assert ana.hears() == [{"type": "left", "source": bo.peer, "reason": "removed"}]
    assert bo.seat is None


@pytest.mark.parametrize("room", [SEA, TABLE])
def test_evicting_who_is_not_there_does_nothing(room: Any) -> None:
    world = World()
    three(world)
    dan = user("Dan")
    assert world.hub.evict(room, dan, CloseCode.REMOVED, reason="removed", why="", now=world.now) == []


def test_a_newer_tab_of_the_same_user_replaces_the_older_one() -> None:
    world = World()
    older, bo, _ = three(world)
    newer = world.joins("Ana")
    assert older.closed == 4409
    assert [(frame["type"], frame["source"]) for frame in bo.hears()] == [
        ("left", older.peer),
        ("hello", newer.peer),
    ]


def test_the_newer_tab_hears_nothing_of_the_one_that_it_replaces() -> None:
    world = World()
    older, bo, cleo = three(world)
    newer = world.joins("Ana")
    heard = newer.hears_numbered()
    assert [(frame["seq"], frame["source"]) for frame in heard] == [
        (1, newer.peer),
        (2, bo.peer),
        (3, cleo.peer),
    ]
    assert older.hears() == []


def test_a_newer_tab_of_someone_alone_in_the_room_replaces_the_older_one() -> None:
    world = World()
    older, newer = world.joins("Ana"), world.joins("Ana")
    assert (older.closed, newer.closed) == (4409, None)
    assert world.hub.users_in(SEA) == {newer.user}


def test_a_newer_tab_finds_its_seat_in_a_full_room() -> None:
    world = World(capacity=2)
    world.joins("Ana"), world.joins("Bo")
    assert world.joins("Ana").closed is None


def test_an_older_tab_that_comes_back_does_not_take_the_call_from_the_newer_one() -> None:
    world = World()
    older, bo, _ = three(world)
    older.drops()
    newer = world.joins("Ana")
    bo.hears()
    older.comes_back()
    assert (older.closed, newer.closed) == (4409, None)
    assert bo.hears() == []


def test_one_user_may_be_in_two_rooms() -> None:
    world = World()
    sea, table = world.joins("Ana", SEA), world.joins("Ana", TABLE)
    assert (sea.closed, table.closed) == (None, None)
    assert world.hub.seats_of(sea.user) == [SEA, TABLE]


def test_a_full_room_is_refused_by_error_and_close_and_those_in_it_hear_nothing() -> None:
    world = World(capacity=3)
    ana, _, _ = three(world)
    dan = world.joins("Dan")
    assert dan.hears_numbered() == [
        {**error("room-full", "all 3 seats of this room are taken", "hello"), "seq": 0},
    ]
    assert dan.closed == 4413
    assert ana.hears() == []


def test_a_seat_whose_socket_dropped_still_counts_as_taken() -> None:
    world = World(capacity=3)
    _, _, cleo = three(world)
    cleo.drops()
    assert world.joins("Dan").closed == 4413


def test_a_seat_that_is_lost_is_free() -> None:
    world = World(capacity=3)
    _, _, cleo = three(world)
    cleo.drops()
    world.waits(45)
    assert world.joins("Dan").closed is None


def test_a_role_that_changes_is_told_to_the_others_as_a_hello() -> None:
    world = World()
    ana, bo, _ = three(world)
    world.happens(world.hub.regrade(SEA, bo.user, "owner", world.now))
    (told,) = ana.hears()
    assert (told["type"], told["source"], told["role"]) == ("hello", bo.peer, "owner")
    assert bo.hears() == []


def test_a_new_owner_may_remove() -> None:
    world = World()
    ana, bo, _ = three(world)
    world.happens(world.hub.regrade(SEA, bo.user, "owner", world.now))
    bo.says("remove", target=ana.peer)
    assert world.asked == [RemoveUser(SEA, ana.user, bo.user)]


@pytest.mark.parametrize("name", ["Bo", "Dan"])
def test_a_role_that_stays_or_of_who_is_not_there_is_told_to_nobody(name: str) -> None:
    world = World()
    three(world)
    assert world.hub.regrade(SEA, user(name), "guest", world.now) == []


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
    assert (len(world.hub.rooms), world.hub.rooms.sockets) == (0, 0)


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


# 12: errors, and who sends too many


def test_a_bad_message_is_answered_to_its_sender_alone_and_the_connection_lives() -> None:
    ana, bo, cleo = three(World())
    ana.says("offer", target=bo.peer, gen=1)
    assert ana.hears() == [error("bad-message", "Object missing required field `sdp`", "offer")]
    ana.says("state", muted=True)
    assert ana.closed is None
    assert [len(tab.hears()) for tab in (bo, cleo)] == [1, 1]


def test_what_is_over_its_limit_is_too_large_and_reaches_nobody() -> None:
    ana, bo, _ = three(World())
    ana.says("offer", target=bo.peer, gen=1, sdp="v=0" + "x" * 16384)
    assert ana.hears() == [error("too-large", "an SDP has at most 16384 bytes", "offer")]
    assert bo.hears() == []


def test_too_many_bad_messages_close_the_socket_and_free_the_seat() -> None:
    world = World()
    ana, bo, _ = three(world)
    mistakes(ana, 20)
    assert ana.closed is None
    mistakes(ana, 1)
    assert ana.closed == 4400
    assert bo.hears() == [{"type": "left", "source": ana.peer, "reason": "left"}]


def test_a_bad_message_now_and_then_is_borne_for_ever() -> None:
    world = World()
    ana, _, _ = three(world)
    for _ in range(100):
        world.waits(2)
        mistakes(ana, 1)
    assert ana.closed is None


def test_a_target_that_has_left_is_nobodys_mistake() -> None:
    ana, _, _ = three(World())
    for gen in range(1, 100):
        ana.says("abort", target="gone", gen=gen)
    assert ana.closed is None


def test_what_is_sent_too_fast_is_dropped_and_told() -> None:
    ana, bo, _ = three(World())
    for _ in range(400):
        ana.says("state", muted=True)
    assert len(bo.hears()) == 400
    ana.says("state", muted=False)
    assert ana.hears() == [error("too-fast", "slow down: this message was dropped", None)]
    assert bo.hears() == []


def test_who_slows_down_is_heard_again() -> None:
    world = World()
    ana, bo, _ = three(world)
    for _ in range(401):
        ana.says("state", muted=True)
    bo.hears()
    world.waits(1)
    ana.says("state", muted=False)
    assert len(bo.hears()) == 1


def test_one_peers_flood_costs_another_none_of_its_own() -> None:
    ana, bo, cleo = three(World())
    for _ in range(500):
        ana.says("state", muted=True)
    cleo.hears()
    bo.says("state", muted=True)
    assert len(cleo.hears()) == 1


def test_too_fast_for_too_long_closes_the_socket_and_frees_the_seat() -> None:
    ana, bo, _ = three(World())
    for _ in range(600):
        ana.says("ping", t=1)
    assert ana.closed is None
    ana.says("ping", t=1)
    assert ana.closed == 4429
    assert bo.hears() == [{"type": "left", "source": ana.peer, "reason": "left"}]


def test_a_close_is_the_last_thing_that_a_socket_is_told() -> None:
    ana, _, _ = three(World())
    last = ana.says("bye")[-1]
    assert last == Close(ana.socket, CloseCode.LEFT, "bye")


# Nothing is left


def test_the_registry_is_empty_when_all_have_left() -> None:
    world = World()
    for tab in three(world):
        tab.says("bye")
    assert (len(world.hub.rooms), world.hub.rooms.sockets) == (0, 0)
    assert world.hub.users_in(SEA) == frozenset()

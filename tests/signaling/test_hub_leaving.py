"""Who leaves, is removed, replaced or refused, and how the others hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from meshvoice.ids import UserId
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Effect, RemoveUser
from tests.signaling.room import GRACE, SEA, TABLE, Tab, World, error, three, user

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
    assert world.asked == [RemoveUser(ana.socket, SEA, bo.user, ana.user)]


@pytest.mark.parametrize(("said", "ended"), [({}, True), ({"links": True}, True), ({"links": False}, False)])
def test_a_removal_ends_the_links_unless_it_says_otherwise(said: dict[str, bool], ended: bool) -> None:
    world = World()
    ana, bo, _ = three(world)
    ana.says("remove", target=bo.peer, **said)
    assert world.asked == [RemoveUser(ana.socket, SEA, bo.user, ana.user, with_links=ended)]


def lost(world: World, tab: Tab) -> None:
    tab.drops()
    world.waits(GRACE + 1)


def test_whoever_was_lost_can_be_removed_by_the_owner() -> None:
    """Who closes the socket alone is still heard by the others, past the server."""
    world = World()
    ana, bo, cleo = three(world)
    lost(world, bo)
    ana.hears(), cleo.hears()
    ana.says("remove", target=bo.peer)
    assert (ana.hears(), world.asked) == ([], [RemoveUser(ana.socket, SEA, bo.user, ana.user)])
    assert bo.user in world.hub.heard_in(SEA)
    assert bo.user not in world.hub.users_in(SEA)


def test_the_removal_of_somebody_lost_reaches_everybody_once() -> None:
    world = World()
    ana, bo, cleo = three(world)
    lost(world, bo)
    ana.hears(), cleo.hears()
    for told in ([{"type": "left", "source": bo.peer, "reason": "removed"}], []):
        world.happens(evicted(world, bo.user))
        assert (ana.hears(), cleo.hears()) == (told, told)


def test_who_still_hears_somebody_lost_is_told_to_those_who_do_not() -> None:
    """Whoever takes leave of one page past the server, and is lost then, is in nobody's list there."""
    world = World()
    ana, bo, cleo = three(world)
    lost(world, bo)
    ana.hears()
    heard = {"state": "up", "path": "direct", "rtt": 42, "loss": 0}
    cleo.says("links", links={bo.peer: heard, "nobody": heard})
    assert ana.hears("links") == [{"type": "links", "source": cleo.peer, "links": {bo.peer: heard}}]
    world.happens(evicted(world, bo.user))
    cleo.says("links", links={bo.peer: heard})
    assert ana.hears("links") == [{"type": "links", "source": cleo.peer, "links": {}}]


def test_whoever_was_lost_is_where_they_may_still_be_heard() -> None:
    """So that signing out elsewhere reaches them there, too."""
    world = World()
    _, bo, _ = three(world)
    lost(world, bo)
    assert world.hub.rooms_of(bo.user) == [SEA]
    world.happens(evicted(world, bo.user))
    assert world.hub.rooms_of(bo.user) == []


def test_whoever_was_lost_and_came_back_is_no_longer_lost() -> None:
    world = World()
    ana, bo, _ = three(world)
    lost(world, bo)
    bo.comes_back()
    ana.hears()
    world.happens(evicted(world, bo.user))
    assert ana.hears() == [{"type": "left", "source": bo.peer, "reason": "removed"}]
    assert not world.hub.heard_in(SEA) & {bo.user}


def test_the_lost_of_a_room_are_remembered_up_to_a_bound() -> None:
    world = World()
    world.joins("Ana", role="owner")
    for number in range(70):
        lost(world, world.joins(f"Bo{number}"))
    assert len(world.hub.heard_in(SEA)) == 1 + 64
    assert evicted(world, user("Bo1")) == []
    assert world.hub.evict(TABLE, user("Bo1"), CloseCode.REMOVED, reason="left", why="", now=world.now) == []


def test_a_removal_that_ends_no_peer_is_told_to_a_room_by_user() -> None:
    world = World()
    ana, bo, _ = three(world)
    ana.hears(), bo.hears()
    assert world.hub.disown(TABLE, user("Dan"), now=world.now) == []
    world.happens(world.hub.disown(SEA, user("Dan"), now=world.now))
    told = [{"type": "removed", "user": user("Dan")}]
    assert (ana.hears(), bo.hears()) == (told, told)


@pytest.mark.parametrize("how", ["evicted", "disowned"])
def test_whoever_was_away_too_long_is_told_who_was_removed_meanwhile(how: str) -> None:
    """Else a link to them, which the one who was away still has, looks like one to somebody lost."""
    world = World()
    ana, bo, cleo = three(world)
    cleo.drops()
    world.waits(GRACE + 1)
    gone = bo.user if how == "evicted" else user("Dan")
    world.happens(evicted(world, gone) if how == "evicted" else world.hub.disown(SEA, gone, now=world.now))
    cleo.comes_back()
    told = [each for each in cleo.hears() if each["type"] in ("present", "removed")]
    assert [(each["type"], each.get("user")) for each in told] == [
        ("present", ana.user),
        *([("present", bo.user)] if how == "disowned" else []),
        ("removed", gone),
    ]
    world.joins("Bo" if how == "evicted" else "Dan")
    cleo.drops()
    world.waits(GRACE + 1)
    cleo.comes_back()
    assert not [each for each in cleo.hears() if each["type"] == "removed"], (
        "who is here again is removed no longer"
    )


def test_a_newcomer_is_told_of_nobody_removed_and_the_removed_are_remembered_up_to_a_bound() -> None:
    world = World()
    three(world)
    for number in range(70):
        world.happens(world.hub.disown(SEA, user(f"Dan{number}"), now=world.now))
    room = world.hub.registry.get(SEA)
    assert room is not None
    assert (len(room.removed), next(iter(room.removed))) == (64, user("Dan6"))
    assert "removed" not in [each["type"] for each in world.joins("Eve").hears()]


def evicted(world: World, user: UserId) -> list[Effect]:
    return world.hub.evict(SEA, user, CloseCode.REMOVED, reason="removed", why="removed", now=world.now)


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
    assert bo.place is None


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
    assert world.hub.rooms_of(sea.user) == [SEA, TABLE]


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
    world.happens(world.hub.change_role(SEA, bo.user, "owner", world.now))
    (told,) = ana.hears()
    assert (told["type"], told["source"], told["role"]) == ("hello", bo.peer, "owner")
    assert bo.hears() == []


def test_a_new_owner_may_remove() -> None:
    world = World()
    ana, bo, _ = three(world)
    world.happens(world.hub.change_role(SEA, bo.user, "owner", world.now))
    bo.says("remove", target=ana.peer)
    assert world.asked == [RemoveUser(bo.socket, SEA, ana.user, bo.user)]


@pytest.mark.parametrize("name", ["Bo", "Dan"])
def test_a_role_that_stays_or_of_who_is_not_there_is_told_to_nobody(name: str) -> None:
    world = World()
    three(world)
    assert world.hub.change_role(SEA, user(name), "guest", world.now) == []


def test_a_knock_is_told_to_all_in_voice_and_not_where_nobody_is_or_who_knocks_is_in() -> None:
    world = World()
    ana, bo, _ = three(world)
    world.happens(world.hub.knock(SEA, user("Dan"), name="Dan", now=world.now))
    for each in (ana, bo):
        (told,) = each.hears()
        assert (told["type"], told["user"], told["name"]) == ("knock", user("Dan"), "Dan")
        assert "alike" not in told
    assert world.hub.knock(SEA, bo.user, name="Bo", now=world.now) == []
    assert World().hub.knock(SEA, user("Dan"), name="Dan", now=world.now) == []


def test_a_knock_says_whose_name_could_be_taken_for_that_of_somebody_in_voice() -> None:
    world = World()
    ana, *_ = three(world)
    world.happens(world.hub.knock(SEA, user("Dan"), name="bo", now=world.now))
    (told,) = ana.hears()
    assert (told["type"], told["alike"]) == ("knock", True)


# Nothing is left


def test_the_registry_is_empty_when_all_have_left() -> None:
    world = World()
    for tab in three(world):
        tab.says("bye")
    assert (len(world.hub.registry), world.hub.registry.connected) == (0, 0)
    assert world.hub.users_in(SEA) == frozenset()

"""A dropped socket costs nothing: seats are kept, and what was missed comes once and in order."""

from __future__ import annotations

from typing import Any

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Close, RenewCredentials
from meshvoice.signaling.registry import SocketId
from tests.signaling.descriptions import SDP
from tests.signaling.room import World, three


def gens(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["gen"] for frame in frames if frame["type"] in ("offer", "abort")]


# Grace


def test_a_dropped_socket_is_told_as_away_and_the_seat_is_kept() -> None:
    world = World()
    ana, bo, cleo = three(world)
    bo.drops()
    told = [{"type": "away", "source": bo.peer}]
    assert (ana.hears(), cleo.hears()) == (told, told)
    assert bo.user in world.hub.users_in(bo.room)


def test_a_seat_is_kept_for_the_whole_grace_and_no_longer() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.drops()
    ana.hears()
    world.waits(44.9)
    assert ana.hears() == []
    world.waits(0.1)
    assert ana.hears() == [{"type": "left", "source": bo.peer, "reason": "lost"}]
    assert bo.place is None


def test_each_drop_has_the_whole_grace() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.drops()
    world.waits(40)
    bo.comes_back()
    bo.drops()
    world.waits(40)
    assert bo.place is not None
    assert ana.hears("left") == []


def test_the_last_one_lost_leaves_an_empty_registry() -> None:
    world = World()
    world.joins("Ana").drops()
    world.waits(45)
    assert (len(world.hub.registry), world.hub.registry.connected) == (0, 0)


def test_the_same_socket_drops_once() -> None:
    _, bo, _ = three(World())
    bo.drops()
    assert bo.drops() == []


# Resume


def test_coming_back_is_told_to_the_others_as_back_and_nothing_else() -> None:
    ana, bo, cleo = three(World())
    bo.drops()
    ana.hears(), cleo.hears()
    bo.comes_back()
    told = [{"type": "back", "source": bo.peer}]
    assert (ana.hears(), cleo.hears()) == (told, told)


def test_a_resumed_welcome_has_the_old_id_and_order_and_no_presents() -> None:
    _, bo, _ = three(World())
    bo.drops()
    bo.comes_back()
    (welcome,) = bo.hears()
    assert (welcome["type"], welcome["resumed"]) == ("welcome", True)
    assert (welcome["source"], welcome["order"]) == (bo.peer, bo.order)
    assert welcome["ticket"] == f"ticket of {bo.peer}"


def test_what_was_missed_while_away_comes_in_order_once() -> None:
    ana, bo, cleo = three(World())
    bo.drops()
    ana.says("offer", target=bo.peer, gen=1, sdp=SDP)
    cleo.says("state", muted=True)
    ana.says("abort", target=bo.peer, gen=2)
    bo.comes_back()
    assert bo.hears()[1:] == [
        {"type": "offer", "source": ana.peer, "gen": 1, "sdp": SDP},
        {"type": "state", "source": cleo.peer, "muted": True, "deafened": False},
        {"type": "abort", "source": ana.peer, "gen": 2},
    ]
    bo.drops()
    bo.comes_back()
    assert [frame["type"] for frame in bo.hears()] == ["welcome"]


def test_what_was_sent_before_the_drop_but_never_seen_comes_too() -> None:
    ana, bo, _ = three(World())
    ana.says("abort", target=bo.peer, gen=1)
    bo.hears()
    ana.says("abort", target=bo.peer, gen=2)
    bo.drops()
    ana.says("abort", target=bo.peer, gen=3)
    bo.comes_back()
    assert gens(bo.hears()) == [2, 3]


def test_the_numbers_go_on_where_the_peer_left_off() -> None:
    ana, bo, _ = three(World())
    seen = bo.seen
    bo.drops()
    ana.says("abort", target=bo.peer, gen=1)
    bo.comes_back()
    ana.says("abort", target=bo.peer, gen=2)
    assert [frame["seq"] for frame in bo.hears_numbered()] == [seen + 1, seen + 2, seen + 3]


def test_a_resume_that_is_lost_itself_loses_nothing() -> None:
    ana, bo, _ = three(World())
    bo.drops()
    ana.says("abort", target=bo.peer, gen=1)
    bo.comes_back()
    bo.drops()
    ana.says("abort", target=bo.peer, gen=2)
    bo.comes_back()
    heard = bo.hears()
    assert [frame["type"] for frame in heard] == ["welcome", "abort", "abort"]
    assert gens(heard) == [1, 2]


def test_a_resume_cut_off_in_its_middle_goes_on_from_there() -> None:
    ana, bo, _ = three(World())
    bo.drops()
    for gen in (1, 2, 3):
        ana.says("abort", target=bo.peer, gen=gen)
    bo.comes_back()
    bo.wire = bo.wire[:2]
    assert gens(bo.hears()) == [1]
    bo.drops()
    bo.comes_back()
    assert gens(bo.hears()) == [2, 3]


def test_a_hanging_socket_is_replaced_and_nobody_is_told() -> None:
    world = World()
    ana, bo, _ = three(world)
    hanging = bo.socket
    assert Close(hanging, CloseCode.REPLACED, "you came back on another connection") in bo.comes_back()
    assert bo.hears()[0]["resumed"] is True
    assert ana.hears() == []


def test_a_hello_that_was_long_on_its_way_takes_no_seat_from_the_newer_socket() -> None:
    world = World()
    ana, bo, _ = three(world)
    joins = dict(world.hub.tally.joins)
    bo.drops()
    ana.hears()
    slow = SocketId(world.next_id())
    bo.comes_back()
    newer = bo.socket
    ana.hears()
    late = world.enter(bo, came_back=True, seen=bo.seen, socket=slow)
    assert late == [Close(slow, CloseCode.REPLACED, "you came back on a newer connection")]
    world.hub.dropped(slow, world.now)
    assert bo.place is not None
    assert bo.place.socket == newer
    assert ana.hears() == []
    assert world.hub.tally.joins == {**joins, "ticket": 1}
    assert world.hub.tally.turned_away["replaced"] == 1


def test_two_hellos_with_one_ticket_in_order_give_the_seat_to_the_second_and_lose_nothing() -> None:
    world = World()
    ana, bo, _ = three(world)
    bo.drops()
    ana.says("abort", target=bo.peer, gen=1)
    seen = bo.seen
    bo.comes_back()
    bo.comes_back(seen=seen)
    assert gens(bo.hears()) == [1]
    assert [frame["type"] for frame in ana.hears() if frame["source"] == bo.peer] == ["away", "back"]


def test_a_hanging_socket_that_ends_later_changes_nothing() -> None:
    world = World()
    ana, bo, _ = three(world)
    hanging = bo.socket
    bo.comes_back()
    assert world.hub.dropped(hanging, world.now) == []
    assert world.hub.receive(hanging, b'{"type":"bye"}', world.now) == []
    ana.says("abort", target=bo.peer, gen=1)
    assert gens(bo.hears()) == [1]


def test_what_a_hanging_socket_swallowed_is_replayed() -> None:
    ana, bo, _ = three(World())
    ana.says("abort", target=bo.peer, gen=1)
    bo.comes_back()
    assert gens(bo.hears()) == [1]


def test_a_state_that_changed_meanwhile_is_told_with_the_hello() -> None:
    ana, bo, _ = three(World())
    bo.drops()
    ana.hears()
    bo.comes_back(muted=True)
    assert ana.hears() == [
        {"type": "back", "source": bo.peer},
        {"type": "state", "source": bo.peer, "muted": True, "deafened": False},
    ]


def test_a_full_room_takes_its_own_back() -> None:
    world = World(capacity=3)
    _, bo, _ = three(world)
    bo.drops()
    bo.comes_back()
    assert bo.closed is None


def test_coming_back_does_not_renew_credentials_before_their_time() -> None:
    world = World(renew_after=1800)
    _, bo, _ = three(world)
    world.asked.clear()
    bo.drops()
    bo.comes_back()
    world.waits(1)
    assert world.asked == []
    world.waits(1800)
    assert RenewCredentials(bo.socket, bo.user) in world.asked


# Sent by the client: n and got


def test_a_resumed_welcome_says_what_the_server_took_last() -> None:
    ana, bo, _ = three(World())
    ana.says("state", muted=True, n=1)
    ana.says("abort", target=bo.peer, gen=1, n=2)
    ana.drops()
    ana.comes_back()
    assert ana.hears()[0]["got"] == 2


def test_what_the_server_already_took_is_dropped_without_a_word() -> None:
    ana, bo, _ = three(World())
    ana.says("abort", target=bo.peer, gen=1, n=1)
    ana.drops()
    ana.comes_back()
    ana.hears(), bo.hears()
    ana.says("abort", target=bo.peer, gen=1, n=1)
    ana.says("abort", target=bo.peer, gen=2, n=2)
    assert gens(bo.hears()) == [2]
    assert ana.hears() == []


def test_a_refused_message_was_not_taken() -> None:
    ana, _, _ = three(World())
    ana.says("state", n=1)
    ana.drops()
    ana.comes_back()
    assert ana.hears("welcome")[0]["got"] == 0


def test_frames_without_a_number_are_always_taken() -> None:
    ana, bo, _ = three(World())
    ana.says("abort", target=bo.peer, gen=1, n=5)
    ana.says("abort", target=bo.peer, gen=1)
    assert gens(bo.hears()) == [1, 1]

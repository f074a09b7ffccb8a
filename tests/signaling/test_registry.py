"""The registry: peers in rooms, sockets on peers, and nothing of those who are gone."""

from __future__ import annotations

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling.allowance import Allowance
from meshvoice.signaling.registry import Connecting, LiveRoom, Peer, Registry, SocketId

HERE = RoomId("here")
ONE, TWO = SocketId(1), SocketId(2)


def sit(room: LiveRoom, name: str) -> Peer:
    peer = Peer(
        id=PeerId(name),
        user=UserId(f"user {name}"),
        room=room,
        order=1,
        name=name,
        role="guest",
        muted=False,
        deafened=False,
        allowance=Allowance(0),
    )
    room.peers[peer.id] = peer
    return peer


def test_a_room_is_made_once() -> None:
    registry = Registry()
    assert registry.get_or_make(HERE, 6, None) is registry.get_or_make(HERE, 6, None)
    assert [room.id for room in registry] == [HERE]


def test_a_room_notes_what_holds_now() -> None:
    registry = Registry()
    registry.get_or_make(HERE, 6, 100)
    room = registry.get_or_make(HERE, 8, 200)
    assert (room.capacity, room.closes_at) == (8, 200)


def test_another_end_was_told_to_nobody_yet() -> None:
    registry = Registry()
    registry.get_or_make(HERE, 6, 100).noticed = 60
    assert registry.get_or_make(HERE, 6, 100).noticed == 60
    assert registry.get_or_make(HERE, 6, 200).noticed is None


def test_the_others_are_everyone_else_in_the_order_of_their_coming() -> None:
    room = LiveRoom(HERE, 6)
    ana, bo, cleo = (sit(room, name) for name in ("ana", "bo", "cleo"))
    assert room.others(bo) == [ana, cleo]


def test_a_peer_is_found_by_its_user() -> None:
    registry = Registry()
    room = registry.get_or_make(HERE, 6, None)
    ana, bo = sit(room, "ana"), sit(room, "bo")
    assert (registry.peer_of(HERE, ana.user), registry.peer_of(HERE, bo.user)) == (ana, bo)
    assert registry.peer_of(HERE, UserId("cleo")) is None
    assert registry.peer_of(RoomId("there"), ana.user) is None


def test_a_peer_is_found_by_the_socket_that_it_holds_and_by_no_earlier_one() -> None:
    registry = Registry()
    ana = sit(registry.get_or_make(HERE, 6, None), "ana")
    assert registry.attach(ana, ONE) is None
    assert registry.attach(ana, TWO) == ONE
    assert (registry.by_socket(ONE), registry.by_socket(TWO)) == (None, ana)
    assert registry.connected == 1


def test_a_socket_that_attaches_ends_the_absence() -> None:
    registry = Registry()
    ana = sit(registry.get_or_make(HERE, 6, None), "ana")
    ana.away_since = 5.0
    registry.attach(ana, ONE)
    assert ana.away_since is None


def test_a_room_without_peers_is_forgotten() -> None:
    registry = Registry()
    room = registry.get_or_make(HERE, 6, None)
    ana, bo = sit(room, "ana"), sit(room, "bo")
    registry.attach(ana, ONE)
    assert registry.remove(ana) == ONE
    assert registry.get(HERE) is room
    assert registry.remove(bo) is None
    assert (registry.get(HERE), len(registry), registry.connected) == (None, 0, 0)


def test_whoever_speaks_on_a_socket_is_its_peer_or_has_yet_to_say_hello() -> None:
    registry = Registry()
    silent = Connecting(ONE, Allowance(0))
    registry.expect(silent)
    assert (registry.sender(ONE), registry.sender(TWO), registry.connecting) == (silent, None, 1)
    registry.expect_no_more(ONE)
    ana = sit(registry.get_or_make(HERE, 6, None), "ana")
    registry.attach(ana, ONE)
    assert (registry.sender(ONE), registry.connecting) == (ana, 0)

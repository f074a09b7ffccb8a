"""The registry: seats in rooms, sockets on seats, and nothing of those who are gone."""

from __future__ import annotations

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling.limits import TokenBucket
from meshvoice.signaling.rooms import Room, Rooms, Seat, SocketId

HERE = RoomId("here")
ONE, TWO = SocketId(1), SocketId(2)


def sit(room: Room, name: str) -> Seat:
    bucket = TokenBucket(rate=1, burst=1, now=0)
    seat = Seat(
        peer=PeerId(name),
        user=UserId(f"user {name}"),
        room=room,
        order=1,
        name=name,
        role="guest",
        muted=False,
        deafened=False,
        messages=bucket,
        patience=bucket,
        mistakes=bucket,
    )
    room.seats[seat.peer] = seat
    return seat


def test_a_room_is_made_once() -> None:
    rooms = Rooms()
    assert rooms.get_or_make(HERE, 6, None) is rooms.get_or_make(HERE, 6, None)
    assert [room.id for room in rooms] == [HERE]


def test_a_room_notes_what_holds_now() -> None:
    rooms = Rooms()
    rooms.get_or_make(HERE, 6, 100)
    room = rooms.get_or_make(HERE, 8, 200)
    assert (room.capacity, room.closes_at) == (8, 200)


def test_another_end_was_told_to_nobody_yet() -> None:
    rooms = Rooms()
    rooms.get_or_make(HERE, 6, 100).noticed = 60
    assert rooms.get_or_make(HERE, 6, 100).noticed == 60
    assert rooms.get_or_make(HERE, 6, 200).noticed is None


def test_the_others_are_everyone_else_in_the_order_of_their_coming() -> None:
    room = Room(HERE, 6)
    ana, bo, cleo = (sit(room, name) for name in ("ana", "bo", "cleo"))
    assert room.others(bo) == [ana, cleo]


def test_a_seat_is_found_by_its_user() -> None:
    rooms = Rooms()
    room = rooms.get_or_make(HERE, 6, None)
    ana, bo = sit(room, "ana"), sit(room, "bo")
    assert (rooms.seat_of(HERE, ana.user), rooms.seat_of(HERE, bo.user)) == (ana, bo)
    assert rooms.seat_of(HERE, UserId("cleo")) is None
    assert rooms.seat_of(RoomId("there"), ana.user) is None


def test_a_seat_is_found_by_the_socket_that_it_holds_and_by_no_earlier_one() -> None:
    rooms = Rooms()
    ana = sit(rooms.get_or_make(HERE, 6, None), "ana")
    assert rooms.attach(ana, ONE) is None
    assert rooms.attach(ana, TWO) == ONE
    assert (rooms.by_socket(ONE), rooms.by_socket(TWO)) == (None, ana)
    assert rooms.sockets == 1


def test_a_socket_that_attaches_ends_the_absence() -> None:
    rooms = Rooms()
    ana = sit(rooms.get_or_make(HERE, 6, None), "ana")
    ana.away_since = 5.0
    rooms.attach(ana, ONE)
    assert ana.away_since is None


def test_a_room_without_seats_is_forgotten() -> None:
    rooms = Rooms()
    room = rooms.get_or_make(HERE, 6, None)
    ana, bo = sit(room, "ana"), sit(room, "bo")
    rooms.attach(ana, ONE)
    assert rooms.vacate(ana) == ONE
    assert rooms.get(HERE) is room
    assert rooms.vacate(bo) is None
    assert (rooms.get(HERE), len(rooms), rooms.sockets) == (None, 0, 0)

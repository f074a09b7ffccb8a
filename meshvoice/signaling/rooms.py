"""Who is where: rooms, the seats in them, and the sockets that seats hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NewType

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling.limits import TokenBucket
from meshvoice.signaling.replay import Replay

SocketId = NewType("SocketId", int)
"""One WebSocket of this process; a seat outlives it."""


@dataclass(slots=True, kw_only=True)
class Seat:
    """One user's place in a room, kept for a while when its socket drops."""

    peer: PeerId
    user: UserId
    room: Room
    order: int
    """Milliseconds since 1970, unique: of two peers the higher one owns the link."""
    name: str
    role: str
    muted: bool
    deafened: bool
    messages: TokenBucket
    """How fast it may send."""
    patience: TokenBucket
    """How long it may send too fast."""
    mistakes: TokenBucket
    """How many bad messages are borne."""
    socket: SocketId | None = None
    away_since: float | None = None
    got: int = 0
    """The last `n` taken from this peer."""
    renew_at: float | None = None
    """When its TURN credentials are half used up."""
    replay: Replay = field(default_factory=Replay)


@dataclass(slots=True)
class Room:
    """The seats of one room, in the order in which they were taken."""

    id: RoomId
    capacity: int
    closes_at: int | None = None
    noticed: int | None = None
    """How many seconds before its end the room was last told of it."""
    seats: dict[PeerId, Seat] = field(default_factory=dict)

    def others(self, seat: Seat) -> list[Seat]:
        """List everyone but `seat`."""
        return [other for other in self.seats.values() if other is not seat]

    def of_user(self, user: UserId) -> Seat | None:
        """Find the seat of a user: there is one at most."""
        return next((seat for seat in self.seats.values() if seat.user == user), None)


class Rooms:
    """Every room with a seat taken. Empty ones are forgotten, so an empty registry is `{}`."""

    def __init__(self) -> None:
        self._rooms: dict[RoomId, Room] = {}
        self._by_socket: dict[SocketId, Seat] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def sockets(self) -> int:
        """How many seats hold a socket."""
        return len(self._by_socket)

    def get(self, room: RoomId) -> Room | None:
        """Find a room in which somebody is."""
        return self._rooms.get(room)

    def get_or_make(self, room: RoomId, capacity: int, closes_at: int | None) -> Room:
        """Find a room, or make it for the first one to come; what holds for it now is noted."""
        found = self._rooms.setdefault(room, Room(room, capacity, closes_at))
        found.capacity = capacity
        if found.closes_at != closes_at:
            found.closes_at, found.noticed = closes_at, None
        return found

    def seat_of(self, room: RoomId, user: UserId) -> Seat | None:
        """Find the seat of a user in a room."""
        found = self._rooms.get(room)
        return found.of_user(user) if found else None

    def by_socket(self, socket: SocketId) -> Seat | None:
        """Find the seat that holds a socket."""
        return self._by_socket.get(socket)

    def attach(self, seat: Seat, socket: SocketId) -> SocketId | None:
        """Give the seat a socket; gives the one that it held."""
        held = self.detach(seat)
        seat.socket = socket
        seat.away_since = None
        self._by_socket[socket] = seat
        return held

    def detach(self, seat: Seat) -> SocketId | None:
        """Take the socket from the seat; gives it."""
        held, seat.socket = seat.socket, None
        if held is not None:
            del self._by_socket[held]
        return held

    def vacate(self, seat: Seat) -> SocketId | None:
        """Take the seat out of its room, and forget a room that is empty then; gives the seat's socket."""
        del seat.room.seats[seat.peer]
        self.forget_if_empty(seat.room)
        return self.detach(seat)

    def forget_if_empty(self, room: Room) -> None:
        """Forget a room in which nobody is."""
        if not room.seats:
            self._rooms.pop(room.id, None)

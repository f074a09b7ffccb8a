"""Who hears what: joins, messages, dropped sockets and time go in; deliveries and closings come out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NoReturn

from msgspec import UNSET

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling import frames, telling
from meshvoice.signaling.effects import Close, Deliver, Effect, RemoveUser, RenewCredentials
from meshvoice.signaling.errors import (
    BadMessage,
    CloseCode,
    NotAllowed,
    RoomFull,
    SignalingError,
    TooFast,
    UnknownTarget,
)
from meshvoice.signaling.limits import TokenBucket
from meshvoice.signaling.messages import (
    Abort,
    Answer,
    Bye,
    FromClient,
    Hello,
    Ice,
    Links,
    Offer,
    Ping,
    Remove,
    Repair,
    State,
    parse,
    type_of,
)
from meshvoice.signaling.rooms import Room, Rooms, Seat, SocketId

NOTICES = (600, 60)
"""Seconds before a room's end at which everyone in it is told."""

Reason = Literal["left", "lost", "removed", "replaced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A user who may enter, as the gate and the ticket say; `hello` is what the browser says."""

    room: RoomId
    user: UserId
    name: str
    role: str
    capacity: int
    closes_at: int | None
    peer: PeerId
    """The ticket's, else a new one."""
    order: int
    """The ticket's, else `Hub.next_order`."""
    ticket: str
    """The ticket for this peer and order, to come back with."""
    came_back: bool
    """Whether `peer` and `order` come from a ticket."""
    hello: Hello
    credentials: bytes | None = None
    """New TURN credentials (`frames.credentials_body`) for whoever came back, with some of any age."""


class Hub:
    """The live rooms of one server process.

    `boot` names the process; `grace` is for how many seconds a seat without a socket is kept; `ping` is
    how often, in seconds, clients ask whether the server lives; `renew_after` is when, in seconds, TURN
    credentials are renewed (None: never); `booted` is when the process began.
    """

    def __init__(
        self,
        *,
        boot: str,
        grace: float = 45,
        ping: float = 10,
        renew_after: float | None = None,
        booted: float = 0,
    ) -> None:
        self.boot = boot
        self.booted = booted
        self.grace = grace
        self.ping = ping
        self.renew_after = renew_after
        self.rooms = Rooms()
        self._last_order = 0

    def next_order(self, now: float) -> int:
        """Give an order above every one given or seen before."""
        self._last_order = max(self._last_order + 1, int(now * 1000))
        return self._last_order

    def users_in(self, room: RoomId) -> frozenset[UserId]:
        """Tell who is in a room's voice, those whose socket just dropped included."""
        found = self.rooms.get(room)
        return frozenset(seat.user for seat in found.seats.values()) if found else frozenset()

    def join(self, entry: Entry, socket: SocketId, now: float) -> list[Effect]:
        """Seat a peer on a socket: anew, under its ticket, or where it sat before its socket dropped."""
        room = self.rooms.get_or_make(entry.room, entry.capacity, entry.closes_at)
        self._last_order = max(self._last_order, entry.order)
        seat = room.seats.get(entry.peer)
        if seat is not None:
            return self._come_back(seat, entry, socket, now)
        effects: list[Effect] = []
        other = room.of_user(entry.user)
        if other is not None:
            if entry.order < other.order:
                # A tab that slept while its user went on in a newer one: it must not take the call back.
                return [Close(socket, CloseCode.REPLACED, "you joined from another tab")]
            effects += self._vacate(other, "replaced", CloseCode.REPLACED, "you joined from another tab", now)
            room = self.rooms.get_or_make(entry.room, entry.capacity, entry.closes_at)
        elif len(room.seats) >= room.capacity and not self._has_a_claim(entry, now):
            problem = RoomFull(f"all {room.capacity} seats of this room are taken", about="hello")
            return [
                Deliver(socket, frames.error_frame(problem)),
                Close(socket, CloseCode.FULL, "every seat is taken"),
            ]
        seat = self._new_seat(room, entry, now)
        room.seats[seat.peer] = seat
        self.rooms.attach(seat, socket)
        effects += self._welcome(seat, entry, now, resumed=False)
        return effects + self._tell(room.others(seat), telling.joined(seat), now)

    def _has_a_claim(self, entry: Entry, now: float) -> bool:
        # After a restart a newcomer may be quicker than those who are in the middle of a call: they all stay.
        return entry.came_back and now - self.booted < 2 * self.grace

    def _new_seat(self, room: Room, entry: Entry, now: float) -> Seat:
        renew_at = None
        if self.renew_after is not None:
            renew_at = now + self.renew_after
        return Seat(
            peer=entry.peer,
            user=entry.user,
            room=room,
            order=entry.order,
            name=entry.name,
            role=entry.role,
            muted=entry.hello.muted,
            deafened=entry.hello.deafened,
            # A join in a room of eight is about 60 frames; a person clicking fast is below ten a second.
            messages=TokenBucket(rate=50, burst=400, now=now),
            patience=TokenBucket(rate=1, burst=200, now=now),
            mistakes=TokenBucket(rate=0.5, burst=20, now=now),
            renew_at=renew_at,
        )

    def _come_back(self, seat: Seat, entry: Entry, socket: SocketId, now: float) -> list[Effect]:
        was_away = seat.socket is None
        hanging = self.rooms.attach(seat, socket)
        effects: list[Effect] = []
        if hanging is not None:
            effects.append(Close(hanging, CloseCode.REPLACED, "you came back on another connection"))
        seen = entry.hello.seen
        missed = None if seen is UNSET else seat.replay.rewind(seen)
        if missed is None:
            seat.got = 0
        effects += self._welcome(seat, entry, now, resumed=missed is not None)
        for body in missed or ():
            effects += self._send(seat, body, now)
        others = seat.room.others(seat)
        if was_away:
            effects += self._tell(others, frames.Back(source=seat.peer), now)
        if (seat.muted, seat.deafened) != (entry.hello.muted, entry.hello.deafened):
            seat.muted, seat.deafened = entry.hello.muted, entry.hello.deafened
            effects += self._tell(others, telling.state(seat), now)
        return effects

    def _welcome(self, seat: Seat, entry: Entry, now: float, *, resumed: bool) -> list[Effect]:
        if not resumed and entry.hello.seen is not UNSET:
            seat.replay.restart(entry.hello.seen)
        welcome = telling.welcome(self, seat, entry.ticket, resumed=resumed)
        # A welcome is made anew for each socket, so it takes a number but is never replayed.
        seq = seat.replay.number(b"", now)
        assert seat.socket is not None  # noqa: S101  # attached just before
        effects: list[Effect] = [Deliver(seat.socket, frames.sealed(frames.body(welcome), seq))]
        if entry.credentials is not None and not resumed:
            # Before those present: with the old ones, new connections to them might find no relay.
            effects += self._send(seat, entry.credentials, now)
        if not resumed:
            for other in seat.room.others(seat):
                effects += self._tell([seat], telling.present(other), now)
        return effects

    def receive(self, socket: SocketId, frame: str | bytes, now: float) -> list[Effect]:
        """Take one text frame of a client. Whatever is wrong with it is answered to its sender alone."""
        return self._take(socket, lambda: parse(frame), now)

    def receive_binary(self, socket: SocketId, now: float) -> list[Effect]:
        """Take one binary frame of a client, whatever it holds: no message comes so."""
        return self._take(socket, _refuse_binary, now)

    def _take(self, socket: SocketId, read: Callable[[], FromClient], now: float) -> list[Effect]:
        seat = self.rooms.by_socket(socket)
        if seat is None:
            return []
        if not seat.messages.take(now):
            return self._too_fast(seat, now)
        try:
            message = read()
            if message.n is not UNSET:
                if message.n <= seat.got:
                    return []
                seat.got = message.n
            return self._route(seat, message, now)
        except SignalingError as problem:
            # A target that has just left is nobody's mistake.
            if isinstance(problem, UnknownTarget) or seat.mistakes.take(now):
                return self._tell([seat], telling.error(problem), now)
            return self._vacate(seat, "left", CloseCode.BAD, "too many bad messages", now)

    def _too_fast(self, seat: Seat, now: float) -> list[Effect]:
        if not seat.patience.take(now):
            return self._vacate(seat, "left", CloseCode.TOO_FAST, "too many messages for too long", now)
        return self._tell([seat], telling.error(TooFast("slow down: this message was dropped")), now)

    def _route(self, seat: Seat, message: FromClient, now: float) -> list[Effect]:
        room = seat.room
        match message:
            case Offer() | Answer() | Ice() | Repair() | Abort():
                target_seat = self._target(seat, message.target, type_of(message))
                return self._tell([target_seat], frames.relayed(message, seat.peer), now)
            case State(muted=muted, deafened=deafened):
                seat.muted, seat.deafened = muted, deafened
                return self._tell(room.others(seat), telling.state(seat), now)
            case Links(links=links):
                known = {peer: report for peer, report in links.items() if peer in room.seats}
                return self._tell(room.others(seat), frames.SentLinks(source=seat.peer, links=known), now)
            case Ping(t=t):
                return self._tell([seat], frames.Pong(t=t), now)
            case Bye():
                return self._vacate(seat, "left", CloseCode.LEFT, "bye", now)
            case Remove(target=target):
                if seat.role != "owner":
                    raise NotAllowed("only the room's owner removes people", about="remove")
                return [RemoveUser(room.id, self._target(seat, target, "remove").user, seat.user)]
            case _:
                again: Hello = message
                raise BadMessage("you have joined: a hello comes once, first", about=type_of(again))

    def _target(self, seat: Seat, target: str, about: str) -> Seat:
        found = seat.room.seats.get(PeerId(target))
        if found is None or found is seat:
            raise UnknownTarget("nobody else of that id is in this room now", about=about)
        return found

    def dropped(self, socket: SocketId, now: float) -> list[Effect]:
        """A socket closed without bye: its seat is kept for `grace` seconds."""
        seat = self.rooms.by_socket(socket)
        if seat is None:
            return []
        self.rooms.detach(seat)
        seat.away_since = now
        return self._tell(seat.room.others(seat), frames.Away(source=seat.peer), now)

    def tick(self, now: float) -> list[Effect]:
        """Let time do its part: seats lost, credentials half used up, rooms near or at their end."""
        effects: list[Effect] = []
        for room in self.rooms:
            if room.closes_at is not None and now >= room.closes_at:
                effects += self.close_room(room.id)
                continue
            effects += self._notice(room, now)
            for seat in list(room.seats.values()):
                if seat.socket is None:
                    if seat.away_since is not None and now - seat.away_since >= self.grace:
                        effects += self._vacate(seat, "lost", CloseCode.LEFT, "", now)
                    continue
                seat.replay.forget(now - 2 * self.grace)
                if seat.renew_at is not None and self.renew_after is not None and now >= seat.renew_at:
                    seat.renew_at = now + self.renew_after
                    effects.append(RenewCredentials(seat.socket, seat.user))
        return effects

    def _notice(self, room: Room, now: float) -> list[Effect]:
        if room.closes_at is None:
            return []
        due = [ahead for ahead in NOTICES if room.closes_at - now <= ahead]
        if not due or (room.noticed is not None and room.noticed <= due[-1]):
            return []
        room.noticed = due[-1]
        return self._tell(room.seats.values(), frames.Notice(code="closing", at=room.closes_at), now)

    def send_credentials(self, socket: SocketId, body: bytes, now: float) -> list[Effect]:
        """Send new TURN credentials (`frames.credentials_body`) to the seat that still holds the socket."""
        seat = self.rooms.by_socket(socket)
        return [] if seat is None else self._send(seat, body, now)

    def evict(
        self, room: RoomId, user: UserId, code: CloseCode, *, reason: Reason, why: str, now: float
    ) -> list[Effect]:
        """Take a user out of a room, at once and for everyone."""
        seat = self.rooms.seat_of(room, user)
        return [] if seat is None else self._vacate(seat, reason, code, why, now)

    def regrade(self, room: RoomId, user: UserId, role: str, now: float) -> list[Effect]:
        """Note as what a user is in a room from now on; the others are told as they were of the newcomer."""
        seat = self.rooms.seat_of(room, user)
        if seat is None or seat.role == role:
            return []
        seat.role = role
        return self._tell(seat.room.others(seat), telling.joined(seat), now)

    def seats_of(self, user: UserId) -> list[RoomId]:
        """List the rooms in which a user has a seat."""
        return [room.id for room in self.rooms if room.of_user(user) is not None]

    def close_room(self, room: RoomId) -> list[Effect]:
        """End a room for everyone in it."""
        found = self.rooms.get(room)
        effects: list[Effect] = []
        for seat in list(found.seats.values()) if found else ():
            socket = self.rooms.vacate(seat)
            if socket is not None:
                effects.append(Close(socket, CloseCode.CLOSED, "the room closed"))
        return effects

    def _vacate(self, seat: Seat, reason: Reason, code: CloseCode, why: str, now: float) -> list[Effect]:
        room = seat.room
        socket = self.rooms.vacate(seat)
        effects = self._tell(room.seats.values(), frames.Left(source=seat.peer, reason=reason), now)
        if socket is not None:
            effects.append(Close(socket, code, why))
        return effects

    def _tell(self, seats: Iterable[Seat], message: frames.FromServer, now: float) -> list[Effect]:
        body = frames.body(message)
        return [effect for seat in seats for effect in self._send(seat, body, now)]

    def _send(self, seat: Seat, body: bytes, now: float) -> list[Effect]:
        seq = seat.replay.number(body, now)
        return [] if seat.socket is None else [Deliver(seat.socket, frames.sealed(body, seq))]


def _refuse_binary() -> NoReturn:
    raise BadMessage("frames are JSON text")

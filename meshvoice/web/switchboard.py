"""Carries out what the hub decides: frames into outboxes, closings, credentials, and the door asked again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import assert_never

from meshvoice.access.errors import NotFound, NotOwner
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import Room, RoomId, Sea, Table, UserId, parse_room
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Close, Deliver, Effect, Greeted, RemoveUser, RenewCredentials
from meshvoice.signaling.hub import Hub
from meshvoice.signaling.registry import SocketId
from meshvoice.web.arrivals import Arrivals, NotYet, Who
from meshvoice.web.clocks import Clock
from meshvoice.web.door import Door, TurnedAway
from meshvoice.web.keys import Visitor
from meshvoice.web.outbox import Outbox
from meshvoice.web.reception import Reception

log = logging.getLogger("meshvoice.voice")
SWEEPS = 4
"""After so many each socket was looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """An open socket, and who dialed which room over it."""

    outbox: Outbox
    room: Room
    visitor: Visitor
    lends: bool
    """Whether TURN credentials go over it; not to one person too many of one network."""

    @property
    def who(self) -> Who:
        """The room, and who is to be in it."""
        return self.room.room_id, self.visitor.user_id


class Switchboard:
    """The hub with its sockets, the guest book and the clock. Nothing awaits while a registry changes."""

    def __init__(
        self,
        hub: Hub,
        book: GuestBook,
        door: Door,
        reception: Reception,
        *,
        arrivals: Arrivals,
        clock: Clock,
    ) -> None:
        self.hub = hub
        self._book = book
        self._door = door
        self._reception = reception
        self._arrivals = arrivals
        self._clock = clock
        self._lines: dict[SocketId, Line] = {}
        self._unswept: list[SocketId] = []
        self._part = 0
        self._last_socket = 0
        self._ended = False

    @property
    def sockets(self) -> int:
        """How many sockets are open, those that have not said hello included."""
        return len(self._lines)

    @property
    def held(self) -> int:
        """How many of them said hello and wait for their turn."""
        return len(self._arrivals)

    def plug(self, outbox: Outbox, room: Room, visitor: Visitor, *, lends: bool = True) -> SocketId:
        """Take in a socket by its outbox, and give it its number."""
        self._last_socket += 1
        socket = SocketId(self._last_socket)
        self._lines[socket] = Line(outbox, room, visitor, lends)
        self.hub.connected(socket, self._clock.steady())
        if self._ended:
            self._send_away(socket)
        return socket

    def unplug(self, socket: SocketId) -> None:
        """Forget a socket that closed; its peer is kept for a while."""
        line = self._lines.pop(socket)
        self._arrivals.forget(line.who, socket)
        self.carry_out(self.hub.dropped(socket, self._clock.steady()))

    def receive(self, socket: SocketId, frame: bytes) -> None:
        """Take a text frame."""
        self.carry_out(self.hub.receive(socket, frame, self._clock.steady()))

    def receive_binary(self, socket: SocketId, size: int) -> None:
        """Take a binary frame."""
        self.carry_out(self.hub.receive_binary(socket, size, self._clock.steady()))

    def awaits_hello(self, socket: SocketId) -> bool:
        """Tell whether a socket has yet to say hello."""
        return self.hub.awaits_hello(socket)

    async def turn(self, socket: SocketId) -> Hello | None:
        """Wait, before a socket is read on, while its hello is held; gives what is to be let in then."""
        return await self._arrivals.turn(self._lines[socket].who, socket)

    def let_in(self, socket: SocketId, hello: Hello) -> None:
        """Give whoever waited a place."""
        self._join(socket, hello, counted=True)

    def close(self, socket: SocketId, code: CloseCode, why: str) -> None:
        """Close a socket."""
        self.carry_out([Close(socket, code, why)])

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the hub decided, in its order."""
        for effect in effects:
            if isinstance(effect, Deliver):
                line = self._lines.get(effect.socket)
                if line is not None:
                    line.outbox.put(effect.frame)
            else:
                self._do(effect)

    def _do(self, effect: Close | Greeted | RenewCredentials | RemoveUser) -> None:
        match effect:
            case Close(socket, code, why):
                line = self._lines.get(socket)
                if line is not None:
                    self._arrivals.forget(line.who, socket)
                    line.outbox.close(code, why)
            case Greeted(socket, hello):
                self._join(socket, hello)
            case RenewCredentials(socket, _, awaited):
                self._renew(socket, awaited=awaited)
            case RemoveUser():
                self._remove_if_possible(effect)
            case _:
                assert_never(effect)

    def _renew(self, socket: SocketId, *, awaited: bool) -> None:
        line = self._lines.get(socket)
        if line is None:
            return
        credentials = self._reception.renewed(line.room, line.visitor.user_id, awaited=awaited)
        if credentials is None or not line.lends:
            return
        self.carry_out(self.hub.send_credentials(socket, credentials, self._clock.steady()))

    def _join(self, socket: SocketId, hello: Hello, *, counted: bool = False) -> None:
        line = self._lines[socket]
        try:
            entry = self._reception.entry(
                socket, hello, line.room, line.visitor, lends=line.lends, counted=counted
            )
        except TurnedAway as refusal:
            self.hub.tally.turned_away[refusal.kind] += 1
            self.carry_out([Close(socket, refusal.code, str(refusal))])
            return
        except NotYet:
            older = self._arrivals.hold(line.who, socket, hello)
            if older is not None:
                self.carry_out([Close(older, CloseCode.REPLACED, "you came by another socket")])
            return
        now = self._clock.steady()
        # First, for a peer's frames have their numbers from the hub's hand on: else the newcomer's hello, on
        # which the other connects, would come before the credentials to do it with.
        self.carry_out(self.hub.expects_company(entry, now))
        self.carry_out(self.hub.join(entry, socket, now))

    def _remove_if_possible(self, asked: RemoveUser) -> None:
        try:
            self._strike(asked.room, asked.user, by=asked.by, with_links=asked.with_links)
        except (NotOwner, NotFound) as problem:
            # The book changed since that page was drawn; whoever has no right any more goes by the book.
            # A book that can't be written is another matter: the owner's socket ends, and so the owner knows.
            log.info("socket %d: nobody removed: %s", asked.socket, problem)
        self.recheck(asked.room)

    def remove(self, room: RoomId, user: UserId, *, by: UserId, with_links: bool = True) -> int:
        """Remove a user for good, on the word of `by`; gives how many open links ended with it.

        Raises `AccessError`.
        """
        revoked = self._strike(room, user, by=by, with_links=with_links)
        if user not in self.hub.heard_in(room):
            self.carry_out(self.hub.disown(room, user, self._clock.steady()))
        self.recheck(room)
        return revoked

    def _strike(self, room: RoomId, user: UserId, *, by: UserId, with_links: bool) -> int:
        now = self._clock()
        match parse_room(room):
            case Sea(owner_id=owner_id):
                return self._book.seas.remove(owner_id, user, now=now, with_links=with_links)
            case Table(table_id=table_id):
                return self._book.tables.remove(table_id, user, by=by, now=now, with_links=with_links)
            case _:
                raise NotFound

    def recheck(self, room: RoomId) -> None:
        """Ask the door again for everyone in a room, because a fact changed."""
        parsed = parse_room(room)
        if parsed is not None:
            for user in self.hub.heard_in(room):
                self._recheck_user(parsed, user)

    def _recheck_user(self, room: Room, user: UserId) -> None:
        hub, now = self.hub, self._clock.steady()
        try:
            role = self._door.at_recheck(room, user).role
        except TurnedAway as refusal:
            code, reason, why = refusal.code, refusal.reason, str(refusal)
            self.carry_out(hub.evict(room.room_id, user, code, reason=reason, why=why, now=now))
            return
        self.carry_out(hub.change_role(room.room_id, user, role.value, now))

    def look_again(self, room: RoomId) -> int:
        """Ask for everyone in a room whether they are still signed in and may be there; gives how many."""
        users = self.hub.users_in(room)
        for line in [each for each in self._lines.values() if each.room.room_id == room]:
            session = line.visitor.session_id
            user = line.visitor.user_id
            if session is None or not self._book.sessions.revoked(session):
                continue
            # A session that became a host's ended as well, and the person is still there.
            there = self._book.users.get(user)
            if there is None or there.external is not None:
                self.sign_out(user)
        self.recheck(room)
        return len(users)

    def knock(self, room: RoomId, visitor: Visitor) -> None:
        """Tell a room's voice that somebody opened its page."""
        self.carry_out(self.hub.knock(room, visitor.user_id, name=visitor.name, now=self._clock.steady()))

    def close_room(self, room: RoomId) -> None:
        """End a room's voice for everyone."""
        self.carry_out(self.hub.close_room(room))

    def sign_out(self, user: UserId) -> None:
        """Close every socket of a user who signed out."""
        for room in self.hub.rooms_of(user):
            self.carry_out(
                self.hub.evict(
                    room,
                    user,
                    CloseCode.SIGNED_OUT,
                    reason="left",
                    why="you signed out",
                    now=self._clock.steady(),
                )
            )

    def tick(self) -> None:
        """Let time do its part; called about twice a second."""
        now = self._clock.steady()
        self.carry_out(self.hub.tick(now))
        self._arrivals.tick(now)

    def sweep(self, now: float, *, heartbeat: float) -> None:
        """Look whether sockets are alive, by the loop's time: a machine asleep waits for nobody.

        A part of them each time: of thousands, idle ones, it would be much of what a message costs.
        """
        if not self._unswept:
            self._unswept = list(self._lines)
            self._part = ceil(len(self._unswept) / SWEEPS)
        part, self._unswept = self._unswept[: self._part], self._unswept[self._part :]
        for socket in part:
            line = self._lines.get(socket)
            if line is not None:
                line.outbox.look(now, heartbeat)

    def retime(self, moved: float) -> None:
        """Let every room end by the time that the clock has stepped to."""
        # The hub's own time didn't move, so the ends do.
        for room in self.hub.registry:
            if room.closes_at is not None:
                self.hub.registry.get_or_make(room.id, room.capacity, int(room.closes_at - moved))

    async def shut_down(self) -> None:
        """Send everyone away in good order; they come back to the next process by themselves."""
        self._ended = True
        outboxes = [line.outbox for line in self._lines.values()]
        for socket in list(self._lines):
            self._send_away(socket)
        if outboxes:
            await asyncio.gather(*(outbox.finish() for outbox in outboxes))

    def _send_away(self, socket: SocketId) -> None:
        self.close(socket, CloseCode.RESTART, "the server restarts")

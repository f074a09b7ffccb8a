"""Carries out what the hub decides: frames into outboxes, closings, credentials, and the gate asked again."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable
from typing import assert_never

from meshvoice.access import gates
from meshvoice.access.errors import NotAllowed, NotFound
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import PeerId, Room, RoomId, Sea, Table, UserId, parse_room
from meshvoice.signaling.effects import Close, Deliver, Effect, RemoveUser, RenewCredentials
from meshvoice.signaling.errors import CloseCode
from meshvoice.signaling.frames import credentials_body
from meshvoice.signaling.hub import Hub, Reason
from meshvoice.signaling.rooms import SocketId
from meshvoice.turn.credentials import CredentialsBody
from meshvoice.web.clocks import Clock
from meshvoice.web.outbox import Outbox

log = logging.getLogger("meshvoice.voice")

_REASONS: dict[gates.Refusal, Reason] = {
    gates.Refusal.REMOVED: "removed",
    gates.Refusal.NOT_FOUND: "left",
    gates.Refusal.CLOSED: "left",
}


class Switchboard:
    """The hub with its sockets, the guest book and the clock. Nothing awaits while a registry changes."""

    def __init__(
        self,
        hub: Hub,
        book: GuestBook,
        *,
        clock: Clock,
        credentials: Callable[[UserId], CredentialsBody],
    ) -> None:
        self.hub = hub
        self._book = book
        self._clock = clock
        self._credentials = credentials
        self._outboxes: dict[SocketId, Outbox] = {}
        self._last_socket = 0
        self.crowded = False
        """Whether some outbox fills before its writer has a turn; reset by whoever gives it one."""

    @property
    def sockets(self) -> int:
        """How many sockets are open, those that have not said hello included."""
        return len(self._outboxes)

    def plug(self, outbox: Outbox) -> SocketId:
        """Take in a socket by its outbox."""
        self._last_socket += 1
        socket = SocketId(self._last_socket)
        self._outboxes[socket] = outbox
        return socket

    def refuse(self, socket: SocketId, code: CloseCode, why: str) -> None:
        """Close a socket that has no seat."""
        self.carry_out([Close(socket, code, why)])

    def unplug(self, socket: SocketId) -> None:
        """Forget a socket that closed; its seat is kept for a while."""
        del self._outboxes[socket]
        self.carry_out(self.hub.dropped(socket, self._clock.steady()))

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the hub decided, in its order."""
        for effect in effects:
            match effect:
                case Deliver(socket, frame):
                    outbox = self._outboxes.get(socket)
                    if outbox is not None:
                        outbox.put(frame)
                        self.crowded = self.crowded or outbox.crowded
                case Close(socket, code, why):
                    outbox = self._outboxes.get(socket)
                    if outbox is not None:
                        log.info("closing a socket: %d %s", code, why)
                        outbox.close(code, why)
                case RenewCredentials(socket, user):
                    body = self.credentials_for(user)
                    if body is not None:
                        self.carry_out(self.hub.send_credentials(socket, body, self._clock.steady()))
                case RemoveUser(room, user, by):
                    self._remove_if_possible(room, user, by)
                case _:
                    assert_never(effect)

    def credentials_for(self, user: UserId) -> bytes | None:
        """Make new TURN credentials as a message; None where the deployment has no relay."""
        if self.hub.renew_after is None:
            return None
        return credentials_body(dict(self._credentials(user)))

    def _remove_if_possible(self, room: RoomId, user: UserId, by: UserId) -> None:
        try:
            self.remove(room, user, by=by)
        except (NotAllowed, NotFound) as problem:
            # The book changed since that page was drawn; whoever has no right any more goes by the book.
            # A book that can't be written is another matter: the owner's socket ends, and so the owner knows.
            log.info("nobody removed: %s", problem)
            self.recheck(room)

    def remove(self, room: RoomId, user: UserId, *, by: UserId, with_links: bool = True) -> int:
        """Remove a user for good, on the word of `by`; gives how many open links ended with it.

        Raises `AccessError`.
        """
        now, revoked = self._clock(), 0
        match parse_room(room):
            case Sea(owner_id=owner_id):
                revoked = self._book.seas.remove(owner_id, user, now=now, with_links=with_links)
            case Table(table_id=table_id):
                revoked = self._book.tables.remove(table_id, user, by=by, now=now, with_links=with_links)
        self.recheck(room)
        return revoked

    def recheck(self, room: RoomId) -> None:
        """Ask the gate again for everyone in a room, because a fact changed."""
        parsed = parse_room(room)
        if parsed is None:
            return
        for user in self.hub.users_in(room):
            self._recheck_user(parsed, user)

    def _recheck_user(self, room: Room, user: UserId) -> None:
        now = self._clock.steady()
        answer = gates.may_enter(self._book.facts(room, user), user_id=user, room=room, now=self._clock())
        if isinstance(answer, gates.Refusal):
            code = CloseCode(answer.close_code)
            effects = self.hub.evict(
                room.room_id, user, code, reason=_REASONS[answer], why=answer.sentence, now=now
            )
        else:
            effects = self.hub.regrade(room.room_id, user, answer.role.value, now)
        self.carry_out(effects)

    def close_room(self, room: RoomId) -> None:
        """End a room's voice for everyone."""
        self.carry_out(self.hub.close_room(room))

    def sign_out(self, user: UserId) -> None:
        """Close every socket of a user who signed out."""
        for room in self.hub.seats_of(user):
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
        self.carry_out(self.hub.tick(self._clock.steady()))

    def retime(self, moved: float) -> None:
        """Let every room end by the time that the clock has stepped to."""
        # The hub's own time didn't move, so the ends do.
        for room in self.hub.rooms:
            if room.closes_at is not None:
                self.hub.rooms.get_or_make(room.id, room.capacity, int(room.closes_at - moved))

    async def shut_down(self) -> None:
        """Send everyone away in good order; they come back to the next process by themselves."""
        outboxes = list(self._outboxes.values())
        for outbox in outboxes:
            outbox.close(CloseCode.RESTART, "the server restarts")
        if outboxes:
            await asyncio.gather(*(outbox.finish() for outbox in outboxes))


def new_peer() -> PeerId:
    """Make a peer id that nobody can guess."""
    return PeerId(secrets.token_urlsafe(12))

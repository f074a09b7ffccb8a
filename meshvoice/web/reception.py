"""What becomes of a hello: the hub's entry, made of what the door, the seat ticket and the settings say."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence

from msgspec import UNSET

from meshvoice.access import seat_tickets
from meshvoice.access.errors import TicketEnded, TicketError
from meshvoice.access.gates import Admission
from meshvoice.access.seat_tickets import SeatClaim
from meshvoice.ids import PeerId, Room, RoomId, Sea, UserId
from meshvoice.settings import Settings
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.hub import Hub
from meshvoice.signaling.joining import Entry
from meshvoice.signaling.registry import SocketId
from meshvoice.web.arrivals import Arrivals
from meshvoice.web.clocks import Clock
from meshvoice.web.door import Door
from meshvoice.web.keys import Visitor
from meshvoice.web.lent import Lent

log = logging.getLogger("meshvoice.voice")

TICKET_SECONDS = 7 * 24 * 3600
"""For which a table's seat ticket is good; a sea's ends with the sea."""


class Reception:
    """Reads and signs seat tickets, and asks the door."""

    def __init__(
        self,
        hub: Hub,
        door: Door,
        settings: Settings,
        *,
        keys: Sequence[bytes],
        clock: Clock,
        credentials: Callable[[RoomId, UserId, bool], bytes],
        lent: Lent,
        arrivals: Arrivals,
    ) -> None:
        self._hub = hub
        self._door = door
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._credentials = credentials
        self._lent = lent
        self._arrivals = arrivals

    def entry(
        self,
        socket: SocketId,
        hello: Hello,
        room: Room,
        visitor: Visitor,
        *,
        lends: bool = True,
        counted: bool = False,
    ) -> Entry:
        """Give the entry of whoever said hello. Raises `TurnedAway`; `NotYet`, if it was not `counted`."""
        admission = self._door.at_hello(room, visitor)
        read = self._read_ticket(hello, room, visitor.user_id, admission.stay)
        proved = read if isinstance(read, SeatClaim) else None
        if not counted and not self._keeps_seat(proved, room, visitor.user_id):
            self._arrivals.count((room.room_id, visitor.user_id), self._clock.steady())
        if isinstance(read, TicketError):
            # It costs the seat, not the call: the peer joins as a newcomer.
            log.info("socket %d: a seat ticket was not taken: %s", socket, read)
        claim = self._claim(proved, room, visitor.user_id, admission)
        closes_at, settings = admission.closes_at, self._settings
        return Entry(
            room=room.room_id,
            user=visitor.user_id,
            name=visitor.name,
            role=admission.role.value,
            capacity=settings.sea_peers if isinstance(room, Sea) else settings.table_seats,
            # By the hub's time, which no step of the clock moves.
            closes_at=None if closes_at is None else int(closes_at + self._clock.ahead()),
            peer=claim.peer,
            order=claim.order,
            ticket=seat_tickets.sign(claim, keys=self._keys),
            came_back=proved is not None,
            late=isinstance(read, TicketEnded),
            hello=hello,
            credentials=self._fresh(room, visitor.user_id, came_back=proved is not None) if lends else None,
        )

    def _keeps_seat(self, proved: SeatClaim | None, room: Room, user: UserId) -> bool:
        kept = self._hub.registry.peer_of(room.room_id, user)
        return proved is not None and kept is not None and kept.id == proved.peer

    def _read_ticket(
        self, hello: Hello, room: Room, user: UserId, stay: int
    ) -> SeatClaim | TicketError | None:
        """Give what a ticket proves, or why it proves nothing; None: there is none."""
        if hello.ticket is UNSET:
            return None
        try:
            claim = seat_tickets.verify(
                hello.ticket,
                keys=self._keys,
                room=room.room_id,
                user=user,
                stay=stay,
                now=self._clock(),
            )
            if not self._hub.may_return(room.room_id, user, claim.order, self._clock.steady()):
                return TicketEnded("The seat of this ticket was given up.")
        except TicketError as problem:
            return problem
        return claim

    def _claim(self, proved: SeatClaim | None, room: Room, user: UserId, admission: Admission) -> SeatClaim:
        closes_at = admission.closes_at
        return SeatClaim(
            room=room.room_id,
            peer=proved.peer if proved else PeerId(secrets.token_urlsafe(12)),
            user=user,
            order=proved.order if proved else self._hub.next_order(self._clock.steady()),
            expires_at=self._clock() + TICKET_SECONDS if closes_at is None else closes_at,
            stay=admission.stay,
        )

    def renewed(self, room: Room, user: UserId, *, awaited: bool) -> bytes | None:
        """Give new credentials to a peer; `awaited`: as somebody comes, if it needs them for that."""
        if awaited and not self._lent.short(room.room_id, user):
            return None
        company = awaited or self._hub.has_company(room.room_id, user)
        return self._credentials(room.room_id, user, company)

    def _fresh(self, room: Room, user: UserId, *, came_back: bool) -> bytes | None:
        if self._hub.terms.renew_after is None:
            return None  # the deployment has no relay
        company = self._hub.has_company(room.room_id, user)
        # Two who asked before either was here have both short ones, and are about to talk.
        if came_back or (company and self._lent.short(room.room_id, user)):
            return self._credentials(room.room_id, user, company)
        return None

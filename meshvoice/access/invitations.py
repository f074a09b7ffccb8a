"""Invitations: single-use, expiring, revocable, known to the guest book by the hash of their token only.

Only a room's owner invites: whoever may invite also decides who is put out, so that is one person.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from meshvoice.access import links, members
from meshvoice.access.errors import (
    InvitationExpired,
    InvitationRevoked,
    InvitationUnknown,
    InvitationUsed,
    NotFound,
    Removed,
    SeaClosed,
    SeaFull,
    TableFull,
    Yours,
)
from meshvoice.access.gates import Admission, may_enter
from meshvoice.access.seas import MAX_GUESTS
from meshvoice.access.store import Row, Store
from meshvoice.ids import InvitationId, Room, Sea, UserId, parse_room

LIFETIME = 86_400.0
MIN_TOKEN = 22
"""128 bits in URL-safe base64."""

# The columns are named as they were released: a token was then said to be deposited.
_LISTED = (
    "SELECT invitation_id, made_at, expires_at, revoked_at, deposited_at, deposited_by, name"
    " FROM invitations LEFT JOIN users ON user_id = deposited_by WHERE room_id = ?"
)


class InvitationState(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """An invitation as the room's owner sees it; the token isn't in it, for nobody has it but the invitee."""

    invitation_id: InvitationId
    room: Room
    state: InvitationState
    made_at: float
    expires_at: float
    accepted_by: UserId | None
    accepted_name: str | None
    accepted_at: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvitationPreview:
    """What an invitation leads to, before it is accepted."""

    room: Room
    inviter: UserId
    inviter_name: str
    table_name: str | None
    """None: a sea."""
    expires_at: float
    already_in: bool
    """Accepting would use nothing up: the user is in the room."""


class Invitations:
    """Makes, lists, revokes and accepts invitations."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make(self, room: Room, *, by: UserId, token: str, now: float) -> Invitation:
        """Make an invitation that `token` accepts.

        Raises `NotFound`, `NotOwner`, `SeaClosed`, `TooManyInvitations`.
        """
        if len(token) < MIN_TOKEN:
            raise ValueError(f"a token has 128 random bits, so {MIN_TOKEN} characters at least")
        with self._store.writing():
            members.check_owner(self._store, room, by)
            may = may_enter(members.facts_of(self._store, room, by), user_id=by, room=room, now=now)
            if not isinstance(may, Admission):
                raise SeaClosed
            links.make_room(self._store, room.room_id, by, now=now)
            expires_at = now + LIFETIME if may.closes_at is None else min(now + LIFETIME, may.closes_at)
            self._store.run(
                "INSERT INTO invitations (token_hash, room_id, inviter, made_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?)",
                *(token_hash(token), room.room_id, by, now, expires_at),
            )
            row = self._store.rows(f"{_LISTED} ORDER BY invitation_id DESC LIMIT 1", room.room_id)[0]
        return _listed(row, room, now=now)

    def of(self, room: Room, *, by: UserId, now: float) -> tuple[Invitation, ...]:
        """All open invitations of the room and the newest `links.MAX_EARLIER` others, the newest first.

        Raises `NotFound`, `NotOwner`.
        """
        members.check_owner(self._store, room, by)
        newest = f"{_LISTED} AND {{}} ORDER BY invitation_id DESC LIMIT ?"
        rows = self._store.rows(newest.format(links.OPEN), room.room_id, now, links.MAX_OPEN)
        rows += self._store.rows(newest.format(links.OVER), room.room_id, now, links.MAX_EARLIER)
        rows.sort(key=lambda row: int(row[0]), reverse=True)
        return tuple(_listed(row, room, now=now) for row in rows)

    def revoke(self, room: Room, invitation_id: InvitationId, *, by: UserId, now: float) -> Invitation:
        """Take an invitation back; one that is revoked or expired stays as it is.

        Raises `NotFound`, `NotOwner`, and `InvitationUsed` where it is too late: remove the guest instead.
        """
        with self._store.writing():
            members.check_owner(self._store, room, by)
            self._store.run(
                "UPDATE invitations SET revoked_at = ?"  # noqa: S608
                f" WHERE invitation_id = ? AND room_id = ? AND {links.OPEN}",
                *(now, invitation_id, room.room_id, now),
            )
            row = self._store.row(f"{_LISTED} AND invitation_id = ?", room.room_id, invitation_id)
        if row is None:
            raise NotFound
        invitation = _listed(row, room, now=now)
        if invitation.state is InvitationState.ACCEPTED:
            raise InvitationUsed("This invitation has been used: remove the person instead.")
        return invitation

    def preview(self, token: str, *, user_id: UserId | None, now: float) -> InvitationPreview:
        """Say what the token leads to, and use nothing up. Raises what `accept` would raise now."""
        return self._judge(token, user_id, now=now)[1]

    def accept(self, token: str, user_id: UserId, *, now: float) -> Room:
        """Let the user into the room, which this gives. At most one of all who try at once succeeds.

        Raises `Yours`, `InvitationGone`, `Removed`, `TableFull`, `SeaFull`, `TooManyRooms`; the invitation
        is as before then.
        """
        with self._store.writing():
            invitation_id, preview, seat = self._judge(token, user_id, now=now)
            if not preview.already_in:
                self._store.run(
                    "UPDATE invitations SET deposited_at = ?, deposited_by = ? WHERE invitation_id = ?",
                    *(now, user_id, invitation_id),
                )
                members.admit(self._store, preview.room.room_id, user_id, seat=seat, now=now)
        return preview.room

    def _judge(
        self, token: str, user_id: UserId | None, *, now: float
    ) -> tuple[int, InvitationPreview, int | None]:
        """The number, what it leads to, and at a table the free seat that it would take."""
        row = self._store.row(
            "SELECT invitation_id, room_id, inviter, users.name, rooms.name, expires_at, revoked_at,"
            " deposited_at FROM invitations JOIN users ON user_id = inviter LEFT JOIN rooms USING (room_id)"
            " WHERE token_hash = ?",
            token_hash(token),
        )
        room = None if row is None else parse_room(row[1])
        if row is None or room is None:
            raise InvitationUnknown
        number, _, inviter, inviter_name, table_name, expires_at, revoked_at, accepted_at = row
        facts = members.facts_of(self._store, room, user_id or inviter)
        may = None if user_id is None else may_enter(facts, user_id=user_id, room=room, now=now)
        # Whoever owned a table and left has no room to be led to. A sea's owner has a page for a closed one.
        leads = isinstance(room, Sea) or isinstance(may, Admission)
        if user_id is not None and user_id in (inviter, facts.owner) and leads:
            raise Yours(room)
        preview = InvitationPreview(
            room=room,
            inviter=UserId(inviter),
            inviter_name=inviter_name,
            table_name=table_name or None,
            expires_at=expires_at,
            already_in=isinstance(may, Admission),
        )
        if preview.already_in:
            return number, preview, None
        if accepted_at is not None:
            raise InvitationUsed
        if revoked_at is not None:
            raise InvitationRevoked
        if isinstance(room, Sea) and (facts.closes_at is None or now >= facts.closes_at):
            raise SeaClosed
        if now >= expires_at:
            raise InvitationExpired
        if user_id is not None and number <= members.barred_to(self._store, room.room_id, user_id):
            raise Removed
        if user_id is not None:
            members.check_rooms(self._store, user_id, now=now)
        if isinstance(room, Sea):
            if members.present_in(self._store, room.room_id) >= MAX_GUESTS:
                raise SeaFull
            return number, preview, None
        seat = members.free_seat(self._store, room.room_id)
        if seat is None:
            raise TableFull
        return number, preview, seat


def token_hash(token: str) -> bytes:
    """Give that by which the guest book knows a token."""
    # A token is random: a plain hash can't be searched. What came from outside may hold lone surrogates.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _listed(row: Row, room: Room, *, now: float) -> Invitation:
    number, made_at, expires_at, revoked_at, accepted_at, accepted_by, accepted_name = row
    if accepted_at is not None:
        state = InvitationState.ACCEPTED
    elif revoked_at is not None:
        state = InvitationState.REVOKED
    else:
        state = InvitationState.OPEN if now < expires_at else InvitationState.EXPIRED
    return Invitation(
        invitation_id=InvitationId(number),
        room=room,
        state=state,
        made_at=made_at,
        expires_at=expires_at,
        accepted_by=accepted_by,
        accepted_name=accepted_name,
        accepted_at=accepted_at,
    )

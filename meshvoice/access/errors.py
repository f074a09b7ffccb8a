"""All that can go wrong about who may come in, one tree.

AccessError
├── GuestBookError              the file itself: corrupt, newer, unwritable, full
├── NotFound                    no such thing, or not yours: never told apart
├── NotOwner                    you are in, but this is the owner's to do
├── Removed                     an invitation from before your removal
├── Yours                       your own invitation
├── InvitationGone
│   ├── InvitationUnknown
│   ├── InvitationUsed
│   ├── InvitationRevoked
│   ├── InvitationExpired
│   └── SeaClosed
├── Full
│   ├── TableFull
│   ├── SeaFull
│   ├── TooManyRooms
│   ├── TooManyInvitations
│   └── TooManyTables
└── TicketError                 a seat ticket that proves nothing
    └── TicketEnded             it did, once
"""

from __future__ import annotations

from typing import ClassVar

from meshvoice.ids import Room


class AccessError(Exception):
    """`code` is stable and goes over the wire; `str()` is the sentence for a person."""

    code: ClassVar[str]
    http_status: ClassVar[int]
    sentence: ClassVar[str]

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)


class GuestBookError(AccessError):
    """The guest book can't be read or written; the sentence names the fix."""

    code = "guest-book"
    http_status = 503
    sentence = "The guest book can't be read or written."


class NotFound(AccessError):
    """There is no such thing, or it isn't for this user to know that there is."""

    code = "not-found"
    http_status = 404
    sentence = "There is nothing here, or it isn't yours to see."


class NotOwner(AccessError):
    """Somebody who is in asked for what only the room's owner may do."""

    code = "not-allowed"
    http_status = 403
    sentence = "Only the owner may do that."


class Removed(AccessError):
    """The owner removed this user after the invitation was made; it stays open for others."""

    code = "removed"
    http_status = 403
    sentence = "You were removed from this room: only a new invitation brings you back."


class Yours(AccessError):
    """A room's owner, or the inviter, tried to accept the room's own invitation; it stays open."""

    code = "yours"
    http_status = 409
    sentence = "This is your own invitation: send it to the person whom you want to invite."

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.room = room


class InvitationGone(AccessError):
    """This token opens nothing, and won't again."""

    http_status = 410


class InvitationUnknown(InvitationGone):
    code = "invitation-unknown"
    sentence = "There is no such invitation: the link may be incomplete or very old. Ask for a new one."


class InvitationUsed(InvitationGone):
    code = "invitation-used"
    sentence = "This invitation has been used: each brings in one person. Ask for a new one."


class InvitationRevoked(InvitationGone):
    code = "invitation-revoked"
    sentence = "This invitation was taken back."


class InvitationExpired(InvitationGone):
    code = "invitation-expired"
    sentence = "This invitation has expired. Ask for a new one."


class SeaClosed(InvitationGone):
    code = "sea-closed"
    sentence = "This sea is closed: invitations end with it, and a new opening needs new ones."


class Full(AccessError):
    """A limit is reached; nothing was changed."""

    http_status = 409


class TableFull(Full):
    code = "table-full"
    sentence = "Every seat at this table is taken. The invitation stays good for when one is free."


class SeaFull(Full):
    code = "sea-full"
    sentence = "This sea has as many guests as it takes. The invitation stays good for when one has left."


class TooManyRooms(Full):
    code = "too-many-rooms"
    sentence = "You are in too many rooms: leave one. The invitation stays good meanwhile."


class TooManyInvitations(Full):
    code = "too-many-invitations"
    sentence = "This room has too many open invitations: take back some that aren't needed."


class TooManyTables(Full):
    code = "too-many-tables"
    sentence = "You have too many tables: leave one, or hand it over."


class TicketError(AccessError):
    """A seat ticket is forged, foreign or over; the peer joins anew without it."""

    code = "bad-ticket"
    http_status = 400
    sentence = "This seat ticket isn't valid."


class TicketEnded(TicketError):
    """A seat ticket was signed here for whoever brings it, and is over."""

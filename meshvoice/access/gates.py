"""The one gate: may this user enter that room, now, and as what?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from meshvoice.ids import Room, Sea, UserId


class Standing(StrEnum):
    """What the guest book says of a user in a room."""

    PRESENT = "present"
    LEFT = "left"
    REMOVED = "removed"


class Role(StrEnum):
    """As what a user is in a room; the value goes over the wire."""

    OWNER = "owner"
    GUEST = "guest"
    SEATED = "seated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the guest book knows of one user and one room."""

    owner: UserId | None = None
    """A table's owner, who is seated, too. A sea's owner stands in its id."""
    closes_at: float | None = None
    """The end of the sea's window, past or to come; None: a table, or a sea without one."""
    standing: Standing | None = None
    """None: never was in the table, or in the sea during this window."""
    stay: int = 0
    """The number of this presence, or of the window for a sea's owner: each has its own, for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """The user may be in the room."""

    role: Role
    closes_at: float | None
    """When to ask again at the latest, epoch seconds; None: not before a fact changes."""
    stay: int
    """The number of this right to be there: once it has ended, the next one is another."""


class Refusal(Enum):
    """Why not, and how that is said outside.

    NOT_FOUND is said alike of a room that isn't and of one that is others': nobody learns which rooms exist.
    REMOVED and CLOSED tell more, so they are for those alone who were in the room, or own the sea.
    """

    NOT_FOUND = ("not-found", 404, "There is no such room, or it isn't yours to enter.")
    REMOVED = ("removed", 403, "You were removed from this room.")
    CLOSED = ("sea-closed", 410, "This sea is closed.")

    def __init__(self, code: str, http_status: int, sentence: str) -> None:
        self.code = code
        self.http_status = http_status
        self.sentence = sentence


def may_enter(facts: Facts, *, user_id: UserId, room: Room, now: float) -> Admission | Refusal:
    """Decide from `facts`, which are those of this user and room."""
    if facts.standing is Standing.REMOVED:
        return Refusal.REMOVED
    present = facts.standing is Standing.PRESENT
    if isinstance(room, Sea):
        owns = user_id == room.owner_id
        if not (owns or present):
            return Refusal.NOT_FOUND
        if facts.closes_at is None or now >= facts.closes_at:
            return Refusal.CLOSED
        role = Role.OWNER if owns else Role.GUEST
        return Admission(role=role, closes_at=facts.closes_at, stay=facts.stay)
    if not present:
        return Refusal.NOT_FOUND
    role = Role.OWNER if user_id == facts.owner else Role.SEATED
    return Admission(role=role, closes_at=None, stay=facts.stay)

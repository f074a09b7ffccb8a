"""The kinds of ids, so that one can't stand where another belongs, and how one from outside is read."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from typing import NewType

UserId = NewType("UserId", str)
"""A user, for as long as the session or the proxy's account lasts: 32 lower-case hexadecimal digits."""

RoomId = NewType("RoomId", str)
"""A room: `mysea-<owner_id>` or a table's UUID."""

PeerId = NewType("PeerId", str)
"""One user's place in one room, through dropped sockets and restarts."""

TableId = NewType("TableId", str)
"""A table: a UUID in its canonical lower-case form."""

SessionId = NewType("SessionId", str)
"""One signed-in session, by which it is revoked."""

InvitationId = NewType("InvitationId", int)
"""An invitation as its owner lists and revokes it; it says nothing about the token."""

_USER = re.compile(r"[0-9a-f]{32}")
_TABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INVITATION = re.compile(r"[1-9][0-9]{0,17}")
_SEA = "mysea-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sea:
    """A person's own room."""

    owner_id: UserId

    @property
    def room_id(self) -> RoomId:
        return RoomId(_SEA + self.owner_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A room of a few seats."""

    table_id: TableId

    @property
    def room_id(self) -> RoomId:
        return RoomId(self.table_id)


Room = Sea | Table


def parse_room(text: str) -> Room | None:
    """Read a room id; each room has exactly one spelling, all others are None."""
    if text.startswith(_SEA):
        owner = parse_user(text.removeprefix(_SEA))
        return None if owner is None else Sea(owner_id=owner)
    return Table(table_id=TableId(text)) if _TABLE.fullmatch(text) else None


def parse_user(text: str) -> UserId | None:
    """Read a user id."""
    return UserId(text) if _USER.fullmatch(text) else None


def parse_invitation(text: str) -> InvitationId | None:
    """Read an invitation id; the length keeps it within SQLite's integers."""
    return InvitationId(int(text)) if _INVITATION.fullmatch(text) else None


def user_id(random: bytes) -> UserId:
    """Make a user id of 16 random bytes."""
    return UserId(_sixteen(random).hex())


def table_id(random: bytes) -> TableId:
    """Make a table id (UUID version 4) of 16 random bytes."""
    return TableId(str(uuid.UUID(bytes=_sixteen(random), version=4)))


def invitation_token(random: bytes) -> str:
    """Make the secret of an invitation's link of 20 random bytes: 32 small letters and digits.

    Nothing else: many messengers leave a - or _ at the end out of the link.
    """
    if len(random) != 20:
        raise ValueError(f"a token takes 20 random bytes, not {len(random)}")
    return base64.b32encode(random).decode("ascii").lower()


def _sixteen(random: bytes) -> bytes:
    if len(random) != 16:
        raise ValueError(f"an id takes 16 random bytes, not {len(random)}")
    return random

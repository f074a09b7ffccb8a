"""Rooms, members and invitations in plain dictionaries, against which the guest book is held."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshvoice.access.invitations import InvitationState
from meshvoice.ids import Room, UserId


@dataclass
class Member:
    standing: str
    since: float
    seat: int | None = None
    barred_to: int = 0


@dataclass
class ModelRoom:
    owner: UserId
    closes_at: float | None
    members: dict[UserId, Member] = field(default_factory=dict)

    def present(self) -> dict[UserId, Member]:
        return {user: member for user, member in self.members.items() if member.standing == "present"}


@dataclass
class ModelInvitation:
    number: int
    room: Room
    inviter: UserId
    expires_at: float
    used: bool = False
    revoked: bool = False

    def state(self, now: float) -> InvitationState:
        if self.used:
            return InvitationState.ACCEPTED
        if self.revoked:
            return InvitationState.REVOKED
        return InvitationState.OPEN if now < self.expires_at else InvitationState.EXPIRED

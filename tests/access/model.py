"""Rooms, members and invitations in plain dictionaries, against which the guest book is held."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshvoice.access.invitations import State
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

    def state(self, now: float) -> State:
        if self.used:
            return State.DEPOSITED
        if self.revoked:
            return State.REVOKED
        return State.OPEN if now < self.expires_at else State.EXPIRED

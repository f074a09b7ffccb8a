"""What the guest book's tests have in common: a book, people in it, and a clock that stands still."""

from __future__ import annotations

import itertools

from meshvoice.access.gates import Admission, Refusal, Role, may_enter
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import Room, Sea, TableId, UserId

HOUR = 3600.0
NOON = 1_795_348_800.0


class Island:
    """A guest book with a clock that stands until a test moves it."""

    def __init__(self, book: GuestBook) -> None:
        self.book = book
        self.now = NOON
        self._numbers = itertools.count(1)

    def random(self) -> bytes:
        return next(self._numbers).to_bytes(16, "big")

    def person(self, name: str) -> UserId:
        return self.book.users.add(name, random=self.random(), now=self.now).user_id

    def sea(self, owner: UserId, *, hours: float = 24) -> Sea:
        self.book.seas.open(owner, now=self.now, closes_at=self.now + hours * HOUR)
        return Sea(owner_id=owner)

    def table(self, owner: UserId, *, seats: int = 6) -> TableId:
        return self.book.tables.create(
            owner, "Chess", random=self.random(), now=self.now, seats=seats
        ).table_id

    def token(self, room: Room, by: UserId) -> str:
        token = f"token-{next(self._numbers):030d}"
        self.book.invitations.make(room, by=by, token=token, now=self.now)
        return token

    def accept(self, token: str, user_id: UserId) -> bool:
        """Whether it brought the user in, who wasn't."""
        preview = self.book.invitations.preview(token, user_id=user_id, now=self.now)
        assert self.book.invitations.accept(token, user_id, now=self.now) == preview.room
        return not preview.already_in

    def invite(self, room: Room, by: UserId, guest: UserId) -> None:
        assert self.accept(self.token(room, by), guest)

    def role(self, room: Room, user_id: UserId) -> Role | Refusal:
        facts = self.book.facts(room, user_id)
        decision = may_enter(facts, user_id=user_id, room=room, now=self.now)
        return decision.role if isinstance(decision, Admission) else decision

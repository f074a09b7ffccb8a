"""The guest book against a model of it in plain dictionaries, over whatever may happen in whatever order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, invariant, multiple, rule

from meshvoice.access.errors import AccessError, InvitationUsed, NotFound, NotOwner
from meshvoice.access.gates import Refusal, Role
from meshvoice.access.guestbook import GuestBook
from meshvoice.access.invitations import InvitationState
from meshvoice.ids import InvitationId, Room, RoomId, Sea, Table, UserId, parse_room
from tests.access.island import HOUR, Island
from tests.access.model import Member, ModelInvitation, ModelRoom

SEATS = 3
PEOPLE = st.integers(0, 3)
OWNERS = st.integers(0, 1)


class GuestBookMachine(RuleBasedStateMachine):
    """Each rule does the same to the book and to the model, and compares what both answer."""

    tables = Bundle("tables")
    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = str(Path(self.folder.name) / "book.db")
        self.island = Island(GuestBook.open(self.path))
        self.people = [self.island.person(name) for name in ("Ana", "Bo", "Cleo", "Dan")]
        self.rooms: dict[RoomId, ModelRoom] = {}
        self.invitations: dict[str, ModelInvitation] = {}
        self.made = 0

    def teardown(self) -> None:
        self.island.book.close()
        self.folder.cleanup()

    # What the model thinks

    def open_now(self, room: Room) -> bool:
        model = self.rooms.get(room.room_id)
        return model is not None and (model.closes_at is None or self.island.now < model.closes_at)

    def owner(self, room: Room) -> UserId | None:
        if isinstance(room, Sea):
            return room.owner_id
        model = self.rooms.get(room.room_id)
        return model.owner if model else None

    def role(self, room: Room, user: UserId) -> Role | Refusal:
        model = self.rooms.get(room.room_id)
        standing = model.members[user].standing if model and user in model.members else None
        if standing == "removed":
            return Refusal.REMOVED
        sea, owns = isinstance(room, Sea), user == self.owner(room)
        if standing != "present" and not (sea and owns):
            return Refusal.NOT_FOUND
        if not self.open_now(room):
            return Refusal.CLOSED
        return Role.OWNER if owns else Role.GUEST if sea else Role.SEATED

    def outcome(self, token: str, user: UserId) -> str:
        """`in`, `already`, or the error's code."""
        invitation = self.invitations.get(token)
        if invitation is None:
            return "invitation-unknown"
        room = invitation.room
        is_in = isinstance(self.role(room, user), Role)
        if user in (invitation.inviter, self.owner(room)) and (is_in or isinstance(room, Sea)):
            return "yours"
        if is_in:
            return "already"
        state = invitation.state(self.island.now)
        if state in (InvitationState.ACCEPTED, InvitationState.REVOKED):
            return "invitation-used" if state is InvitationState.ACCEPTED else "invitation-revoked"
        if not self.open_now(room):
            return "sea-closed"
        if state is InvitationState.EXPIRED:
            return "invitation-expired"
        model = self.rooms[room.room_id]
        if user in model.members and invitation.number <= model.members[user].barred_to:
            return "removed"
        return "table-full" if isinstance(room, Table) and len(model.present()) >= SEATS else "in"

    def open_invitations_end(self, room: Room) -> None:
        for invitation in self.invitations.values():
            if invitation.room == room:
                invitation.expires_at = min(invitation.expires_at, self.island.now)

    def put_out(self, room: Room, user: UserId, *, with_links: bool) -> int:
        self.rooms[room.room_id].members[user] = Member("removed", self.island.now, barred_to=self.made)
        return self.revoke_open(room, None if with_links else user)

    def revoke_open(self, room: Room, inviter: UserId | None) -> int:
        ended = [
            invitation
            for invitation in self.invitations.values()
            if invitation.room == room
            and inviter in (None, invitation.inviter)
            and invitation.state(self.island.now) is InvitationState.OPEN
        ]
        for invitation in ended:
            invitation.revoked = True
        return len(ended)

    # What happens

    @rule(hours=st.sampled_from([0, 0.5, 3, 25]))
    def time_passes(self, hours: float) -> None:
        self.island.now += hours * HOUR

    @rule()
    def the_process_starts_anew(self) -> None:
        self.island.book.close()
        self.island.book = GuestBook.open(self.path)

    @rule(who=OWNERS, hours=st.sampled_from([2, 24]))
    def open_sea(self, who: int, hours: float) -> None:
        sea = self.island.sea(self.people[who], hours=hours)
        if not self.open_now(sea):
            self.open_invitations_end(sea)
            self.rooms[sea.room_id] = ModelRoom(sea.owner_id, self.island.now + hours * HOUR)

    @rule(who=OWNERS)
    def close_sea(self, who: int) -> None:
        sea = Sea(owner_id=self.people[who])
        assert self.island.book.seas.close(sea.owner_id, now=self.island.now) == self.open_now(sea)
        if self.open_now(sea):
            self.rooms[sea.room_id].closes_at = self.island.now
        self.open_invitations_end(sea)

    @rule(target=tables, who=OWNERS)
    def make_table(self, who: int) -> Table:
        table = Table(table_id=self.island.table(self.people[who], seats=SEATS))
        owner = self.people[who]
        self.rooms[table.room_id] = ModelRoom(
            owner, None, {owner: Member("present", self.island.now, seat=1)}
        )
        return table

    @rule(target=tokens, owner=OWNERS)
    def invite_to_sea(self, owner: int) -> MultipleResults[str]:
        return self.invite(Sea(owner_id=self.people[owner]), self.people[owner], "sea-closed")

    @rule(target=tokens, table=tables, by=PEOPLE)
    def invite_to_table(self, table: Table, by: int) -> MultipleResults[str]:
        role = self.role(table, self.people[by])
        return self.invite(table, self.people[by], "not-allowed" if isinstance(role, Role) else "not-found")

    def invite(self, room: Room, by: UserId, refused: str) -> MultipleResults[str]:
        if self.role(room, by) is not Role.OWNER:
            with pytest.raises(AccessError) as error:
                self.island.token(room, by)
            assert error.value.code == refused
            return multiple()
        token = self.island.token(room, by)
        self.made += 1
        closes_at = self.rooms[room.room_id].closes_at
        self.invitations[token] = ModelInvitation(
            self.made, room, by, min(self.island.now + 24 * HOUR, closes_at or float("inf"))
        )
        return multiple(token)

    @rule(token=tokens)
    def revoke(self, token: str) -> None:
        invitation = self.invitations.get(token)
        owner = self.owner(invitation.room) if invitation else None
        if invitation is None or owner is None:
            return
        expected, invitation_id = invitation.state(self.island.now), InvitationId(invitation.number)
        revoke = self.island.book.invitations.revoke
        if expected is InvitationState.ACCEPTED:
            with pytest.raises(InvitationUsed):
                revoke(invitation.room, invitation_id, by=owner, now=self.island.now)
            return
        revoked = revoke(invitation.room, invitation_id, by=owner, now=self.island.now)
        if expected is InvitationState.OPEN:
            invitation.revoked = True
        assert revoked.state == invitation.state(self.island.now)

    @rule(token=tokens, who=PEOPLE)
    def accept(self, token: str, who: int) -> None:
        user = self.people[who]
        expected = self.outcome(token, user)
        for attempt in (self.look, self.island.accept):
            outcome = "in"
            try:
                if not attempt(token, user):
                    outcome = "already"
            except AccessError as error:
                outcome = error.code
            assert outcome == expected
        if expected == "in":
            invitation = self.invitations[token]
            invitation.used = True
            model = self.rooms[invitation.room.room_id]
            taken = {member.seat for member in model.present().values()}
            seat = min({1, 2, 3} - taken) if isinstance(invitation.room, Table) else None
            old = model.members.get(user)
            model.members[user] = Member("present", self.island.now, seat, old.barred_to if old else 0)

    def look(self, token: str, user: UserId) -> bool:
        return not self.island.book.invitations.preview(token, user_id=user, now=self.island.now).already_in

    @rule(owner=OWNERS, who=PEOPLE)
    def leave_sea(self, owner: int, who: int) -> None:
        room, user = Sea(owner_id=self.people[owner]), self.people[who]
        left = self.island.book.seas.leave(room.owner_id, user, now=self.island.now)
        assert left == self.model_leave(room, user)

    @rule(table=tables, who=PEOPLE)
    def leave_table(self, table: Table, who: int) -> None:
        record = self.island.book.tables.leave(table.table_id, self.people[who], now=self.island.now)
        if self.model_leave(table, self.people[who]):
            self.revoke_open(table, self.people[who])
        model = self.rooms.get(table.room_id)
        if model is not None and not model.present():
            del self.rooms[table.room_id]
            self.invitations = {t: i for t, i in self.invitations.items() if i.room != table}
        elif model is not None and model.owner not in model.present():
            model.owner = min(model.present().items(), key=lambda item: (item[1].since, item[1].seat))[0]
        assert (record is None) == (table.room_id not in self.rooms)

    def model_leave(self, room: Room, user: UserId) -> bool:
        model = self.rooms.get(room.room_id)
        if model is None or user not in model.present():
            return False
        model.members[user] = Member("left", self.island.now, barred_to=model.members[user].barred_to)
        return True

    @rule(owner=OWNERS, who=PEOPLE, with_links=st.booleans())
    def remove_from_sea(self, owner: int, who: int, with_links: bool) -> None:
        room, user = Sea(owner_id=self.people[owner]), self.people[who]
        model = self.rooms.get(room.room_id)
        if model is None or user not in model.members:
            with pytest.raises(NotFound):
                self.island.book.seas.remove(room.owner_id, user, now=self.island.now)
            return
        ended = self.island.book.seas.remove(room.owner_id, user, now=self.island.now, with_links=with_links)
        assert ended == self.put_out(room, user, with_links=with_links)

    @rule(table=tables, by=PEOPLE, who=PEOPLE, with_links=st.booleans())
    def remove_from_table(self, table: Table, by: int, who: int, with_links: bool) -> None:
        owner, user = self.people[by], self.people[who]
        remove = self.island.book.tables.remove
        role = self.role(table, owner)
        if role is not Role.OWNER or owner == user or user not in self.rooms[table.room_id].members:
            with pytest.raises((NotFound, NotOwner)):
                remove(table.table_id, user, by=owner, now=self.island.now)
            return
        ended = remove(table.table_id, user, by=owner, now=self.island.now, with_links=with_links)
        assert ended == self.put_out(table, user, with_links=with_links)

    @rule(table=tables, by=PEOPLE, to=PEOPLE)
    def hand_over(self, table: Table, by: int, to: int) -> None:
        may = self.role(table, self.people[by]) is Role.OWNER and isinstance(
            self.role(table, self.people[to]), Role
        )
        hand_over = self.island.book.tables.hand_over
        if not may:
            with pytest.raises((NotFound, NotOwner)):
                hand_over(table.table_id, self.people[to], by=self.people[by])
            return
        hand_over(table.table_id, self.people[to], by=self.people[by])
        self.rooms[table.room_id].owner = self.people[to]

    # What is true at any time

    @invariant()
    def the_gate_agrees(self) -> None:
        for user in self.people:
            entered = set()
            for room_id in self.rooms:
                room = parse_room(room_id)
                assert room is not None
                role = self.island.role(room, user)
                assert role == self.role(room, user)
                if isinstance(role, Role):
                    entered.add(room)
            assert set(self.island.book.rooms_of(user, now=self.island.now)) == entered

    @invariant()
    def the_seats_agree(self) -> None:
        for room_id, model in self.rooms.items():
            room = parse_room(room_id)
            if isinstance(room, Table):
                record = self.island.book.tables.get(room.table_id)
                assert record is not None
                assert record.owner == model.owner
                assert {s.user_id: s.seat for s in record.seated} == {
                    user: member.seat for user, member in model.present().items()
                }

    @invariant()
    def the_lists_of_invitations_agree(self) -> None:
        for room_id, model in self.rooms.items():
            room = parse_room(room_id)
            assert room is not None
            listed = self.island.book.invitations.of(room, by=model.owner, now=self.island.now)
            assert {i.invitation_id: i.state for i in listed} == {
                i.number: i.state(self.island.now) for i in self.invitations.values() if i.room == room
            }


GuestBookMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
test_the_guest_book_does_what_its_model_does = GuestBookMachine.TestCase

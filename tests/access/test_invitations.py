"""Invitations: looked at freely, used once, gone in time."""

from __future__ import annotations

import pytest

from meshvoice.access.errors import (
    AccessError,
    InvitationExpired,
    InvitationRevoked,
    InvitationUnknown,
    InvitationUsed,
    NotFound,
    NotOwner,
    SeaClosed,
    TooManyInvitations,
    Yours,
)
from meshvoice.access.gates import Refusal, Role
from meshvoice.access.invitations import InvitationState
from meshvoice.access.links import MAX_OPEN
from meshvoice.ids import InvitationId, Room, Sea, Table, UserId, table_id
from tests.access.island import HOUR, NOON, Island


@pytest.fixture(params=["sea", "table"])
def room(request: pytest.FixtureRequest, island: Island) -> Room:
    ana = island.person("Ana")
    return island.sea(ana) if request.param == "sea" else Table(table_id=island.table(ana))


@pytest.fixture
def ana(island: Island, room: Room) -> UserId:
    """The room's owner."""
    if isinstance(room, Sea):
        return room.owner_id
    record = island.book.tables.get(room.table_id)
    assert record is not None
    return record.owner


def state(island: Island, room: Room, by: UserId) -> InvitationState:
    """The state of the newest invitation."""
    return island.book.invitations.of(room, by=by, now=island.now)[0].state


def test_an_accepted_invitation_brings_one_in(island: Island, room: Room, ana: UserId) -> None:
    bo = island.person("Bo")
    assert island.book.invitations.accept(island.token(room, ana), bo, now=island.now) == room
    assert island.role(room, bo) is (Role.GUEST if isinstance(room, Sea) else Role.SEATED)
    (invitation,) = island.book.invitations.of(room, by=ana, now=island.now)
    assert (
        invitation.state,
        invitation.accepted_by,
        invitation.accepted_name,
        invitation.accepted_at,
    ) == (
        InvitationState.ACCEPTED,
        bo,
        "Bo",
        island.now,
    )


def test_an_invitation_works_once(island: Island, room: Room, ana: UserId) -> None:
    token = island.token(room, ana)
    bo, cleo = island.person("Bo"), island.person("Cleo")
    assert island.accept(token, bo)
    with pytest.raises(InvitationUsed):
        island.accept(token, cleo)
    assert island.role(room, cleo) is Refusal.NOT_FOUND


def test_one_who_left_does_not_come_back_by_the_same_invitation(
    island: Island, room: Room, ana: UserId
) -> None:
    token, bo = island.token(room, ana), island.person("Bo")
    island.accept(token, bo)
    if isinstance(room, Sea):
        island.book.seas.leave(room.owner_id, bo, now=island.now)
    else:
        island.book.tables.leave(room.table_id, bo, now=island.now)
    with pytest.raises(InvitationUsed):
        island.accept(token, bo)


def test_one_who_is_in_uses_nothing_up(island: Island, room: Room, ana: UserId) -> None:
    first, second, bo = island.token(room, ana), island.token(room, ana), island.person("Bo")
    assert island.accept(first, bo)
    for token in (first, second):
        assert island.book.invitations.preview(token, user_id=bo, now=island.now).already_in
        assert island.book.invitations.accept(token, bo, now=island.now) == room
    assert state(island, room, ana) is InvitationState.OPEN


def test_the_owner_is_told_that_the_invitation_is_theirs(island: Island, room: Room, ana: UserId) -> None:
    token = island.token(room, ana)
    with pytest.raises(Yours) as told:
        island.accept(token, ana)
    assert told.value.room == room
    with pytest.raises(Yours):
        island.book.invitations.preview(token, user_id=ana, now=island.now)
    assert state(island, room, ana) is InvitationState.OPEN


def test_a_tables_new_owner_and_the_inviter_do_not_use_its_invitations(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    table = island.table(ana)
    room = Table(table_id=table)
    island.invite(room, ana, bo)
    token = island.token(room, ana)
    island.book.tables.hand_over(table, bo, by=ana)
    for user_id in (ana, bo):
        with pytest.raises(Yours):
            island.accept(token, user_id)


def test_whoever_leaves_a_table_takes_the_own_links_along(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    room = Table(table_id=island.table(ana))
    used, token = island.token(room, ana), island.token(room, ana)
    island.accept(used, bo)
    island.book.tables.leave(room.table_id, ana, now=island.now)
    for old, error in ((used, InvitationUsed), (token, InvitationRevoked)):
        with pytest.raises(error):
            island.book.invitations.preview(old, user_id=ana, now=island.now)
        with pytest.raises(error):
            island.accept(old, ana)
        with pytest.raises(error):
            island.accept(old, cleo)


def test_looking_uses_nothing_up(island: Island, room: Room, ana: UserId) -> None:
    token, bo = island.token(room, ana), island.person("Bo")
    for user_id in (None, bo, None, bo):
        preview = island.book.invitations.preview(token, user_id=user_id, now=island.now)
        assert (preview.room, preview.inviter, preview.inviter_name) == (room, ana, "Ana")
        assert preview.table_name == (None if isinstance(room, Sea) else "Chess")
        assert (preview.expires_at, preview.already_in) == (NOON + 24 * HOUR, False)
    assert island.accept(token, bo)
    with pytest.raises(InvitationUsed):
        island.book.invitations.preview(token, user_id=None, now=island.now)


def test_an_invitation_expires_after_a_day(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    for room in (island.sea(ana, hours=48), Table(table_id=island.table(ana))):
        token = island.token(room, ana)
        island.now += 24 * HOUR
        assert state(island, room, ana) is InvitationState.EXPIRED
        with pytest.raises(InvitationExpired):
            island.accept(token, bo)


def test_an_invitation_ends_with_the_sea(island: Island) -> None:
    ana = island.person("Ana")
    sea = island.sea(ana, hours=2)
    island.now += HOUR
    invitation = island.book.invitations.make(sea, by=ana, token="t" * 22, now=island.now)
    assert (invitation.state, invitation.made_at, invitation.expires_at) == (
        InvitationState.OPEN,
        NOON + HOUR,
        NOON + 2 * HOUR,
    )


def test_a_revoked_invitation_opens_nothing(island: Island, room: Room, ana: UserId) -> None:
    token, kept, bo = island.token(room, ana), island.token(room, ana), island.person("Bo")
    _, invitation = island.book.invitations.of(room, by=ana, now=island.now)
    for _ in range(2):
        revoked = island.book.invitations.revoke(room, invitation.invitation_id, by=ana, now=island.now)
        assert revoked.state is InvitationState.REVOKED
    with pytest.raises(InvitationRevoked):
        island.accept(token, bo)
    assert island.accept(kept, bo)


def test_a_used_invitation_is_too_late_to_revoke(island: Island, room: Room, ana: UserId) -> None:
    island.invite(room, ana, island.person("Bo"))
    (invitation,) = island.book.invitations.of(room, by=ana, now=island.now)
    with pytest.raises(InvitationUsed, match="remove the person instead"):
        island.book.invitations.revoke(room, invitation.invitation_id, by=ana, now=island.now)


def test_an_invitation_is_revoked_in_its_own_room_only(island: Island, room: Room, ana: UserId) -> None:
    bo = island.person("Bo")
    elsewhere = island.sea(bo)
    island.token(room, ana)
    (invitation,) = island.book.invitations.of(room, by=ana, now=island.now)
    for invitation_id in (invitation.invitation_id, InvitationId(10**18 - 1)):
        with pytest.raises(NotFound):
            island.book.invitations.revoke(elsewhere, invitation_id, by=bo, now=island.now)
    assert state(island, room, ana) is InvitationState.OPEN


def test_only_the_owner_invites_lists_and_revokes(island: Island, room: Room, ana: UserId) -> None:
    bo, stranger = island.person("Bo"), island.person("Mallory")
    island.invite(room, ana, bo)
    invitations = island.book.invitations
    error: type[AccessError]
    for by, error in ((bo, NotOwner), (stranger, NotFound)):
        with pytest.raises(error):
            invitations.make(room, by=by, token="t" * 22, now=island.now)
        with pytest.raises(error):
            invitations.of(room, by=by, now=island.now)
        with pytest.raises(error):
            invitations.revoke(room, InvitationId(1), by=by, now=island.now)


def test_nobody_invites_to_a_table_that_is_not(island: Island) -> None:
    with pytest.raises(NotFound):
        island.token(Table(table_id=table_id(b"\xff" * 16)), island.person("Ana"))


def test_nobody_is_invited_to_a_closed_sea(island: Island) -> None:
    ana = island.person("Ana")
    with pytest.raises(SeaClosed):
        island.token(Sea(owner_id=ana), ana)


def test_a_room_has_a_limit_of_open_invitations(island: Island, room: Room, ana: UserId) -> None:
    for _ in range(MAX_OPEN):
        island.token(room, ana)
    with pytest.raises(TooManyInvitations):
        island.token(room, ana)
    newest = island.book.invitations.of(room, by=ana, now=island.now)[0]
    island.book.invitations.revoke(room, newest.invitation_id, by=ana, now=island.now)
    island.token(room, ana)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "é" * 10_000, "0" * 36])
def test_a_token_that_is_none_is_unknown(island: Island, token: str) -> None:
    with pytest.raises(InvitationUnknown):
        island.accept(token, island.person("Bo"))


def test_a_token_that_can_be_guessed_is_a_mistake(island: Island, room: Room, ana: UserId) -> None:
    with pytest.raises(ValueError, match="128 random bits"):
        island.book.invitations.make(room, by=ana, token="x" * 21, now=island.now)

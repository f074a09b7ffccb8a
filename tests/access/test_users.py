"""People and sessions: ids stay, names change, what is signed out stays out."""

from __future__ import annotations

import pytest

from meshvoice.access.errors import InvitationExpired, InvitationUnknown, NotFound, SeaClosed
from meshvoice.access.forgetting import KEEP
from meshvoice.access.gates import Refusal, Role
from meshvoice.access.users import FORGOTTEN_AFTER
from meshvoice.ids import SessionId, Table, UserId
from meshvoice.names import NameRefused
from tests.access.island import HOUR, NOON, Island

DAY = 24 * HOUR
NOBODY = UserId("f" * 32)


def test_two_people_of_one_name_are_two(island: Island) -> None:
    first, second = island.person(" Ana "), island.person("Ana")
    assert first != second
    user = island.book.users.get(first)
    assert user is not None
    assert (user.user_id, user.name, user.external) == (first, "Ana", None)
    assert island.book.users.get(NOBODY) is None


def test_a_new_name_stays_the_same_person(island: Island) -> None:
    ana = island.person("Ana")
    assert island.book.users.rename(ana, "Anna").user_id == ana
    assert island.book.users.get(ana) == island.book.users.rename(ana, " Anna ")
    with pytest.raises(NameRefused):
        island.book.users.rename(ana, "")
    with pytest.raises(NotFound):
        island.book.users.rename(NOBODY, "Ana")


def test_a_bad_name_is_not_remembered(island: Island) -> None:
    with pytest.raises(NameRefused):
        island.person("\u200b")


def test_the_proxys_name_leads_to_one_person(island: Island) -> None:
    users = island.book.users
    ana = users.by_external("ana@example.org", name="Ana", random=island.random(), now=NOON)
    assert ana.external == "ana@example.org"
    again = users.by_external("ana@example.org", name="Anna", random=island.random(), now=NOON)
    assert (again.user_id, again.name) == (ana.user_id, "Ana")
    assert users.by_external("Ana@example.org", name="Ana", random=island.random(), now=NOON) != ana


@pytest.mark.parametrize("external", ["", "x" * 256, "a\nb", "a\x00", "\ud800", "a\u202eb"])
def test_a_proxys_name_that_cannot_be_one_is_refused(island: Island, external: str) -> None:
    with pytest.raises(NameRefused, match="proxy"):
        island.book.users.by_external(external, name="Ana", random=island.random(), now=NOON)


def test_a_revoked_session_stays_revoked_while_its_cookie_could_live(island: Island) -> None:
    sessions, session = island.book.sessions, SessionId("s")
    assert not sessions.revoked(session)
    sessions.revoke(session, until=NOON + DAY)
    sessions.revoke(session, until=NOON + HOUR)
    island.book.prune(now=NOON + DAY)
    assert sessions.revoked(session)
    assert not sessions.revoked(SessionId("t"))
    island.book.prune(now=NOON + DAY + 1)
    assert not sessions.revoked(session)


def test_a_session_is_its_persons_until_it_is_revoked_or_they_are_forgotten(island: Island) -> None:
    users, session = island.book.users, SessionId("s")
    ana, bo = island.person("Ana"), island.person("Bo")
    assert users.of_session(ana, session) == (users.get(ana), NOON)
    users.seen(ana, now=NOON + 2 * HOUR)
    assert users.of_session(ana, session) == (users.get(ana), NOON + 2 * HOUR)
    island.book.sessions.revoke(session, until=NOON + DAY)
    assert users.of_session(ana, session) is None
    assert users.of_session(ana, SessionId("t")) is not None
    island.book.forget(bo, now=NOON)
    assert users.of_session(bo, SessionId("t")) is None


def test_who_is_seen_is_not_forgotten(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    for days in range(1, 91):
        island.book.users.seen(ana, now=NOON + days * DAY - HOUR)
    island.book.users.seen(NOBODY, now=NOON)
    island.book.prune(now=NOON + 90 * DAY)
    assert island.book.users.get(ana) is not None
    assert island.book.users.get(bo) is None


def test_whom_the_proxy_names_is_never_forgotten(island: Island) -> None:
    ana = island.book.users.by_external("ana", name="Ana", random=island.random(), now=NOON)
    island.book.prune(now=NOON + 999 * DAY)
    assert island.book.users.get(ana.user_id) == ana


def test_the_forgotten_leave_their_seats_and_close_their_seas(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    shared, alone, sea = Table(table_id=island.table(ana)), Table(table_id=island.table(ana)), island.sea(ana)
    island.invite(shared, ana, bo)
    island.invite(sea, ana, bo)
    token = island.token(shared, ana)
    island.now += FORGOTTEN_AFTER + 1
    island.book.users.seen(bo, now=island.now)
    island.book.prune(now=island.now)
    record = island.book.tables.get(shared.table_id)
    assert record is not None
    assert (record.owner, [seated.seat for seated in record.seated]) == (bo, [2])
    assert island.book.tables.get(alone.table_id) is None
    assert island.role(sea, bo) is Refusal.NOT_FOUND
    with pytest.raises(InvitationUnknown):
        island.accept(token, island.person("Cleo"))


def test_somebody_forgotten_at_once_frees_their_seats_and_ends_their_sea(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    shared, alone, sea = Table(table_id=island.table(ana)), Table(table_id=island.table(ana)), island.sea(ana)
    for room in (shared, sea):
        island.invite(room, ana, bo)
    tokens = [island.token(shared, ana), island.token(sea, ana)]
    rooms = island.book.forget(ana, now=island.now)
    assert set(rooms) == {sea, shared, alone}
    assert island.book.users.get(ana) is None
    assert (island.role(shared, bo), island.role(sea, bo)) == (Role.OWNER, Refusal.NOT_FOUND)
    assert island.book.tables.get(alone.table_id) is None
    assert island.book.seas.visiting(bo, now=island.now) == ()
    for token in tokens:
        with pytest.raises(InvitationUnknown):
            island.accept(token, bo)
    assert island.book.forget(ana, now=island.now) == ()


def test_a_guest_who_is_forgotten_leaves_no_working_invitation(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    sea = island.sea(ana)
    token = island.token(sea, ana)
    island.accept(token, bo)
    island.book.forget(bo, now=island.now)
    assert island.book.seas.guests(ana) == ()
    with pytest.raises(InvitationUnknown):
        island.accept(token, cleo)


def test_whom_the_proxy_names_is_not_forgotten_at_once_either(island: Island) -> None:
    ana = island.book.users.by_external("ana", name="Ana", random=island.random(), now=NOON)
    table = Table(table_id=island.table(ana.user_id))
    assert island.book.forget(ana.user_id, now=island.now) == ()
    assert island.role(table, ana.user_id) is Role.OWNER


def test_what_is_over_is_told_for_a_week_and_then_forgotten(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    sea, table = island.sea(ana, hours=1), Table(table_id=island.table(ana))
    island.invite(sea, ana, bo)
    island.invite(table, ana, bo)
    token, seat = island.token(sea, ana), island.token(table, ana)
    island.book.tables.remove(table.table_id, bo, by=ana, now=NOON, with_links=False)
    island.now = NOON + KEEP
    island.book.prune(now=island.now)
    assert (island.role(sea, bo), island.role(table, bo)) == (Refusal.CLOSED, Refusal.REMOVED)
    for old, error in ((token, SeaClosed), (seat, InvitationExpired)):
        with pytest.raises(error):
            island.accept(old, cleo)
    island.now += DAY + 1
    island.book.prune(now=island.now)
    assert (island.role(sea, bo), island.role(table, bo)) == (Refusal.NOT_FOUND, Refusal.NOT_FOUND)
    for old in (token, seat):
        with pytest.raises(InvitationUnknown):
            island.accept(old, cleo)
    assert island.role(table, ana) is Role.OWNER


def test_a_token_used_before_the_window_was_forgotten_never_works_again(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    sea = island.sea(ana, hours=1)
    token, unused = island.token(sea, ana), island.token(sea, ana)
    island.accept(token, bo)
    island.now += KEEP + 2 * HOUR
    island.book.prune(now=island.now)
    island.sea(ana)
    for old in (token, unused):
        with pytest.raises(InvitationUnknown):
            island.accept(old, cleo)

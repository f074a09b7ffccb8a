"""Piles stay small: lists are bounded, what is over is kept in small numbers, and pruned in small pieces."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from meshvoice.access import schema
from meshvoice.access.errors import InvitationUnknown, SeaFull, TooManyInvitations, TooManyRooms
from meshvoice.access.forgetting import KEEP
from meshvoice.access.gates import Refusal, Role, Standing
from meshvoice.access.guestbook import GuestBook
from meshvoice.access.invitations import InvitationState
from meshvoice.access.links import MAX_EARLIER, MAX_MADE, MAX_OPEN
from meshvoice.access.members import MAX_ROOMS
from meshvoice.access.seas import MAX_GONE, MAX_GUESTS
from meshvoice.access.users import FORGOTTEN_AFTER, IDLE_FORGOTTEN_AFTER
from meshvoice.ids import Room, Sea, SessionId, Table, UserId
from tests.access.island import HOUR, NOON, Island

DAY = 24 * HOUR


def count(island: Island, table: str) -> int:
    return island.book._store.number(f"SELECT count(*) FROM {table}")


def revoke_newest(island: Island, room: Room, by: UserId) -> None:
    (newest, *_) = island.book.invitations.of(room, by=by, now=island.now)
    island.book.invitations.revoke(room, newest.invitation_id, by=by, now=island.now)


def prune(island: Island, *, limit: int = 100) -> int:
    """Prune to the end; gives in how many calls."""
    calls = 1
    while island.book.prune(now=island.now, limit=limit):
        calls += 1
    return calls


def test_all_open_invitations_are_listed_and_the_newest_of_the_others(island: Island) -> None:
    ana = island.person("Ana")
    sea = island.sea(ana)
    for _ in range(MAX_EARLIER + 5):
        island.token(sea, ana)
        revoke_newest(island, sea, ana)
    for _ in range(MAX_OPEN):
        island.token(sea, ana)
    listed = island.book.invitations.of(sea, by=ana, now=island.now)
    states = [invitation.state for invitation in listed]
    assert states == [InvitationState.OPEN] * MAX_OPEN + [InvitationState.REVOKED] * MAX_EARLIER
    numbers = [invitation.invitation_id for invitation in listed]
    assert numbers == sorted(numbers, reverse=True)
    # A removal takes all that are open back at once.
    revoke_newest(island, sea, ana)
    island.invite(sea, ana, bo := island.person("Bo"))
    assert island.book.seas.remove(ana, bo, now=island.now) == MAX_OPEN - 1
    assert (
        len(island.book.invitations.of(sea, by=ana, now=island.now))
        == MAX_EARLIER
        < count(island, "invitations")
    )


def test_of_what_is_over_a_room_keeps_as_many_as_it_lists(island: Island) -> None:
    """Used, revoked and expired ones alike; a pile from elsewhere shrinks with each new invitation."""
    ana = island.person("Ana")
    sea = island.sea(ana)
    first = island.token(sea, ana)
    for _ in range(MAX_EARLIER):
        island.token(sea, ana)
        revoke_newest(island, sea, ana)
    island.accept(first, island.person("Bo"))
    island.token(sea, ana)
    assert count(island, "invitations") == MAX_EARLIER + 1
    with pytest.raises(InvitationUnknown):
        island.accept(first, island.person("Cleo"))


def test_an_inviter_has_a_limit_over_all_rooms(island: Island) -> None:
    ana = island.person("Ana")
    sea = island.sea(ana)
    tables = [Table(table_id=island.table(ana)) for _ in range(MAX_MADE // MAX_OPEN)]
    for table in tables:
        for _ in range(MAX_OPEN):
            island.token(table, ana)
    with pytest.raises(TooManyInvitations):
        island.token(sea, ana)
    revoke_newest(island, tables[0], ana)
    island.token(sea, ana)
    assert count(island, "invitations") == MAX_MADE


def test_a_sea_takes_so_many_guests_and_keeps_the_invitation(island: Island) -> None:
    ana = island.person("Ana")
    sea = island.sea(ana)
    guests = [island.person("Bo") for _ in range(MAX_GUESTS + 1)]
    for guest in guests[:-1]:
        island.invite(sea, ana, guest)
    token = island.token(sea, ana)
    with pytest.raises(SeaFull):
        island.accept(token, guests[-1])
    island.book.seas.leave(ana, guests[0], now=island.now)
    assert island.accept(token, guests[-1])


def test_of_the_guests_who_are_gone_the_last_are_listed(island: Island) -> None:
    ana, dan = island.person("Ana"), island.person("Dan")
    sea = island.sea(ana)
    island.invite(sea, ana, dan)
    gone = []
    for _ in range(MAX_GONE + 5):
        island.now += 1
        gone.append(island.person("Bo"))
        island.invite(sea, ana, gone[-1])
        island.book.seas.leave(ana, gone[-1], now=island.now)
    listed = island.book.seas.guests(ana)
    assert [(guest.user_id, guest.standing) for guest in listed] == [
        (dan, Standing.PRESENT),
        *((user_id, Standing.LEFT) for user_id in gone[5:]),
    ]


def test_nobody_is_in_more_rooms_than_the_limit(island: Island) -> None:
    ana, bo, sea = UserId(""), island.person("Bo"), Sea(owner_id=UserId(""))
    for _ in range(MAX_ROOMS + 1):
        ana = island.person("Ana")
        sea = island.sea(ana)
        token = island.token(sea, ana)
        if _ < MAX_ROOMS:
            island.accept(token, bo)
    with pytest.raises(TooManyRooms):
        island.accept(token, bo)
    assert island.role(sea, bo) is Refusal.NOT_FOUND
    visited = island.book.rooms_of(bo, now=island.now)[0]
    assert isinstance(visited, Sea)
    island.book.seas.leave(visited.owner_id, bo, now=island.now)
    assert island.accept(token, bo)


def test_pruning_goes_in_pieces_and_comes_to_an_end(island: Island) -> None:
    """Each call forgets no more than it was told to, and says whether there may be more."""
    ana = island.person("Ana")
    for number in range(25):
        island.person("Bo")
        island.book.sessions.revoke(SessionId(str(number)), until=NOON)
    sea, table = island.sea(ana, hours=1), Table(table_id=island.table(ana))
    for _ in range(12):
        bo = island.person("Bo")
        island.invite(sea, ana, bo)
        island.invite(table, ana, bo)
        island.book.tables.remove(table.table_id, bo, by=ana, now=island.now)
    island.now += KEEP + DAY + 1
    island.book.users.seen(ana, now=island.now)
    tables = ("users", "revoked_sessions", "invitations", "members", "rooms")

    def rows() -> int:
        return sum(count(island, each) for each in tables)

    before, calls = rows(), 1
    while island.book.prune(now=island.now, limit=10):
        after = rows()
        assert 0 < before - after <= 10
        before, calls = after, calls + 1
    assert calls > 5
    assert [count(island, each) for each in tables] == [13, 0, 0, 1, 1]
    assert island.role(table, ana) is Role.OWNER


def test_somebody_with_many_invitations_is_forgotten_in_pieces_too(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    table = Table(table_id=island.table(ana))
    for _ in range(35):
        island.token(table, ana)
    island.accept(island.token(table, ana), bo)
    island.now += FORGOTTEN_AFTER + 1
    island.book.users.seen(ana, now=island.now)
    # The invitations are of yesterday, so that their inviter goes before them.
    island.book._store.run("UPDATE invitations SET expires_at = ?", island.now)
    assert prune(island, limit=10) == 1
    assert (island.book.users.get(bo), count(island, "invitations")) == (None, 35)
    island.now += FORGOTTEN_AFTER + 1
    island.book._store.run("UPDATE invitations SET expires_at = ?", island.now)
    assert prune(island, limit=10) == 4
    assert [count(island, each) for each in ("users", "rooms", "invitations")] == [0, 0, 0]


def test_who_signed_in_and_did_nothing_is_forgotten_after_a_day(island: Island) -> None:
    idle, seen = island.person("Ana"), island.person("Bo")
    island.now += 2 * HOUR
    island.book.users.seen(seen, now=island.now)
    island.now = NOON + IDLE_FORGOTTEN_AFTER
    prune(island)
    assert island.book.users.get(idle) is not None
    island.now += 1
    prune(island)
    assert (island.book.users.get(idle), island.book.users.get(seen) is None) == (None, False)


@pytest.mark.parametrize("what", ["a sea", "a table", "a guest's presence"])
def test_whoever_ever_took_part_stays_for_ninety_days(island: Island, what: str) -> None:
    """Also when nothing of it is left."""
    ana, owner = island.person("Ana"), island.person("Bo")
    match what:
        case "a sea":
            island.sea(ana, hours=1)
        case "a table":
            island.book.tables.leave(island.table(ana), ana, now=island.now)
        case _:
            island.invite(island.sea(owner, hours=1), owner, ana)
    island.now = NOON + FORGOTTEN_AFTER
    prune(island)
    assert [count(island, each) for each in ("rooms", "members", "invitations")] == [0, 0, 0]
    assert island.book.users.get(ana) is not None
    island.now += 1
    prune(island)
    assert island.book.users.get(ana) is None


def test_a_book_of_the_first_version_opens_with_its_people_and_without_its_piles(tmp_path: Path) -> None:
    path = str(tmp_path / "book.db")
    connection = sqlite3.connect(path)
    schema.prepare(connection, migrations=schema.MIGRATIONS[:1])
    ana, table = "a" * 32, "00000000-0000-4000-8000-000000000000"
    connection.execute("INSERT INTO users VALUES (?, 'Ana', NULL, ?)", (ana, NOON))
    connection.execute("INSERT INTO rooms VALUES (?, ?, 'Chess', ?, NULL, 6)", (table, ana, NOON))
    connection.execute("INSERT INTO members VALUES (?, ?, 'present', 1, ?, 0)", (table, ana, NOON))
    for number in range(MAX_EARLIER + 20):
        row = (number.to_bytes(32, "big"), table, ana, NOON, NOON + DAY, NOON if number else None)
        connection.execute(
            "INSERT INTO invitations (token_hash, room_id, inviter, made_at, expires_at, revoked_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
    connection.close()
    island = Island(GuestBook.open(path))
    (record,) = island.book.tables.of(UserId(ana))
    assert island.role(record.room, UserId(ana)) is Role.OWNER
    assert count(island, "invitations") == MAX_EARLIER + 1
    island.now += 2 * IDLE_FORGOTTEN_AFTER
    prune(island)
    assert island.book.users.get(UserId(ana)) is not None
    island.book.close()

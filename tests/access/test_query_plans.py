"""No statement of the guest book reads a whole table, however large the book grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import SessionId, Table
from tests.access.island import HOUR, Island

ONE_ROW = "sqlite_sequence"
"""SQLite's own table of numbers given: a row for each of our tables that has such numbers, which is one."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


def everything(island: Island) -> None:
    """Do all that a guest book does."""
    book = island.book
    ana, bo, cleo = (island.person(name) for name in ("Ana", "Bo", "Cleo"))
    book.users.by_external("ana", name="Ana", random=island.random(), now=island.now)
    book.users.rename(ana, "Anna")
    book.users.seen(ana, now=island.now + 25 * HOUR)
    book.sessions.revoke(SessionId("s"), until=island.now)
    book.sessions.revoked(SessionId("s"))
    book.users.of_session(ana, SessionId("s"))
    sea, table = island.sea(ana), Table(table_id=island.table(ana))
    for room in (sea, table):
        for guest in (bo, cleo):
            island.invite(room, ana, guest)
        token = island.token(room, ana)
        book.invitations.preview(token, user_id=None, now=island.now)
        (newest, *_) = book.invitations.of(room, by=ana, now=island.now)
        book.invitations.revoke(room, newest.invitation_id, by=ana, now=island.now)
    book._store.run("UPDATE invitations SET revoked_at = NULL")
    book.seas.guests(ana)
    book.seas.visiting(bo, now=island.now)
    book.seas.leave(ana, bo, now=island.now)
    book.seas.remove(ana, cleo, now=island.now)
    book.tables.of(bo)
    book.tables.remove(table.table_id, cleo, by=ana, now=island.now, with_links=False)
    book.tables.hand_over(table.table_id, bo, by=ana)
    book.tables.leave(table.table_id, ana, now=island.now)
    book.host_links.make("h" * 32, now=island.now)
    book.host_links.accept("h" * 32, now=island.now)
    book.rooms_of(bo, now=island.now)
    book.seas.close(ana, now=island.now)
    book.tables.leave(table.table_id, bo, now=island.now)
    island.sea(ana)
    book.forget(bo, now=island.now)
    book.try_to_write()
    island.now += 8 * 24 * HOUR
    book.prune(now=island.now)
    island.now += 100 * 24 * HOUR
    book.prune(now=island.now)


def test_no_statement_scans_a_table(connection: sqlite3.Connection) -> None:
    island = Island(GuestBook(connection))
    statements: set[str] = set()
    connection.set_trace_callback(statements.add)
    everything(island)
    connection.set_trace_callback(None)
    read = {sql for sql in statements if sql.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT")}
    read.discard("UPDATE invitations SET revoked_at = NULL")
    assert len(read) > 50
    for sql in read:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        scans = [step for step in plan if step.startswith("SCAN") and not scans_little(step)]
        assert scans == [], sql
        # What is over is read in its order and no further; the few open ones, tables and visits are sorted.
        assert not ("expires_at <=" in sql and "TEMP B-TREE" in " ".join(plan)), sql


def scans_little(step: str) -> bool:
    return step.endswith((ONE_ROW, "CONSTANT ROW")) or "subquery" in step.lower()


def test_no_row_that_goes_makes_sqlite_look_through_a_table_for_those_that_go_with_it(
    connection: sqlite3.Connection,
) -> None:
    """Each column that refers to another table is the first of some index."""
    GuestBook(connection)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    referring = {
        (table, key[3]) for table in tables for key in connection.execute(f"PRAGMA foreign_key_list({table})")
    }
    assert ("invitations", "deposited_by") in referring
    first = {
        (table, connection.execute(f"PRAGMA index_info({index[1]})").fetchone()[2])
        for table in tables
        for index in connection.execute(f"PRAGMA index_list({table})")
        if not index[4]  # a partial one may not hold the row
    }
    assert referring <= first

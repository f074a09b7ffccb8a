"""The guest book's file: made, kept, shared, and refused with the fix where it can't be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from meshvoice.access import schema
from meshvoice.access.errors import GuestBookError, InvitationUsed
from meshvoice.access.gates import Admission, Role, may_enter
from meshvoice.access.guestbook import GuestBook
from meshvoice.access.lock import lock_path
from meshvoice.ids import Room, Sea, Table, UserId
from tests.access.island import NOON, Island


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "meshvoice.db")


def test_an_empty_file_keeps_its_private_mode(path: str) -> None:
    os.close(os.open(path, os.O_CREAT, 0o600))
    book = GuestBook.open(path)
    book.users.add("Ana", random=b"a" * 16, now=NOON)
    assert {os.stat(path + suffix).st_mode & 0o777 for suffix in ("", "-wal", "-shm")} == {0o600}
    book.close()


def test_each_commit_is_synced_and_references_hold(path: str) -> None:
    connection = sqlite3.connect(path)
    GuestBook(connection)
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    values = [connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
    assert values == ["wal", 2, 1, 50]
    connection.close()


def test_all_is_there_when_the_file_is_opened_again(path: str) -> None:
    island = Island(GuestBook.open(path))
    ana, bo = island.person("Ana"), island.person("Bo")
    sea, table = island.sea(ana), Table(table_id=island.table(ana))
    for room in (sea, table):
        island.invite(room, ana, bo)
    before = (island.role(sea, bo), island.role(table, bo), island.book.tables.of(bo))
    island.book.close()
    island.book = GuestBook.open(path)
    assert (island.role(sea, bo), island.role(table, bo), island.book.tables.of(bo)) == before
    island.book.close()


def test_what_was_answered_survives_kill_9(path: str) -> None:
    program = """
import os, signal, sys
from meshvoice.access.guestbook import GuestBook
book = GuestBook.open(sys.argv[1])
for n in range(1, 40):
    print(book.users.add("Ana", random=n.to_bytes(16, "big"), now=1.0).user_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    root = Path(schema.__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=False, cwd=root
    )
    assert killed.returncode == -9, killed.stderr
    book = GuestBook.open(path)
    told = killed.stdout.split()
    assert len(told) == 39
    assert all(book.users.get(UserId(text)) for text in told)
    book.close()


def refusal(path: str, *, uri: bool = False) -> str:
    connection = sqlite3.connect(path, uri=uri)
    try:
        with pytest.raises(GuestBookError) as refused:
            GuestBook(connection)
    finally:
        connection.close()
    assert refused.value.code == "guest-book"
    return str(refused.value)


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)
    with pytest.raises(GuestBookError, match="its content is damaged: move it away"):
        GuestBook.open(path)


def test_an_older_sqlite_is_told_as_that(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes `STRICT` for a mistake in the file, which nobody is to move away for that."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    with pytest.raises(GuestBookError, match=r"SQLite is 3\.34\.1, and the guest book needs 3\.37 or newer"):
        GuestBook.open(path)
    assert not Path(path).exists() or Path(path).read_bytes() == b""


def test_a_damaged_page_is_refused(path: str) -> None:
    island = Island(GuestBook.open(path))
    for _ in range(200):
        island.person("Ana")
    island.book.close()
    content = bytearray(Path(path).read_bytes())
    page = 4096
    content[page : 2 * page] = b"\xa5" * page
    Path(path).write_bytes(bytes(content))
    assert "its content is damaged" in refusal(path)


def test_a_damaged_index_is_refused(path: str) -> None:
    GuestBook.open(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'rooms_of_owner'")
    connection.close()
    assert "its content is damaged" in refusal(path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GuestBookError, match="right to write the file and its folder"):
        GuestBook.open(str(tmp_path / "none" / "meshvoice.db"))


def test_a_file_that_cannot_be_written_is_refused(path: str) -> None:
    GuestBook.open(path).close()
    assert "right to write the file and its folder" in refusal(f"file:{path}?mode=ro", uri=True)


def test_another_programs_database_is_left_alone(path: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = Path(path).read_bytes()
    assert "another program's database" in refusal(path)
    assert Path(path).read_bytes() == before


def test_a_newer_file_is_left_alone(path: str) -> None:
    GuestBook.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "version 99, and this meshvoice knows up to 3" in refusal(path)


def test_a_file_system_without_the_write_ahead_log_is_refused(path: str) -> None:
    assert "point MESHVOICE_DATABASE at a local disk" in refusal(f"file:{path}?vfs=unix-dotfile", uri=True)


def test_a_file_that_another_process_holds_is_refused(path: str) -> None:
    GuestBook.open(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    connection = sqlite3.connect(path)
    with pytest.raises(GuestBookError, match="another process holds it"):
        schema.prepare(connection, start_ms=1)
    connection.close()
    other.close()


def test_a_lock_of_another_process_is_hardly_waited_for(path: str) -> None:
    """Reads go on; a write is refused soon, with what to do, and works as soon as the other one is done."""
    island = Island(GuestBook.open(path))
    ana = island.person("Ana")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(GuestBookError, match="end that one, another meshvoice or a sqlite3 shell"):
        island.person("Bo")
    assert time.monotonic() - began < 2.5, "half of what SQLite waits by itself"
    # Also that it waited in vain: who only counts what was written would see no slow one.
    assert island.book.written.buckets()[-1][1] == 2
    assert str(island.book.trouble).endswith("first.")
    user = island.book.users.get(ana)
    assert user is not None
    other.close()
    island.book.try_to_write()
    assert (island.book.trouble, island.book.users.get(ana)) == (None, user)
    island.book.close()


def test_a_book_that_is_served_alone_is_not_served_twice(path: str) -> None:
    book = GuestBook.open(path, alone=True)
    with pytest.raises(GuestBookError, match="stop that one first, or give each its own MESHVOICE_DATABASE"):
        GuestBook.open(path, alone=True)
    # Whoever only looks, as a backup does, is let in.
    GuestBook.open(path).close()
    book.close()
    GuestBook.open(path, alone=True).close()


def test_a_book_that_is_shared_is_served_by_those_who_share_it(path: str) -> None:
    """And by nobody who would have it alone, nor beside such a one."""
    first, second = GuestBook.open(path, shared=True), GuestBook.open(path, shared=True)
    with pytest.raises(GuestBookError, match="MESHVOICE_PROCESSES says so to each"):
        GuestBook.open(path, alone=True)
    for book in (first, second):
        book.close()
    alone = GuestBook.open(path, alone=True)
    with pytest.raises(GuestBookError, match="Another meshvoice"):
        GuestBook.open(path, shared=True)
    alone.close()
    GuestBook.open(path, shared=True).close()


def test_what_another_process_wrote_is_noticed_once(path: str) -> None:
    ours, theirs = GuestBook.open(path, shared=True), GuestBook.open(path, shared=True)
    ours.changed_elsewhere()  # the other one was opened
    ours.try_to_write()
    assert not ours.changed_elsewhere()
    theirs.try_to_write()
    assert ours.changed_elsewhere()
    assert not ours.changed_elsewhere()
    for book in (ours, theirs):
        book.close()


def test_a_book_that_was_refused_is_not_held(path: str) -> None:
    Path(path).write_bytes(b"garbage" * 1000)
    for _ in range(2):
        with pytest.raises(GuestBookError, match="its content is damaged"):
            GuestBook.open(path, alone=True)


def test_kill_9_lets_the_next_one_serve(path: str) -> None:
    program = """
import os, signal, sys
from meshvoice.access.guestbook import GuestBook
book = GuestBook.open(sys.argv[1], alone=True)
print("held", flush=True)
signal.pause()
"""
    root = Path(schema.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True, cwd=root
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(GuestBookError, match="Another meshvoice"):
            GuestBook.open(path, alone=True)
        holder.kill()
        holder.wait()
    GuestBook.open(path, alone=True).close()


@pytest.mark.parametrize("kind", ["folder", "something else"])
def test_a_lock_file_that_cannot_be_one_is_refused(path: str, kind: str) -> None:
    if kind == "folder":
        Path(lock_path(path)).mkdir()
    else:
        Path(lock_path(path)).write_bytes(b"garbage" * 1000)
    with pytest.raises(GuestBookError, match="lock file can't be used"):
        GuestBook.open(path, alone=True)


def test_a_row_that_breaks_a_rule_is_refused_and_says_nothing_of_the_file() -> None:
    """As of somebody who signed out while their form was on its way."""
    island = Island(GuestBook(sqlite3.connect(":memory:")))
    with pytest.raises(GuestBookError, match="FOREIGN KEY"):
        island.table(UserId("0" * 32))
    assert island.book.trouble is None
    island.book.close()


def test_a_disk_that_fills_up_stops_writes_alone(path: str) -> None:
    """What was there is read; what could not be written is not there, and is told with the fix."""
    connection = sqlite3.connect(path)
    island = Island(GuestBook(connection))
    ana = island.person("Ana")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")

    def people_come() -> None:
        for _ in range(1000):
            island.person("Bo" * 20)

    with pytest.raises(GuestBookError, match=r"disk is full\): make room on its disk") as refused:
        people_come()
    assert island.book.trouble is refused.value
    assert island.book.users.get(ana) is not None
    connection.execute("PRAGMA max_page_count = 100000")
    island.person("Cleo")
    trouble: GuestBookError | None = island.book.trouble
    assert trouble is None
    island.book.close()


def test_a_full_disk_is_refused(path: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(GuestBookError, match=r"disk is full\): make room on its disk"):
        GuestBook(connection)
    connection.close()


def test_a_file_is_brought_to_the_newest_version(path: str) -> None:
    island = Island(GuestBook.open(path))
    ana = island.person("Ana")
    island.book.close()
    connection = sqlite3.connect(path)
    schema.prepare(connection, migrations=(*schema.MIGRATIONS, ("ALTER TABLE users ADD COLUMN colour TEXT",)))
    rows = connection.execute("SELECT user_id, colour FROM users").fetchall()
    assert (rows, connection.execute("PRAGMA user_version").fetchone()) == ([(ana, None)], (4,))
    connection.close()


def test_a_migration_that_fails_changes_nothing(path: str) -> None:
    GuestBook.open(path).close()
    connection = sqlite3.connect(path)
    broken = ("CREATE TABLE half (x TEXT) STRICT", "CREATE NONSENSE")
    with pytest.raises(GuestBookError):
        schema.prepare(connection, migrations=(*schema.MIGRATIONS, broken))
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    assert connection.execute("SELECT name FROM sqlite_schema WHERE name = 'half'").fetchall() == []
    connection.close()


def test_a_write_that_fails_changes_nothing_and_is_told(path: str) -> None:
    connection = sqlite3.connect(path)
    island = Island(GuestBook(connection))
    ana = island.person("Ana")
    table = island.table(ana)
    connection.execute(
        "CREATE TRIGGER fault BEFORE INSERT ON members BEGIN SELECT raise(ABORT, 'disk is full'); END"
    )
    with pytest.raises(GuestBookError, match="disk is full"):
        island.table(ana)
    connection.execute("DROP TRIGGER fault")
    assert [record.table_id for record in island.book.tables.of(ana)] == [table]
    assert connection.execute("SELECT count(*) FROM rooms").fetchone() == (1,)
    island.book.close()


@pytest.mark.parametrize("kind", ["sea", "table"])
def test_of_fifty_who_accept_at_once_one_succeeds(path: str, kind: str) -> None:
    island = Island(GuestBook.open(path))
    ana = island.person("Ana")
    guests = [island.person(f"Guest {n}") for n in range(50)]
    room: Room = island.sea(ana) if kind == "sea" else Table(table_id=island.table(ana))
    token = island.token(room, ana)
    together = threading.Barrier(len(guests))

    def accept(guest: UserId) -> bool:
        book = GuestBook.open(path, busy_ms=5000)
        together.wait()
        try:
            return book.invitations.accept(token, guest, now=NOON) == room
        except InvitationUsed:
            return False
        finally:
            book.close()

    with ThreadPoolExecutor(len(guests)) as threads:
        succeeded = [guest for guest, done in zip(guests, threads.map(accept, guests), strict=True) if done]
    assert len(succeeded) == 1
    assert [guest for guest in guests if isinstance(island.role(room, guest), Role)] == succeeded
    island.book.close()


def test_the_rooms_of_a_user_are_those_that_the_gate_opens(path: str) -> None:
    island = Island(GuestBook.open(path))
    ana, bo = island.person("Ana"), island.person("Bo")
    rooms: list[Room] = [island.sea(ana, hours=1), island.sea(bo), Table(table_id=island.table(ana))]
    island.invite(rooms[0], ana, bo)
    island.invite(rooms[2], ana, bo)
    for now in (NOON, NOON + 3600):
        for user_id in (ana, bo, island.person("Cleo")):
            entered = [
                room
                for room in [*rooms, Sea(owner_id=user_id)]
                if isinstance(
                    may_enter(island.book.facts(room, user_id), user_id=user_id, room=room, now=now),
                    Admission,
                )
            ]
            assert set(island.book.rooms_of(user_id, now=now)) == set(entered)
    island.book.close()

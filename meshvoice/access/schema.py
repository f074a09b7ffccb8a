"""The guest book's tables, their migrations, and the pragmas that make a commit outlive kill -9."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from meshvoice.access.errors import GuestBookError

BUSY_MS = 50
"""For which a write waits for another process: nothing else of the server's goes on meanwhile."""
LEAST_SQLITE = (3, 37, 0)
"""The first that knows `STRICT`."""
APPLICATION_ID = 0x6D766F78  # "mvox", in the file's header: this file is a guest book, not another program's

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE users (
            user_id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            external TEXT UNIQUE,          -- a trusted proxy's name for them; NULL: signed in by display name
            seen REAL NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE revoked_sessions (
            session_id TEXT PRIMARY KEY,
            until REAL NOT NULL            -- when the session would have ended anyway
        ) STRICT, WITHOUT ROWID
        """,
        # A sea stands here for its current or last window; opened again, it is a new row.
        """
        CREATE TABLE rooms (
            room_id TEXT PRIMARY KEY,
            owner TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            name TEXT NOT NULL,            -- '': a sea
            opened_at REAL NOT NULL,
            closes_at REAL,                -- NULL: a table
            seats INTEGER,                 -- NULL: a sea
            CHECK ((seats IS NULL) = (closes_at IS NOT NULL))
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX rooms_of_owner ON rooms (owner)",
        """
        CREATE TABLE members (
            room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
            user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            standing TEXT NOT NULL CHECK (standing IN ('present', 'left', 'removed')),
            seat INTEGER,                  -- at a table, of those present
            since REAL NOT NULL,
            barred_to INTEGER NOT NULL,    -- invitations up to this one were made before a removal
            PRIMARY KEY (room_id, user_id),
            UNIQUE (room_id, seat),
            CHECK (seat IS NULL OR standing = 'present')
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX members_of_user ON members (user_id)",
        # Not bound to rooms: an invitation outlives the sea's window for which it was made, to say so.
        # AUTOINCREMENT: a number is never used again, so that numbers tell what came first.
        """
        CREATE TABLE invitations (
            invitation_id INTEGER PRIMARY KEY AUTOINCREMENT,
            token_hash BLOB NOT NULL UNIQUE,
            room_id TEXT NOT NULL,
            inviter TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            made_at REAL NOT NULL,
            expires_at REAL NOT NULL,
            revoked_at REAL,
            deposited_at REAL,
            deposited_by TEXT REFERENCES users ON DELETE CASCADE,
            CHECK ((deposited_at IS NULL) = (deposited_by IS NULL)),
            CHECK (deposited_at IS NULL OR revoked_at IS NULL)
        ) STRICT
        """,
        "CREATE INDEX invitations_of_room ON invitations (room_id)",
        "CREATE INDEX invitations_of_inviter ON invitations (inviter)",
        "CREATE INDEX invitations_deposited ON invitations (deposited_by)",
    ),
    (
        # 1 for those of before this was noted: for all that is known they did.
        "ALTER TABLE users ADD COLUMN took_part INTEGER NOT NULL DEFAULT 1",
        # The number of a sea's window, and of each presence, by which a seat ticket knows its own.
        "ALTER TABLE rooms ADD COLUMN stay INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE members ADD COLUMN stay INTEGER NOT NULL DEFAULT 0",
        "CREATE TABLE stays (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT",
        "INSERT INTO stays VALUES (1, 0)",
        # What is looked for by more than its room or its people: what is open, and what is over.
        """
        CREATE INDEX invitations_open ON invitations (room_id, expires_at)
            WHERE deposited_at IS NULL AND revoked_at IS NULL
        """,
        "CREATE INDEX invitations_ended ON invitations (expires_at)",
        "CREATE INDEX members_standing ON members (room_id, standing, since)",
        "CREATE INDEX members_gone ON members (since) WHERE standing <> 'present'",
        "CREATE INDEX rooms_closed ON rooms (closes_at) WHERE closes_at IS NOT NULL",
        "CREATE INDEX sessions_ended ON revoked_sessions (until)",
        "CREATE INDEX users_unseen ON users (took_part, seen) WHERE external IS NULL",
        # As many as a room's list shows; from now on no more than these are kept.
        """
        DELETE FROM invitations WHERE invitation_id IN (
            SELECT invitation_id FROM (
                SELECT invitation_id,
                       row_number() OVER (PARTITION BY room_id ORDER BY invitation_id DESC) AS place
                FROM invitations WHERE deposited_at IS NOT NULL OR revoked_at IS NOT NULL
            ) WHERE place > 50
        )
        """,
    ),
    (
        """
        CREATE TABLE host_links (
            token_hash BLOB PRIMARY KEY,
            expires_at REAL NOT NULL,
            used_at REAL
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX host_links_ended ON host_links (expires_at)",
    ),
)
"""Migration n leads from `user_version` n to n + 1. What was released is never edited, only followed."""


def prepare(
    connection: sqlite3.Connection,
    *,
    migrations: Sequence[Sequence[str]] = MIGRATIONS,
    start_ms: int = 5000,
    busy_ms: int = BUSY_MS,
) -> None:
    """Set the connection up and bring the file to the newest version. Raises `GuestBookError`.

    A lock of another process is waited for, now for `start_ms`, and later for `busy_ms` at a time.
    """
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise GuestBookError(
            f"This Python's SQLite is {sqlite3.sqlite_version}, and the guest book needs 3.37 or newer: run "
            "meshvoice by a Python that has it, as that of Debian 12 does."
        )
    try:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {start_ms}")
        _refuse_foreign(connection, newest=len(migrations))
        # An in-memory database answers "memory"; a file system without shared memory answers "delete".
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] not in ("wal", "memory"):
            raise GuestBookError(
                "The guest book's file system can't do SQLite's write-ahead log: "
                "point MESHVOICE_DATABASE at a local disk."
            )
        # In WAL mode, only FULL syncs the log on each commit (sqlite.org/pragma.html#pragma_synchronous).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Little and often: whoever writes the last of so many pages waits until they are in the file itself.
        connection.execute("PRAGMA wal_autocheckpoint = 200")
        _migrate(connection, migrations)
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem)
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
    except sqlite3.Error as error:
        raise unusable(error) from error


def _refuse_foreign(connection: sqlite3.Connection, *, newest: int) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not (application == version == 0 and empty):
        raise GuestBookError(
            "The guest book's file is another program's database: "
            "point MESHVOICE_DATABASE at a file of its own."
        )
    if version > newest:
        raise GuestBookError(
            f"The guest book's file is of version {version}, and this meshvoice knows up to {newest}: "
            "run the newer meshvoice again, or restore the copy from before the upgrade."
        )


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read within the transaction: another process may have migrated since.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        # Written in any case: a file that can't be written shows here, at the start.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {max(version, len(migrations))}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


_ACCESS = "give the server's user the right to write the file and its folder"
_HELD = "another process holds it: end that one, another meshvoice or a sqlite3 shell, first"
_DISK = "make room on its disk, and see whether the disk is sound"
_DAMAGED = "its content is damaged: move it away and restore a copy, or start with an empty one"
_FIXES = {
    sqlite3.SQLITE_READONLY: _ACCESS,
    sqlite3.SQLITE_CANTOPEN: _ACCESS,
    sqlite3.SQLITE_PERM: _ACCESS,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_FULL: _DISK,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_CONSTRAINT: "this is a mistake of ours: report it",
}


def unusable(error: sqlite3.Error) -> GuestBookError:
    """Say what is wrong with the file, and the fix."""
    # The low byte is the primary result code (sqlite.org/rescode.html).
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    fix = _FIXES.get(code, _DAMAGED)
    return GuestBookError(f"The guest book's file (MESHVOICE_DATABASE) can't be used ({error}): {fix}.")

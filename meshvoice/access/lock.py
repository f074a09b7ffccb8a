"""Who serves a guest book: one process alone, or several that know of each other.

The lock is the system's, and ends however the process ends.
"""

from __future__ import annotations

import sqlite3

from meshvoice.access.errors import GuestBookError

PATIENCE_MS = 1000
"""For a predecessor that is just ending."""


def lock_path(path: str) -> str:
    """Name the file whose lock stands for the guest book at `path`; it stays empty."""
    return f"{path}.lock"


class BookLock:
    """Held from its making until `release`. Raises `GuestBookError` where somebody else holds it.

    `shared`: others that share it, too, may hold it at the same time.
    """

    def __init__(self, path: str, *, shared: bool = False) -> None:
        # SQLite's own lock on an empty file beside the book: it is the same on each system, kill -9 ends it,
        # and readers of the book (a backup, a sqlite3 shell) never meet it.
        try:
            self._connection = sqlite3.connect(lock_path(path), isolation_level=None)
        except sqlite3.Error as error:
            raise _refused(error) from error
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            self._connection.execute("BEGIN" if shared else "BEGIN EXCLUSIVE")
            # Whoever reads holds a shared lock to the end of the transaction, which is never.
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.Error as error:
            self._connection.close()
            raise _refused(error) from error

    def release(self) -> None:
        """Let the next one have it; twice does nothing."""
        self._connection.close()


def _refused(error: sqlite3.Error) -> GuestBookError:
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
        return GuestBookError(
            "Another meshvoice serves from this guest book: stop that one first, or give each its own "
            "MESHVOICE_DATABASE. (Several share one only where MESHVOICE_PROCESSES says so to each.)"
        )
    return GuestBookError(f"The guest book's lock file can't be used ({error}): make its folder writable.")

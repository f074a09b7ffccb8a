"""One SQLite connection, written in whole transactions only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from meshvoice.access.errors import GuestBookError
from meshvoice.access.schema import unusable
from meshvoice.histogram import Histogram

Value = str | int | float | bytes | None
Row = Sequence[Any]
WRITE_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Store:
    """Runs statements; sqlite3's own errors leave it as `GuestBookError`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.trouble: GuestBookError | None = None
        """What was wrong the last time; None since something could be written again."""
        self._lost: GuestBookError | None = None
        self.written = Histogram(WRITE_SECONDS)
        """How long each transaction took, from its lock to its end, in seconds of `timer`."""
        self.timer: Callable[[], float] = lambda: 0.0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock; commit at the end, or undo everything where the block raises."""
        if self._lost is not None:
            raise self._lost
        began = self.timer()
        try:
            # IMMEDIATE: what the block reads can't change before it writes.
            self.run("BEGIN IMMEDIATE")
            yield
            self.run("COMMIT")
            self.trouble = None
        except BaseException:
            # Where nothing began, as it waited for another process in vain, this does nothing.
            self._connection.rollback()
            raise
        finally:
            self.written.observe(self.timer() - began)

    def run(self, sql: str, *values: Value) -> int:
        """Execute one statement; returns the number of rows changed."""
        try:
            return self._connection.execute(sql, values).rowcount
        except sqlite3.Error as error:
            raise self._in_trouble(error) from error

    def rows(self, sql: str, *values: Value) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._in_trouble(error) from error

    def row(self, sql: str, *values: Value) -> Row | None:
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def lose_file(self) -> None:
        """Refuse each change from now on: nobody would find it."""
        self._lost = self.trouble = GuestBookError(
            "The guest book's file (MESHVOICE_DATABASE) was removed or replaced while the server ran:"
            " restart it."
        )

    def number(self, sql: str, *values: Value) -> int:
        """The single integer that the query gives."""
        number: int = self.rows(sql, *values)[0][0]
        return number

    def close(self) -> None:
        self._connection.close()

    def _in_trouble(self, error: sqlite3.Error) -> GuestBookError:
        trouble = unusable(error)
        # A rule of its own that a row broke says nothing about the file: somebody signed out meanwhile.
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CONSTRAINT"):
            return trouble
        self.trouble = trouble
        return trouble

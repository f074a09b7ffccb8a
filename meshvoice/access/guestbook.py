"""The guest book: who may come in, in one SQLite file that outlives kill -9 at any moment.

One connection, used from the thread that opened it; each write is one transaction, and what returns is in the
file. Time, tokens and randomness are arguments.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack

from meshvoice.access import forgetting, members, schema
from meshvoice.access.errors import GuestBookError
from meshvoice.access.gates import Facts
from meshvoice.access.host_links import HostLinks
from meshvoice.access.invitations import Invitations
from meshvoice.access.lock import BookLock
from meshvoice.access.seas import Seas
from meshvoice.access.store import Store
from meshvoice.access.tables import Tables
from meshvoice.access.users import Sessions, Users
from meshvoice.histogram import Histogram
from meshvoice.ids import Room, UserId, parse_room


class GuestBook:
    """Everything that decides who may enter, by what hangs on it: `users`, `seas`, `tables` and more."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        busy_ms: int = schema.BUSY_MS,
        lock: BookLock | None = None,
    ) -> None:
        schema.prepare(connection, busy_ms=busy_ms)
        self._store = Store(connection)
        self._lock = lock
        self._version = self._store.number("PRAGMA data_version")
        self.users = Users(self._store)
        self.sessions = Sessions(self._store)
        self.seas = Seas(self._store)
        self.tables = Tables(self._store)
        self.invitations = Invitations(self._store)
        self.host_links = HostLinks(self._store)

    @classmethod
    def open(
        cls, path: str, *, alone: bool = False, shared: bool = False, busy_ms: int = schema.BUSY_MS
    ) -> GuestBook:
        """Open the file, which may be empty. Raises `GuestBookError`, whose sentence names the fix.

        `alone`: no other process may have it open so, until this book is closed; `shared`: none but such that
        share it as well. `busy_ms` is for how long a write waits where another process holds the file.
        SQLite makes a missing file with the umask's mode; a private one is to be made before.
        """
        with ExitStack() as undone:
            lock = BookLock(path, shared=shared) if alone or shared else None
            if lock is not None:
                undone.callback(lock.release)
            try:
                connection = sqlite3.connect(path)
            except sqlite3.Error as error:
                raise schema.unusable(error) from error
            undone.callback(connection.close)
            book = cls(connection, busy_ms=busy_ms, lock=lock)
            undone.pop_all()
        return book

    def close(self) -> None:
        self._store.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def trouble(self) -> GuestBookError | None:
        """What was wrong with the file the last time; None since something could be written again."""
        return self._store.trouble

    @property
    def written(self) -> Histogram:
        """How long its changes took, in seconds of the timer that was given."""
        return self._store.written

    def time_changes(self, timer: Callable[[], float]) -> None:
        """Measure from now on how long each change takes."""
        self._store.timer = timer

    def changed_elsewhere(self) -> bool:
        """Tell whether another connection wrote since this was asked last."""
        version = self._store.number("PRAGMA data_version")
        known, self._version = self._version, version
        return known != version

    def try_to_write(self) -> None:
        """Write what means nothing. Raises `GuestBookError` where the file can't be written."""
        with self._store.writing():
            # SQLite writes no value that is there already; a number of a stay may well be left out.
            members.next_stay(self._store)

    def lose_file(self) -> None:
        """Write no more: what is open is no longer the file of that name, as somebody saw."""
        self._store.lose_file()

    def facts(self, room: Room, user_id: UserId) -> Facts:
        """What the gate wants to know."""
        return members.facts_of(self._store, room, user_id)

    def rooms_of(self, user_id: UserId, *, now: float) -> tuple[Room, ...]:
        """All rooms into which the gate lets the user now."""
        rows = self._store.rows(
            "SELECT room_id FROM members JOIN rooms USING (room_id)"
            " WHERE user_id = ? AND standing = 'present' AND (closes_at IS NULL OR ? < closes_at)"
            " UNION SELECT room_id FROM rooms WHERE owner = ? AND ? < closes_at",
            *(user_id, now, user_id, now),
        )
        return tuple(room for row in rows if (room := parse_room(row[0])) is not None)

    def prune(self, *, now: float, limit: int = forgetting.LIMIT) -> bool:
        """Forget about `limit` rows of what is over, and of the people who can't come back.

        Each call takes a few milliseconds and is kept by itself; True: there may be more.
        """
        with self._store.writing():
            return forgetting.prune(self._store, self.tables, now=now, limit=limit)

    def forget(self, user_id: UserId, *, now: float) -> tuple[Room, ...]:
        """Forget somebody who can't come back: their seats are freed, and their sea and invitations end.

        Gives their sea and the tables at which they sat. Does nothing to somebody with an external name,
        who comes back by it.
        """
        with self._store.writing():
            user = self.users.get(user_id)
            if user is None or user.external is not None:
                return ()
            return forgetting.forget(self._store, self.tables, user_id, now=now)

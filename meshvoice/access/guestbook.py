"""The guest book: who may come in, in one SQLite file that outlives kill -9 at any moment.

One connection, used from the thread that opened it; each write is one transaction, and what returns is in the
file. Time, tokens and randomness are arguments.
"""

from __future__ import annotations

import sqlite3

from meshvoice.access import members, schema
from meshvoice.access.errors import GuestBookError
from meshvoice.access.gates import Facts
from meshvoice.access.invitations import Invitations
from meshvoice.access.seas import Seas
from meshvoice.access.store import Store
from meshvoice.access.tables import Tables
from meshvoice.access.users import Sessions, Users
from meshvoice.ids import Room, Sea, UserId, parse_room

KEEP = 604_800.0
"""Seconds for which what is over (windows, departures, invitations) can still be told from what never was."""


class GuestBook:
    """Everything that decides who may enter, by `users`, `sessions`, `seas`, `tables` and `invitations`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        schema.prepare(connection)
        self._store = Store(connection)
        self.users = Users(self._store)
        self.sessions = Sessions(self._store)
        self.seas = Seas(self._store)
        self.tables = Tables(self._store)
        self.invitations = Invitations(self._store)

    @classmethod
    def open(cls, path: str) -> GuestBook:
        """Open the file, which may be empty. Raises `GuestBookError`, whose sentence names the fix.

        SQLite makes a missing file with the umask's mode; a private one is to be made before.
        """
        try:
            connection = sqlite3.connect(path)
        except sqlite3.Error as error:
            raise schema.unusable(error) from error
        try:
            return cls(connection)
        except GuestBookError:
            connection.close()
            raise

    def close(self) -> None:
        self._store.close()

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

    def prune(self, *, now: float, unseen_since: float) -> None:
        """Forget what is over, and the people who can't come back, whose seats are freed first.

        Those have no external name and weren't seen since `unseen_since`: no session of theirs still lives.
        """
        store = self._store
        with store.writing():
            store.run("DELETE FROM revoked_sessions WHERE until < ?", now)
            store.run("DELETE FROM invitations WHERE expires_at < ?", now - KEEP)
            store.run("DELETE FROM rooms WHERE closes_at < ?", now - KEEP)
            store.run("DELETE FROM members WHERE standing <> 'present' AND since < ?", now - KEEP)
            gone = store.rows("SELECT user_id FROM users WHERE external IS NULL AND seen < ?", unseen_since)
            for (user_id,) in gone:
                self._forget(user_id, now=now)

    def forget(self, user_id: UserId, *, now: float) -> tuple[Room, ...]:
        """Forget somebody who can't come back: their seats are freed, and their sea and invitations end.

        Gives their sea and the tables at which they sat. Does nothing to somebody with an external name,
        who comes back by it.
        """
        with self._store.writing():
            user = self.users.get(user_id)
            if user is None or user.external is not None:
                return ()
            return self._forget(user_id, now=now)

    def _forget(self, user_id: UserId, *, now: float) -> tuple[Room, ...]:
        tables = self.tables.of(user_id)
        for table in tables:
            self.tables.vacate(table.table_id, user_id, now=now)
        # The sea goes with its owner, its guests' presence and its invitations with the sea.
        self._store.run("DELETE FROM users WHERE user_id = ?", user_id)
        return Sea(owner_id=user_id), *(table.room for table in tables)

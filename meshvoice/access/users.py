"""The people whom the guest book knows, and the sessions that no longer count."""

from __future__ import annotations

from dataclasses import dataclass

from meshvoice.access.errors import NotFound
from meshvoice.access.store import Row, Store
from meshvoice.ids import SessionId, UserId, user_id
from meshvoice.names import NameRefused, clean_name

SEEN_EVERY = 3_600.0
"""Seconds for which a user's being seen isn't written again."""
FORGOTTEN_AFTER = 90 * 86_400.0
"""Seconds without being seen after which somebody without an external name is forgotten."""
IDLE_FORGOTTEN_AFTER = 86_400.0
"""The same for those who signed in and never had a room or an invitation, nor were in one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A person: the id is who it is, the name is only what it's called."""

    user_id: UserId
    name: str
    external: str | None
    """The name that a trusted proxy gives; None: signed in by display name."""


class Users:
    """Remembers people under random, stable ids."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, *, random: bytes, now: float) -> User:
        """Remember a new person. Raises `NameRefused`."""
        return self._add(User(user_id=user_id(random), name=clean_name(name), external=None), now=now)

    def by_external(self, external: str, *, name: str, random: bytes, now: float) -> User:
        """The person whom the proxy calls `external`, new with the first call, which alone uses `name`.

        Raises `NameRefused`.
        """
        if not 0 < len(external) <= 255 or not external.isprintable():
            raise NameRefused("The proxy's user name can't be used: 1 to 255 printable characters.")
        known = self._one("external = ?", external)
        if known is not None:
            return known
        return self._add(User(user_id=user_id(random), name=clean_name(name), external=external), now=now)

    def get(self, user_id: UserId) -> User | None:
        """None: never known, or forgotten."""
        return self._one("user_id = ?", user_id)

    def of_session(self, user_id: UserId, session_id: SessionId) -> tuple[User, float] | None:
        """Whose session it is, and when they were seen as far as is written (`seen`).

        None: never known, forgotten, or signed out of it (`Sessions.revoke`).
        """
        row = self._store.row(
            "SELECT user_id, name, external, seen FROM users WHERE user_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = ?)",
            *(user_id, session_id),
        )
        return None if row is None else (_user(row), row[3])

    def rename(self, user_id: UserId, name: str) -> User:
        """Raises `NotFound`, `NameRefused`."""
        name = clean_name(name)
        with self._store.writing():
            self._store.run("UPDATE users SET name = ? WHERE user_id = ?", name, user_id)
            user = self.get(user_id)
        if user is None:
            raise NotFound
        return user

    def seen(self, user_id: UserId, *, now: float) -> None:
        """Note that the user is still about; written once an hour, so it may be called for each request."""
        row = self._store.row("SELECT seen FROM users WHERE user_id = ?", user_id)
        if row is not None and now - row[0] >= SEEN_EVERY:
            with self._store.writing():
                self._store.run("UPDATE users SET seen = ? WHERE user_id = ?", now, user_id)

    def _one(self, condition: str, value: str) -> User | None:
        # `condition` is one of this class's own literals.
        row = self._store.row(f"SELECT user_id, name, external FROM users WHERE {condition}", value)  # noqa: S608
        return None if row is None else _user(row)

    def _add(self, user: User, *, now: float) -> User:
        with self._store.writing():
            self._store.run(
                "INSERT INTO users (user_id, name, external, seen, took_part) VALUES (?, ?, ?, ?, 0)",
                *(user.user_id, user.name, user.external, now),
            )
        return user


def _user(row: Row) -> User:
    return User(user_id=UserId(row[0]), name=row[1], external=row[2])


class Sessions:
    """Remembers signed-out sessions until their cookies would have ended anyway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revoke(self, session_id: SessionId, *, until: float) -> None:
        """Let the session count no more; `until` is when it would have ended anyway."""
        with self._store.writing():
            self._store.run(
                "INSERT INTO revoked_sessions (session_id, until) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                *(session_id, until),
            )

    def revoked(self, session_id: SessionId) -> bool:
        return self._store.row("SELECT 1 FROM revoked_sessions WHERE session_id = ?", session_id) is not None

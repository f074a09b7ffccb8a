"""Forgetting: what is over, and people who can't come back, a few rows at a time."""

from __future__ import annotations

from meshvoice.access.store import Store
from meshvoice.access.tables import Tables
from meshvoice.access.users import FORGOTTEN_AFTER, IDLE_FORGOTTEN_AFTER
from meshvoice.ids import Room, RoomId, Sea, UserId

KEEP = 604_800.0
"""Seconds for which what is over (windows, departures, invitations) can still be told from what never was."""
LIMIT = 40
"""Rows that one call forgets, strewn over the whole file: some milliseconds with their indexes."""


def prune(store: Store, tables: Tables, *, now: float, limit: int) -> bool:
    """Forget `limit` rows at most, within a transaction that the caller holds; False: nothing is left."""
    left = limit
    left -= _some(store, "revoked_sessions", "session_id", "until < ?", now, left)
    left -= _some(store, "invitations", "invitation_id", "expires_at < ?", now - KEEP, left)
    left -= _some(store, "host_links", "token_hash", "expires_at < ?", now - KEEP, left)
    over = store.rows("SELECT room_id FROM rooms WHERE closes_at < ? LIMIT ?", now - KEEP, left)
    for (room_id,) in over:
        left -= _forget_room(store, room_id, left)
    gone = "standing <> 'present' AND since < ?"
    left -= _some(store, "members", "(room_id, user_id)", gone, now - KEEP, left)
    for took_part, unseen in ((0, IDLE_FORGOTTEN_AFTER), (1, FORGOTTEN_AFTER)):
        # Those who aren't seen any more: no session of theirs still lives.
        people = store.rows(
            "SELECT user_id FROM users WHERE external IS NULL AND took_part = ? AND seen < ? LIMIT ?",
            *(took_part, now - unseen, left),
        )
        for (user_id,) in people:
            left -= _forget_piece(store, tables, user_id, left, now=now)
    return left <= 0


def forget(store: Store, tables: Tables, user_id: UserId, *, now: float) -> tuple[Room, ...]:
    """Forget somebody at once, within a transaction that the caller holds; gives the rooms that changed."""
    seated = tables.of(user_id)
    for table in seated:
        tables.vacate(table.table_id, user_id, now=now)
    # The sea goes with its owner, its guests' presence and its invitations with the sea.
    store.run("DELETE FROM users WHERE user_id = ?", user_id)
    return Sea(owner_id=user_id), *(table.room for table in seated)


def _forget_room(store: Store, room_id: RoomId, limit: int) -> int:
    # Its members first: they would all go with it at once.
    done = _some(store, "members", "(room_id, user_id)", "room_id = ?", room_id, limit)
    return done + (store.run("DELETE FROM rooms WHERE room_id = ?", room_id) if done < limit else 0)


def _forget_piece(store: Store, tables: Tables, user_id: UserId, limit: int, *, now: float) -> int:
    # The invitations first: they would all go with the user at once.
    done = _some(store, "invitations", "invitation_id", "inviter = ?", user_id, limit)
    done += _some(store, "invitations", "invitation_id", "deposited_by = ?", user_id, limit - done)
    return done + (len(forget(store, tables, user_id, now=now)) if done < limit else 0)


def _some(store: Store, table: str, key: str, which: str, value: str | float, limit: int) -> int:
    if limit <= 0:
        return 0
    # Table, key and condition are this module's own literals.
    some = f"SELECT {key.strip('()')} FROM {table} WHERE {which} LIMIT ?"  # noqa: S608
    return store.run(f"DELETE FROM {table} WHERE {key} IN ({some})", value, limit)  # noqa: S608

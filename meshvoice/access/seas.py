"""Seas: each person's own room, open for a while, with the guests who came in that while."""

from __future__ import annotations

from dataclasses import dataclass

from meshvoice.access import links, members
from meshvoice.access.gates import Standing
from meshvoice.access.store import Row, Store
from meshvoice.ids import Sea, UserId

MAX_GUESTS = 100
"""People who may be in one sea at a time; its voice takes far fewer."""
MAX_GONE = 50
"""Guests who left, and as many who were removed, that the owner's list still shows."""

_WINDOW = (
    "SELECT rooms.owner, users.name, rooms.opened_at, rooms.closes_at"
    " FROM rooms JOIN users ON users.user_id = rooms.owner"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The time for which a sea is open."""

    owner: UserId
    owner_name: str
    opened_at: float
    closes_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """Somebody whom an invitation brought into a sea during its window."""

    user_id: UserId
    name: str
    standing: Standing
    since: float


class Seas:
    """Opens and closes seas, and ends guests' presence."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, owner: UserId, *, now: float, closes_at: float) -> Window:
        """Begin a window, without guests or invitations; a sea that is open stays as it is."""
        if not now < closes_at:
            raise ValueError("a sea closes after it opens")
        room_id = Sea(owner_id=owner).room_id
        with self._store.writing():
            window = self.window(owner, now=now)
            if window is None:
                # Its invitations have all expired: with the last window, or when it was closed.
                self._store.run("DELETE FROM rooms WHERE room_id = ?", room_id)
                self._store.run(
                    "INSERT INTO rooms (room_id, owner, name, opened_at, closes_at, stay)"
                    " VALUES (?, ?, '', ?, ?, ?)",
                    *(room_id, owner, now, closes_at, members.next_stay(self._store)),
                )
                members.took_part(self._store, owner)
                window = _window(self._store.rows(f"{_WINDOW} WHERE room_id = ?", room_id)[0])
        return window

    def close(self, owner: UserId, *, now: float) -> bool:
        """End the window, every presence in it and its open invitations; False: it was closed already."""
        room_id = Sea(owner_id=owner).room_id
        with self._store.writing():
            closed = self._store.run(
                "UPDATE rooms SET closes_at = ? WHERE room_id = ? AND ? < closes_at", now, room_id, now
            )
            self._store.run(
                f"UPDATE invitations SET expires_at = ? WHERE room_id = ? AND {links.OPEN}",  # noqa: S608
                *(now, room_id, now),
            )
        return closed > 0

    def window(self, owner: UserId, *, now: float) -> Window | None:
        """None: the sea is closed."""
        room_id = Sea(owner_id=owner).room_id
        row = self._store.row(f"{_WINDOW} WHERE room_id = ? AND ? < closes_at", room_id, now)
        return None if row is None else _window(row)

    def guests(self, owner: UserId) -> tuple[Guest, ...]:
        """Those who came during the present or last window, the earliest first; of the gone, the last."""
        found = []
        for standing in Standing:
            limit = MAX_GUESTS if standing is Standing.PRESENT else MAX_GONE
            rows = self._store.rows(
                "SELECT since, user_id, name FROM members JOIN users USING (user_id)"
                " WHERE room_id = ? AND standing = ? ORDER BY since DESC LIMIT ?",
                *(Sea(owner_id=owner).room_id, standing, limit),
            )
            found += [
                Guest(user_id=UserId(row[1]), name=row[2], standing=standing, since=row[0]) for row in rows
            ]
        return tuple(sorted(found, key=lambda guest: (guest.since, guest.user_id)))

    def leave(self, owner: UserId, user_id: UserId, *, now: float) -> bool:
        """End one's own presence; False: there was none."""
        with self._store.writing():
            return members.leave(self._store, Sea(owner_id=owner).room_id, user_id, now=now)

    def remove(self, owner: UserId, user_id: UserId, *, now: float, with_links: bool = True) -> int:
        """Put a guest out until invited anew; gives how many open invitations ended with it.

        Raises `NotFound` for somebody who was none in this window.
        """
        room_id = Sea(owner_id=owner).room_id
        with self._store.writing():
            return members.remove(self._store, room_id, user_id, now=now, with_links=with_links)

    def visiting(self, user_id: UserId, *, now: float) -> tuple[Window, ...]:
        """The open seas in which the user is a present guest, by their owners' names."""
        rows = self._store.rows(
            f"{_WINDOW} JOIN members USING (room_id)"
            " WHERE members.user_id = ? AND standing = 'present' AND ? < closes_at"
            " ORDER BY users.name, owner",
            *(user_id, now),
        )
        return tuple(map(_window, rows))


def _window(row: Row) -> Window:
    return Window(owner=UserId(row[0]), owner_name=row[1], opened_at=row[2], closes_at=row[3])

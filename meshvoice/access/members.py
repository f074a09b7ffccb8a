"""Who stands where in which room: the facts for the gate, seats, and what a removal bars."""

from __future__ import annotations

from meshvoice.access.errors import NotFound, NotOwner
from meshvoice.access.gates import Facts, Standing
from meshvoice.access.store import Store
from meshvoice.ids import Room, RoomId, Sea, UserId


def facts_of(store: Store, room: Room, user_id: UserId) -> Facts:
    """Read what the gate wants to know."""
    row = store.row(
        "SELECT owner, closes_at, standing FROM rooms LEFT JOIN members"
        " ON members.room_id = rooms.room_id AND members.user_id = ? WHERE rooms.room_id = ?",
        *(user_id, room.room_id),
    )
    if row is None:
        return Facts()
    return Facts(
        owner=UserId(row[0]), closes_at=row[1], standing=None if row[2] is None else Standing(row[2])
    )


def check_owner(store: Store, room: Room, user_id: UserId) -> None:
    """Raises `NotOwner` to those who are in the room without owning it, `NotFound` to all others."""
    facts = facts_of(store, room, user_id)
    if user_id != (room.owner_id if isinstance(room, Sea) else facts.owner):
        raise NotOwner if facts.standing is Standing.PRESENT else NotFound


def admit(store: Store, room_id: RoomId, user_id: UserId, *, seat: int | None, now: float) -> None:
    """Make the user present, at a table on this free seat."""
    # What a removal barred stays barred: coming back by a new invitation revives no older one.
    store.run(
        "INSERT INTO members (room_id, user_id, standing, seat, since, barred_to)"
        " VALUES (?, ?, 'present', ?, ?, 0) ON CONFLICT DO UPDATE"
        " SET standing = excluded.standing, seat = excluded.seat, since = excluded.since",
        *(room_id, user_id, seat, now),
    )


def leave(store: Store, room_id: RoomId, user_id: UserId, *, now: float) -> bool:
    """End the user's presence; False: there was none."""
    changed = store.run(
        "UPDATE members SET standing = 'left', seat = NULL, since = ?"
        " WHERE room_id = ? AND user_id = ? AND standing = 'present'",
        *(now, room_id, user_id),
    )
    return changed > 0


def remove(store: Store, room_id: RoomId, user_id: UserId, *, now: float) -> None:
    """End the user's presence for good: no invitation made until now brings this user back.

    Raises `NotFound` for somebody who never was in the room.
    """
    # By number, not by time: clocks step back.
    changed = store.run(
        "UPDATE members SET standing = 'removed', seat = NULL, since = ?, barred_to ="
        " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'invitations')"
        " WHERE room_id = ? AND user_id = ?",
        *(now, room_id, user_id),
    )
    if not changed:
        raise NotFound
    # A former owner's open invitations would be a way back in under another name.
    store.run(
        "UPDATE invitations SET revoked_at = ?"
        " WHERE room_id = ? AND inviter = ? AND deposited_at IS NULL AND revoked_at IS NULL",
        *(now, room_id, user_id),
    )


def barred_to(store: Store, room_id: RoomId, user_id: UserId) -> int:
    """The newest invitation that a removal bars this user from; 0: none."""
    row = store.row("SELECT barred_to FROM members WHERE room_id = ? AND user_id = ?", room_id, user_id)
    return 0 if row is None else int(row[0])


def free_seat(store: Store, room_id: RoomId) -> int | None:
    """The lowest free seat; None: the table is full."""
    seats = store.number("SELECT seats FROM rooms WHERE room_id = ?", room_id)
    rows = store.rows("SELECT seat FROM members WHERE room_id = ? AND seat IS NOT NULL", room_id)
    return min(set(range(1, seats + 1)) - {row[0] for row in rows}, default=None)

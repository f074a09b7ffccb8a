"""Who stands where in which room: the facts for the gate, stays, seats, and what a removal bars."""

from __future__ import annotations

from meshvoice.access import links
from meshvoice.access.errors import NotFound, NotOwner, TooManyRooms
from meshvoice.access.gates import Facts, Standing
from meshvoice.access.store import Store
from meshvoice.ids import Room, RoomId, Sea, UserId

MAX_ROOMS = 200
"""Rooms of others' in which one may be at a time."""


def facts_of(store: Store, room: Room, user_id: UserId) -> Facts:
    """Read what the gate wants to know."""
    row = store.row(
        "SELECT owner, closes_at, standing, coalesce(members.stay, rooms.stay) FROM rooms LEFT JOIN members"
        " ON members.room_id = rooms.room_id AND members.user_id = ? WHERE rooms.room_id = ?",
        *(user_id, room.room_id),
    )
    if row is None:
        return Facts()
    standing = None if row[2] is None else Standing(row[2])
    return Facts(owner=UserId(row[0]), closes_at=row[1], standing=standing, stay=row[3])


def next_stay(store: Store) -> int:
    """Give a number that no presence and no window has had before."""
    # By number, not by time: clocks step back, and two things happen in one moment.
    return store.number("UPDATE stays SET last = last + 1 WHERE one = 1 RETURNING last")


def took_part(store: Store, user_id: UserId) -> None:
    """Note that the user had more to do with this place than to sign in."""
    store.run("UPDATE users SET took_part = 1 WHERE user_id = ? AND took_part = 0", user_id)


def check_owner(store: Store, room: Room, user_id: UserId) -> None:
    """Raises `NotOwner` to those who are in the room without owning it, `NotFound` to all others."""
    facts = facts_of(store, room, user_id)
    if user_id != (room.owner_id if isinstance(room, Sea) else facts.owner):
        raise NotOwner if facts.standing is Standing.PRESENT else NotFound


def admit(store: Store, room_id: RoomId, user_id: UserId, *, seat: int | None, now: float) -> None:
    """Make the user present, at a table on this free seat."""
    # What a removal barred stays barred: coming back by a new invitation revives no older one.
    store.run(
        "INSERT INTO members (room_id, user_id, standing, seat, since, barred_to, stay)"
        " VALUES (?, ?, 'present', ?, ?, 0, ?) ON CONFLICT DO UPDATE SET standing = excluded.standing,"
        " seat = excluded.seat, since = excluded.since, stay = excluded.stay",
        *(room_id, user_id, seat, now, next_stay(store)),
    )
    took_part(store, user_id)


def check_rooms(store: Store, user_id: UserId, *, now: float) -> None:
    """Raises `TooManyRooms` to somebody who is in as many as one may be."""
    present = store.number(
        "SELECT count(*) FROM (SELECT 1 FROM members JOIN rooms USING (room_id) WHERE user_id = ?"
        " AND standing = 'present' AND (closes_at IS NULL OR ? < closes_at) LIMIT ?)",
        *(user_id, now, MAX_ROOMS),
    )
    if present >= MAX_ROOMS:
        raise TooManyRooms


def leave(store: Store, room_id: RoomId, user_id: UserId, *, now: float) -> bool:
    """End the user's presence; False: there was none."""
    changed = store.run(
        "UPDATE members SET standing = 'left', seat = NULL, since = ?"
        " WHERE room_id = ? AND user_id = ? AND standing = 'present'",
        *(now, room_id, user_id),
    )
    return changed > 0


def remove(store: Store, room_id: RoomId, user_id: UserId, *, now: float, with_links: bool) -> int:
    """End the user's presence for good: no invitation made until now brings this user back.

    `with_links` revokes the room's open invitations, which would bring the same person back under another
    name. Gives how many were revoked. Raises `NotFound` for somebody who never was in the room.
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
    # A former owner has the links that he made himself: those end in any case.
    return (
        links.revoke_open(store, room_id, now=now)
        if with_links
        else links.revoke_open(store, room_id, inviter=user_id, now=now)
    )


def barred_to(store: Store, room_id: RoomId, user_id: UserId) -> int:
    """The newest invitation that a removal bars this user from; 0: none."""
    row = store.row("SELECT barred_to FROM members WHERE room_id = ? AND user_id = ?", room_id, user_id)
    return 0 if row is None else int(row[0])


def present_in(store: Store, room_id: RoomId) -> int:
    """How many are in a room, its sea's owner not counted."""
    return store.number("SELECT count(*) FROM members WHERE room_id = ? AND standing = 'present'", room_id)


def free_seat(store: Store, room_id: RoomId) -> int | None:
    """The lowest free seat; None: the table is full."""
    seats = store.number("SELECT seats FROM rooms WHERE room_id = ?", room_id)
    rows = store.rows("SELECT seat FROM members WHERE room_id = ? AND seat IS NOT NULL", room_id)
    return min(set(range(1, seats + 1)) - {row[0] for row in rows}, default=None)

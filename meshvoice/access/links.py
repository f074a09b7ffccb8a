"""The links of a room as a whole: the open ones are taken back, and what is over is kept in small numbers."""

from __future__ import annotations

from meshvoice.access.errors import TooManyInvitations
from meshvoice.access.store import Store
from meshvoice.ids import RoomId, UserId

MAX_OPEN = 50
"""Open invitations of one room."""
MAX_EARLIER = 50
"""Used, revoked and expired invitations of one room that are still told."""
MAX_MADE = 1_000
"""Invitations of one inviter, to all rooms and of any state."""
_AT_ONCE = 10
"""So many of the surplus go with each new invitation: no pile is cleared away in one go."""

OPEN = "deposited_at IS NULL AND revoked_at IS NULL AND ? < expires_at"
OVER = "(deposited_at IS NOT NULL OR revoked_at IS NOT NULL OR expires_at <= ?)"


def revoke_open(store: Store, room_id: RoomId, *, now: float, inviter: UserId | None = None) -> int:
    """Take all open invitations of a room back, or those that `inviter` made; gives how many."""
    by, whose = ("", ()) if inviter is None else (" AND inviter = ?", (inviter,))
    # `by` is one of the two literals above.
    sql = f"UPDATE invitations SET revoked_at = ? WHERE room_id = ? AND {OPEN}{by}"  # noqa: S608
    return store.run(sql, now, room_id, now, *whose)


def make_room(store: Store, room_id: RoomId, inviter: UserId, *, now: float) -> None:
    """Let one more invitation be made: forget some of what is over beyond what is kept.

    Raises `TooManyInvitations`.
    """
    still_open = store.number(
        f"SELECT count(*) FROM invitations WHERE room_id = ? AND {OPEN}",  # noqa: S608
        *(room_id, now),
    )
    if still_open >= MAX_OPEN:
        raise TooManyInvitations
    _forget_over(store, f"room_id = ? AND {OVER} ORDER BY invitation_id DESC", room_id, now, MAX_EARLIER)
    made = "SELECT count(*) FROM (SELECT 1 FROM invitations WHERE inviter = ? LIMIT ?)"
    if store.number(made, inviter, MAX_MADE) < MAX_MADE:
        return
    if not _forget_over(store, f"inviter = ? AND {OVER} ORDER BY invitation_id", inviter, now, 0):
        raise TooManyInvitations


def _forget_over(store: Store, which: str, of: str, now: float, kept: int) -> int:
    # `which` is a literal of the function above.
    return store.run(
        "DELETE FROM invitations WHERE invitation_id IN"  # noqa: S608
        f" (SELECT invitation_id FROM invitations WHERE {which} LIMIT ? OFFSET ?)",
        *(of, now, _AT_ONCE, kept),
    )

"""Tables: rooms of a few seats, which pass from owner to owner and end with the last one seated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from meshvoice.access import links, members
from meshvoice.access.errors import NotFound, NotOwner, TooManyTables
from meshvoice.access.gates import Standing
from meshvoice.access.store import Row, Store
from meshvoice.ids import RoomId, Table, TableId, UserId, table_id
from meshvoice.names import clean_name

MAX_OWNED = 50
NAME_LIMIT = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Seated:
    """Somebody at a table."""

    seat: int
    """From 1."""
    user_id: UserId
    name: str
    since: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRecord:
    """A table and all who sit at it."""

    table_id: TableId
    name: str
    owner: UserId
    seats: int
    seated: tuple[Seated, ...]
    """In the order of the seats; never empty, and the owner is among them."""

    @property
    def room(self) -> Table:
        return Table(table_id=self.table_id)

    @property
    def room_id(self) -> RoomId:
        return self.room.room_id


class Tables:
    """Makes tables, and frees their seats; seats are taken by accepting an invitation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, owner: UserId, name: str, *, random: bytes, now: float, seats: int = 6) -> TableRecord:
        """Make a table, its owner on the first seat. Raises `NameRefused`, `TooManyTables`."""
        if seats < 1:
            raise ValueError("a table has a seat for its owner")
        name, room_id = clean_name(name, limit=NAME_LIMIT), table_id(random)
        with self._store.writing():
            owned = "SELECT count(*) FROM rooms WHERE owner = ? AND seats IS NOT NULL"
            if self._store.number(owned, owner) >= MAX_OWNED:
                raise TooManyTables
            self._store.run(
                "INSERT INTO rooms (room_id, owner, name, opened_at, seats) VALUES (?, ?, ?, ?, ?)",
                *(room_id, owner, name, now, seats),
            )
            members.admit(self._store, RoomId(room_id), owner, seat=1, now=now)
            return self._known(room_id)

    def get(self, table_id: TableId) -> TableRecord | None:
        row = self._store.row(
            "SELECT room_id, name, owner, seats FROM rooms WHERE room_id = ? AND seats IS NOT NULL", table_id
        )
        if row is None:
            return None
        seated = self._store.rows(
            "SELECT seat, user_id, name, since FROM members JOIN users USING (user_id)"
            " WHERE room_id = ? AND seat IS NOT NULL ORDER BY seat",
            table_id,
        )
        return _record(row, seated)

    def of(self, user_id: UserId) -> tuple[TableRecord, ...]:
        """The tables at which the user sits, by name."""
        rows = self._store.rows(
            "SELECT rooms.room_id, rooms.name, owner, seats, seated.seat, seated.user_id, users.name,"
            " seated.since FROM members AS own JOIN rooms USING (room_id)"
            " JOIN members AS seated ON seated.room_id = rooms.room_id AND seated.seat IS NOT NULL"
            " JOIN users ON users.user_id = seated.user_id"
            " WHERE own.user_id = ? AND own.standing = 'present' AND seats IS NOT NULL"
            " ORDER BY rooms.name, rooms.room_id, seated.seat",
            user_id,
        )
        return tuple(
            _record(table, [row[4:] for row in seated])
            for table, seated in groupby(rows, key=lambda row: tuple(row[:4]))
        )

    def leave(self, table_id: TableId, user_id: UserId, *, now: float) -> TableRecord | None:
        """Free one's own seat, if there is one, and take the open invitations back that one made.

        The longest-seated follows an owner who leaves; the table ends with the last one, which gives None.
        """
        with self._store.writing():
            self.vacate(table_id, user_id, now=now)
            return self.get(table_id)

    def remove(
        self, table_id: TableId, user_id: UserId, *, by: UserId, now: float, with_links: bool = True
    ) -> int:
        """Free somebody's seat until they are invited anew; gives how many open invitations ended with it.

        Raises `NotFound`, `NotOwner`.
        """
        with self._store.writing():
            members.check_owner(self._store, Table(table_id=table_id), by)
            if user_id == by:
                raise NotOwner("You own this table: leave it instead, or hand it over first.")
            return members.remove(self._store, RoomId(table_id), user_id, now=now, with_links=with_links)

    def hand_over(self, table_id: TableId, to: UserId, *, by: UserId) -> TableRecord:
        """Make somebody who sits at the table its owner. Raises `NotFound`, `NotOwner`."""
        with self._store.writing():
            room = Table(table_id=table_id)
            members.check_owner(self._store, room, by)
            if members.facts_of(self._store, room, to).standing is not Standing.PRESENT:
                raise NotFound("Only somebody who sits at the table can have it.")
            self._store.run("UPDATE rooms SET owner = ? WHERE room_id = ?", to, table_id)
            return self._known(table_id)

    def vacate(self, table_id: TableId, user_id: UserId, *, now: float) -> None:
        """Do what `leave` does, within a transaction that the caller holds."""
        if not members.leave(self._store, RoomId(table_id), user_id, now=now):
            return
        # They would be a way back in under another name.
        links.revoke_open(self._store, RoomId(table_id), inviter=user_id, now=now)
        table = self._known(table_id)
        if not table.seated:
            self._store.run("DELETE FROM rooms WHERE room_id = ?", table_id)
            self._store.run("DELETE FROM invitations WHERE room_id = ?", table_id)
        elif all(seated.user_id != table.owner for seated in table.seated):
            heir = min(table.seated, key=lambda seated: (seated.since, seated.seat))
            self._store.run("UPDATE rooms SET owner = ? WHERE room_id = ?", heir.user_id, table_id)

    def _known(self, table_id: TableId) -> TableRecord:
        table = self.get(table_id)
        assert table is not None  # noqa: S101  # the transaction around this has seen it
        return table


def _record(table: Row, seated: Sequence[Row]) -> TableRecord:
    return TableRecord(
        table_id=TableId(table[0]),
        name=table[1],
        owner=UserId(table[2]),
        seats=table[3],
        seated=tuple(Seated(seat=s[0], user_id=UserId(s[1]), name=s[2], since=s[3]) for s in seated),
    )

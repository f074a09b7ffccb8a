"""Tables: seats in order, owners that change, and an end with the last one seated."""

from __future__ import annotations

import pytest

from meshvoice.access.errors import InvitationUnknown, NotFound, NotOwner, Removed, TableFull, TooManyTables
from meshvoice.access.gates import Refusal, Role
from meshvoice.access.tables import MAX_OWNED, TableRecord
from meshvoice.ids import Table, TableId, UserId, parse_room, table_id
from meshvoice.names import NameRefused
from tests.access.island import Island

NOWHERE = table_id(b"\xff" * 16)


def seats(island: Island, table: TableId) -> dict[int, str]:
    record = island.book.tables.get(table)
    assert record is not None
    return {seated.seat: seated.name for seated in record.seated}


def join(island: Island, table: TableId, owner: UserId, *names: str) -> list[UserId]:
    people = []
    for name in names:
        island.now += 1
        people.append(island.person(name))
        island.invite(Table(table_id=table), owner, people[-1])
    return people


def test_a_new_table_seats_its_owner_first(island: Island) -> None:
    ana = island.person("Ana")
    record = island.book.tables.create(ana, " Chess ", random=island.random(), now=island.now)
    assert (record.name, record.owner, record.seats) == ("Chess", ana, 6)
    assert [(seated.seat, seated.user_id, seated.since) for seated in record.seated] == [(1, ana, island.now)]
    assert record == island.book.tables.get(record.table_id)
    assert parse_room(record.room_id) == record.room
    assert island.role(record.room, ana) is Role.OWNER


def test_seats_are_taken_in_order_and_the_lowest_free_one_first(island: Island) -> None:
    ana = island.person("Ana")
    table = island.table(ana)
    bo, _ = join(island, table, ana, "Bo", "Cleo")
    assert seats(island, table) == {1: "Ana", 2: "Bo", 3: "Cleo"}
    island.book.tables.leave(table, bo, now=island.now)
    join(island, table, ana, "Dan", "Eve")
    assert seats(island, table) == {1: "Ana", 2: "Dan", 3: "Cleo", 4: "Eve"}


def test_a_full_table_refuses_and_keeps_the_invitation(island: Island) -> None:
    ana, cleo = island.person("Ana"), island.person("Cleo")
    table = island.table(ana, seats=2)
    (bo,) = join(island, table, ana, "Bo")
    token = island.token(Table(table_id=table), ana)
    with pytest.raises(TableFull):
        island.accept(token, cleo)
    assert island.role(Table(table_id=table), cleo) is Refusal.NOT_FOUND
    island.book.tables.leave(table, bo, now=island.now)
    assert island.accept(token, cleo)
    assert island.role(Table(table_id=table), cleo) is Role.SEATED


def test_the_longest_seated_follows_an_owner_who_leaves(island: Island) -> None:
    ana = island.person("Ana")
    table = island.table(ana)
    bo, cleo = join(island, table, ana, "Bo", "Cleo")
    island.book.tables.leave(table, bo, now=island.now)
    island.now += 1
    island.invite(Table(table_id=table), ana, bo)
    record = island.book.tables.leave(table, ana, now=island.now)
    assert record is not None
    assert record.owner == cleo
    assert island.role(record.room, cleo) is Role.OWNER
    assert island.role(record.room, bo) is Role.SEATED
    assert island.role(record.room, ana) is Refusal.NOT_FOUND


def test_the_owner_stays_when_somebody_else_leaves(island: Island) -> None:
    ana = island.person("Ana")
    table = island.table(ana)
    (bo,) = join(island, table, ana, "Bo")
    record = island.book.tables.leave(table, bo, now=island.now)
    assert record is not None
    assert record.owner == ana
    assert island.book.tables.leave(table, bo, now=island.now) == record, "leaving twice changes nothing"


def test_the_last_one_leaving_ends_the_table_and_its_invitations(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    table = island.table(ana)
    token = island.token(Table(table_id=table), ana)
    assert island.book.tables.leave(table, ana, now=island.now) is None
    assert island.book.tables.get(table) is None
    assert island.book.tables.leave(table, ana, now=island.now) is None
    with pytest.raises(InvitationUnknown):
        island.accept(token, bo)


def test_the_owner_removes_somebody_until_invited_anew(island: Island) -> None:
    ana = island.person("Ana")
    table = island.table(ana)
    older = island.token(Table(table_id=table), ana)
    (bo,) = join(island, table, ana, "Bo")
    island.book.tables.remove(table, bo, by=ana, now=island.now, with_links=False)
    assert seats(island, table) == {1: "Ana"}
    room = Table(table_id=table)
    assert island.role(room, bo) is Refusal.REMOVED
    with pytest.raises(Removed):
        island.accept(older, bo)
    island.invite(room, ana, bo)
    assert island.role(room, bo) is Role.SEATED


def test_removing_a_former_owner_takes_their_invitations_back(island: Island) -> None:
    ana, cleo = island.person("Ana"), island.person("Cleo")
    table = island.table(ana)
    (bo,) = join(island, table, ana, "Bo")
    token = island.token(Table(table_id=table), ana)
    island.book.tables.hand_over(table, bo, by=ana)
    assert island.book.tables.remove(table, ana, by=bo, now=island.now, with_links=False) == 1
    (newest, *_) = island.book.invitations.of(Table(table_id=table), by=bo, now=island.now)
    assert newest.state == "revoked"
    with pytest.raises(Exception, match="taken back"):
        island.accept(token, cleo)


def test_ownership_is_handed_to_somebody_seated(island: Island) -> None:
    ana, cleo = island.person("Ana"), island.person("Cleo")
    table = island.table(ana)
    (bo,) = join(island, table, ana, "Bo")
    assert island.book.tables.hand_over(table, bo, by=ana).owner == bo
    assert (island.role(Table(table_id=table), ana), island.role(Table(table_id=table), bo)) == (
        Role.SEATED,
        Role.OWNER,
    )
    with pytest.raises(NotFound):
        island.book.tables.hand_over(table, cleo, by=bo)


def test_the_owner_does_not_remove_themselves(island: Island) -> None:
    ana = island.person("Ana")
    table = island.table(ana)
    with pytest.raises(NotOwner, match="leave it instead"):
        island.book.tables.remove(table, ana, by=ana, now=island.now)


def test_what_is_the_owners_is_refused_to_others_and_hidden_from_strangers(island: Island) -> None:
    ana, stranger = island.person("Ana"), island.person("Mallory")
    table = island.table(ana)
    (bo,) = join(island, table, ana, "Bo")
    tables = island.book.tables
    for by, where, error in ((bo, table, NotOwner), (stranger, table, NotFound), (ana, NOWHERE, NotFound)):
        with pytest.raises(error):
            tables.remove(where, ana, by=by, now=island.now)
        with pytest.raises(error):
            tables.hand_over(where, bo, by=by)
    assert seats(island, table) == {1: "Ana", 2: "Bo"}


def test_only_who_sat_at_the_table_can_be_removed(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    with pytest.raises(NotFound):
        island.book.tables.remove(island.table(ana), bo, by=ana, now=island.now)


def test_a_tables_name_is_held_to_the_rules_of_names(island: Island) -> None:
    ana, create = island.person("Ana"), island.book.tables.create
    assert create(ana, "x" * 60, random=island.random(), now=island.now).name == "x" * 60
    for name in ("x" * 61, "\u202e"):
        with pytest.raises(NameRefused):
            create(ana, name, random=island.random(), now=island.now)


def test_home_lists_the_tables_at_which_one_sits(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")

    def make(name: str) -> TableRecord:
        return island.book.tables.create(ana, name, random=island.random(), now=island.now)

    go, chess, _ = make("Go"), make("Chess"), make("Bridge")
    for table in (go, chess):
        island.invite(table.room, ana, bo)
    island.invite(island.sea(ana), ana, bo)
    assert [table.name for table in island.book.tables.of(bo)] == ["Chess", "Go"]
    island.book.tables.leave(go.table_id, bo, now=island.now)
    assert [table.name for table in island.book.tables.of(bo)] == ["Chess"]


def test_nobody_makes_more_tables_than_the_limit(island: Island) -> None:
    ana = island.person("Ana")
    tables = [island.table(ana) for _ in range(MAX_OWNED)]
    with pytest.raises(TooManyTables):
        island.table(ana)
    island.book.tables.leave(tables[0], ana, now=island.now)
    island.table(ana)


def test_a_table_without_seats_is_a_mistake(island: Island) -> None:
    with pytest.raises(ValueError, match="seat for its owner"):
        island.table(island.person("Ana"), seats=0)

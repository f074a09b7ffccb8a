"""The one gate, asked by every way in: each kind of person, at each door, in each state of a room."""

from __future__ import annotations

import pytest
from aiohttp import WSServerHandshakeError

from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, House
from tests.web.person import Person, Wire

# `page` is the room's page and `socket` a handshake, by their status; `ticket` a handshake with a seat ticket
# that was good once (of those who never had one: somebody else's), by what became of it.
SEA = """
who        state    page  credentials      socket  ticket

anonymous  open     303   401 signed-out   401     401
owner      open     200   200              101     same seat
guest      open     200   200              101     same seat
left       open     404   404 not-found    404     404
removed    open     403   404 removed      404     404
stranger   open     404   404 not-found    404     404

anonymous  closed   303   401 signed-out   401     401
owner      closed   200   404 sea-closed   404     404
guest      closed   410   404 sea-closed   404     404
left       closed   404   404 not-found    404     404
removed    closed   403   404 removed      404     404
stranger   closed   404   404 not-found    404     404

anonymous  expired  303   401 signed-out   401     401
owner      expired  200   404 sea-closed   404     404
guest      expired  410   404 sea-closed   404     404
left       expired  404   404 not-found    404     404
removed    expired  403   404 removed      404     404
stranger   expired  404   404 not-found    404     404

anonymous  reopened 303   401 signed-out   401     401
owner      reopened 200   200              101     new seat
guest      reopened 404   404 not-found    404     404
left       reopened 404   404 not-found    404     404
removed    reopened 404   404 not-found    404     404
stranger   reopened 404   404 not-found    404     404
"""

TABLE = """
who        state    page  credentials      socket  ticket

anonymous  free     303   401 signed-out   401     401
owner      free     200   200              101     same seat
seated     free     200   200              101     same seat
left       free     404   404 not-found    404     404
removed    free     403   404 removed      404     404
stranger   free     404   404 not-found    404     404

anonymous  full     303   401 signed-out   401     401
owner      full     200   200              101     same seat
seated     full     200   200              101     same seat
left       full     404   404 not-found    404     404
removed    full     403   404 removed      404     404
stranger   full     404   404 not-found    404     404
"""


def rows(table: str) -> list[tuple[str, ...]]:
    """Cut the table by its head's columns."""
    head, *lines = [line for line in table.splitlines() if line]
    starts = [head.index(word) for word in head.split()]
    ends = [*starts[1:], 200]
    return [tuple(line[a:b].strip() for a, b in zip(starts, ends, strict=True)) for line in lines]


async def knock(who: Person, room: str, ticket: str) -> str:
    """Come with a ticket; tell what became of it."""
    try:
        wire = await who.connect(room)
    except WSServerHandshakeError as refusal:
        return str(refusal.status)
    welcome = await wire.hello(who.name, ticket=ticket)
    return "same seat" if welcome["ticket"].partition(".")[0] == ticket.partition(".")[0] else "new seat"


async def cells(who: Person, page: str, room: str, ticket: str) -> tuple[str, ...]:
    """Try every door."""
    answer = await who.credentials(room)
    credentials = "200" if answer.status == 200 else f"{answer.status} {answer.code}"
    status = (await who.get(page)).status
    return str(status), credentials, str(await who.knock(room)), await knock(who, room, ticket)


async def joins(who: Person, room: str) -> str:
    """Have been in voice once; gives the ticket for coming back."""
    wire: Wire = await who.join(room)
    await wire.leave()
    ticket: str = wire.welcome["ticket"]
    return ticket


async def everyone(house: House, *, host: str, guest: str) -> dict[str, Person]:
    people = {
        name: await Person(house).sign_in(name) for name in (host, guest, "left", "removed", "stranger")
    }
    return {**people, "anonymous": Person(house)}


@pytest.mark.parametrize("row", rows(SEA), ids=lambda row: f"{row[0]}-{row[1]}")
async def test_the_sea_opens_to_whom_it_should(house: House, row: tuple[str, ...]) -> None:
    """The owner and present guests, while the sea is open, and nobody else by any way (S8, S9)."""
    kind, state, *expected = row
    people = await everyone(house, host="owner", guest="guest")
    owner = people["owner"]
    room = await owner.open_sea()
    tickets = {"owner": await joins(owner, room)}
    for name in ("guest", "left", "removed"):
        await people[name].accept(await owner.invite(room))
        tickets[name] = await joins(people[name], room)
    await people["left"].does(f"/sea/{owner.user_id}/leave")
    await owner.does(f"/my-sea/guests/{people['removed'].user_id}/remove")
    if state == "expired":
        house.clock.now += 24 * HOUR
    elif state != "open":
        await owner.does("/my-sea/close")
    if state == "reopened":
        house.clock.now += HOUR
        await owner.open_sea()
    page = "/my-sea/" if kind == "owner" else f"/sea/{owner.user_id}/"
    assert await cells(people[kind], page, room, tickets.get(kind, tickets["guest"])) == tuple(expected)


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: f"{row[0]}-{row[1]}")
async def test_a_table_opens_to_those_seated(make_house: MakeHouse, row: tuple[str, ...]) -> None:
    """Whether there are free seats or none: those seated come in by every way, and nobody else (S8, S9)."""
    kind, state, *expected = row
    house = await make_house(table_seats=3)
    people = await everyone(house, host="owner", guest="seated")
    owner = people["owner"]
    room = await owner.make_table()
    tickets = {"owner": await joins(owner, room)}
    for name in ("seated", "left", "removed"):
        await people[name].accept(await owner.invite(room))
        tickets[name] = await joins(people[name], room)
        if name == "left":
            await people[name].does(f"/table/{room}/seats/leave")
    await owner.does(f"/table/{room}/seats/{people['removed'].user_id}/remove")
    if state == "full":
        last = await Person(house).sign_in("last")
        assert (await last.accept(await owner.invite(room))).status == 200
    assert await cells(people[kind], f"/table/{room}/", room, tickets.get(kind, tickets["seated"])) == tuple(
        expected
    )

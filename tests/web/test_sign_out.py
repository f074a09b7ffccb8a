"""Signing out where there are no accounts: nobody can be that person again, so nothing of theirs goes on."""

from __future__ import annotations

import pytest

from tests.web.conftest import MakeHouse
from tests.web.house import LOOPBACK
from tests.web.person import Person


async def test_the_table_of_who_signs_out_passes_on_at_once(ana: Person, bo: Person, cleo: Person) -> None:
    """The seat is free, and whoever sits there longest owns the table, on the page and in voice."""
    room = await ana.make_table()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))
    his, hers = await bo.join(room), await cleo.join(room)
    await ana.does("/sign-out")
    assert "2 of 6 seats taken, yours" in (await bo.get("/")).text
    assert (await bo.post(f"/table/{room}/invitations")).status == 201
    assert (await hers.next("hello"))["role"] == "owner"
    await his.say(type="remove", target=hers.peer)
    assert await hers.closed(within=1) == 4403


async def test_the_sea_of_who_signs_out_ends_at_once(ana: Person, bo: Person, cleo: Person) -> None:
    """Its guests' voice closes with 4410, they have no way back in, and its open links work no more."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    unused = await ana.invite(room)
    hers, his = await ana.join(room), await bo.join(room)
    await ana.does("/sign-out")
    assert [await hers.closed(within=1), await his.closed(within=1)] == [4401, 4410]
    assert (await bo.get("/")).text.count("sea</strong>") == 0
    assert await bo.knock(room) == 404
    assert (await cleo.accept(unused)).code == "invitation-unknown"


async def test_who_signed_out_is_forgotten(ana: Person, bo: Person) -> None:
    """Neither the name nor the id stays in the guest book; the others see a guest less."""
    await bo.accept(await ana.invite(await ana.open_sea()))
    assert f'data-member="{bo.user_id}"' in (await ana.get("/my-sea/")).text
    await bo.does("/sign-out")
    assert "data-member" not in (await ana.get("/my-sea/")).text
    assert ana.house.book._store.rows("SELECT name FROM users") == [("Ana",)]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_whom_a_proxy_signs_in_comes_back_to_the_same_rooms(make_house: MakeHouse, accept: str) -> None:
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    ana = Person(house)
    as_ana = {"Remote-User": "ana", "Accept": accept}
    await ana.ask("POST", "/tables", data={"name": "Chess"}, headers=as_ana)
    await ana.ask("POST", "/sign-out", headers=as_ana)
    assert "Chess" in (await ana.get("/", **{"Remote-User": "ana"})).text

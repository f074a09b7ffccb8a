"""The check page's server half: who may see it, and by which room it tests."""

from __future__ import annotations

import re

from tests.web.conftest import SignIn
from tests.web.house import House
from tests.web.person import Person


async def room_of(person: Person) -> str:
    """The room whose socket and relay the page tests; empty without one."""
    page = (await person.get("/check/")).text
    (room,) = re.findall(r'id="id_check_start"[^>]* data-room-id="([^"]*)"', page)
    assert ("You may enter no room now" in page) is (room == "")
    return str(room)


async def test_the_check_tests_by_a_room_that_one_may_enter_now(ana: Person) -> None:
    assert await room_of(ana) == ""
    sea = await ana.open_sea()
    assert await room_of(ana) == sea
    await ana.does("/my-sea/close")
    assert await room_of(ana) == ""
    table = await ana.make_table()
    assert await room_of(ana) == table


async def test_a_guest_checks_by_the_room_of_the_invitation(person: SignIn) -> None:
    ana, bo = await person("Ana"), await person("Bo")
    sea = await ana.open_sea()
    await bo.accept(await ana.invite(sea))
    assert await room_of(bo) == sea


async def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(house: House) -> None:
    answer = await Person(house).get("/check/")
    assert (answer.status, answer.headers["Location"]) == (303, "/?next=/check/")

"""What is over goes in small pieces, one each tick, while the pages go on."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace
from typing import cast

import pytest

from meshvoice.access.errors import GuestBookError
from meshvoice.access.guestbook import GuestBook
from meshvoice.access.users import IDLE_FORGOTTEN_AFTER
from meshvoice.timekeeping import QUIET
from meshvoice.web.keys import SWITCHBOARD, UPKEEP
from meshvoice.web.others import Others
from meshvoice.web.switchboard import Switchboard
from meshvoice.web.upkeep import TRY_SECONDS
from tests.web.house import DEADLINE, House
from tests.web.person import Person


def people(house: House) -> int:
    return house.book._store.number("SELECT count(*) FROM users")


async def test_a_pile_goes_piece_by_piece(house: House, ana: Person) -> None:
    """Each tick forgets a bounded number, until nothing is left; then it is looked for once an hour."""
    await ana.make_table()
    for number in range(150):
        house.book.users.add("Bo", random=number.to_bytes(16, "big"), now=house.clock.now)
    house.clock.now += IDLE_FORGOTTEN_AFTER + 1
    left = [people(house)]
    while left[-1] > 1:
        house.tick()
        left.append(people(house))
    assert left[:4] == [151, 111, 71, 31]
    house.book.users.add("Bo", random=b"b" * 16, now=0)
    house.tick(2)
    assert people(house) == 2
    house.clock.now += QUIET
    house.tick()
    assert people(house) == 1


async def test_who_signed_in_and_did_nothing_is_signed_out_after_a_day(house: House, ana: Person) -> None:
    """Nothing of theirs is lost, for they had nothing; whoever has something stays."""
    bo = await Person(house).sign_in("Bo")
    await bo.make_table()
    house.clock.now += IDLE_FORGOTTEN_AFTER + 1
    house.tick()
    assert (await ana.credentials()).code == "signed-out"
    assert (await bo.credentials()).status == 200


async def test_the_owners_page_of_many_earlier_invitations_is_short(ana: Person) -> None:
    room = await ana.open_sea()
    for _ in range(60):
        made = await ana.invite(room)
        ana.house.clock.now += 2
        await ana.does(f"/my-sea/invitations/{made.id}/revoke")
    open_one = await ana.invite(room)
    page = (await ana.get("/my-sea/")).text
    assert page.count("</svg>Revoked") == 50
    assert f"/my-sea/invitations/{open_one.id}/revoke" in page


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_book_whose_file_is_gone_takes_no_more_and_says_so(house: House, replaced: bool) -> None:
    """What was written to a removed file is lost with the process, and nobody was told."""
    ana = await Person(house).sign_in("Ana")
    path = house.settings.database
    os.unlink(path)
    if replaced:
        os.close(os.open(path, os.O_CREAT))
    house.clock.now += TRY_SECONDS
    house.tick()
    assert "was removed or replaced while the server ran: restart it." in str(house.book.trouble)
    assert (await Person(house).post("/sign-in", name="Bo")).status == 503
    assert (await ana.ask("GET", "/healthz")).json["status"] == "degraded"
    house.clock.now += TRY_SECONDS
    house.tick()
    assert house.book.trouble is not None


def test_whom_another_process_may_concern_stays_due_while_the_book_cannot_be_read() -> None:
    asked: list[str] = []
    broken = True

    def look_again(room: str) -> int:
        if broken:
            raise GuestBookError
        asked.append(room)
        return 1

    changes = iter([True, False])
    book = cast(GuestBook, SimpleNamespace(changed_elsewhere=lambda: next(changes)))
    hub = SimpleNamespace(registry=[SimpleNamespace(id="one"), SimpleNamespace(id="two")])
    others = Others(book, cast(Switchboard, SimpleNamespace(hub=hub, look_again=look_again)))
    others.tick()
    broken = False
    others.tick()
    assert asked == ["one", "two"]


async def test_a_tick_that_fails_keeps_no_dead_socket(
    house: House, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever is silent would never be cut."""
    swept = asyncio.Event()

    def fails() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(house.app[UPKEEP], "tick", fails)
    monkeypatch.setattr(house.app[SWITCHBOARD], "sweep", lambda *_, **__: swept.set())
    async with asyncio.timeout(DEADLINE):
        await swept.wait()

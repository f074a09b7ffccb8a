"""A guest who learns the passphrase of the site, and may have rooms of their own from then on."""

from __future__ import annotations

import pytest

from meshvoice.ids import RoomId
from meshvoice.web.keys import SWITCHBOARD
from tests.web.conftest import MakeHouse
from tests.web.house import House
from tests.web.person import Person

PASSPHRASE = "four words of calm"


@pytest.fixture
async def closed_house(make_house: MakeHouse) -> House:
    return await make_house(passphrase=PASSPHRASE)


@pytest.fixture
async def guest(closed_house: House) -> Person:
    """Somebody who came by an invitation."""
    ana = await Person(closed_house).sign_in("Ana", passphrase=PASSPHRASE)
    somebody = Person(closed_house)
    assert (await somebody.accept(await ana.invite(await ana.make_table()), name="Bo")).status == 200
    return somebody


async def test_a_guest_with_the_passphrase_stays_who_they_are_and_has_rooms(guest: Person) -> None:
    """The seat that the invitation gave is kept."""
    assert 'action="/host"' in (await guest.get("/")).text
    assert (await guest.post("/host", passphrase=f" {PASSPHRASE} ")).status == 200
    page = (await guest.get("/")).text
    assert "Hello, Bo" in page
    assert "Chess" in page
    assert 'action="/host"' not in page
    assert (await guest.post("/my-sea/open")).status == 200


async def test_the_session_with_more_rights_is_a_new_one(guest: Person) -> None:
    """A copy of the guest's cookie gains nothing by it: it is worth nothing from then on."""
    copy = Person(guest.house, cookies=guest.cookies)
    await guest.does("/host", passphrase=PASSPHRASE)
    assert guest.cookies != copy.cookies
    assert (await copy.credentials()).status == 401
    assert (await guest.credentials()).status == 200


async def test_whoever_becomes_a_host_in_a_call_stays_in_it(closed_house: House) -> None:
    """Another process looks again for everybody in the room, and finds the session of before ended."""
    ana = await Person(closed_house).sign_in("Ana", passphrase=PASSPHRASE)
    table, guest = await ana.make_table(), Person(closed_house)
    await guest.accept(await ana.invite(table), name="Bo")
    wire = await guest.join(table)
    await wire.caught_up()
    await guest.does("/host", passphrase=PASSPHRASE)
    closed_house.app[SWITCHBOARD].look_again(RoomId(table))
    assert await wire.caught_up() == []
    await guest.does("/sign-out")
    assert await wire.closed() == 4401


@pytest.mark.parametrize("given", [{}, {"passphrase": ""}, {"passphrase": "four words of"}])
async def test_a_wrong_passphrase_changes_nothing(guest: Person, given: dict[str, str]) -> None:
    before = dict(guest.cookies)
    answer = await guest.post("/host", **given)
    assert (answer.status, answer.code) == (403, "wrong-passphrase")
    assert guest.cookies == before
    assert (await guest.post("/my-sea/open")).code == "guest"


async def test_a_wrong_passphrase_is_told_beside_its_field(guest: Person) -> None:
    answer = await guest.ask("POST", "/host", data={"passphrase": "no"}, headers={"Accept": "text/html"})
    assert answer.status == 403
    assert "That is not the passphrase." in answer.text
    assert 'role="alert"' in answer.text
    assert "Hello, Bo" in answer.text


async def test_guesses_are_limited_together_with_those_at_the_sign_in(guest: Person) -> None:
    """One address has ten guesses, wherever it makes them, and out of them nothing is compared (S6)."""
    stranger = Person(guest.house)
    for n in range(5):
        assert (await guest.post("/host", passphrase=f"{n}")).status == 403
        assert (await stranger.post("/sign-in", name="Cleo", passphrase=f"{n}")).status == 403
    assert (await guest.post("/host", passphrase=PASSPHRASE)).status == 429
    guest.house.clock.now += 30
    assert (await guest.post("/host", passphrase=PASSPHRASE)).status == 200


async def test_a_host_who_asks_again_stays_as_they_are(guest: Person) -> None:
    await guest.does("/host", passphrase=PASSPHRASE)
    before = dict(guest.cookies)
    assert (await guest.post("/host", passphrase="no")).status == 200
    assert guest.cookies == before


async def test_who_is_signed_out_makes_no_host(closed_house: House) -> None:
    answer = await Person(closed_house).post("/host", passphrase=PASSPHRASE)
    assert (answer.status, answer.code) == (401, "signed-out")


async def test_each_refusal_of_rooms_leads_to_the_form(guest: Person) -> None:
    """Signing in anew would lose the seats: nothing advises that."""
    assert 'href="/#id_host"' in (await guest.get("/my-sea/")).text
    assert "on the start page" in (await guest.post("/my-sea/open")).text
    for path in ("/", "/my-sea/"):
        assert "sign in with" not in (await guest.get(path)).text


async def test_where_the_passphrase_was_taken_back_every_guest_has_rooms(guest: Person) -> None:
    await guest.house.restart(passphrase="")
    assert 'action="/host"' not in (await guest.get("/")).text
    assert (await guest.post("/my-sea/open")).status == 200

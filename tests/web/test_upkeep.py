"""What is over goes in small pieces, one each tick, while the pages go on."""

from __future__ import annotations

from meshvoice.access.users import IDLE_FORGOTTEN_AFTER
from meshvoice.timekeeping import QUIET
from tests.web.house import House
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

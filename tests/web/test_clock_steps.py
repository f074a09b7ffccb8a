"""The wall clock steps: nobody is signed out, no room closes early, nothing is lost, no seat is kept on."""

from __future__ import annotations

import pytest

from meshvoice.timekeeping import HOLD, QUIET
from meshvoice.web.sessions import AHEAD_SECONDS
from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, House
from tests.web.person import Person
from tests.web.rooms import pair

DAY = 24 * HOUR
STEPS = [-HOUR, -90.0, -30.0, 30.0, 25 * HOUR, 100 * DAY]
GRACE = 45.0


def rows(house: House) -> list[int]:
    """How much the book holds of everything."""
    tables = ("users", "rooms", "members", "invitations", "revoked_sessions")
    return [house.book._store.number(f"SELECT count(*) FROM {table}") for table in tables]


@pytest.mark.parametrize("by", STEPS)
async def test_a_step_that_is_taken_back_changes_nothing(ana: Person, bo: Person, by: float) -> None:
    """As when the network's time is wrong for two seconds and a half, in the middle of a call."""
    house = ana.house
    table = await ana.make_table()
    await ana.invite(table)
    hers, his = await pair(ana, bo)
    house.clock.now += QUIET
    house.tick()
    before = rows(house)
    for wire in (hers, his):
        await wire.caught_up()
    house.clock.step(by)
    for _ in range(5):
        house.clock.now += 0.5
        house.tick()
        assert (await ana.get("/my-sea/")).status == 200
        assert (await bo.credentials()).status == 200
    house.clock.step(-by)
    house.tick(3)
    assert rows(house) == before
    assert [await wire.caught_up() for wire in (hers, his)] == [[], []]
    assert (await bo.get(f"/sea/{ana.user_id}/")).status == 200


@pytest.mark.parametrize("by", STEPS)
@pytest.mark.parametrize("when", ["before the drop", "after the drop", "held"])
async def test_no_seat_outlives_its_grace(ana: Person, bo: Person, by: float, when: str) -> None:
    """It is kept to its end, and no longer, whenever the clock steps and whether it stays."""
    house = ana.house
    table = await ana.make_table()
    await bo.accept(await ana.invite(table))
    hers, his = await ana.join(table), await bo.join(table)
    if when != "after the drop":
        house.clock.step(by)
        house.tick()
    if when == "held":
        # So that the new time comes to count while the seat waits.
        house.clock.now += HOLD - GRACE / 2
    await his.leave()
    await hers.next("away")
    if when == "after the drop":
        house.clock.step(by)
        house.tick()
    house.clock.now += GRACE - 0.5
    house.tick()
    assert "left" not in [frame["type"] for frame in await hers.caught_up()]
    house.clock.now += 1
    house.tick()
    left = await hers.next("left")
    assert (left["source"], left["reason"]) == (his.peer, "lost")


async def test_a_step_forward_that_holds_ends_rooms_then_and_no_earlier(ana: Person, bo: Person) -> None:
    hers, his = await pair(ana, bo)
    house = ana.house
    house.clock.step(25 * HOUR)
    house.tick()
    house.clock.now += HOLD - 1
    house.tick()
    assert await hers.caught_up() == []
    assert (await ana.get("/my-sea/")).text.count("It is closed.") == 0
    house.clock.now += 1
    house.tick(2)
    assert [await wire.closed(within=1) for wire in (hers, his)] == [4410, 4410]
    assert (await ana.get("/my-sea/")).text.count("It is closed.") == 1


async def test_after_a_step_back_that_holds_rooms_end_by_the_new_time(ana: Person, bo: Person) -> None:
    """Those that were open then, and those that somebody joins afterwards."""
    hers, _ = await pair(ana, bo)
    house = ana.house
    closes_at = hers.welcome["closes_at"]
    house.clock.step(-HOUR)
    house.tick()
    house.clock.now += HOLD
    house.tick()
    again = await bo.join(f"mysea-{ana.user_id}")
    house.clock.now = closes_at - 1
    house.tick()
    for wire in (hers, again):
        assert "notice" in [frame["type"] for frame in await wire.caught_up()]
    house.clock.now = closes_at + 1
    house.tick()
    assert [await wire.closed(within=1) for wire in (hers, again)] == [4410, 4410]


async def test_a_step_back_of_an_hour_signs_nobody_out_also_after_a_restart(ana: Person, bo: Person) -> None:
    """The cookie is of the future then, whoever restarts the server, and whoever signs in meanwhile."""
    table = await ana.make_table()
    house = ana.house
    house.clock.step(-HOUR)
    await house.restart()
    assert (await ana.credentials()).status == 200
    cleo = await Person(house).sign_in("Cleo")
    await cleo.accept(await ana.invite(table))
    house.clock.step(HOUR)
    await house.restart()
    for somebody in (ana, cleo):
        assert (await somebody.credentials()).status == 200


@pytest.mark.parametrize("by", [-2 * HOUR, 2 * HOUR, 25 * HOUR])
async def test_credentials_are_good_by_the_wall_clock_while_a_step_is_held(
    ana: Person, bo: Person, by: float
) -> None:
    """For coturn goes by that one at once."""
    await pair(ana, bo)
    house = ana.house
    house.clock.step(by)
    house.tick()
    body = (await ana.credentials()).json
    expires = int(body["username"].partition(":")[0])
    assert expires >= int(house.clock()) + body["ttl"]


async def test_a_step_back_keeps_nobody_waiting_who_used_up_tries_before(make_house: MakeHouse) -> None:
    """What fills up goes by a clock that never jumps."""
    house = await make_house(passphrase="four words of calm")
    house.clock.step(HOUR)
    house.tick()
    house.clock.now += HOLD + 1
    house.tick()
    for n in range(10):
        await Person(house).post("/sign-in", name="Ana", passphrase=f"{n}")
    house.clock.step(-HOUR)
    house.tick()
    house.clock.now += HOLD + 1
    house.tick()
    await Person(house).sign_in("Ana", passphrase="four words of calm")


async def test_a_session_from_further_in_the_future_waits_for_its_time(ana: Person) -> None:
    await ana.make_table()
    house = ana.house
    house.clock.step(-AHEAD_SECONDS - 60)
    await house.restart()
    assert (await ana.credentials()).status == 401
    house.clock.now += 60
    assert (await ana.credentials()).status == 200


@pytest.mark.parametrize("by", [25 * HOUR, 100 * DAY])
async def test_nothing_is_deleted_for_an_hour_after_a_step(ana: Person, bo: Person, by: float) -> None:
    """Once a wrong time has held for an hour it is the time, and what is old goes."""
    house = ana.house
    await ana.make_table()
    await bo.open_sea()
    house.clock.now += QUIET
    house.tick()
    before = rows(house)
    house.clock.step(by)
    house.tick()
    for _ in range(59):
        house.clock.now += 60
        house.tick()
    assert rows(house) == before
    house.clock.now += 61
    house.tick(2)
    assert (rows(house) == before) is (by < 90 * DAY)


async def test_nothing_is_deleted_in_the_first_hour_of_a_process(ana: Person) -> None:
    """It may have begun with a wrong clock, which the network's time mends a little later."""
    house = ana.house
    await ana.make_table()
    before = rows(house)
    house.clock.step(100 * DAY)
    await house.restart()
    house.clock.now += 60
    house.tick()
    house.clock.step(-100 * DAY)
    house.tick()
    house.clock.now += HOLD
    house.tick()
    assert rows(house) == before
    assert (await ana.credentials()).status == 200


async def test_a_step_is_told_in_the_log_once(ana: Person, caplog: pytest.LogCaptureFixture) -> None:
    """Not each time that the clock goes to and fro."""
    for _ in range(4):
        ana.house.clock.step(100 * DAY)
        ana.house.tick()
        ana.house.clock.step(-100 * DAY)
        ana.house.tick()
    told = [record.getMessage() for record in caplog.records if "the clock stepped" in record.getMessage()]
    assert len(told) == 1
    assert "+8640000 s" in told[0]


@pytest.mark.parametrize("by", STEPS)
async def test_tickets_and_invitations_outlast_a_step(ana: Person, bo: Person, by: float) -> None:
    house = ana.house
    hers, his = await pair(ana, bo)
    link = await ana.invite(f"mysea-{ana.user_id}")
    house.clock.step(by)
    house.tick()
    await his.leave()
    await hers.next("away")
    back = await bo.connect(f"mysea-{ana.user_id}")
    welcome = await back.hello("Bo", ticket=his.welcome["ticket"], seen=his.frames[-1]["seq"])
    assert (welcome["source"], welcome["resumed"]) == (his.peer, True)
    cleo = await Person(house).sign_in("Cleo")
    assert (await cleo.accept(link)).status == 200

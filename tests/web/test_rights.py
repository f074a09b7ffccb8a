"""The right to be in a room ends, and the socket with it, at once and with the code that says why (S8)."""

from __future__ import annotations

import pytest

from tests.web.conftest import SignIn
from tests.web.house import HOUR, House
from tests.web.person import Person, Wire
from tests.web.rooms import pair


async def test_signing_out_closes_within_a_second(ana: Person, bo: Person) -> None:
    """4401, in every room (S8)."""
    hers, his = await pair(ana, bo)
    own = await bo.join(await bo.open_sea())
    await bo.does("/sign-out")
    assert [await his.closed(within=1), await own.closed(within=1)] == [4401, 4401]
    assert (await hers.next("left"))["reason"] == "left"


@pytest.mark.parametrize("way", ["signing out", "removal by the page", "removal by the socket", "leaving"])
async def test_what_ends_a_right_reaches_whoever_was_lost(ana: Person, bo: Person, way: str) -> None:
    """The others may still hear them, past the server, and close that link by its "left" alone (S8, S10)."""
    hers, his = await pair(ana, bo)
    his.cut()
    await hers.next("away")
    ana.house.clock.now += 45
    assert (await hers.next("left"))["reason"] == "lost"
    match way:
        case "signing out":
            await bo.does("/sign-out")
        case "removal by the page":
            await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
        case "removal by the socket":
            await hers.say(type="remove", target=his.peer)
        case _:
            await bo.does(f"/sea/{ana.user_id}/leave")
    left = await hers.next("left")
    assert (left["source"], left["reason"]) == (his.peer, "removed" if "removal" in way else "left")


async def test_the_end_of_the_window_closes_within_a_second(ana: Person, bo: Person) -> None:
    """4410, without anybody asking for it (S8)."""
    voices = await pair(ana, bo)
    ana.house.clock.now += 24 * HOUR
    assert [await voice.closed(within=1) for voice in voices] == [4410, 4410]


@pytest.mark.parametrize("way", ["page", "socket"])
@pytest.mark.parametrize("kind", ["sea", "table"])
async def test_removal_closes_within_a_second(ana: Person, bo: Person, kind: str, way: str) -> None:
    """4403, and everyone else hears of it; nothing of the removed comes through any more (S8, S10)."""
    room = await (ana.open_sea() if kind == "sea" else ana.make_table())
    await bo.accept(await ana.invite(room))
    hers, his = await ana.join(room), await bo.join(room)
    if way == "socket":
        await hers.say(type="remove", target=his.peer)
    else:
        path = "/my-sea/guests/{}/remove" if kind == "sea" else f"/table/{room}/seats/{{}}/remove"
        await ana.does(path.format(bo.user_id))
    assert await his.closed(within=1) == 4403
    left = await hers.next("left")
    assert (left["source"], left["reason"]) == (his.peer, "removed")
    assert await bo.knock(room) == 404


async def test_a_removal_reaches_whoever_was_lost_to_a_server_of_before(
    ana: Person, bo: Person, house: House
) -> None:
    """Who doesn't come back to a server that started anew is still heard, past it (S10)."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    hers, _ = await ana.join(room), await bo.join(room)
    await house.restart()
    back = await ana.connect(room)
    await back.hello("Ana", ticket=hers.welcome["ticket"], seen=hers.frames[-1]["seq"])
    await back.caught_up()
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
    assert [(each["type"], each["user"]) for each in await back.caught_up()] == [("removed", bo.user_id)]


async def test_only_the_owner_removes(ana: Person, bo: Person) -> None:
    hers, his = await pair(ana, bo)
    await his.say(type="remove", target=hers.peer)
    assert (await his.next("error"))["code"] == "not-allowed"
    assert await hers.caught_up() == []


@pytest.mark.parametrize("kind", ["sea", "table"])
async def test_leaving_by_the_page_closes_within_a_second(ana: Person, bo: Person, kind: str) -> None:
    """4404: whoever gave up the right to be there isn't there (S8)."""
    room = await (ana.open_sea() if kind == "sea" else ana.make_table())
    await bo.accept(await ana.invite(room))
    hers, his = await ana.join(room), await bo.join(room)
    await bo.does(f"/sea/{ana.user_id}/leave" if kind == "sea" else f"/table/{room}/seats/leave")
    assert await his.closed(within=1) == 4404
    assert (await hers.next("left"))["reason"] == "left"


@pytest.mark.parametrize(
    ("end", "code"), [("sign-out", 4401), ("remove", 4403), ("leave", 4404), ("close", 4410)]
)
async def test_a_right_that_ends_before_the_hello_seats_nobody(
    ana: Person, bo: Person, end: str, code: int
) -> None:
    """The gate is asked at the hello, too: a handshake done in time is worth nothing by itself (S8)."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    early = await bo.connect(room)
    match end:
        case "sign-out":
            await bo.does("/sign-out")
        case "remove":
            await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
        case "leave":
            await bo.does(f"/sea/{ana.user_id}/leave")
        case "close":
            await ana.does("/my-sea/close")
    await early.say(type="hello", name="Bo", muted=False)
    assert await early.closed(within=1) == code
    assert early.frames == []


async def test_everyone_is_told_before_voice_ends(ana: Person, bo: Person) -> None:
    hers, his = await pair(ana, bo)
    closes_at = hers.welcome["closes_at"]
    for ahead in (600, 60):
        ana.house.clock.now = closes_at - ahead
        for wire in (hers, his):
            assert (await wire.next("notice"))["at"] == closes_at


async def test_whoever_opens_the_page_and_is_not_in_knocks_once_in_twenty_seconds(
    ana: Person, bo: Person
) -> None:
    hers, his = await pair(ana, bo)
    page = f"/sea/{ana.user_id}/"
    await bo.get(page)
    assert await knocks(hers) == []
    await his.say(type="bye")
    await hers.next("left")
    # What he opened while he was in counts for nothing.
    for _ in range(2):
        for _ in range(3):
            await bo.get(page)
        assert await knocks(hers) == [(bo.user_id, "Bo")]
        ana.house.clock.now += 20


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Fetch-Mode": "cors"}),
        ("GET", {"Meshvoice-In-Place": "1"}),
    ],
)
async def test_what_is_no_opening_by_a_person_knocks_not_and_costs_no_later_one(
    ana: Person, bo: Person, method: str, headers: dict[str, str]
) -> None:
    """A page's lists fetched by its own script, or a browser's guess at what will be opened."""
    hers = await outside(ana, bo)
    page = f"/sea/{ana.user_id}/"
    asked = await bo.ask(method, page, headers={"Accept": "text/html", "Origin": None, **headers})
    assert asked.status == 200
    assert await knocks(hers) == []
    await bo.get(page, **{"Sec-Fetch-Mode": "navigate"})
    assert await knocks(hers) == [(bo.user_id, "Bo")]


async def test_an_opening_while_nobody_is_there_costs_no_knock(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    await bo.get(f"/sea/{ana.user_id}/")
    hers = await ana.join(room)
    await bo.get(f"/sea/{ana.user_id}/")
    assert await knocks(hers) == [(bo.user_id, "Bo")]


async def outside(ana: Person, bo: Person) -> Wire:
    """Have Ana in her sea's voice, and Bo let in and not there."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    return await ana.join(room)


async def knocks(wire: Wire) -> list[tuple[str, str]]:
    """Give of whom a wire was told since it was last looked at."""
    return [(told["user"], told["name"]) for told in await wire.caught_up() if told["type"] == "knock"]


async def test_a_guest_book_that_fails_ends_one_socket_in_good_order(ana: Person, bo: Person) -> None:
    """1011, after which a client comes back; a removal that isn't in the file is not carried out."""
    hers, his = await pair(ana, bo)
    ana.house.book._store._connection.execute("PRAGMA query_only = 1")
    await hers.say(type="remove", target=his.peer)
    assert await hers.closed() == 1011
    ana.house.book._store._connection.execute("PRAGMA query_only = 0")
    assert [frame["type"] for frame in await his.caught_up()] == ["away"]


async def test_nothing_is_left_of_those_who_went(
    ana: Person, bo: Person, house: House, person: SignIn
) -> None:
    """Rooms, seats and sockets are forgotten with the last of them."""
    voices = await pair(ana, bo)
    for voice in voices:
        await voice.say(type="bye")
        assert await voice.closed() == 1000
    nobody = {f'meshvoice_peers{{state="{state}"}} 0.0' for state in ("connected", "away")}
    assert {"meshvoice_rooms 0.0", "meshvoice_sockets 0.0", *nobody} <= set(await ana.metrics())

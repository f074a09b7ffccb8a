"""Coming back: a dropped socket, a restarted server, a second tab; and tickets that prove nothing."""

from __future__ import annotations

import asyncio

import pytest

from meshvoice.web.keys import SWITCHBOARD
from tests.web.house import House
from tests.web.person import Frame, Person, Wire
from tests.web.rooms import pair

pytestmark = pytest.mark.usefixtures("either_way")
NEW_KEY = bytes(range(32, 64))


async def seated(ana: Person, bo: Person) -> tuple[str, Wire, Wire]:
    """A sea and two people in its voice."""
    hers, his = await pair(ana, bo)
    return f"mysea-{ana.user_id}", hers, his


def ticket(wire: Wire) -> str:
    text: str = wire.welcome["ticket"]
    return text


def seen(wire: Wire) -> int:
    """The last `seq` that came."""
    last: int = wire.frames[-1]["seq"]
    return last


def kinds(frames: list[Frame]) -> list[str]:
    return [frame["type"] for frame in frames]


async def test_a_dropped_socket_costs_nothing(ana: Person, bo: Person) -> None:
    """The seat is kept, what came meanwhile is given once and in order, and nobody leaves or joins."""
    room, hers, his = await seated(ana, bo)
    before = seen(his)
    await his.leave()
    assert (await hers.next("away"))["source"] == his.peer
    for gen in (1, 2, 3):
        await hers.say(type="repair", target=his.peer, gen=gen, why="stalled")
    await hers.caught_up()
    back = await bo.connect(room)
    welcome = await back.hello("Bo", ticket=ticket(his), seen=before)
    assert (welcome["resumed"], welcome["source"], welcome["order"]) == (True, his.peer, his.welcome["order"])
    missed = await back.caught_up()
    assert [(frame["gen"], frame["seq"]) for frame in missed] == [(n, welcome["seq"] + n) for n in (1, 2, 3)]
    assert kinds(await hers.caught_up()) == ["back"]


async def test_whoever_leaves_while_the_socket_is_away_gives_the_seat_back_at_once(
    ana: Person, bo: Person
) -> None:
    room, hers, his = await seated(ana, bo)
    await his.leave()
    await hers.next("away")
    back = await bo.connect(room)
    await back.say(type="hello", name="Bo", muted=False, deafened=False, ticket=ticket(his), seen=seen(his))
    await back.say(type="bye")
    left = await hers.next("left")
    assert (left["source"], left["reason"]) == (his.peer, "left")


async def come_and_go(person: Person, room: str, wire: Wire, times: int) -> None:
    for _ in range(times):
        await wire.say(type="bye")
        await wire.closed()
        wire = await person.join(room)
    await wire.say(type="bye")
    await wire.closed()


async def held(person: Person, room: str, **more: str) -> Wire:
    """Say hello once too often in a row, and wait until it is held."""
    wire, hub = await person.connect(room), person.house.app[SWITCHBOARD].hub
    await person.house.until(lambda: hub.registry.connecting == 1)
    await wire.say(type="hello", name="Bo", muted=False, deafened=False, **more)
    await person.house.until(lambda: hub.registry.connecting == 0)
    return wire


async def test_whoever_comes_and_goes_all_the_time_waits_for_a_turn_and_a_bad_network_does_not(
    ana: Person, bo: Person, house: House
) -> None:
    room, hers, his = await seated(ana, bo)
    for _ in range(20):
        await his.leave()
        await hers.next("away")
        back = await bo.connect(room)
        await back.hello("Bo", ticket=ticket(his), seen=seen(his))
        his = back
        await hers.next("back")
    await come_and_go(bo, room, his, 7)
    await hers.caught_up()
    often = await held(bo, room)
    await often.say(type="state", muted=True, deafened=False)
    house.clock.now += 4
    house.tick()
    assert await hers.caught_up() == []
    house.clock.now += 1
    house.tick()
    assert (await often.next("welcome"))["resumed"] is False
    assert (await hers.next("hello"))["muted"] is False
    assert (await hers.next("state"))["muted"] is True, "what was said meanwhile is read afterwards"


async def test_a_ticket_that_is_not_taken_stands_in_the_log_once_though_its_hello_waits(
    ana: Person, bo: Person, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    room, _, his = await seated(ana, bo)
    await come_and_go(bo, room, his, 7)
    caplog.set_level("INFO")
    waiting = await held(bo, room, ticket="made.up")
    house.clock.now += 5
    house.tick()
    assert (await waiting.next("welcome"))["source"] != his.peer
    told = [each.message for each in caplog.records if "ticket was not taken" in each.message]
    assert len(told) == 1


async def test_of_two_who_wait_for_the_same_seat_the_newer_gets_it(
    ana: Person, bo: Person, house: House
) -> None:
    room, _, his = await seated(ana, bo)
    await come_and_go(bo, room, his, 7)
    first = await held(bo, room)
    code, second = await asyncio.gather(first.closed(), held(bo, room))
    assert code == 4409
    await house.until(lambda: house.app[SWITCHBOARD].sockets == 2)
    house.clock.now += 5
    house.tick()
    assert (await second.next("welcome"))["resumed"] is False


async def test_whoever_gave_up_waiting_is_never_let_in(ana: Person, bo: Person, house: House) -> None:
    room, hers, his = await seated(ana, bo)
    await come_and_go(bo, room, his, 7)
    await hers.caught_up()
    gone = await held(bo, room)
    before = house.connections
    gone.cut()
    await house.until(lambda: house.connections < before)
    house.clock.now += 5
    house.tick()
    await house.until(lambda: house.app[SWITCHBOARD].sockets == 1)
    assert await hers.caught_up() == []


async def test_a_server_that_stops_sends_those_who_wait_away_too(
    ana: Person, bo: Person, house: House
) -> None:
    room, _, his = await seated(ana, bo)
    await come_and_go(bo, room, his, 7)
    waits = await held(bo, room)
    code, _ = await asyncio.gather(waits.closed(), house.restart(farewell=True))
    assert code == 1012


async def test_what_the_server_took_before_the_drop_it_says_and_drops(ana: Person, bo: Person) -> None:
    room, hers, his = await seated(ana, bo)
    for n in (1, 2):
        await his.say(type="repair", target=hers.peer, gen=n, why="", n=n)
    await his.caught_up()
    await his.leave()
    await hers.next("away")
    back = await bo.connect(room)
    assert (await back.hello("Bo", ticket=ticket(his), seen=seen(his)))["got"] == 2
    for n in (2, 3):
        await back.say(type="repair", target=hers.peer, gen=n, why="", n=n)
    await back.caught_up()
    await hers.caught_up()
    assert [frame["gen"] for frame in hers.frames if frame["type"] == "repair"] == [1, 2, 3]


async def test_a_socket_that_still_hangs_is_replaced_and_nobody_hears_of_it(ana: Person, bo: Person) -> None:
    room, hers, his = await seated(ana, bo)
    back = await bo.connect(room)
    await back.hello("Bo", ticket=ticket(his), seen=seen(his))
    assert await his.closed() == 4409
    assert await back.caught_up() == []
    assert await hers.caught_up() == []


async def test_whoever_stays_away_too_long_is_lost(ana: Person, bo: Person) -> None:
    room, hers, his = await seated(ana, bo)
    await his.leave()
    await hers.next("away")
    ana.house.clock.now += 45
    left = await hers.next("left")
    assert (left["source"], left["reason"]) == (his.peer, "lost")
    back = await bo.connect(room)
    welcome = await back.hello("Bo", ticket=ticket(his), seen=seen(his))
    assert (welcome["resumed"], welcome["source"]) == (False, his.peer)
    roster = [(frame["type"], frame.get("source")) for frame in await back.caught_up()]
    assert roster == [("credentials", None), ("present", hers.peer)]
    assert (await hers.next("hello"))["source"] == his.peer


async def test_after_a_restart_everyone_sits_where_they_sat(ana: Person, bo: Person, house: House) -> None:
    """A new process on the same file and keys seats a ticket's peer under its old id and order."""
    room, hers, his = await seated(ana, bo)
    *codes, _ = await asyncio.gather(hers.closed(), his.closed(), house.restart(farewell=True))
    assert codes == [1012, 1012]
    again = []
    for who, wire in ((ana, hers), (bo, his)):
        back = await who.connect(room)
        welcome = await back.hello(who.name, ticket=ticket(wire), seen=seen(wire))
        assert {key: welcome[key] for key in ("source", "order", "user", "role", "resumed")} == {
            **{key: wire.welcome[key] for key in ("source", "order", "user", "role")},
            "resumed": False,
        }
        assert welcome["boot"] != wire.welcome["boot"]
        again.append(back)
    roster = await again[1].caught_up()
    # Before the first present, because with credentials of any age a new connection might find no relay.
    told = [(frame["type"], frame.get("source")) for frame in roster]
    assert told == [("credentials", None), ("present", hers.peer)]
    assert (await again[0].next("hello"))["source"] == his.peer


async def test_a_newcomer_after_a_restart_is_above_all_who_came_before(
    ana: Person, bo: Person, house: House
) -> None:
    """Of two peers the higher order owns the link, so no two may change places."""
    room, hers, _ = await seated(ana, bo)
    await house.restart()
    house.clock.step(-3600)
    back = await ana.connect(room)
    await back.hello("Ana", ticket=ticket(hers))
    assert (await bo.join(room)).welcome["order"] > hers.welcome["order"]


async def test_a_newer_tab_takes_the_place_of_the_older(ana: Person, bo: Person) -> None:
    room, hers, his = await seated(ana, bo)
    newer = await bo.join(room)
    assert await his.closed() == 4409
    told = await hers.caught_up()
    assert [(f["type"], f["source"]) for f in told] == [("left", his.peer), ("hello", newer.peer)]
    assert told[0]["reason"] == "replaced"
    assert newer.peer != his.peer


async def test_a_key_in_rotation_still_proves_a_seat(ana: Person, bo: Person, house: House) -> None:
    room, hers, _ = await seated(ana, bo)
    await house.restart(secret_keys=(NEW_KEY, *house.settings.secret_keys))
    back = await ana.connect(room)
    assert (await back.hello("Ana", ticket=ticket(hers)))["source"] == hers.peer


@pytest.mark.parametrize("kind", ["another's", "of another room", "forged", "none", "of another key"])
async def test_a_ticket_that_proves_nothing_makes_a_newcomer(
    ana: Person, bo: Person, house: House, kind: str
) -> None:
    """It costs the seat, never the call, and nobody takes another's place with it (S4)."""
    room, hers, his = await seated(ana, bo)
    own = await bo.join(await bo.open_sea())
    tickets = {
        "another's": ticket(hers),
        "of another room": ticket(own),
        "forged": ticket(his)[:-1] + ("A" if ticket(his)[-1] != "A" else "B"),
        "none": "x" * 512,
        "of another key": ticket(his),
    }
    if kind == "of another key":
        await house.restart(secret_keys=(NEW_KEY,))
        await asyncio.gather(ana.sign_in("Ana"), bo.sign_in("Bo"))
        room = await ana.open_sea()
        await bo.accept(await ana.invite(room))
    back = await bo.connect(room)
    welcome = await back.hello("Bo", ticket=tickets[kind])
    assert welcome["source"] not in {hers.peer, his.peer, own.peer}
    assert welcome["user"] == bo.user_id


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("end", ["closed and opened again", "removed and invited anew", "left and back"])
async def test_a_ticket_ends_with_the_right_to_be_there(
    ana: Person, bo: Person, house: House, end: str, restarted: bool
) -> None:
    """Who has a new right to the same room is a newcomer there, also to a server that was restarted."""
    room, hers, his = await seated(ana, bo)
    match end:
        case "closed and opened again":
            await ana.does("/my-sea/close")
            await ana.open_sea()
        case "removed and invited anew":
            await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
        case _:
            await bo.does(f"/sea/{ana.user_id}/leave")
    assert (await bo.accept(await ana.invite(room))).status == 200
    if restarted:
        house.clock.now += 1
        await house.restart()
    newcomers = [(bo, his)] + ([(ana, hers)] if end.startswith("closed") else [])
    for who, former in newcomers:
        back = await who.connect(room)
        welcome = await back.hello(who.name, ticket=ticket(former))
        assert welcome["source"] != former.peer
        assert welcome["order"] > former.welcome["order"]


async def test_who_left_and_comes_back_by_the_old_ticket_has_nobody_else_marked(
    house: House, ana: Person, bo: Person
) -> None:
    """The order in a ticket says who of two look-alikes came first: it ends with the seat (W15)."""
    room = await ana.open_sea()
    hers = await ana.join(room)
    double = await Person(house).sign_in("B\u043e")
    for who in (bo, double):
        await who.accept(await ana.invite(room))
    early = await double.join(room)
    await early.say(type="bye")
    assert await early.closed() == 1000
    his = await bo.join(room)
    await hers.caught_up()
    await his.caught_up()
    late = await double.connect(room)
    welcome = await late.hello(ticket=ticket(early), seen=seen(early))
    assert welcome["order"] > his.welcome["order"]
    assert welcome["source"] != early.peer
    for told in (await hers.caught_up(), await his.caught_up()):
        assert [(frame["type"], frame["name"], frame.get("alike")) for frame in told] == [
            ("hello", "B\u043e", True)
        ]


async def test_no_ticket_leads_past_the_gate(ana: Person, bo: Person, house: House) -> None:
    """Who was removed stays out with a ticket that was good, also after a restart (S8, S10)."""
    room, _, his = await seated(ana, bo)
    early = await bo.connect(room)
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
    assert await his.closed() == 4403
    await early.say(type="hello", name="Bo", muted=False, ticket=ticket(his))
    assert await early.closed() == 4403
    assert await bo.knock(room) == 404
    await house.restart()
    assert await bo.knock(room) == 404


async def test_a_sleeping_tab_does_not_take_the_call_back(ana: Person, bo: Person) -> None:
    """A newer tab of the same user has the seat: the older one's ticket is too old."""
    room, _, older = await seated(ana, bo)
    newer = await bo.join(room)
    assert await older.closed() == 4409
    await newer.caught_up()
    woken = await bo.connect(room)
    await woken.say(type="hello", name="Bo", muted=False, ticket=ticket(older))
    assert await woken.closed() == 4409
    assert await newer.caught_up() == []

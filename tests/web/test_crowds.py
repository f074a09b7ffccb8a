"""Those who read nothing, those who say too much, and those who are too many (S5, S6)."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
from aiohttp import ClientConnectionError

from meshvoice.signaling.client_messages import FRAME_BYTES
from meshvoice.signaling.limits import Buckets, Cap
from meshvoice.web.keys import OUTGOING
from meshvoice.web.outbox import FAIR_BYTES, OUTBOX_BYTES, Outgoing
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import DEADLINE, LOOPBACK
from tests.web.person import Person
from tests.web.rooms import BULK, Stalled, pair


@pytest.mark.usefixtures("either_way")
async def test_a_peer_that_reads_nothing_is_cut_and_nobody_else_loses_a_frame(
    ana: Person, bo: Person, cleo: Person
) -> None:
    """A bounded outbox: the stalled peer ends with 4408, the others get all of theirs in order (S5)."""
    room = await ana.open_sea()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))
    sender, honest = await ana.join(room), await bo.join(room)
    outgoing = ana.house.app[OUTGOING]
    with closing(await Stalled.join(cleo, room)) as stalled:
        await sender.caught_up()
        cut, sent = False, 0
        async with asyncio.timeout(DEADLINE):
            while not cut:
                for _ in range(8):
                    sent += 1
                    await sender.say(type="ice", target=stalled.peer, gen=1, candidates=BULK)
                    await sender.say(type="ice", target=honest.peer, gen=sent, candidates=[None])
                cut = "away" in [frame["type"] for frame in await sender.caught_up()]
                got = [frame["gen"] for frame in await honest.caught_up() if frame["type"] == "ice"]
                assert got == list(range(sent - 7, sent + 1))
                assert outgoing.bytes <= OUTBOX_BYTES + 8 * FRAME_BYTES
                # Time moves on for the token buckets alone.
                ana.house.clock.now += 16
    counted = await ana.metrics()
    assert 'meshvoice_ended_sockets_total{code="4408"} 1.0' in counted
    assert "meshvoice_outbox_overflows_total 1.0" in counted
    await ana.house.until(lambda: outgoing.bytes == 0)


@pytest.mark.usefixtures("either_way")
async def test_a_flood_is_cut_and_an_honest_pair_goes_on(ana: Person, bo: Person, cleo: Person) -> None:
    """In one moment a flooder's first 400 frames pass, 200 are answered `too-fast`, then he is out (S6)."""
    room = await ana.open_sea()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))
    hers, his, flooder = await ana.join(room), await bo.join(room), await cleo.join(room)

    async def flood() -> int:
        try:
            for gen in range(1, 2_000):
                await flooder.say(type="ice", target=his.peer, gen=1, candidates=[{"candidate": f"{gen}"}])
        except ClientConnectionError:
            pass  # cut while sending
        return await flooder.closed()

    async def talk() -> None:
        for gen in range(1, 101):
            await hers.say(type="ice", target=his.peer, gen=gen, candidates=[None])
            while (await his.next("ice"))["source"] != hers.peer:
                continue
            await his.say(type="ice", target=hers.peer, gen=gen, candidates=[None])
            assert (await hers.next("ice"))["gen"] == gen

    code, _ = await asyncio.gather(flood(), talk())
    assert code == 4429
    told = [frame.get("code") for frame in flooder.frames if frame["type"] == "error"]
    assert told == ["too-fast"] * 200
    await his.caught_up()
    passed = [frame for frame in his.frames if frame["type"] == "ice" and frame["source"] == flooder.peer]
    assert len(passed) == 400
    assert [frame["source"] for frame in his.frames if frame["type"] == "left"] == [flooder.peer]


@pytest.mark.usefixtures("either_way")
async def test_whoever_sends_nothing_but_mistakes_is_cut(ana: Person, bo: Person) -> None:
    """Twenty bad messages are borne, then the seat is gone and the socket closes with 4400 (S3, S6)."""
    hers, his = await pair(ana, bo)
    for _ in range(25):
        await his.socket.send_str("{}")
    assert await his.closed() == 4400
    assert [frame["type"] for frame in await hers.caught_up()] == ["left"]


@pytest.mark.parametrize(
    ("throttles", "held", "refused"),
    [
        (Throttles(sockets_of_user=Cap(2)), ["ana", "ana"], "ana"),
        (Throttles(sockets_of_address=Cap(2)), ["ana", "bo"], "bo"),
        (Throttles(sockets_of_network=Cap(2)), ["ana", "cleo"], "bo"),
        (Throttles(silent_sockets_of_address=Cap(2)), ["ana", "bo"], "bo"),
        (Throttles(sockets_of_room=Cap(2)), ["ana", "cleo"], "cleo"),
        (Throttles(sockets=Cap(2)), ["ana", "cleo"], "bo"),
    ],
)
async def test_open_sockets_are_capped(
    make_house: MakeHouse, throttles: Throttles, held: list[str], refused: str
) -> None:
    """By user, address (/64), network (/48), room, and in all: 429; what is closed makes room again (S6)."""
    house = await make_house(throttles=throttles, trusted_proxies=LOOPBACK)
    hosts = {"ana": "2001:db8::1", "bo": "2001:db8::2", "cleo": "2001:db8:0:1::1"}
    people = {name: await Person(house, address=host).sign_in(name) for name, host in hosts.items()}
    room = await people["ana"].open_sea()
    for guest in ("bo", "cleo"):
        await people[guest].accept(await people["ana"].invite(room))
    wires = [await people[name].connect(room) for name in held]
    assert await people[refused].knock(room) == 429
    for wire in wires:
        await wire.leave()
    async with asyncio.timeout(DEADLINE):
        # Nobody is told when the server is through with a socket.
        while await people[refused].knock(room) != 101:
            continue


async def test_as_many_sockets_as_are_set_are_open_at_one_time(make_house: MakeHouse) -> None:
    house = await make_house(sockets=8)
    ana, bo = [await Person(house).sign_in(name) for name in ("Ana", "Bo")]
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    first, *_ = [await ana.connect(room) for _ in range(7)] + [await bo.connect(room)]
    assert await bo.knock(room) == 429
    await first.leave()
    async with asyncio.timeout(DEADLINE):
        # Nobody is told when the server is through with a socket.
        while await bo.knock(room) != 101:
            continue


async def test_who_said_hello_leaves_room_for_the_next_to_dial(make_house: MakeHouse) -> None:
    """Few sockets of an address may be silent at one time; those that talk don't count among them (S6)."""
    house = await make_house(throttles=Throttles(silent_sockets_of_address=Cap(1)))
    ana, bo = [await Person(house).sign_in(name) for name in ("Ana", "Bo")]
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    await ana.join(room)
    silent = await bo.connect(room)
    assert await ana.knock(room) == 429
    await silent.hello("Bo")
    assert await ana.knock(room) == 101


def test_whoever_reads_slowly_is_cut_when_all_outboxes_hold_too_much() -> None:
    """Those with little waiting are left alone, whatever the others do (S5)."""
    outgoing = Outgoing(most=100_000)
    outgoing.bytes = 100_001
    assert outgoing.too_much(FAIR_BYTES + 1)
    assert not outgoing.too_much(FAIR_BYTES)
    outgoing.bytes = 100_000
    assert not outgoing.too_much(FAIR_BYTES + 1)


@pytest.mark.parametrize(
    "throttles",
    [Throttles(handshakes=Buckets(rate=1, burst=2)), Throttles(joins=Buckets(rate=1, burst=2))],
)
async def test_handshakes_are_limited(make_house: MakeHouse, throttles: Throttles) -> None:
    """By address, and by user for those that would come in (S6)."""
    house = await make_house(throttles=throttles)
    ana = await Person(house).sign_in("Ana")
    room = await ana.open_sea()
    assert [await ana.knock(room) for _ in range(3)] == [101, 101, 429]
    house.clock.now += 1
    assert await ana.knock(room) == 101


async def test_a_full_room_says_so(make_house: MakeHouse) -> None:
    house = await make_house(sea_peers=2)
    ana, bo, cleo = [await Person(house).sign_in(name) for name in ("Ana", "Bo", "Cleo")]
    room = await ana.open_sea()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))
    await ana.join(room)
    await bo.join(room)
    third = await cleo.connect(room)
    await third.say(type="hello", name="Cleo", muted=False)
    assert (await third.next("error"))["code"] == "room-full"
    assert await third.closed() == 4413

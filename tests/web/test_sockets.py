"""One WebSocket after another: who gets one, what it bears, and how it ends (S1 to S9)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from contextlib import closing
from typing import Any

import pytest
from aiohttp import ClientConnectionError, WSMsgType

from meshvoice.signaling.limits import Buckets, Cap
from meshvoice.web.keys import Waits
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse, SignIn
from tests.web.house import DEADLINE, HOUR, LOOPBACK, ORIGIN, House
from tests.web.person import UPGRADE, Person, Wire

SDP = "v=0\r\n"


# --- the handshake ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        (ORIGIN, True),
        (None, False),
        ("null", False),
        ("", False),
        ("https://evil.example", False),
        ("http://localhost", False),
        ("http://localhost:8081", False),
        ("https://localhost:8080", False),
        (ORIGIN + "/", False),
        (ORIGIN + ".evil.example", False),
        ("HTTP://LOCALHOST:8080", False),
    ],
)
async def test_a_handshake_is_taken_from_our_own_pages_only(
    ana: Person, signed_in: bool, origin: str | None, ours: bool
) -> None:
    """The Origin must match exactly: 403 before the upgrade; then, whoever isn't signed in is 401 (S1)."""
    room = await ana.open_sea()
    who = ana if signed_in else Person(ana.house)
    assert await who.knock(room, {"Origin": origin}) == (403 if not ours else 101 if signed_in else 401)


async def test_two_origins_are_none(ana: Person) -> None:
    """A request that names two origins is refused, whichever comes first (S1)."""
    room = await ana.open_sea()
    fields = {
        **UPGRADE,
        "Cookie": f"meshvoice={ana.cookies['meshvoice']}",
        "Host": "x",
        "Connection": "Upgrade",
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    for pair in ((ORIGIN, "https://evil.example"), ("https://evil.example", ORIGIN), (ORIGIN, ORIGIN)):
        origins = [f"Origin: {origin}" for origin in pair]
        head = "\r\n".join([f"GET /ws/voice/{room}/ HTTP/1.1", *lines, *origins, "", ""])
        head = head.replace("Connection: Upgrade", "Connection: Upgrade, close")
        assert (await ana.house.raw(head.encode())).split()[1] == b"403"


async def test_a_refused_handshake_says_why_in_json(ana: Person) -> None:
    room = await ana.open_sea()
    stranger = Person(ana.house)
    for headers, told in (({"Origin": None}, (403, "wrong-origin")), ({}, (401, "signed-out"))):
        answer = await stranger.ask("GET", f"/ws/voice/{room}/", headers={**UPGRADE, **headers})
        assert (answer.status, answer.code) == told


async def test_a_plain_get_is_no_handshake(ana: Person) -> None:
    answer = await ana.ask("GET", f"/ws/voice/{await ana.open_sea()}/")
    assert answer.status == 400


async def test_all_rooms_that_are_not_yours_answer_alike(ana: Person, bo: Person, cleo: Person) -> None:
    """No such room, others', closed, left or removed from: the same status and bytes (S9)."""
    room, table = await ana.open_sea(), await ana.make_table()
    await bo.accept(await ana.invite(room))
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
    closed = await cleo.open_sea()
    await bo.accept(await cleo.invite(closed))
    await cleo.does("/my-sea/close")
    rooms = [
        room,
        table,
        closed,
        "mysea-" + "0" * 32,
        "00000000-0000-4000-8000-000000000000",
        "x",
        "%ff",
        ".",
    ]
    answers = [await bo.ask("GET", f"/ws/voice/{room}/", headers=UPGRADE) for room in rooms[:-1]]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert len({tuple(sorted(k for k in answer.headers if k != "Date")) for answer in answers}) == 1


async def test_nothing_is_compressed(ana: Person) -> None:
    """permessage-deflate is offered by every browser and never taken: it costs 100 KB a peer (S2)."""
    wire = await ana.connect(await ana.open_sea(), compress=15)
    assert wire.socket.compress == 0
    offer: dict[str, str | None] = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    wire = await ana.connect(await ana.open_sea(), offer)
    response = wire.socket._response
    assert "Sec-WebSocket-Extensions" not in response.headers


async def test_the_subprotocol_is_chosen_where_it_is_offered(ana: Person) -> None:
    room = await ana.open_sea()
    assert (await ana.connect(room)).socket.protocol == "meshvoice.v1"
    other = await ana.house.http.ws_connect(
        f"{ana.house.url}/ws/voice/{room}/", headers=ana.headers(), protocols=("other",)
    )
    assert other.protocol is None
    assert (await Wire(other).hello())["source"]


# --- frames ----------------------------------------------------------------------------------------------


async def pair(ana: Person, bo: Person) -> tuple[Wire, Wire]:
    """Two people in one sea's voice."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    wires = await ana.join(room), await bo.join(room)
    for wire in wires:
        await wire.caught_up()
    return wires


@pytest.mark.parametrize("joined", [True, False])
async def test_a_frame_over_64_kib_ends_its_sender_alone(ana: Person, bo: Person, joined: bool) -> None:
    """70 KB closes with 1009; nobody else gets a byte of it (S2)."""
    honest, other = await pair(ana, bo)
    guilty = other if joined else await bo.connect(f"mysea-{ana.user_id}")
    await guilty.socket.send_str("x" * 70_000)
    assert await guilty.closed() == 1009
    assert [frame["type"] for frame in await honest.caught_up() if frame["type"] != "away"] == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"[" * 65_000, "bad-message"),
        (b'{"type":"links","links":' + b'{"a":' * 10_000, "bad-message"),
        (b'{"type":"ping","t":NaN}', "bad-message"),
        (b'{"type":"ping","t":1' + b"0" * 400 + b"}", "bad-message"),
        (b'{"type":"state","muted":1}', "bad-message"),
        (b'{"type":"state","muted":true,"muted":false}', "bad-message"),
        (b'{"type":"state","muted":true,"more":1}', "bad-message"),
        (b'{"type":"hello","name":"\\ud800","muted":false}', "bad-message"),
        (b'{"type":"nothing"}', "bad-message"),
        (b"\xff\xfe", "bad-message"),
        (b"", "bad-message"),
        (b"null", "bad-message"),
        (b'{"type":"state","muted":true,"source":"somebody"}', "bad-message"),
        (b'{"type":"hello","name":"Ana","muted":false}', "bad-message"),
    ],
)
async def test_a_bad_frame_is_answered_and_reaches_nobody(
    ana: Person, bo: Person, frame: bytes, code: str
) -> None:
    """One coded error for its sender, whose socket lives, and nothing for the others (S3, S4)."""
    honest, guilty = await pair(ana, bo)
    await guilty.socket.send_frame(frame, WSMsgType.TEXT)
    assert (await guilty.next("error"))["code"] == code
    await guilty.socket.send_bytes(b'{"type":"bye"}')
    assert (await guilty.next("error"))["code"] == "bad-message"
    assert await guilty.caught_up() == []
    assert await honest.caught_up() == []


async def test_the_server_says_who_speaks(ana: Person, bo: Person) -> None:
    """`source` is stamped by the server; a client that writes one of its own is refused (S4)."""
    hers, his = await pair(ana, bo)
    await his.say(type="offer", target=hers.peer, gen=1, sdp=SDP, source=hers.peer)
    refused = await his.next("error")
    assert (refused["code"], refused["about"]) == ("bad-message", "offer")
    await his.say(type="offer", target=hers.peer, gen=1, sdp=SDP)
    (got,) = await hers.caught_up()
    assert got == {"type": "offer", "source": his.peer, "gen": 1, "sdp": SDP, "seq": got["seq"]}


async def test_a_target_in_another_room_is_nobody(ana: Person, bo: Person, cleo: Person) -> None:
    """A message reaches those alone who are in the sender's room at that moment (S4)."""
    hers, his = await pair(ana, bo)
    elsewhere = await cleo.join(await cleo.open_sea())
    for target in (elsewhere.peer, his.peer, "x"):
        await his.say(type="offer", target=target, gen=1, sdp=SDP)
        assert (await his.next("error"))["code"] == "unknown-target"
    await hers.say(type="bye")
    await his.next("left")
    await his.say(type="offer", target=hers.peer, gen=1, sdp=SDP)
    assert (await his.next("error"))["code"] == "unknown-target"
    assert await elsewhere.caught_up() == []


async def test_sizes_are_limited(ana: Person, bo: Person) -> None:
    """An SDP has 16 KiB, a candidate 1 KiB (S7)."""
    hers, his = await pair(ana, bo)
    fit, over = SDP + "a" * (16 * 1024 - len(SDP)), SDP + "a" * (16 * 1024 - len(SDP) + 1)
    await his.say(type="offer", target=hers.peer, gen=1, sdp=over)
    assert (await his.next("error"))["code"] == "too-large"
    candidate: dict[str, Any] = {"candidate": "c" * 1025, "sdpMid": "0"}
    await his.say(type="ice", target=hers.peer, gen=1, candidates=[candidate])
    assert (await his.next("error"))["code"] == "too-large"
    await his.say(type="offer", target=hers.peer, gen=1, sdp=fit)
    assert [frame["type"] for frame in await hers.caught_up()] == ["offer"]


async def test_without_a_hello_the_socket_ends(make_house: MakeHouse) -> None:
    house = await make_house(waits=Waits(hello=0.05))
    ana = await Person(house).sign_in("Ana")
    wire = await ana.connect(await ana.open_sea())
    assert await wire.closed() == 4400


async def test_before_the_hello_nothing_else_is_heard(ana: Person, bo: Person) -> None:
    hers, _ = await pair(ana, bo)
    silent = await bo.connect(f"mysea-{ana.user_id}")
    await silent.say(type="state", muted=True)
    assert (await silent.next("error"))["code"] == "not-joined"
    assert await hers.caught_up() == []
    for _ in range(20):
        await silent.socket.send_str("{}")
    assert await silent.closed() == 4400


async def test_a_dead_peer_is_found_out(make_house: MakeHouse) -> None:
    """Whoever answers no protocol ping is given up, and the others are told (S2)."""
    house = await make_house(waits=Waits(heartbeat=0.5))
    ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    dead = await bo.connect(room, autoping=False)
    await dead.hello()
    watching = await ana.join(room)
    assert (await watching.next("away"))["source"] == dead.peer


# --- those who read nothing, and those who say too much --------------------------------------------------


async def test_a_peer_that_reads_nothing_is_cut_and_nobody_else_loses_a_frame(
    ana: Person, bo: Person, cleo: Person
) -> None:
    """A bounded outbox: the stalled peer ends with 4408, the others get all of theirs in order (S5)."""
    room = await ana.open_sea()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))
    sender, honest = await ana.join(room), await bo.join(room)
    with closing(await Stalled.join(cleo, room)) as stalled:
        await sender.caught_up()
        cut, sent = False, 0
        async with asyncio.timeout(DEADLINE):
            while not cut:
                for _ in range(100):
                    sent += 1
                    await sender.say(type="offer", target=stalled.peer, gen=1, sdp=SDP + "a" * 16_000)
                    await sender.say(type="repair", target=honest.peer, gen=sent, why="stalled")
                cut = "away" in [frame["type"] for frame in await sender.caught_up()]
                got = [frame["gen"] for frame in await honest.caught_up() if frame["type"] == "repair"]
                assert got == list(range(sent - 99, sent + 1))
                # Time moves on for the token buckets alone.
                ana.house.clock.now += 4
    assert 'meshvoice_ended_sockets_total{code="4408"} 1.0' in (await ana.get("/metrics")).text


async def test_a_flood_is_cut_and_an_honest_pair_goes_on(ana: Person, bo: Person, cleo: Person) -> None:
    """In one moment a flooder's first 400 frames pass, 200 are answered `too-fast`, then he is out (S6)."""
    room = await ana.open_sea()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))
    hers, his, flooder = await ana.join(room), await bo.join(room), await cleo.join(room)

    async def flood() -> int:
        try:
            for gen in range(1, 2_000):
                await flooder.say(type="repair", target=his.peer, gen=gen, why="stalled")
        except ClientConnectionError:
            pass  # cut while sending
        return await flooder.closed()

    async def talk() -> None:
        for gen in range(1, 101):
            await hers.say(type="repair", target=his.peer, gen=gen, why="stalled")
            while (await his.next("repair"))["source"] != hers.peer:
                continue
            await his.say(type="abort", target=hers.peer, gen=gen)
            assert (await hers.next("abort"))["gen"] == gen

    code, _ = await asyncio.gather(flood(), talk())
    assert code == 4429
    told = [frame.get("code") for frame in flooder.frames if frame["type"] == "error"]
    assert told == ["too-fast"] * 200
    await his.caught_up()
    passed = [frame for frame in his.frames if frame["type"] == "repair" and frame["source"] == flooder.peer]
    assert len(passed) == 400
    assert [frame["source"] for frame in his.frames if frame["type"] == "left"] == [flooder.peer]


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
        (Throttles(sockets_of_room=Cap(2)), ["ana", "cleo"], "cleo"),
        (Throttles(sockets=Cap(2)), ["ana", "cleo"], "bo"),
    ],
)
async def test_open_sockets_are_capped(
    make_house: MakeHouse, throttles: Throttles, held: list[str], refused: str
) -> None:
    """By user, by address (/64), by room, and in all: 429; what is closed makes room again (S6)."""
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


# --- the right to be there ends --------------------------------------------------------------------------


async def test_signing_out_closes_within_a_second(ana: Person, bo: Person) -> None:
    """4401, in every room (S8)."""
    hers, his = await pair(ana, bo)
    own = await bo.join(await bo.open_sea())
    await bo.does("/sign-out")
    assert [await his.closed(within=1), await own.closed(within=1)] == [4401, 4401]
    assert (await hers.next("left"))["reason"] == "left"


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
    text = (await ana.get("/metrics")).text
    assert {"meshvoice_rooms 0.0", "meshvoice_seats 0.0", "meshvoice_sockets 0.0"} <= set(text.splitlines())


class Stalled:
    """A peer of plain bytes, which says hello, reads its welcome, and nothing after that."""

    def __init__(self, raw: socket.socket, peer: str) -> None:
        self._raw = raw
        self.peer = peer

    @classmethod
    async def join(cls, who: Person, room: str) -> Stalled:
        loop = asyncio.get_running_loop()
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await loop.sock_connect(raw, who.house.address)
        headers = {**who.headers(UPGRADE), "Host": "localhost"}
        head = [f"GET /ws/voice/{room}/ HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        await loop.sock_sendall(
            raw, "\r\n".join(head).encode() + _masked(b'{"type":"hello","name":"C","muted":true}')
        )
        got = b""
        async with asyncio.timeout(DEADLINE):
            while b'"type":"welcome"' not in got or not got.endswith(b"}"):
                got += await loop.sock_recv(raw, 4096)
        frame = got[got.index(b'{"type":"welcome"') :]
        return cls(raw, json.JSONDecoder().raw_decode(frame.decode("latin-1"))[0]["source"])

    def close(self) -> None:
        self._raw.close()


def _masked(payload: bytes) -> bytes:
    """A client's text frame (RFC 6455, 5.2)."""
    key = os.urandom(4)
    body = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    assert len(payload) < 126
    return struct.pack("!BB", 0x81, 0x80 | len(payload)) + key + body

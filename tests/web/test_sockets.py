"""Who gets a WebSocket, and what it bears of what comes over it (S1 to S4, S7, S9)."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import pytest
from aiohttp import WSMsgType

from meshvoice.web.keys import SWITCHBOARD, Waits
from tests.signaling.descriptions import SDP, sdp_of
from tests.web.conftest import MakeHouse
from tests.web.house import ORIGIN, House
from tests.web.person import UPGRADE, Person, Wire
from tests.web.rooms import pair

pytestmark = pytest.mark.usefixtures("either_way")


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
    for two in ((ORIGIN, "https://evil.example"), ("https://evil.example", ORIGIN), (ORIGIN, ORIGIN)):
        origins = [f"Origin: {origin}" for origin in two]
        head = "\r\n".join([f"GET /ws/voice/{room}/ HTTP/1.1", *lines, *origins, "", ""])
        head = head.replace("Connection: Upgrade", "Connection: Upgrade, close")
        assert (await ana.house.raw(head.encode())).split()[1] == b"403"


async def test_a_refused_handshake_says_why_in_json(ana: Person) -> None:
    room = await ana.open_sea()
    stranger = Person(ana.house)
    for headers, told in (({"Origin": None}, (403, "wrong-origin")), ({}, (401, "signed-out"))):
        answer = await stranger.ask("GET", f"/ws/voice/{room}/", headers={**UPGRADE, **headers})
        assert (answer.status, answer.code) == told


@pytest.mark.usefixtures("either_way")
async def test_a_plain_get_is_no_handshake_and_the_log_names_the_proxy(
    ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        answer = await ana.ask("GET", f"/ws/voice/{await ana.open_sea()}/")
        assert (answer.status, answer.code) == (400, "no-upgrade")
    (told,) = [each.message for each in caplog.records if "Upgrade" in each.message]
    assert "proxy" in told


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


async def test_whoever_vanishes_before_the_answer_leaves_no_error(
    ana: Person, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """One line with a trace for each, which anybody could have written as often as they liked."""
    room = await ana.open_sea()
    for _ in range(5):
        _reader, writer = await asyncio.open_connection(*house.address)
        headers = {**ana.headers(), "Host": "voice.example", "Upgrade": "websocket", "Connection": "Upgrade"}
        headers |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"GET /ws/voice/{room}/ HTTP/1.1\r\n{head}\r\n".encode())
        end = writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    assert (await ana.join(room)).peer
    await house.until(lambda: house.app[SWITCHBOARD].sockets == 1)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


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
    """An SDP has 32 KiB, a candidate 1 KiB (S7)."""
    hers, his = await pair(ana, bo)
    fit, over = sdp_of(32 * 1024), sdp_of(32 * 1024 + 1)
    await his.say(type="offer", target=hers.peer, gen=1, sdp=over)
    assert (await his.next("error"))["code"] == "too-large"
    candidate: dict[str, Any] = {"candidate": "c" * 1025, "sdpMid": "0"}
    await his.say(type="ice", target=hers.peer, gen=1, candidates=[candidate])
    assert (await his.next("error"))["code"] == "too-large"
    await his.say(type="offer", target=hers.peer, gen=1, sdp=fit)
    assert [frame["type"] for frame in await hers.caught_up()] == ["offer"]


async def test_an_sdp_of_another_shape_reaches_nobody(ana: Person, bo: Person) -> None:
    """One audio section and at most one for data: the sender is told, in words, and goes on (S7)."""
    hers, his = await pair(ana, bo)
    await his.say(type="offer", target=hers.peer, gen=1, sdp=SDP + "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n")
    refused = await his.next("error")
    assert (refused["code"], refused["about"]) == ("bad-message", "offer")
    assert refused["message"].startswith("an SDP has one audio section and at most one for data")
    await his.say(type="offer", target=hers.peer, gen=1, sdp=SDP)
    assert [frame["sdp"] for frame in await hers.caught_up()] == [SDP]


async def test_without_a_hello_the_socket_ends(make_house: MakeHouse) -> None:
    house = await make_house(waits=Waits(hello=0.05))
    ana = await Person(house).sign_in("Ana")
    wire = await ana.connect(await ana.open_sea())
    assert await wire.closed() == 4400


async def test_whoever_said_hello_has_no_deadline_any_more(make_house: MakeHouse) -> None:
    house = await make_house(waits=Waits(hello=0.5))
    ana = await Person(house).sign_in("Ana")
    room = await ana.open_sea()
    talking = await ana.join(room)
    silent = await ana.connect(room)
    assert await silent.closed() == 4400
    assert await talking.caught_up() == []


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

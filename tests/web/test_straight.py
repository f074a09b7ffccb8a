"""Frames heard within the read, by names of aiohttp's that may change: what tells that, and what is then."""

from __future__ import annotations

import gc
import runpy
import sys
from typing import Any

import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from meshvoice.signaling.codes import CloseCode
from meshvoice.web import straight
from meshvoice.web.keys import RESPONSE, SWITCHBOARD
from meshvoice.web.straight import OTHERS_AT_ONCE, StraightResponse, fits
from tests.web.conftest import MakeHouse
from tests.web.house import House
from tests.web.person import Person
from tests.web.rooms import pair


def test_the_aiohttp_that_is_here_fits() -> None:
    assert fits()


@pytest.mark.parametrize("version", ["3.13.2", "3.15.0", "4.0.0a1"])
def test_a_release_whose_code_nobody_read_does_not(version: str) -> None:
    assert not fits(version)


def test_nor_does_one_that_sets_a_socket_up_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(self: Any, request: Any, protocol: Any, writer: Any) -> None:
        self._new_in_this_release = protocol

    monkeypatch.setattr(web.WebSocketResponse, "_post_start", other)
    assert not fits()


def test_nor_does_one_that_keeps_a_handshake_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(self: Any, data: bytes) -> None:
        self._requests = data

    monkeypatch.setattr(RequestHandler, "data_received", other)
    assert not fits()


class _Deaf:
    def __init__(self, queue: Any, *_: Any, **__: Any) -> None:
        pass

    def feed_data(self, data: bytes) -> None:
        pass


@pytest.mark.parametrize("reader", [_Deaf, None])
def test_nor_does_one_by_which_no_frame_is_heard(monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:
    monkeypatch.setattr(straight, "WebSocketReader", reader)
    assert not fits()


def test_nor_does_one_without_the_parts_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp._websocket.reader", None)
    assert not runpy.run_path(straight.__file__)["fits"]()


@pytest.mark.parametrize(("at_once", "chosen"), [(True, StraightResponse), (False, web.WebSocketResponse)])
async def test_the_way_is_chosen_once_for_all_sockets(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch, at_once: bool, chosen: type
) -> None:
    monkeypatch.setattr(House, "straight", at_once)
    assert (await make_house()).app[RESPONSE] is chosen


@pytest.mark.usefixtures("either_way")
async def test_frames_of_one_read_come_in_their_order(ana: Person, bo: Person) -> None:
    """With pings between them, which go by the queue always."""
    hers, his = await pair(ana, bo)
    for gen in range(1, 101):
        await hers.say(type="ice", target=his.peer, gen=gen, candidates=[None])
        if gen % 10 == 0:
            await hers.socket.ping()
    got = [frame["gen"] for frame in await his.caught_up() if frame["type"] == "ice"]
    while got[-1] < 100:
        got.append((await his.next("ice"))["gen"])
    assert got == list(range(1, 101))


@pytest.mark.usefixtures("either_way")
async def test_what_breaks_while_a_frame_is_heard_ends_that_socket_alone(ana: Person, bo: Person) -> None:
    """The owner removes somebody, and the book can't be written: 1011 for the owner, nothing for others."""
    hers, his = await pair(ana, bo)
    ana.house.book.close()
    await hers.say(type="remove", target=his.peer)
    await hers.say(type="state", muted=True)
    assert await hers.closed() == 1011
    assert [frame["type"] for frame in await his.caught_up()] == ["away"]


@pytest.mark.usefixtures("either_way")
async def test_a_mistake_of_ours_ends_one_socket_and_stands_in_the_log_once_by_its_number(
    ana: Person, bo: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """It was told as a connection that the network lost."""
    hers, his = await pair(ana, bo)
    (room,) = ana.house.app[SWITCHBOARD].hub.registry
    room.pairs = None  # type: ignore[assignment]  # what a mistake may leave behind
    await hers.say(type="offer", target=his.peer, gen=1, sdp="v=0")
    assert await hers.closed() == 1011
    assert [frame["type"] for frame in await his.caught_up()] == ["away"]
    (told,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told.getMessage() == "socket 1: ended with 1011, something broke on our side"
    assert told.exc_info is not None


@pytest.mark.parametrize(
    "flood",
    [
        b"\x89\x80\0\0\0\0" * 5000,
        b"\x8a\x80\0\0\0\0" * 5000,
        b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 240_000,
    ],
    ids=["pings", "pongs", "empty pieces"],
)
@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.usefixtures("either_way")
async def test_a_flood_of_frames_that_are_no_messages_ends_its_sender(
    ana: Person, bo: Person, flood: bytes, joined: bool
) -> None:
    """One read held forty thousand of them, each cost time, and nobody counted them."""
    honest, other = await pair(ana, bo)
    guilty = other if joined else await bo.connect(f"mysea-{ana.user_id}")
    connection = guilty.socket._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.write(flood)
    assert await guilty.closed() == CloseCode.TOO_FAST
    assert [frame["type"] for frame in await honest.caught_up()] == ["away"] * joined


@pytest.mark.usefixtures("either_way")
async def test_a_pong_for_somebody_who_is_gone_is_nobodys_mistake(
    ana: Person, bo: Person, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told as a failure of ours, with a traceback."""
    pong = web.WebSocketResponse.pong

    async def too_late(self: web.WebSocketResponse, message: bytes = b"") -> None:
        assert self._req is not None
        assert self._req.transport is not None
        self._req.transport.abort()
        await pong(self, message)

    monkeypatch.setattr(web.WebSocketResponse, "pong", too_late)
    hers, his = await pair(ana, bo)
    await his.socket.ping()
    assert (await hers.next("away"))["source"] == his.peer
    assert 'meshvoice_ended_sockets_total{code="1006"} 1.0' in await ana.metrics()
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


@pytest.mark.usefixtures("either_way")
async def test_bytes_that_are_thrown_away_tell_nothing_of_who_sends_them(ana: Person, bo: Person) -> None:
    """Whoever sent a broken frame and read no farewell kept the seat for as long as more came."""
    await pair(ana, bo)
    guilty = ana.house.upgraded[0]
    guilty.close()
    guilty.heard = False
    guilty.data_received(b"\x8a\x80\0\0\0\0")
    assert not guilty.heard


@pytest.mark.usefixtures("either_way")
async def test_whoever_used_its_pings_up_is_closed_in_good_order(
    ana: Person, bo: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """What wakes the handler at the end goes by the queue, too, and is no client's."""
    _, guilty = await pair(ana, bo)
    connection = guilty.socket._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.write(b"\x89\x80\0\0\0\0" * OTHERS_AT_ONCE)
    await guilty.say(type="bye")
    assert await guilty.closed() == CloseCode.LEFT
    await ana.house.until(lambda: ana.house.connections == 2)
    gc.collect()
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


@pytest.mark.usefixtures("either_way")
async def test_a_message_in_many_pieces_is_one_all_the_same(ana: Person, bo: Person) -> None:
    """Some programs cut what they send into pieces of a kilobyte."""
    hers, his = await pair(ana, bo)
    connection = hers.socket._response.connection
    assert connection is not None
    assert connection.transport is not None
    blank = b"\x00\xfe\x04\x00\0\0\0\0" + b" " * 1024
    for _ in range(12):
        said = b'{"type":"ping","t":1}'
        connection.transport.write(
            b"\x01\x80\0\0\0\0" + blank * 40 + b"\x80" + bytes([0x80 | len(said)]) + b"\0\0\0\0" + said
        )
        await hers.next("pong")
    assert await his.caught_up() == []


@pytest.mark.parametrize(("at_once", "kept"), [(True, False), (False, True)])
async def test_a_handshake_that_is_done_leaves_nothing_behind(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch, at_once: bool, kept: bool
) -> None:
    """Its headers are a fifth of what an idle socket takes. By aiohttp's own way they stay."""
    monkeypatch.setattr(House, "straight", at_once)
    house = await make_house()
    wires = await pair(await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo"))
    requests = [
        each
        for each in gc.get_objects()
        if isinstance(each, web.Request) and each.app is house.app and each.path.startswith("/ws/")
    ]
    assert len(requests) == len(wires)
    for request in requests:
        assert bool(request.headers) is bool(request.raw_headers) is kept
        assert (request.protocol._parser is not None) is kept
        assert not list(request)

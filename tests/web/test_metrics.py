"""`GET /metrics` is for whoever has the token, and counts what the hub decided, before and after a hello."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import WSMsgType

from meshvoice.signaling.limits import Cap
from meshvoice.web.keys import SWITCHBOARD
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import METRICS_TOKEN, OPENS, House
from tests.web.person import Person
from tests.web.rooms import pair


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", f"Bearer {METRICS_TOKEN}x", f"Basic {METRICS_TOKEN}", METRICS_TOKEN, "Bearer caf\u00e9"],
)
async def test_without_the_token_nothing_is_told(house: House, given: str) -> None:
    headers = {"Authorization": given.encode().decode("latin-1")} if given else {}
    async with house.http.get(f"{house.url}/metrics", headers=headers) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "meshvoice_" not in await answer.text()


@pytest.mark.parametrize("address", [None, "203.0.113.9"])
async def test_with_the_token_it_is_told_to_whoever_asks(house: House, address: str | None) -> None:
    assert (await Person(house, address=address).get("/metrics", **OPENS)).status == 200


@pytest.mark.parametrize("given", [OPENS, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}, {}])
async def test_where_no_token_is_set_there_are_no_metrics(
    make_house: MakeHouse, given: dict[str, str]
) -> None:
    house = await make_house(metrics_token="")
    assert (await Person(house).get("/metrics", **given)).status == 404


async def test_frames_are_counted_by_type_and_refusals_by_code(ana: Person, bo: Person) -> None:
    hers, his = await pair(ana, bo)
    await hers.say(type="state", muted=True)
    await hers.say(type="abort", target="nobody", gen=1)
    await hers.next("error")
    await his.leave()
    await hers.next("away")
    silent = await bo.connect(f"mysea-{ana.user_id}")
    await silent.say(type="state", muted=True)
    await silent.next("error")
    await silent.socket.send_bytes(b"binary")
    await silent.next("error")
    lines = await ana.metrics()
    for line in (
        'meshvoice_messages_total{type="hello"} 2.0',
        'meshvoice_messages_total{type="state"} 1.0',
        'meshvoice_messages_total{type="ping"} 2.0',
        'meshvoice_messages_total{type="bye"} 0.0',
        'meshvoice_refused_messages_total{code="unknown-target"} 1.0',
        'meshvoice_refused_messages_total{code="not-joined"} 1.0',
        'meshvoice_refused_messages_total{code="bad-message"} 1.0',
        'meshvoice_joins_total{how="new"} 2.0',
        'meshvoice_ended_sockets_total{code="1000"} 1.0',
        "meshvoice_rooms 1.0",
        'meshvoice_peers{state="connected"} 1.0',
        'meshvoice_peers{state="away"} 1.0',
        "meshvoice_sockets 2.0",
    ):
        assert line in lines


async def test_how_links_fare_is_counted_as_their_ends_tell(ana: Person, bo: Person) -> None:
    hers, his = await pair(ana, bo)
    links = {his.peer: {"state": "up", "path": "relay"}}
    await hers.say(type="links", links=links, first=[412], repairs={"stalled": 2})
    await hers.caught_up()
    lines = await ana.metrics()
    for line in (
        'meshvoice_pairs{path="relay",state="up"} 1.0',
        'meshvoice_pairs{path="direct",state="stalled"} 0.0',
        'meshvoice_first_audio_seconds_bucket{le="0.5"} 1.0',
        "meshvoice_first_audio_seconds_count 1.0",
        'meshvoice_repairs_total{reason="stalled"} 2.0',
    ):
        assert line in lines


async def test_returns_and_refused_joins_are_counted_by_what_came_of_them(
    ana: Person, bo: Person, cleo: Person
) -> None:
    hers, his = await pair(ana, bo)
    room = f"mysea-{ana.user_id}"
    await his.leave()
    await hers.next("away")
    await bo.join(room, ticket=his.welcome["ticket"], seen=his.frames[-1]["seq"])
    assert await cleo.knock(room) == 404
    assert await Person(ana.house).knock(room) == 401
    assert await ana.knock(room, {"Origin": "https://evil.example"}) == 403
    plain = await ana.ask("GET", f"/ws/voice/{room}/")
    assert (plain.status, plain.code) == (400, "no-upgrade")
    ana.house.book.close()
    assert await ana.knock(room) == 503
    lines = await ana.metrics()
    for line in (
        'meshvoice_returns_total{outcome="resumed"} 1.0',
        'meshvoice_refused_joins_total{reason="not-found"} 1.0',
        'meshvoice_refused_joins_total{reason="signed-out"} 1.0',
        'meshvoice_refused_joins_total{reason="wrong-origin"} 1.0',
        'meshvoice_refused_joins_total{reason="no-upgrade"} 1.0',
        'meshvoice_refused_joins_total{reason="guest-book"} 1.0',
    ):
        assert line in lines


async def test_a_handshake_that_breaks_on_our_side_is_counted(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: object) -> None:
        raise RuntimeError("broken")

    room = await ana.open_sea()
    monkeypatch.setattr("meshvoice.web.sockets.check_websocket_origin", broken)
    assert await ana.knock(room) == 500
    assert 'meshvoice_refused_joins_total{reason="server-error"} 1.0' in await ana.metrics()


async def test_a_ticket_that_is_over_is_told_from_one_that_proves_nothing(ana: Person, bo: Person) -> None:
    """Everybody comes late after an outage of the uplink: that is no lost secret, of which an alert tells."""
    hers, his = await pair(ana, bo)
    room = f"mysea-{ana.user_id}"
    await his.leave()
    await hers.next("away")
    for seconds in (60, 600):
        ana.house.clock.now += seconds
        ana.house.tick()
    await bo.join(room, ticket=his.welcome["ticket"])
    await ana.join(room, ticket="x.y")
    lines = await ana.metrics()
    assert 'meshvoice_returns_total{outcome="late"} 1.0' in lines
    assert 'meshvoice_returns_total{outcome="newcomer"} 1.0' in lines


async def test_who_is_turned_away_after_the_handshake_is_counted(ana: Person, bo: Person) -> None:
    await pair(ana, bo)
    late = await bo.connect(f"mysea-{ana.user_id}")
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
    await late.say(type="hello", name="Bo", muted=False)
    assert await late.closed() == 4403
    assert 'meshvoice_refused_joins_total{reason="removed"} 1.0' in await ana.metrics()


async def test_a_connection_that_is_refused_unread_is_counted(make_house: MakeHouse) -> None:
    house = await make_house(throttles=Throttles(connections_of_address=Cap(1)))
    ana = Person(house)
    # By the one connection that it keeps.
    await ana.metrics()
    assert (await house.raw(b"")).startswith(b"HTTP/1.1 429 ")
    assert 'meshvoice_refused_connections_total{full="address"} 1.0' in await ana.metrics()


async def test_a_close_code_of_the_clients_own_makes_no_series(ana: Person, house: House) -> None:
    wire = await ana.connect(await ana.open_sea())
    await wire.socket.close(code=3777)
    await house.until(lambda: house.app[SWITCHBOARD].sockets == 0)
    lines = await ana.metrics()
    assert 'meshvoice_ended_sockets_total{code="other"} 1.0' in lines
    assert not any("3777" in line for line in lines)


async def test_how_a_socket_ended_is_told_by_whoever_ended_it(
    ana: Person, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """What we end at a bad frame has our number; a client's own number is none of ours."""
    caplog.set_level("INFO", logger="meshvoice")
    room = await ana.open_sea()
    longest, fastest, garbled, pretender, wordless = [await ana.connect(room) for _ in range(5)]
    await longest.socket.send_str("x" * 70_000)
    assert await longest.closed() == 1009
    writer = fastest.socket._writer
    for _ in range(300):
        await writer.send_frame(b"", WSMsgType.PING)
    assert await fastest.closed() == 4429
    garbled.socket._writer.transport.write(b"\x83\x80\0\0\0\0")
    assert await garbled.closed() == 1002
    await pretender.socket.close(code=4408)
    await wordless.socket._writer.send_frame(b"", WSMsgType.CLOSE)
    await house.until(lambda: house.app[SWITCHBOARD].sockets == 0)
    told = sorted(
        text.split(": ", 1)[1]
        for record in caplog.records
        if ": ended with " in (text := record.getMessage())
    )
    assert told == [
        "ended with 1002, what came is no frame of a WebSocket",
        "ended with 1005, the client closed it",
        "ended with 1009, a frame over 64 KiB",
        "ended with 4408, the client closed it",
        "ended with 4429, too fast for too long",
    ]
    lines = await ana.metrics()
    ended = [f'meshvoice_ended_sockets_total{{code="{code}"}} 1.0' for code in (1002, 1009, 4429)]
    assert {*ended, 'meshvoice_ended_sockets_total{code="other"} 2.0'} <= set(lines)
    assert "meshvoice_outbox_overflows_total 0.0" in lines


async def test_a_handshake_that_the_site_itself_refuses_is_counted(ana: Person) -> None:
    room = await ana.open_sea()
    assert await ana.knock(room, {"Content-Encoding": "gzip"}) == 415
    assert 'meshvoice_refused_joins_total{reason="packed"} 1.0' in await ana.metrics()


async def test_the_process_tells_what_it_uses(ana: Person) -> None:
    told = dict(line.rsplit(" ", 1) for line in await ana.metrics() if line.startswith("process_"))
    assert set(told) == {
        *(
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_max_fds",
        ),
    }
    assert all(float(number) > 0 for number in told.values())


async def test_no_metric_names_anybody(ana: Person, bo: Person) -> None:
    hers, _ = await pair(ana, bo)
    text = "\n".join(await ana.metrics())
    names = (ana.user_id, bo.user_id, hers.peer, "Ana", "127.0.0.1", METRICS_TOKEN)
    assert [name for name in names if name in text] == []


async def test_each_number_that_the_dashboard_the_alerts_and_the_docs_name_is_told(ana: Person) -> None:
    root = Path(__file__).parents[2]
    conf = root / "conf/grafana-dashboard.json", root / "conf/meshvoice-alerts.yaml"
    texts = [path.read_text(encoding="utf-8") for path in (*conf, *root.glob("docs/operations/*.md"))]
    named = {name for text in texts for name in re.findall(r"\b(?:meshvoice|process)_[a-z_]+\b(?!=)", text)}
    told = {re.split(r"[{ ]", line)[0] for line in await ana.metrics()}
    assert len(named) > 15
    assert named <= told

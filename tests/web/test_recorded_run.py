"""A whole run of two peers, every frame of it both ways, is byte for byte as it was recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, House
from tests.web.person import Person
from tests.web.recorder import Record, Recorded, message

pytestmark = pytest.mark.usefixtures("either_way")
GOLDEN = Path(__file__).parent / "golden" / "recorded-run.txt"
SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
CANDIDATE = {
    "candidate": "candidate:1 1 udp 2122260223 192.0.2.7 51234 typ host",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
    "usernameFragment": "abcd",
}


async def test_a_run_is_as_it_was_recorded(make_house: MakeHouse) -> None:
    """To record a change that is meant: delete the file, run this once, and read the difference."""
    record = Record()
    await _run(await make_house(sea_peers=2), record)
    if not GOLDEN.exists():
        GOLDEN.write_text(str(record), encoding="utf-8")
        pytest.fail("there was no record; there is one now: read it")
    assert str(record) == GOLDEN.read_text(encoding="utf-8")


async def _run(house: House, record: Record) -> None:
    ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
    cleo = await Person(house).sign_in("Cleo")
    room = await ana.open_sea()
    for guest in (bo, cleo):
        await guest.accept(await ana.invite(room))

    record.write("# hello, welcome, present")
    hers = await Recorded.dial(record, ana, room)
    await hers.says("hello", name="Ana", muted=False)
    (her,) = await hers.hears("welcome")
    his = await Recorded.dial(record, bo, room)
    await his.says("ping", t=1)
    await his.hears("error")
    await his.sends("{")
    await his.hears("error")
    await his.sends(b"binary")
    await his.hears("error")
    await his.says("hello", name="Robert", muted=True, deafened=True)
    his_welcome, _ = await his.hears("welcome", "present")
    (peer,) = await hers.hears("hello")
    a, b = her["source"], peer["source"]

    record.write("# offer, answer, ice, repair, abort")
    await his.says("offer", target=a, gen=1, sdp=SDP, n=1)
    await hers.hears("offer")
    await hers.says("answer", target=b, gen=1, sdp=SDP)
    await his.hears("answer")
    await his.says("ice", target=a, gen=1, candidates=[CANDIDATE, None], n=2)
    await hers.hears("ice")
    await hers.sends(json.dumps({"type": "ice", "target": b, "gen": 1, "candidates": [{"candidate": "c"}]}))
    await his.hears("ice")
    await hers.says("repair", target=b, gen=1, why="stalled")
    await his.hears("repair")
    await his.says("abort", target=a, gen=2, n=3)
    await hers.hears("abort")

    record.write("# state, links, ping")
    await his.says("state", muted=False)
    await hers.hears("state")
    report = {"state": "up", "path": "direct", "rtt": 42.5, "loss": 0.01}
    await hers.says("links", links={b: report, "nobody": {"state": "stalled"}})
    await his.hears("links")
    await hers.has_heard_all()
    await his.has_heard_all()

    record.write("# what is refused")
    for bad in (
        '{"type":"nothing"}',
        message("state", muted=True, source=a),
        '{"type":"state","muted":true,"muted":false}',
        '{"type":"state","muted":1}',
        message("offer", target=a, gen=1, sdp="v=0" + "x" * 16 * 1024),
        message("offer", target=a, gen=1, sdp="x"),
        message("ice", target=a, gen=1, candidates=[{"candidate": "c" * 1025}]),
        message("offer", target="nobody", gen=1, sdp="v=0"),
        message("abort", target=b, gen=1),
        message("remove", target=a),
        message("hello", name="Bo", muted=False),
        "{",
        b"binary",
    ):
        await his.sends(bad)
        await his.hears("error")
    await his.has_heard_all()
    await hers.has_heard_all()
    # A frame that the server has already is dropped without a word, but it counts.
    await his.says("ping", t=1, n=1, times=400 - (his.sent - 4))
    await his.says("ping", t=2)
    await his.hears("error")
    house.clock.now += 10
    await his.has_heard_all()
    hers_third = await Recorded.dial(record, cleo, room)
    await hers_third.says("hello", name="Cleo", muted=False)
    await hers_third.hears("error")
    await hers_third.is_closed()

    record.write("# a dropped socket, and its resume")
    last = await his.has_heard_all()
    await his.drops()
    await hers.hears("away")
    await hers.says("offer", target=b, gen=4, sdp=SDP)
    await hers.says("state", muted=True)
    await hers.has_heard_all()
    his = await Recorded.dial(record, bo, room)
    await his.says(
        "hello", name="Bo", muted=True, deafened=True, ticket=his_welcome["ticket"], seen=last["seq"]
    )
    await his.hears("welcome", "offer", "state")
    await hers.hears("back", "state")
    await his.says("ping", t=3, n=3)
    await his.says("ping", t=4, n=4)
    await his.hears("pong")

    record.write("# back without what was missed: with a ticket, then on a socket that still hangs")
    await his.drops()
    await hers.hears("away")
    his = await Recorded.dial(record, bo, room)
    await his.says("hello", name="Bo", muted=True, ticket=his_welcome["ticket"], seen=1000)
    await his.hears("welcome", "credentials", "present")
    await hers.hears("back", "state")
    again = await Recorded.dial(record, bo, room)
    await again.says("hello", name="Bo", muted=True, ticket=his_welcome["ticket"])
    await again.hears("welcome", "credentials", "present")
    await his.is_closed()
    await hers.has_heard_all()

    record.write("# credentials at half their time, and the notices before the end")
    house.clock.now += HOUR / 2
    await hers.hears("credentials")
    await again.hears("credentials")
    for before in (600, 60):
        house.clock.now = her["closes_at"] - before
        for each in (hers, again):
            await each.hears(*(["notice", "credentials"] if before == 600 else ["notice"]))

    record.write("# bye, a newer tab, remove, and the end of the room")
    await again.says("bye")
    await again.is_closed()
    await hers.hears("left")
    his = await Recorded.dial(record, bo, room)
    await his.says("hello", name="Bo", muted=False, ticket="worth.nothing")
    await his.hears("welcome", "present")
    await hers.hears("hello")
    newer = await Recorded.dial(record, bo, room)
    await newer.says("hello", name="Bo", muted=False)
    await newer.hears("welcome", "present")
    await his.is_closed()
    _, joined = await hers.hears("left", "hello")
    await hers.says("remove", target=joined["source"])
    await newer.is_closed()
    await hers.hears("left")
    await hers.has_heard_all()
    house.clock.now = her["closes_at"]
    await hers.is_closed()

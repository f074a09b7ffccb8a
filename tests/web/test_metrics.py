"""What `GET /metrics` counts is what the hub decided, before the hello and after it alike."""

from __future__ import annotations

from tests.web.person import Person
from tests.web.rooms import pair


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
    lines = (await ana.get("/metrics")).text.splitlines()
    for line in (
        'meshvoice_messages_total{type="hello"} 2.0',
        'meshvoice_messages_total{type="state"} 1.0',
        'meshvoice_messages_total{type="ping"} 2.0',
        'meshvoice_refused_messages_total{code="unknown-target"} 1.0',
        'meshvoice_refused_messages_total{code="not-joined"} 1.0',
        'meshvoice_refused_messages_total{code="bad-message"} 1.0',
        'meshvoice_joins_total{how="new"} 2.0',
        "meshvoice_rooms 1.0",
        "meshvoice_seats 1.0",
        "meshvoice_sockets 2.0",
    ):
        assert line in lines

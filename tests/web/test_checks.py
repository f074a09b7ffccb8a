"""`/healthz` says that everything works, or what doesn't by the name of a check; the loop's pulse is one."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from meshvoice.access.errors import GuestBookError
from meshvoice.web import api, checks
from meshvoice.web.keys import HEALTH, PULSE
from meshvoice.web.pulse import Pulse
from tests.web.conftest import MakeHouse
from tests.web.house import LOOPBACK, House
from tests.web.person import Person

MB = 1024 * 1024


async def test_where_all_is_well_nothing_else_is_said(house: House) -> None:
    answer = await Person(house).ask("GET", "/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


async def test_what_a_check_finds_is_told_by_its_name(house: House) -> None:
    """And in the metrics, as 1; a restart would mend none of it, so it is 200."""
    house.app[HEALTH].add("relay", lambda: "Nobody answers at turn.example.org: is coturn running?")
    ana = Person(house)
    answer = await ana.ask("GET", "/healthz")
    assert (answer.status, answer.json) == (
        200,
        {"status": "degraded", "relay": "Nobody answers at turn.example.org: is coturn running?"},
    )
    lines = await ana.metrics()
    assert 'meshvoice_trouble{check="relay"} 1.0' in lines
    assert 'meshvoice_trouble{check="book"} 0.0' in lines


@pytest.mark.parametrize("trusted", [(), LOOPBACK])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_strangers_get_the_status_alone(make_house: MakeHouse, header: str, trusted: Any) -> None:
    """Whoever comes through a proxy may be anybody, whether we know it or not (T4)."""
    house = await make_house(trusted_proxies=trusted)
    house.app[HEALTH].add("relay", lambda: "It has no deny list.")
    from_afar = {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
    answer = await Person(house).ask("GET", "/healthz", headers={header: from_afar[header]})
    assert (answer.status, answer.json) == (200, {"status": "degraded"})
    house.book.close()
    answer = await Person(house).ask("GET", "/healthz", headers={header: from_afar[header]})
    assert (answer.status, answer.json) == (503, {"status": "failing"})


@pytest.mark.parametrize("here", [True, False])
async def test_this_machine_is_known_by_any_of_its_addresses(
    house: House, monkeypatch: pytest.MonkeyPatch, here: bool
) -> None:
    """Where MESHVOICE_HOST is another than loopback, whoever asks from here comes from that very address."""
    monkeypatch.setattr(api, "_HERE", ())  # as if 127.0.0.1 were the machine's address in its network
    house.app[HEALTH].add("relay", lambda: "It has no deny list.")
    ours = None if here else ("127.0.0.2", 0)
    connector = aiohttp.TCPConnector(local_addr=ours)
    async with (
        aiohttp.ClientSession(connector=connector) as client,
        client.get(f"{house.url}/healthz") as answer,
    ):
        told = {"relay": "It has no deny list."} if here else {}
        assert await answer.json() == {"status": "degraded", **told}
    through = await Person(house, address="192.0.2.7").ask("GET", "/healthz")
    assert through.json == {"status": "degraded"}


async def test_a_book_that_cannot_be_read_is_no_service(house: House) -> None:
    house.book.close()
    answer = await Person(house).ask("GET", "/healthz")
    assert (answer.status, answer.json["status"]) == (503, "failing")
    assert answer.json["book"] == str(house.book.trouble)
    assert isinstance(house.book.trouble, GuestBookError)


async def test_a_loop_that_was_held_up_is_told_for_a_minute(house: House) -> None:
    house.app[PULSE].beat(due=-1.4, at=0.0)
    assert house.app[PULSE].worst(59.9) == 1.4
    assert (
        checks.loop(1.4)
        == "Something held the server up for 1.4 s in the last minute: is the machine too busy?"
    )
    assert house.app[PULSE].worst(60.0) == 0.0
    assert checks.loop(0.9) is None


def test_of_several_late_beats_the_worst_counts() -> None:
    pulse = Pulse()
    pulse.beat(due=0.0, at=0.3)
    pulse.beat(due=9.9, at=10.0)
    pulse.beat(due=20.0, at=20.01)
    assert pulse.worst(30.0) == 0.3
    assert abs(pulse.worst(65.0) - 0.1) < 1e-9
    assert dict(pulse.lag.buckets())["+Inf"] == 3


async def test_the_loop_beats_while_the_server_runs(house: House) -> None:
    await house.until(lambda: dict(house.app[PULSE].lag.buckets())["+Inf"] >= 2)


def test_little_room_on_the_disk_is_told_before_there_is_none() -> None:
    assert checks.disk((100 * MB, 10_000 * MB)) is None
    assert checks.disk((99 * MB, 10_000 * MB)) == "Only 99.0 MB are free on the guest book's disk: make room."
    # A small disk is not always full.
    assert checks.disk((3 * MB, 32 * MB)) is None
    assert checks.disk((1 * MB, 32 * MB)) == "Only 1.0 MB are free on the guest book's disk: make room."


def test_where_nobody_can_say_how_much_room_there_is_nothing_is_said(tmp_path: Path) -> None:
    assert checks.room_beside(tmp_path / "gone" / "meshvoice.db") is None
    assert checks.disk(None) is None
    assert checks.room_beside(tmp_path / "meshvoice.db") is not None


def test_behind_a_link_the_disk_is_that_of_what_it_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, there = tmp_path / "meshvoice.db", tmp_path / "elsewhere"
    link.symlink_to(there / "meshvoice.db")
    disks = {there: SimpleNamespace(f_bavail=3, f_frsize=512, f_blocks=9)}
    monkeypatch.setattr(os, "statvfs", disks.__getitem__)
    assert checks.room_beside(link) == (3 * 512, 9 * 512)


async def test_changes_of_the_guest_book_are_timed(house: House) -> None:
    seconds = iter([1.0, 1.004])
    house.book.time_changes(lambda: next(seconds))
    before = dict(house.book.written.buckets())
    house.book.try_to_write()
    after = dict(house.book.written.buckets())
    assert {bound for bound in after if after[bound] > before[bound]} == {
        *("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "1.0", "+Inf"),
    }
    house.book.time_changes(lambda: 0.0)

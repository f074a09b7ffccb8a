"""A guest book that can't be written: calls, reads and credentials go on, the rest is refused plainly."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, LOOPBACK, House
from tests.web.person import Person
from tests.web.rooms import pair


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave not a byte free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for record in caplog.records if "guest book" in (text := record.getMessage())]


async def test_on_a_full_disk_calls_and_reads_go_on_and_writes_are_refused(
    small_disk: Path, make_house: MakeHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Told in `/healthz`, in the metrics, and in the log once in ten minutes, until there is room again."""
    caplog.set_level("INFO", logger="meshvoice")
    house = await make_house()
    await house.restart(database=str(small_disk / "var" / "meshvoice.db"))
    ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
    hers, his = await pair(ana, bo)
    ballast = fill(small_disk)
    refused = 0
    while refused < 3:
        # The log of writes that is there already takes some more.
        answer = await Person(house).post("/sign-in", name="Cleo")
        if answer.status != 200:
            assert (answer.status, answer.code) == (503, "guest-book")
            assert "make room on its disk" in answer.json["error"]["message"]
            refused += 1
    # They are about and were seen an hour ago, which can't be written now.
    house.clock.now += 2 * HOUR
    house.tick(5)
    await hers.say(type="repair", target=his.peer, gen=1, why="")
    assert (await his.next("repair"))["source"] == hers.peer
    for somebody in (ana, bo):
        assert (await somebody.get("/")).status == 200
        assert (await somebody.credentials()).status == 200
    await his.leave()
    assert (await bo.join(f"mysea-{ana.user_id}", ticket=his.welcome["ticket"])).peer == his.peer
    health = await ana.ask("GET", "/healthz")
    assert (health.status, health.json["status"]) == (200, "degraded")
    assert "make room on its disk" in health.json["book"]
    assert 'meshvoice_trouble{check="book"} 1.0' in await ana.metrics()
    assert len(lines(caplog)) == 1
    house.clock.now += 600
    house.tick()
    assert len(lines(caplog)) == 2
    ballast.unlink()
    house.clock.now += 10
    house.tick()
    assert (await ana.ask("GET", "/healthz")).json == {"status": "ok"}
    assert lines(caplog)[2:] == ["the guest book can be written again"]
    assert (await Person(house).post("/sign-in", name="Cleo")).status == 200


async def test_a_full_disk_is_found_out_before_somebody_needs_it(
    small_disk: Path, make_house: MakeHouse
) -> None:
    """The server tries once a minute; so many tries wear down what its log of writes still takes."""
    house = await make_house()
    await house.restart(database=str(small_disk / "meshvoice.db"))
    fill(small_disk)
    statuses = set()
    for _ in range(200):
        house.clock.now += 60
        house.tick()
        statuses.add((await Person(house).ask("GET", "/healthz")).json["status"])
    assert "degraded" in statuses


async def test_a_name_that_changed_elsewhere_and_cannot_be_written_keeps_nobody_out(
    make_house: MakeHouse,
) -> None:
    """A proxy names people with each request: whoever married meanwhile still reads, and is called so."""
    house = await make_house(
        trusted_proxies=LOOPBACK,
        user_header="Remote-User",
        name_header="Remote-Name",
        passphrase="four words",
    )
    ana = Person(house)
    assert "Ana Lopez" in (await ana.get("/", **{"Remote-User": "ana", "Remote-Name": "Ana Lopez"})).text
    other = sqlite3.connect(house.settings.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    named = {"Remote-User": "ana", "Remote-Name": "Ana Gomez"}
    for _ in range(2):
        answer = await ana.get("/", **named)
        assert (answer.status, "Hello, Ana Gomez" in answer.text) == (200, True)
    other.close()
    house.clock.now += 60
    house.tick()
    assert "Ana Gomez" in (await ana.get("/", **named)).text
    assert "Ana Gomez" in (await ana.get("/", **{"Remote-User": "ana"})).text


async def test_a_foreign_lock_refuses_writes_and_holds_nobody_up(house: House, ana: Person) -> None:
    """A sqlite3 shell in the middle of a change: reads go on, a write says plainly what to end."""
    other = sqlite3.connect(house.settings.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = await ana.post("/my-sea/open")
    assert (answer.status, answer.code) == (503, "guest-book")
    assert "a sqlite3 shell" in answer.json["error"]["message"]
    assert (await ana.get("/")).status == 200
    other.close()
    assert (await ana.post("/my-sea/open")).status == 200
    assert (await ana.ask("GET", "/healthz")).json == {"status": "ok"}

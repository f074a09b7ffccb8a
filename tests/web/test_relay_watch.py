"""The server looks at its relay itself: the check page, `/healthz` and the log are told, and nobody waits."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from meshvoice.settings import TurnSettings
from meshvoice.web.clocks import Clock
from meshvoice.web.keys import RELAY
from meshvoice.web.relay_watch import RelayWatch, ask_doctor, watch
from tests.web.house import House
from tests.web.person import Person


def relay_watch_of_now() -> RelayWatch:
    return RelayWatch(Clock(time.time, time.monotonic))


def report(*failed: str) -> bytes:
    """What `meshvoice doctor --json` says, with these checks failed."""
    finding = {
        "leg": "",
        "ip": 0,
        "code": 0,
        "cause": "",
        "host": 0,
        "tried": "it",
        "answer": "45.76.0.10 is wrong",
        "fix": "mend it",
    }
    wrong = [{"check": check, "status": "failed", **finding} for check in failed]
    return json.dumps(
        {"ok": not failed, "findings": [{"check": "name", "status": "ok", **finding}, *wrong]}
    ).encode()


def report_without_network() -> bytes:
    return json.dumps({"ok": False, "missed": "no name server answers this machine", "findings": []}).encode()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "relay" in record.getMessage()]


async def told(person: Person) -> Any:
    return (await person.ask("GET", "/api/voice/relay/")).json


async def test_the_page_is_told_what_failed_and_how_long_ago_and_no_address(
    house: House, ana: Person
) -> None:
    assert await told(ana) == {"age": None, "running": False, "missed": False, "others": False, "failed": []}
    house.app[RELAY].hear(report("clock"))
    house.clock.now += 61
    failed = [{"check": "clock", "leg": "", "ip": 0, "code": 0, "cause": "", "host": 0}]
    assert await told(ana) == {
        "age": 61,
        "running": False,
        "missed": False,
        "others": False,
        "failed": failed,
    }


@pytest.mark.parametrize(("compared", "others"), [((1, 2), True), ((2,), False), ((), False)])
def test_a_relay_is_somebody_elses_where_all_its_hosts_are(compared: tuple[int, ...], others: bool) -> None:
    relay, told = relay_watch_of_now(), json.loads(report())
    name = told["findings"][0]
    told["findings"] = [
        *({**name, "host": host} for host in (1, 2)),
        *({**name, "check": "own-file", "status": "skipped", "host": host} for host in compared),
    ]
    relay.hear(json.dumps(told).encode())
    assert relay.body()["others"] is others


async def test_strangers_are_told_nothing(house: House) -> None:
    answer = await Person(house).ask("GET", "/api/voice/relay/")
    assert (answer.status, answer.json["error"]["code"]) == (401, "signed-out")


async def test_how_old_the_word_is_can_be_asked_for(house: House, ana: Person) -> None:
    """Looks that tell nothing leave it as it was: an alert tells of one that is an hour old."""
    assert "meshvoice_relay_word_age_seconds NaN" in await ana.metrics()
    house.app[RELAY].hear(report())
    house.clock.now += 4000
    house.app[RELAY].miss("no network")
    assert "meshvoice_relay_word_age_seconds 4000.0" in await ana.metrics()


async def test_health_names_what_fails_and_stays_well_for_a_watchdog(house: House, ana: Person) -> None:
    house.app[RELAY].hear(report("clock", "realm"))
    health = await ana.ask("GET", "/healthz")
    assert (health.status, health.json["status"]) == (200, "degraded")
    assert "clock, realm" in health.json["relay"]
    house.app[RELAY].hear(report())
    assert (await ana.ask("GET", "/healthz")).json == {"status": "ok"}


def test_the_log_says_it_once_and_again_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    relay = relay_watch_of_now()
    for failed in ((), (), ("clock",), ("clock",), ("clock", "realm"), ()):
        relay.hear(report(*failed))
    said = lines(caplog)
    assert [line.split(":")[0] for line in said] == [
        "the relay, seen from here, works",
        *["the relay, seen from here"] * 3,
        "the relay, seen from here, works",
    ]
    assert said[1] == "the relay, seen from here: clock: 45.76.0.10 is wrong -> mend it"


async def test_it_looks_at_the_start_and_then_from_time_to_time_and_sooner_where_it_got_worse() -> None:
    reports = iter([report("stun"), report("stun"), report()])
    asked: list[float] = []
    ended = asyncio.Event()
    relay = relay_watch_of_now()

    async def ask() -> bytes:
        asked.append(asyncio.get_running_loop().time())
        try:
            return next(reports)
        except StopIteration:
            ended.set()
            await asyncio.Event().wait()
            raise

    task = asyncio.create_task(watch(relay, ask, first=0, every=0.6, again=0.02))
    await asyncio.wait_for(ended.wait(), 10)
    task.cancel()
    first, second, third = (later - earlier for earlier, later in pairwise(asked))
    assert first < 0.6 <= min(second, third)
    assert relay.trouble() is None


async def test_whoever_asks_has_it_look_again_where_something_was_wrong_a_minute_ago() -> None:
    now = [0.0]
    relay = RelayWatch(Clock(time.time, lambda: now[0]))
    asked: asyncio.Queue[None] = asyncio.Queue()
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def ask() -> bytes:
        asked.put_nowait(None)
        return await answers.get()

    async def looked() -> None:
        while relay.running:  # noqa: ASYNC110  # that a look ended is told to nobody
            await asyncio.sleep(0)

    task = asyncio.create_task(watch(relay, ask, first=0))
    await asyncio.wait_for(asked.get(), 10)
    assert relay.body()["running"]
    answers.put_nowait(report("clock"))
    await looked()
    relay.want()
    assert not relay.body()["running"]
    now[0] += 60
    relay.want()
    assert relay.body()["running"]
    await asyncio.wait_for(asked.get(), 10)
    answers.put_nowait(report())
    await looked()
    now[0] += 60
    relay.want()
    assert not relay.body()["running"]
    task.cancel()


def test_nobody_looks_again_where_nobody_watches() -> None:
    now = [0.0]
    relay = RelayWatch(Clock(time.time, lambda: now[0]))
    relay.hear(report("clock"))
    now[0] += 60
    relay.want()
    assert not relay.body()["running"]


@pytest.mark.parametrize("answer", [b"no JSON", b"{}", OSError("no python here")])
async def test_what_can_not_be_learned_is_told_beside_what_was(
    caplog: pytest.LogCaptureFixture, answer: bytes | OSError
) -> None:
    relay = relay_watch_of_now()
    relay.hear(report("clock"))
    done = asyncio.Event()

    async def ask() -> bytes:
        if isinstance(answer, OSError):
            raise answer
        return answer

    def miss(problem: str) -> bool:
        done.set()
        return missed(problem)

    missed = relay.miss
    relay.miss = miss  # type: ignore[method-assign]
    task = asyncio.create_task(watch(relay, ask, first=0))
    await asyncio.wait_for(done.wait(), 10)
    task.cancel()
    body = relay.body()
    assert (body["missed"], [each["check"] for each in body["failed"]]) == (True, ["clock"])
    assert any("can't be examined from here" in line for line in lines(caplog))


@pytest.mark.parametrize("answer", [b"no JSON", report_without_network()])
async def test_where_nothing_was_ever_learned_nobody_is_blamed(answer: bytes) -> None:
    relay = relay_watch_of_now()
    asked: asyncio.Queue[None] = asyncio.Queue()

    async def ask() -> bytes:
        asked.put_nowait(None)
        return answer

    task = asyncio.create_task(watch(relay, ask, first=0, every=0, again=0))
    for _ in range(2):
        await asyncio.wait_for(asked.get(), 10)
    task.cancel()
    assert relay.trouble() is None
    assert relay.body() == {"age": None, "running": False, "missed": True, "others": False, "failed": []}


def test_after_the_first_look_in_vain_it_looks_again_soon_and_then_as_ever() -> None:
    relay = relay_watch_of_now()
    assert [relay.hear(report_without_network()) for _ in range(3)] == [True, False, False]
    assert [relay.hear(report()), relay.hear(report_without_network())] == [False, True]


async def test_health_keeps_what_was_found_where_the_next_look_tells_nothing(
    house: House, ana: Person
) -> None:
    house.app[RELAY].hear(report("clock"))
    house.clock.now += 15 * 60
    house.app[RELAY].hear(report_without_network())
    health = (await ana.ask("GET", "/healthz")).json
    assert health["status"] == "degraded"
    assert "clock, 15 min ago" in health["relay"]
    assert (await told(ana))["age"] == 15 * 60
    house.app[RELAY].hear(report())
    assert (await ana.ask("GET", "/healthz")).json == {"status": "ok"}


async def test_a_look_that_told_nothing_is_not_repeated_at_every_click() -> None:
    now = [0.0]
    relay = RelayWatch(Clock(time.time, lambda: now[0]))
    relay.watched = True
    relay.hear(report("clock"))
    now[0] += 900
    relay.miss("no network")
    relay.want()
    assert not relay.body()["running"]
    now[0] += 60
    relay.want()
    assert relay.body()["running"]


async def test_the_doctor_runs_apart_with_the_relays_settings_and_nothing_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MESHVOICE_PASSPHRASE", "three plain words")
    monkeypatch.setenv("COTURN_REALM", "of the environment")
    turn = TurnSettings(hosts=("127.0.0.1",), shared_secrets=("pR4tW8xK2mV6bN0cJ5hL9gF3dS7aQ1zE",), port=9)
    findings = json.loads(await ask_doctor(turn))["findings"]
    assert {(each["check"], each["leg"]) for each in findings if each["status"] == "failed"} == {
        ("stun", "udp"),
        ("stun", "tcp"),
    }


async def test_the_doctor_is_told_for_how_many_a_room_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a quota that was rendered for fewer would be found too small."""
    doctor = tmp_path / "doctor"
    doctor.write_text(
        '#!/bin/sh\nprintf \'{"findings": [], "missed": "%s"}\' $MESHVOICE_SEA_PEERS,$MESHVOICE_TABLE_SEATS\n'
    )
    doctor.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(doctor))
    turn = TurnSettings(hosts=("127.0.0.1",), shared_secrets=("x" * 32,))
    assert json.loads(await ask_doctor(turn, seats=4))["missed"] == "4,4"


async def test_a_doctor_who_can_not_start_is_told_in_its_own_words() -> None:
    turn = TurnSettings(hosts=("127.0.0.1",), shared_secrets=("short",), username="ana", password="")
    with pytest.raises(OSError, match="COTURN_"):
        await ask_doctor(turn)


async def test_a_server_that_stops_takes_the_doctor_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    sleeper = tmp_path / "sleeper"
    sleeper.write_text(f"#!/bin/sh\necho $$ > {started}.new\nmv {started}.new {started}\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    task = asyncio.create_task(ask_doctor(TurnSettings(hosts=("127.0.0.1",), shared_secrets=("x" * 32,))))
    while not started.exists():  # noqa: ASYNC110  # a program's start has no event to wait for
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)

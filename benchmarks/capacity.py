"""What one process carries beside a call: peers, messages a second, joins a second: `make bench-capacity`.

A room of six talks to each other, and has no more than `BOUND_MS` for 99 of 100 of its messages. Beside it a
crowd sits in rooms of six, then relays more and more, then comes and goes as fast as it can. Each is a load
generator of its own; the server has one core, both of them another.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import house, report
from benchmarks.running import Failed, Running, on_core
from benchmarks.systems import CHURN, LOADGEN, OURS, ROOT, machine

PAGE = ROOT / "docs" / "performance.md"
BOUND_MS = 50.0
CALL_PACE = 60
"""Messages a second in the call: ten of each, more than a call that is made has in the long run."""
SIZES = (600, 2400, 5118, 9996)
FIRST_RATE, LAST_RATE, STEP = 4000.0, 100.0, 1.25
AT_ONCE = 4
"""Rooms that come and go at one time, one person after the other in each."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    sizes: tuple[int, ...] = SIZES
    seconds: float = 3.0
    """Of each measurement."""
    rounds: int = 3
    """Of each of them; the median counts, for one is easily disturbed."""


QUICK = Effort(sizes=(600, 2400), seconds=1.5, rounds=1)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What a crowd did, and how the call fared."""

    each: float
    """A second: messages, or people who came and went."""
    cpu: float
    """Share of a core that the server took."""
    p99: float
    """Of the call, milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What was found with one size of crowd."""

    peers: int
    megabytes: float
    idle: Beside
    most: Beside
    """The highest rate of messages at which the call kept its bound."""
    coming: Beside


class Call:
    """Six in a room of their own: the book's last."""

    def __init__(self, running: Running, home: Path) -> None:
        people = home / "cookies"
        first = len(people.read_text().splitlines()) - house.SEATS
        environ = {**os.environ, "USERS": str(people), "FIRST": str(first), "CHURN": "0"}
        self._process = subprocess.Popen(  # noqa: S603  # our own
            [*on_core(1), str(LOADGEN), "meshvoice", "127.0.0.1", str(running.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            text=True,
        )
        self.ask("connect 6 1")
        self.ask("build")

    def ask(self, command: str) -> dict[str, float]:
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        told: dict[str, Any] = json.loads(line) if line else {"error": "the load generator ended"}
        if "error" in told or told.get("lost", 0) > 0:
            raise Failed(f"the call: {command!r}: {told}")
        return dict(told)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def _beside_a_call(home: Path, peers: int) -> Iterator[tuple[Running, Call]]:
    server = Running(OURS, home, churn=peers)
    try:
        call = Call(server, home)
        try:
            yield server, call
        finally:
            call.stop()
    finally:
        server.stop()


def _once(server: Running, call: Call, command: str, seconds: float) -> Beside:
    """Let the crowd do something, and the call talk meanwhile."""
    told: list[dict[str, float]] = []
    calling = threading.Thread(target=lambda: told.append(call.ask(f"rate {CALL_PACE} {seconds}")))
    calling.start()
    reading = server.tell(command)
    calling.join()
    if not told:
        raise Failed(f"the call ended beside {command!r}")
    return Beside(
        each=reading.n / reading.seconds, cpu=reading.cpu / reading.seconds, p99=told[0]["p99"] / 1000
    )


def _several(server: Running, call: Call, command: str, effort: Effort) -> Beside:
    found = [_once(server, call, command, effort.seconds) for _ in range(effort.rounds)]
    return sorted(found, key=lambda each: each.p99)[len(found) // 2]


def carried(home: Path, effort: Effort) -> list[Carried]:
    """Measure each size of crowd, on one server that fills up."""
    found = []
    with _beside_a_call(home, effort.sizes[-1]) as (server, call):
        for peers in effort.sizes:
            server.grow(peers)
            server.tell("relay 1 0.5")  # warm
            idle = _several(server, call, f"idle {effort.seconds}", effort)
            megabytes = server.resident() / 1e6
            most = _highest(server, call, effort)
            # So many rooms as come and go within the time in which the call is watched.
            each = _once(server, call, f"churn {2 * AT_ONCE} {AT_ONCE}", 0.5).each
            rooms = max(AT_ONCE, round(1.1 * each * effort.seconds / house.SEATS))
            coming = _several(server, call, f"churn {rooms} {AT_ONCE}", effort)
            found.append(Carried(peers=peers, megabytes=megabytes, idle=idle, most=most, coming=coming))
    return found


def _highest(server: Running, call: Call, effort: Effort) -> Beside:
    rate = FIRST_RATE
    while (last := _at(server, call, rate, effort)) is None:
        rate /= 2
        if rate < LAST_RATE:
            # Not the server's doing: the machine does something else.
            return Beside(each=0, cpu=0, p99=math.inf)
    while (now := _at(server, call, rate * STEP, effort)) is not None:
        rate, last = rate * STEP, now
    return last


def _at(server: Running, call: Call, rate: float, effort: Effort) -> Beside | None:
    found = _several(server, call, f"rate {rate:.0f} {effort.seconds}", effort)
    # Where it no longer keeps up, what comes is less than what was asked for.
    return found if found.p99 <= BOUND_MS and found.each >= 0.9 * rate else None


def tell(told: report.Report, found: list[Carried], took: float) -> None:
    head = (
        *("peers", "rooms", "MB", "idle: % of a core", "p99, ms", "messages a second", "% of a core"),
        *("p99, ms", "come and go, a second", "p99, ms", f"all within {BOUND_MS:.0f} ms"),
    )
    rows = []
    for each in found:
        worst = max(each.idle.p99, each.most.p99, each.coming.p99)
        rows.append(
            (
                *(f"{each.peers:,}", f"{each.peers // house.SEATS:,}", f"{each.megabytes:.0f}"),
                *(f"{100 * each.idle.cpu:.1f}", f"{each.idle.p99:.1f}"),
                *(f"{each.most.each:,.0f}", f"{100 * each.most.cpu:.0f}", f"{each.most.p99:.1f}"),
                *(f"{each.coming.each:.0f}", f"{each.coming.p99:.1f}"),
                told.holds(f"the call beside {each.peers} peers, ms", worst, BOUND_MS),
            )
        )
    told.table("capacity", head, rows)
    told.text("capacity machine", f"{time.strftime('%d %B %Y')}, {machine()}. It took {took:.0f} minutes.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes, once, and nothing is written")
    chosen = parser.parse_args()
    effort, told, began = (QUICK if chosen.quick else Effort()), report.Report(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        tables = effort.sizes[-1] // house.SEATS
        house.fill(home, tables + CHURN + 1)
        try:
            found = carried(home, effort)
        except Failed as problem:
            print(problem, file=sys.stderr)
            print((home / "server.log").read_text()[-2000:], file=sys.stderr)
            return 2
    tell(told, found, (time.monotonic() - began) / 60)
    if not chosen.quick:
        told.write_into(PAGE)
    print(*(f"missed: {one}" for one in told.missed), sep="\n")
    return 1 if told.missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The measurements of `make bench`, each of which has everything that it compares up at one time."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.running import Failed, Running, running
from benchmarks.systems import (
    ALL,
    BARE,
    CHANNELS_RELAY,
    OURS,
    PARTS,
    PAUSES,
    PEERJS,
    ROOT,
    SOCKETIO,
    STILL,
    WS,
    System,
)
from meshvoice import assets
from meshvoice.web.language import read_all
from meshvoice.web.static import Version

PEERS = 120
PACE = 2000
"""Messages a second of the quiet measurement; nine full rooms that begin at once send about as many."""
MANY = (1122, 5118)
"""With 120 that have talked, 1,000 and 5,000 idle ones more."""
STEPS = (120, 600, 1122, 2400, 5118)


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long everything is measured."""

    rounds: int = 14
    paced_rounds: int = 40
    """At a pace one reading is a sixth off the next: the median of fourteen was known to 5 % alone."""
    lives: int = 6
    """Rounds of comings and goings."""
    paced: float = 1.0
    closed: float = 0.3
    watched: float = 20.0
    people: int = 100_000
    steps: tuple[int, ...] = STEPS


QUICK = Effort(
    rounds=4,
    paced_rounds=4,
    lives=2,
    paced=0.4,
    watched=6.0,
    people=10_000,
    steps=(120, 1122, 5118),
)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Several readings of the same thing."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, readings: Iterable[float]) -> Spread:
        known = sorted(readings)
        return cls(median=statistics.median(known), low=known[0], high=known[-1])


@dataclass(kw_only=True)
class Rounds:
    """What each round showed of one system."""

    values: dict[str, list[float]] = field(default_factory=dict)
    verified: int = 0

    def add(self, what: str, value: float) -> None:
        self.values.setdefault(what, []).append(value)

    def spread(self, what: str) -> Spread:
        return Spread.of(self.values[what])

    def to(self, other: Rounds, what: str) -> Spread:
        """The ratio to another system, of readings of the same round."""
        pairs = zip(self.values[what], other.values[what], strict=True)
        return Spread.of(mine / theirs for mine, theirs in pairs)


def in_turn(up: list[Running], rounds: int, act: Callable[[Running, Rounds], None]) -> dict[str, Rounds]:
    """Measure one after the other, over and over: whatever the machine does meanwhile meets all of them."""
    found = {each.system.name: Rounds() for each in up}
    for number in range(rounds):
        for each in up if number % 2 else reversed(up):
            act(each, found[each.system.name])
    return found


def _at_a_pace(seconds: float, each: Running, rounds: Rounds) -> None:
    paced = each.tell(f"rate {PACE} {seconds}")
    rounds.add("paced", paced.each)
    rounds.add("p50", paced.p50)
    rounds.add("p99", paced.p99)


def relaying(house: Path, effort: Effort, systems: tuple[System, ...] = ALL) -> dict[str, Rounds]:
    """CPU for each relayed message, in a closed loop and at a pace."""

    def in_a_closed_loop(each: Running, rounds: Rounds) -> None:
        closed = each.tell(f"relay 1 {effort.closed}")
        rounds.add("closed", closed.each)
        rounds.add("client", closed.client_each)
        rounds.add("rate", closed.n / closed.seconds)

    with running(systems, house) as up:
        verified = {}
        for each in up:
            each.grow(PEERS)
            verified[each.system.name] = each.verify()
            each.tell("relay 1 0.4")  # warm
        found = in_turn(up, effort.rounds, in_a_closed_loop)
        paced = in_turn(up, effort.paced_rounds, partial(_at_a_pace, effort.paced))
    for name, rounds in found.items():
        rounds.values |= paced[name].values
        rounds.verified = verified[name]
    return found


def lives(house: Path, effort: Effort) -> dict[str, Rounds]:
    """CPU for each connect, join and leave."""

    def act(each: Running, rounds: Rounds) -> None:
        rooms = 4 if each.system is CHANNELS_RELAY else 40
        rounds.add("life", each.tell(f"churn {rooms} 4").each)

    with running((OURS, BARE, WS, PEERJS, SOCKETIO, CHANNELS_RELAY), house) as up:
        for each in up:
            each.grow(12)
            # Node compiles what runs often, and that takes it a thousand connections.
            each.tell(f"churn {4 if each.system is CHANNELS_RELAY else 200} 4")
        return in_turn(up, effort.lives, act)


def life_by_parts(house: Path) -> dict[str, float]:
    """Microseconds of each part of a life; the stopwatch itself costs some, most of it in `the rest`."""
    with running((PARTS,), house) as (server,):
        server.grow(12)
        server.tell("churn 40 4")
        server.signal_and_read(house / "parts.json")
        reading = server.tell("churn 80 4")
        parts = server.signal_and_read(house / "parts.json")
    each = {name: 1e6 * seconds / reading.n for name, seconds in parts.items()}
    return {**each, "the rest: HTTP, tasks, middleware, system": reading.each - sum(each.values())}


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What many idle peers cost."""

    memory: dict[str, list[float]]
    """Bytes of an idle peer of each system, for each of `MANY`."""
    idle: float
    """Share of one core that the largest crowd of ours takes, each pinging every 10 s."""
    late: float
    worked: float
    """The longest pause of the loop, milliseconds: as a timer sees it, and of its own work in that."""


def crowd(house: Path, effort: Effort) -> Crowd:
    memory: dict[str, list[float]] = {}
    for system in (PAUSES, BARE, WS, PEERJS, SOCKETIO):
        name = OURS.name if system is PAUSES else system.name
        with running((system,), house) as (server,):
            server.grow(PEERS)
            server.tell("relay 1 0.5")
            base = server.resident()
            memory[name] = []
            for peers in MANY:
                server.grow(peers)
                server.tell("idle 1")
                memory[name].append((server.resident() - base) / (peers - PEERS))
            if system is PAUSES:
                quiet = server.tell(f"idle {effort.watched / 2}")
                server.signal()
                server.tell(f"rate {PACE} {effort.watched / 2}")
                server.tell(f"idle {effort.watched / 2}")
                pauses = server.signal_and_read(house / "pauses.json")
    return Crowd(memory=memory, idle=quiet.cpu / quiet.seconds, **pauses)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What a message costs at a pace with more and more peers."""

    costs: dict[str, list[float]]
    """Microseconds of each system, for each of `Effort.steps`."""
    last_to_first: Spread
    """Of ours, to the same in the same round with the first step's peers: minutes lie between the steps."""


def growth(house: Path, effort: Effort) -> Growth:
    """CPU for each message at a pace, of each system with more and more peers (`effort.steps`)."""
    costs: dict[str, list[float]] = {}
    at_a_pace = partial(_at_a_pace, effort.paced)
    with running((OURS, STILL, BARE, WS), house) as up:
        for peers in effort.steps:
            for each in up:
                each.grow(PEERS if each.system is STILL else peers)
                each.tell("idle 0.5")
            rounds = in_turn(up, 4, at_a_pace)
            for name, known in rounds.items():
                costs.setdefault(name, []).append(known.spread("paced").median)
        compared = in_turn(
            [each for each in up if each.system in (OURS, STILL)], effort.paced_rounds, at_a_pace
        )
    return Growth(costs=costs, last_to_first=compared[OURS.name].to(compared[STILL.name], "paced"))


def pages(house: Path, effort: Effort) -> dict[str, tuple[float, float]]:
    """Requests a second, and milliseconds of CPU, of what browsers and programs ask for."""
    room = (house / "cookies").read_text().split(" ")[0]
    static = Version(assets.find("static").resolve(), lambda: 0.0, read_all()).now()
    asked = {
        "home page, signed in": "/",
        "a sea's page": "/my-sea/",
        "a table's page": f"/table/{room}/",
        "TURN credentials": f"/api/voice/turn-credentials/?room={room}",
        "a static file": f"/static/v-{static}/voice-mesh.js",
        "`/healthz`": "/healthz",
    }
    found = {}
    with running((OURS,), house) as (server,):
        for name, path in asked.items():
            server.tell(f"get 0.3 {path}")
            readings = [server.tell(f"get {effort.paced} {path}") for _ in range(3)]
            best = sorted(readings, key=lambda reading: reading.each)[1]
            found[name] = (best.n / best.seconds, best.each / 1000)
    return found


def book(effort: Effort) -> str:
    """What `make bench-book` prints."""
    command = [sys.executable, "-m", "benchmarks.bench_guestbook", "--people", str(effort.people)]
    done = subprocess.run(  # noqa: S603  # our own
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise Failed(f"the guest book's benchmark: {done.stderr[-400:]}")
    return done.stdout

"""What the server itself sees of the relay: it asks the doctor at the start, and every quarter of an hour."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE
from typing import TypedDict

import msgspec

from meshvoice import settings_rows
from meshvoice.settings import PREFIXES, TurnSettings
from meshvoice.web.clocks import Clock

log = logging.getLogger("meshvoice")
FIRST_SECONDS = 5.0
"""From our start to the first look: at a machine's start coturn comes up beside us."""
EVERY_SECONDS = 900.0
AGAIN_SECONDS = 60.0
"""After a word that is worse than the one before, or none: what was being restarted is there by then."""
PATIENCE_SECONDS = 120.0
"""For one examination, in which each leg that doesn't answer takes some seconds."""
_FAREWELL_SECONDS = 2.0
"""For a doctor that is told to end."""
_POLITE = 10
"""The doctor's niceness: calls come first."""


class Failed(msgspec.Struct, frozen=True):
    """A finding of the doctor's, mostly one that failed (`meshvoice.doctor.findings.Finding`)."""

    check: str
    leg: str
    ip: int
    code: int
    cause: str
    host: int
    status: str
    answer: str
    fix: str


class _Report(msgspec.Struct):
    findings: list[Failed]
    missed: str = ""
    """Why this machine could see nothing of the relay; empty where it could."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the doctor said."""

    at: float
    """By the clock's `steady`."""
    failed: tuple[Failed, ...]
    others: bool = False
    """Whether the relay is somebody else's, on each of its hosts."""

    @property
    def names(self) -> list[str]:
        """Name what failed, as `check` or `check/leg`, each once."""
        return list(dict.fromkeys(each.check + (f"/{each.leg}" if each.leg else "") for each in self.failed))


class Told(TypedDict):
    """One failure, as the check page is told of it: no address, no words of ours."""

    check: str
    leg: str
    ip: int
    code: int
    cause: str
    host: int


class RelayBody(TypedDict):
    """The JSON that the check page asks for."""

    age: int | None
    """Seconds since something was learned of the relay; null: nothing was yet."""
    running: bool
    """Whether it is being examined now, or will be in some seconds."""
    missed: bool
    """Whether the last look could not be made; the log says why."""
    others: bool
    """Whether the relay is somebody else's, whose files nobody here can mend."""
    failed: list[Told]


class RelayWatch:
    """Keeps the doctor's last word."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.last: Word | None = None
        self._problem = ""
        """Why the last look told nothing; empty: it did, or there was none."""
        self._looked = clock.steady()
        """When the last look ended, whatever came of it."""
        self.watched = False
        """Whether somebody looks from time to time."""
        self.running = False
        """Whether somebody looks now, or will in some seconds."""
        self.wanted = asyncio.Event()

    def hear(self, report: bytes) -> bool:
        """Take a report; gives whether to look again soon: it is worse. Raises `msgspec.DecodeError`."""
        told = msgspec.json.decode(report, type=_Report)
        if told.missed:
            return self.miss(told.missed)
        word = _word(told.findings, self._clock.steady())
        before = set(self.last.names) if self.last else set()
        worse = not before.issuperset(word.names)
        if worse or before != set(word.names):
            for each in word.failed:
                leg = f" ({each.leg})" if each.leg else ""
                log.warning(
                    "the relay, seen from here: %s%s: %s -> %s", each.check, leg, each.answer, each.fix
                )
        if not word.failed and (self.last is None or before or self._problem):
            log.info("the relay, seen from here, works")
        self.last, self._problem, self._looked = word, "", word.at
        return worse

    def learn(self, report: bytes, age: float) -> None:
        """Take the report of another process's look, which told the log. Raises `msgspec.DecodeError`."""
        told, at = msgspec.json.decode(report, type=_Report), self._clock.steady() - age
        self._problem, self._looked = told.missed, at
        if not told.missed:
            self.last = _word(told.findings, at)

    def miss(self, problem: str) -> bool:
        """Note that nothing could be learned: what was known stays, and is told with its age.

        Gives whether to look again soon: at a machine's start its network comes up beside us.
        """
        new = problem != self._problem
        if new:
            log.warning("the relay can't be examined from here: %s", problem)
        self._problem, self._looked = problem, self._clock.steady()
        return new

    def trouble(self) -> str | None:
        """Say what is wrong, in one sentence; None where nothing is known to be."""
        if self.last is None or not self.last.failed:
            return None
        names = ", ".join(self.last.names)
        if self._problem:
            minutes = (self.age or 0) // 60
            return (
                f"From the server's own side the relay failed at {names}, {minutes} min ago, and could not "
                "be examined since: the log says why."
            )
        return f"From the server's own side the relay fails at {names}: `meshvoice doctor` says what to do."

    def want(self) -> None:
        """Ask for another look where something was wrong: whoever mended it should not wait for the next."""
        wrong = self.last is not None and self.last.failed
        # Since the last look, not the last word: one that tells nothing is not to be had at every click.
        if wrong and self.watched and self._clock.steady() - self._looked >= AGAIN_SECONDS:
            self.running = True
            self.wanted.set()

    def body(self) -> RelayBody:
        """Tell the check page."""
        last = self.last
        return {
            "age": self.age,
            "running": self.running,
            "missed": bool(self._problem),
            "others": last is not None and last.others,
            "failed": [
                {
                    "check": each.check,
                    "leg": each.leg,
                    "ip": each.ip,
                    "code": each.code,
                    "cause": each.cause,
                    "host": each.host,
                }
                for each in (last.failed if last else ())
            ],
        }

    @property
    def age(self) -> int | None:
        """Seconds since something was learned of the relay; None: nothing was yet."""
        return None if self.last is None else max(0, int(self._clock.steady() - self.last.at))


def _word(findings: list[Failed], at: float) -> Word:
    return Word(at, tuple(each for each in findings if each.status == "failed"), _of_others(findings))


def _of_others(findings: list[Failed]) -> bool:
    """Tell whether the doctor compared no host's relay with a file of ours, for it is somebody else's."""
    theirs = {each.host for each in findings if each.check == "own-file"}
    return bool(theirs) and theirs == {each.host for each in findings if each.check == "name"}


async def watch(
    relay: RelayWatch,
    ask: Callable[[], Awaitable[bytes]],
    *,
    first: float = FIRST_SECONDS,
    every: float = EVERY_SECONDS,
    again: float = AGAIN_SECONDS,
    patience: float = PATIENCE_SECONDS,
    tell: Callable[[bytes], None] = lambda report: None,
) -> None:
    """Ask, soon and from time to time, and when it is wanted, for as long as it is let.

    `tell` takes each report, that of a look in vain too.
    """
    relay.watched = relay.running = True
    await asyncio.sleep(first)
    while True:
        relay.running = True
        relay.wanted.clear()
        report = await _look(ask, patience)
        worse = relay.hear(report)
        tell(report)
        relay.running = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(again if worse else every):
                await relay.wanted.wait()


async def _look(ask: Callable[[], Awaitable[bytes]], patience: float) -> bytes:
    """Give a report that can be read, of a look in vain too."""
    try:
        async with asyncio.timeout(patience):
            report = await ask()
        msgspec.json.decode(report, type=_Report)
    except TimeoutError:
        return _missed(f"the doctor took longer than {patience:.0f} s")
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        return _missed(str(problem) or type(problem).__name__)
    return report


def _missed(problem: str) -> bytes:
    return msgspec.json.encode(_Report([], problem))


async def _end(doctor: asyncio.subprocess.Process) -> None:
    """Let it give back what it holds of the relay, which would stand there for ten minutes."""
    with contextlib.suppress(ProcessLookupError):
        doctor.terminate()
    try:
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await doctor.wait()
    except TimeoutError:
        doctor.kill()
        await doctor.wait()


async def ask_doctor(turn: TurnSettings, *, seats: int = 8) -> bytes:
    """Let a process of its own examine the relay, which holds up nobody here. Raises `OSError`.

    `seats` are those of the largest room, for which coturn's file is rendered.
    """
    rooms = dict.fromkeys(("MESHVOICE_SEA_PEERS", "MESHVOICE_TABLE_SEATS"), str(seats))
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "meshvoice"),
        # All that it needs is in its environment, whatever file our own settings came from.
        *("--env-file", "/nonexistent", "doctor", "--json"),
        env={**_foreign(), **settings_rows.environment(turn), **rooms},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, doctor.pid, _POLITE)
        report, complaint = await doctor.communicate()
    finally:
        if doctor.returncode is None:
            await _end(doctor)
    if doctor.returncode not in (0, 1):
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise OSError(lines[-1] if lines else f"the doctor ended with {doctor.returncode}")
    return report


def _foreign() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}

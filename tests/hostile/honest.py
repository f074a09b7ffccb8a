"""The honest ones in a room, and what an attack may cost them: nothing that they would notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.browser.firefox import FirefoxPage
from tests.browser.harness import TONES, Person, Stage, until
from tests.browser.test_firefox import in_firefox
from tests.hostile.one_machine import everyone_answers
from tests.hostile.robot import Robot
from tests.process import Server

ROBOT = "Robot"
GAP_MS = 200.0
ROBOT_GAP_MS = 1000.0
"""aiortc's voices, its new connections and this test's own errands share one thread of Python."""
CLICK_MS = 200.0
NEWCOMER_MS = 2000.0
NEVER_MS = 10_000.0
"""After this nobody waits for the newcomer any more."""
MUCH_LATER = 1.5
"""Times as late as with nobody attacking: of less two cores with five ends of a call tell nothing."""
PATIENCE = 60.0
"""Seconds for the guest's program to begin or end, on a machine that is busy with others."""
_CLICKS = Path(__file__).with_name("clicks.js").read_text(encoding="utf-8")


@dataclass(kw_only=True)
class Suffering:
    """What the honest ones went through during one attack."""

    gaps: dict[str, float] = field(default_factory=dict)
    """By listener and speaker, in ms."""
    clicks: dict[str, float] = field(default_factory=dict)
    """By page: the longest from when a click was due to when both mute and unmute were shown, in ms; one that
    is not shown at the end has taken until then."""
    newcomer: dict[str, float] = field(default_factory=dict)
    """By listener: from the newcomer's click until it was heard, in ms."""
    deaf: list[str] = field(default_factory=list)
    """Who had not heard the newcomer after `NEVER_MS`."""
    lost: list[str] = field(default_factory=list)
    """Who lost a socket or a seat."""
    attacker: dict[str, int] = field(default_factory=dict)

    @property
    def complaints(self) -> list[str]:
        """What is over what anybody would notice."""
        found = [
            f"{who} for {ms:.0f} ms"
            for who, ms in self.gaps.items()
            if ms > (ROBOT_GAP_MS if ROBOT in who else GAP_MS)
        ]
        found += [f"a click took {ms:.0f} ms at {who}" for who, ms in self.clicks.items() if ms > CLICK_MS]
        found += [
            f"the newcomer after {ms:.0f} ms at {who}"
            for who, ms in self.newcomer.items()
            if ms > NEWCOMER_MS
        ]
        return found + [f"{who} lost the seat" for who in self.lost]

    def worse_than(self, quiet: Sequence[Suffering]) -> bool:
        """Whether anything noticeable is much later than the same ever was with nobody attacking."""
        usual = [max(each) for each in zip(*([ms for ms, _ in each._worst()] for each in quiet), strict=True)]
        pairs = zip(self._worst(), usual, strict=True)
        return any(mine > max(most, MUCH_LATER * ms) for (mine, most), ms in pairs)

    def _worst(self) -> list[tuple[float, float]]:
        """Give the worst of each kind in ms, and what nobody notices of it."""
        robot = {who: ms for who, ms in self.gaps.items() if ROBOT in who}
        kinds = (
            (self._between_pages(), GAP_MS),
            (robot, ROBOT_GAP_MS),
            (self.clicks, CLICK_MS),
            (self.newcomer, NEWCOMER_MS),
        )
        return [(max(each.values(), default=0.0), most) for each, most in kinds]

    def _between_pages(self) -> dict[str, float]:
        return {who: ms for who, ms in self.gaps.items() if ROBOT not in who}

    def row(self, name: str) -> str:
        """One line of the table."""
        between = self._between_pages()
        between_pages = max(between.values(), default=0.0)
        gap = max(self.gaps.values(), default=0.0)
        click = max(self.clicks.values(), default=0.0)
        newcomer = max(self.newcomer.values(), default=0.0)
        told = " ".join(f"{what}:{count}" for what, count in sorted(self.attacker.items()))
        if between_pages > GAP_MS:
            told += f"  {max(between, key=between.__getitem__)}"
        told += "".join(f"  {who} NEVER HEARD THE NEWCOMER" for who in self.deaf)
        told += "".join(f"  {who} LOST THE SEAT" for who in self.lost)
        return f"{name:28} {between_pages:6.0f} {gap:6.0f} {click:6.0f} {newcomer:8.0f}  {told}"


HEADER = (
    f"{'':28} {'pages':>6} {'all':>6} {'click':>6} {'newcomer':>8}  (ms, the worst) what the guest was told"
)
"""Gaps between two browsers, and with the peer that is none; its voice starves first on a busy machine."""


class GuestStarved(Exception):
    """The guest's program, which takes what all others leave, was left too little to end its attack."""


class Room:
    """A room of honest ones in a call, a newcomer at the door, and the hostile guest's program."""

    def __init__(
        self, pages: list[Person], robot: Robot, newcomer: Person, guest: asyncio.subprocess.Process
    ) -> None:
        self.pages = pages
        self.robot = robot
        self.newcomer = newcomer
        self.seed = 1
        """Of the next attack."""
        self._guest = guest

    async def whole(self) -> bool:
        """Whether every honest pair hears each other."""
        tones = {page.tone for page in self.pages} | {self.robot.tone}
        for page in self.pages:
            heard = {
                tone for tones_of in await page.page.evaluate("globalThis.ear.now()") for tone in tones_of
            }
            if not tones - {page.tone} <= heard:
                return False
        return tones - {self.robot.tone} <= set(self.robot.tones().values())

    async def suffer(self, strategy: str | None, *, seconds: float) -> Suffering:
        """Let the guest play a strategy (None: nobody does anything), and see what it does to the honest."""
        found = Suffering()
        await until("every honest pair hears each other", self.whole)
        if strategy is not None:
            invitation = await self.pages[0].invite()
            await self._tell(strategy=strategy, seed=self.seed, seconds=seconds, invitation=invitation)
            self.seed += 1
        seats = [await _seat(page) for page in self.pages]
        joins = self.robot.joins
        marks = [await page.mark() for page in self.pages]
        self.robot.listen_anew()
        for turn, page in enumerate(self.pages):
            await page.page.evaluate(f"(() => {{ {_CLICKS} globalThis.clicks = startClicks({turn}); }})()")
        await self._newcomer_comes(found, seconds)
        if strategy is not None:
            found.attacker = await self._answer(seconds + PATIENCE)
        for page, mark, seat in zip(self.pages, marks, seats, strict=True):
            measured = await page.page.evaluate("globalThis.clicks.stop()")
            assert measured["clicks"] > 0, f"no click was due at {page.name}, so nothing is known of them"
            found.clicks[page.name] = measured["longest"]
            for other in self.pages:
                if other is not page:
                    found.gaps[f"{page.name} missed {other.name}"] = await page.gap(other, mark)
            missed = await page.page.evaluate("([t, m]) => globalThis.ear.gap(t, m)", [self.robot.tone, mark])
            found.gaps[f"{page.name} missed {self.robot.name}"] = missed
            found.gaps[f"{self.robot.name} missed {page.name}"] = self.robot.gap(page.tone)
            if await _seat(page) != seat:
                found.lost.append(page.name)
        if self.robot.joins != joins:
            found.lost.append(self.robot.name)
        return found

    async def _newcomer_comes(self, found: Suffering, seconds: float) -> None:
        await asyncio.sleep(0.3)  # the attack is under way
        marks = [await page.mark() for page in self.pages]
        started = asyncio.get_running_loop().time()
        await self.newcomer.click_voice()

        async def heard() -> bool:
            for page, mark in zip(self.pages, marks, strict=True):
                after = await page.heard_after(self.newcomer, mark)
                if after is not None:
                    found.newcomer.setdefault(page.name, after)
            return len(found.newcomer) == len(self.pages)

        try:
            await until("the newcomer is heard", heard, seconds=NEVER_MS / 1000)
        except AssertionError:
            found.deaf = [page.name for page in self.pages if page.name not in found.newcomer]
            found.newcomer |= dict.fromkeys(found.deaf, NEVER_MS)
        await asyncio.sleep(max(0.0, started + seconds - asyncio.get_running_loop().time()))
        await self.newcomer.leave()

    async def _tell(self, **attack: Any) -> None:
        assert self._guest.stdin is not None
        self._guest.stdin.write(json.dumps(attack).encode() + b"\n")
        assert await self._answer(PATIENCE) == "ready"

    async def _answer(self, seconds: float) -> Any:
        assert self._guest.stdout is not None
        try:
            line = await asyncio.wait_for(self._guest.stdout.readline(), seconds)
        except TimeoutError as error:
            if not self._wants_a_core():
                raise
            raise GuestStarved("the guest's program was left no core to end its attack on") from error
        assert line, "the hostile guest ended: its error is above"
        return json.loads(line)

    def _wants_a_core(self) -> bool:
        stat = Path(f"/proc/{self._guest.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "R"


async def _seat(page: Person) -> Any:
    """What changes where a page loses its seat or its socket."""
    return await page.page.evaluate(
        "[globalThis.seen.room.state, globalThis.seen.sockets.length,"
        " globalThis.seen.room.people.find((each) => each.self)?.peer]"
    )


@asynccontextmanager
async def room(stage: Stage, folder: Path, *, with_firefox: bool) -> AsyncIterator[Room]:
    """Bring them together: two Chromium pages, aiortc, if wanted a Firefox, and a newcomer at the door."""
    ana, bo, cleo = await stage.sea("Ana", "Bo", "Cleo")
    async with AsyncExitStack() as stack:
        pages = [ana, bo]
        if with_firefox:
            fox = await stack.enter_async_context(in_firefox("Fox", stage.server, folder))
            await fox.come(await ana.invite())
            pages.append(fox)
        for page in pages:
            await page.join()
        if with_firefox:
            # Else it hears on its main thread, and takes a busy one for silence.
            assert await fox.page.evaluate("globalThis.ear.ready.then(() => globalThis.ear.worklet)")
            cast(FirefoxPage, fox.page).voices_first()
        robot = Robot(ROBOT, TONES[3], tuple(page.tone for page in pages))
        await stack.enter_async_context(robot.in_room(stage.server.origin, await ana.invite()))
        stack.push_async_callback(robot.end)
        # Before the guest's program is started: that one comes last.
        stack.enter_context(everyone_answers())
        guest = await stack.enter_async_context(_program(stage.server))
        yield Room(pages, robot, cleo, guest)


@asynccontextmanager
async def _program(server: Server) -> AsyncIterator[asyncio.subprocess.Process]:
    # An attacker's machine is its own: here it takes what the honest leave, where root may say so.
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", str(19 - os.getpriority(os.PRIO_PROCESS, 0)), sys.executable, "-m", "tests.hostile"),
        *(f"http://127.0.0.1:{server.port}", server.origin),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

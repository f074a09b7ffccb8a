"""A call of four while a stranger asks the server for things: `make bench-stranger` prints what it costs.

Each line is one kind of request, a thousand a second, from one address and from fifty: how long an honest
ping took, how long somebody needed who joined meanwhile, from the invitation to the welcome, and how much of
the server's CPU each request took.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.hostile.stranger import kinds
from tests.web.house import DEADLINE
from tests.web.person import Person, Wire
from tests.web.running import Outside, serving, usual

KINDS = tuple(kinds(origin="", cookie="", room=""))
ADDRESSES = (1, 50)
PASSPHRASE = "four words of ours"
PING_SECONDS = 0.1
PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the honest saw, in ms, and what the stranger was told."""

    pings: list[float]
    join: float
    told: dict[str, int]
    closed: int
    busy: float
    """Seconds of the server's CPU."""

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.pings, n=100, method="inclusive")[-1]

    def row(self, name: str) -> str:
        told = " ".join(f"{what}:{count}" for what, count in sorted(self.told.items()))
        median, longest = statistics.median(self.pings), max(self.pings)
        each = self.busy * 1000 / max(1, self.told.get("asked", 0))
        times = f"{median:7.1f} {self.p99:7.1f} {longest:7.1f} {self.join:7.0f} {each:7.2f}"
        return f"{name:36} {times}  {told}"


HEADER = (
    f"{'':36} {'median':>7} {'p99':>7} {'longest':>7} {'join':>7} {'cpu':>7}  (ms) what the stranger was told"
)


class Siege:
    """A server with a passphrase, four in a call, and a stranger with a session and a sea of its own."""

    def __init__(
        self, house: Outside, owner: Person, room: str, call: list[Wire], stranger: Person, hole: str
    ) -> None:
        self._house = house
        self._owner = owner
        self._room = room
        self._call = call
        self._stranger = stranger
        self._hole = hole
        self._names = (f"Guest {n}" for n in itertools.count(1))

    async def endure(self, kind: str | None, *, addresses: int = 1, seconds: float) -> Cost:
        """Let the stranger ask for one kind of thing (None: nothing), and go on with the call."""
        async with AsyncExitStack() as stack:
            if kind is not None:
                attack = await stack.enter_async_context(self._program(kind, addresses, seconds))
            before = self._cpu()
            pinging = [asyncio.create_task(self._ping(wire, seconds)) for wire in self._call]
            await asyncio.sleep(seconds / 4)  # the stranger is at full speed
            try:
                join = await self._fifth_joins()
            except TimeoutError:
                join = DEADLINE * 1000
            pings = [ping for each in await asyncio.gather(*pinging) for ping in each]
            told = json.loads(await _line(attack)) if kind is not None else {}
        closed = sum(wire.socket.closed for wire in self._call)
        busy = self._cpu() - before
        return Cost(pings=pings, join=join, told=told, closed=closed, busy=busy)

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self._house.running.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def _ping(self, wire: Wire, seconds: float) -> list[float]:
        loop = asyncio.get_running_loop()
        took: list[float] = []
        end = loop.time() + seconds
        while (at := loop.time()) < end:
            await wire.say(type="ping", t=at)
            try:
                while (await wire.next("pong"))["t"] != at:
                    continue
            except TimeoutError:
                return [*took, DEADLINE * 1000]
            took.append((loop.time() - at) * 1000)
            await asyncio.sleep(max(0.0, at + PING_SECONDS - loop.time()))
        return took

    async def _fifth_joins(self) -> float:
        invitation = await self._owner.invite(self._room)
        loop = asyncio.get_running_loop()
        at, fifth = loop.time(), Person(self._house)
        answer = await fifth.accept(invitation, name=next(self._names))
        assert answer.status == 200, answer.text
        wire = await fifth.join(self._room)
        took = (loop.time() - at) * 1000
        await wire.say(type="bye")
        await wire.closed()
        return took

    @asynccontextmanager
    async def _program(
        self, kind: str, addresses: int, seconds: float
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        cookie = "; ".join(f"{name}={value}" for name, value in self._stranger.cookies.items())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.hostile.stranger", str(self._house.address[1]), kind),
            *("--origin", self._house.settings.origin, "--cookie", cookie, "--room", self._hole),
            *("--addresses", str(addresses), "--seconds", str(seconds)),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert await _line(process) == b"ready\n"
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    assert line, "the stranger's program ended: its error is above"
    return line


@asynccontextmanager
async def siege(folder: Path) -> AsyncIterator[Siege]:
    """Start a server, and bring four into a call."""
    values = usual(folder)
    values |= {
        "MESHVOICE_PASSPHRASE": PASSPHRASE,
        "MESHVOICE_ORIGIN": f"http://localhost:{values['MESHVOICE_PORT']}",
    }
    async with (
        serving(folder, values) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        house = Outside(running, http, values)
        owner = await Person(house).sign_in("Ana", passphrase=PASSPHRASE)
        room = await owner.open_sea()
        call = [await owner.join(room)]
        for name in ("Bo", "Cleo", "Dan"):
            guest = Person(house)
            await guest.accept(await owner.invite(room), name=name)
            call.append(await guest.join(room))
        stranger = await Person(house).sign_in("Eve", passphrase=PASSPHRASE)
        yield Siege(house, owner, room, call, stranger, await stranger.open_sea())


async def main(seconds: float = 10.0) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with siege(Path(folder)) as under:
            print(f"{HEADER}\n{(await under.endure(None, seconds=seconds)).row('(nobody asks)')}", flush=True)
            for kind, addresses in itertools.product(KINDS, ADDRESSES):
                cost = await under.endure(kind, addresses=addresses, seconds=seconds)
                print(cost.row(f"{kind}, from {addresses}"), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*map(float, sys.argv[1:])))

"""People who come and go for half an hour, and whether the server's process takes any more of it."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from meshvoice.signaling.pairs import ASKED_A_SECOND
from tests.process import numbers
from tests.signaling.descriptions import SDP
from tests.web.house import OPENS, House
from tests.web.person import Person, Wire

ROOMS = 6
GUESTS = 14
"""At one time, all rooms together."""
PAUSE = 0.9
"""Seconds between two things that one of them does, on average; with `GUESTS` a tenth of a core."""
ADDRESSES = 200
PAGES = ("/", "/check/", "/invitation/", "/static/style.css", "/static/icon.svg")
CANDIDATE = {"candidate": "candidate:1 1 udp 2122260223 192.0.2.7 46243 typ host", "sdpMid": "0"}
RESTS = (
    *("meshvoice_rooms", 'meshvoice_peers{state="connected"}', 'meshvoice_peers{state="away"}'),
    *("meshvoice_sockets", "meshvoice_held_arrivals", "meshvoice_outbox_bytes"),
)
"""What is 0 when everybody has gone."""
TASKS, DESCRIPTORS = "meshvoice_tasks", "process_open_fds"
HEAD = "minute   RSS, MB    tasks      fds    peers   series"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What `/metrics` told at one time."""

    minute: float
    values: Mapping[str, float]

    @property
    def megabytes(self) -> float:
        return self.values["process_resident_memory_bytes"] / 1e6

    @property
    def rests(self) -> bool:
        """Whether nobody is there, and nothing waits."""
        return all(self.values[name] == 0 for name in RESTS)

    def row(self) -> str:
        peers = sum(self.values[name] for name in RESTS[1:3])
        counts = (self.values[TASKS], self.values[DESCRIPTORS], peers, len(self.values))
        return f"{self.minute:6.1f}{self.megabytes:10.2f}" + "".join(f"{count:9.0f}" for count in counts)


async def sample(who: Person, minute: float = 0.0) -> Sample:
    return Sample(minute=minute, values=numbers((await who.get("/metrics", **OPENS)).text))


def growth(samples: Sequence[Sample], *, after: float) -> float:
    """Give how much more memory the last minutes take than the first ones `after`, as a share.

    Of each minute the least counts: what is there only for a while is given back once a minute.
    """
    floors: dict[int, float] = {}
    for each in samples:
        if each.minute >= after:
            minute = int(each.minute)
            floors[minute] = min(each.megabytes, floors.get(minute, each.megabytes))
    known = list(floors.values())
    part = max(1, len(known) // 4)
    return statistics.median(known[-part:]) / statistics.median(known[:part]) - 1


def left_behind(before: Sample, after: Sample) -> list[str]:
    """Say what there is more of than before anybody came."""
    found = [f"{name}: {after.values[name]:.0f}" for name in RESTS if after.values[name]]
    for name in (TASKS, DESCRIPTORS):
        if after.values[name] > before.values[name]:
            found.append(f"{name}: {after.values[name]:.0f}, before {before.values[name]:.0f}")
    return found


def new_series(early: Sequence[Sample], late: Sample) -> list[str]:
    """Name the series that came when everything had happened already: there would be more and more."""
    known = {name for each in early for name in each.values}
    return sorted(set(late.values) - known)


@dataclass(slots=True)
class Place:
    """A room, its owner, and how many may be its guests at one time."""

    owner: Person
    room: str
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(5))

    @property
    def sea(self) -> bool:
        return self.room.startswith("mysea-")

    @property
    def base(self) -> str:
        """Where the owner does things."""
        return "/my-sea" if self.sea else f"/table/{self.room}"

    @property
    def page(self) -> str:
        """What guests see."""
        return f"/sea/{self.owner.user_id}" if self.sea else f"/table/{self.room}"


OFFERS_APART = 1 / ASKED_A_SECOND
"""Seconds from one offer of a peer's to the same other one."""


class Voice:
    """Somebody's place in a room's voice, over one socket after the other."""

    def __init__(self, person: Person, place: Place, wire: Wire) -> None:
        self.person = person
        self.place = place
        self.wire = wire
        self.others: set[str] = set()
        self._gen = 0
        self._seen = 0
        self._offered: dict[str, float] = {}

    async def hear(self) -> list[str]:
        """Hear all that was said up to now; gives the codes of the errors among it."""
        errors = []
        for frame in await self.wire.caught_up():
            self._seen = max(self._seen, frame.get("seq", 0))
            match frame["type"]:
                case "present" | "hello":
                    self.others.add(frame["source"])
                case "left":
                    self.others.discard(frame["source"])
                case "error":
                    errors.append(frame["code"])
        return errors

    async def talk(self, chance: random.Random) -> None:
        """Say what browsers say when a link is made."""
        say = self.wire.say
        await say(type="state", muted=chance.random() < 0.5)
        if self.others:
            target, now = chance.choice(sorted(self.others)), time.monotonic()
            self._gen += 1
            # No faster than is borne for long: in half an hour chance begins a link ten times in seconds.
            if now - self._offered.get(target, -OFFERS_APART) >= OFFERS_APART:
                self._offered[target] = now
                await say(type="offer", target=target, gen=self._gen, sdp=SDP)
            await say(type="ice", target=target, gen=self._gen, candidates=[CANDIDATE, None])
            report = {"state": "up", "path": "direct", "rtt": 20, "loss": 0}
            await say(type="links", links={target: report}, first=[400], repairs={"stalled": 1})

    async def come_back(self) -> None:
        """Lose the connection, and take the seat again with its ticket."""
        self.wire.cut()
        ticket = self.wire.welcome["ticket"]
        self.wire = await self.person.connect(self.place.room)
        welcome = await self.wire.hello("Guest", ticket=ticket, seen=self._seen)
        assert welcome["resumed"], welcome


class Town:
    """Rooms with guests who come by invitation, talk, drop out, come back, and are never seen again."""

    def __init__(self, house: House, places: list[Place], chance: random.Random) -> None:
        self._house = house
        self._places = places
        self._chance = chance
        self.over = False
        self.done: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    @classmethod
    async def build(cls, house: House, chance: random.Random) -> Town:
        """Let the owners open seas and make tables."""
        places = []
        for number in range(ROOMS):
            owner = await Person(house, address=f"10.0.0.{number}").sign_in("Owner")
            room = await owner.open_sea() if number % 2 else await owner.make_table()
            places.append(Place(owner, room))
        return cls(house, places, chance)

    async def come_and_go(self) -> None:
        """Be one guest after another, until it is over."""
        while not self.over:
            place = self._chance.choice(self._places)
            async with place.free:
                address = self._chance.randrange(ADDRESSES)
                guest = Person(self._house, address=f"10.1.0.{address}")
                await self._let_in(guest, place)
                for _ in range(self._chance.randint(2, 4)):
                    await self._visit(guest, place)
                await self._part(guest, place)

    async def _let_in(self, guest: Person, place: Place) -> None:
        invitation = await place.owner.invite(place.room)
        assert (await guest.post("/invitations/look", token=invitation.token)).status == 200
        if self._chance.random() < 0.3:
            self.done["revoked"] += 1
            await place.owner.does(f"{place.base}/invitations/{invitation.id}/revoke")
            assert (await guest.accept(invitation, name="Guest")).status == 410
            invitation = await place.owner.invite(place.room)
        if self._chance.random() < 0.5:
            await guest.sign_in("Guest")
        answer = await guest.accept(invitation, name="Guest")
        assert answer.status == 200, answer.text
        self.done["guests"] += 1

    async def _visit(self, guest: Person, place: Place) -> None:
        assert (await guest.get(f"{place.page}/")).status == 200
        assert (await guest.credentials(place.room)).status == 200
        voice = Voice(guest, place, await guest.join(place.room))
        self.done["joins"] += 1
        for _ in range(self._chance.randint(4, 12)):
            self.errors.update(await voice.hear())
            await self._act(voice)
            await self._pause()
        how = self._chance.choice(["bye", "closed", "cut"])
        self.done[how] += 1
        if how == "bye":
            await voice.wire.say(type="bye")
            await voice.wire.closed()
        elif how == "closed":
            await voice.wire.leave()
        else:
            voice.wire.cut()

    async def _act(self, voice: Voice) -> None:
        what = self._chance.choice(["talk", "talk", "talk", "page", "page", "resumed"])
        self.done[what] += 1
        if what == "talk":
            await voice.talk(self._chance)
        elif what == "page":
            assert (await voice.person.get(self._chance.choice(PAGES))).status == 200
        else:
            await voice.come_back()

    async def _part(self, guest: Person, place: Place) -> None:
        """Go for good, or be put out; in any case nothing of the guest is kept."""
        if guest.user_id and self._chance.random() < 0.5:
            self.done["put out"] += 1
            kind = "guests" if place.sea else "seats"
            await place.owner.does(f"{place.base}/{kind}/{guest.user_id}/remove", links="keep")
        else:
            await guest.does(f"{place.page}/leave" if place.sea else f"{place.page}/seats/leave")
        await guest.does("/sign-out")

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.expovariate(1 / PAUSE))

"""kill -9 at any moment: what was answered with success is there afterwards, and nothing works twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.web.person import Invitation, Person
from tests.web.running import Outside, Running, serving, usual

ROUNDS = 20


@dataclass(slots=True)
class Guest:
    """Somebody who tried to come in, and what the server said of it."""

    person: Person
    room: str
    invitation: Invitation
    accepted: bool = False
    """The answer came, and it was success. False: none came."""
    removal: str = ""
    """`tried` or `done`."""


@dataclass(slots=True)
class World:
    """What the people outside know, which no kill takes from them."""

    house: Outside
    ana: Person
    sea: str
    guests: list[Guest] = field(default_factory=list)

    async def check(self, guests: list[Guest]) -> None:
        """Compare what the restarted server says with what it said before."""
        for number, guest in enumerate(guests):
            if guest.accepted:
                answer = await guest.person.credentials(guest.room)
                told = (answer.status, guest.removal)
                assert told in ((200, ""), (200, "tried"), (404, "tried"), (404, "done")), told
                assert answer.status == 200 or answer.code == "removed"
            # The same link is used up; where nobody was told of success, one more may come in by it.
            statuses = []
            for probe in range(2):
                stranger = Person(self.house, address=f"10.1.{number % 250}.{probe}")
                statuses.append((await stranger.accept(guest.invitation, name="Stranger")).status)
            assert statuses in ([[410, 410]] if guest.accepted else [[410, 410], [200, 410], [409, 409]])

    async def busy(self, running: Running, dice: random.Random) -> None:
        """Invite, let people come in and put others out, all at once, and kill the server in the middle."""
        table = await self.ana.make_table()
        newcomers = []
        for number, room in enumerate([self.sea] * 6 + [table] * 5):
            person = Person(self.house, address=f"10.2.{number}.1")
            await person.sign_in("Guest")
            newcomers.append(Guest(person, room, await self.ana.invite(room)))
        present = [guest for guest in self.guests if guest.accepted and not guest.removal]
        put_out = dice.sample(present, min(4, len(present)))
        self.guests += newcomers
        answers_left = dice.randint(1, len(newcomers) + len(put_out) - 1)

        async def then_perhaps_kill(act: Callable[[Guest], Awaitable[None]], guest: Guest) -> None:
            nonlocal answers_left
            try:
                await act(guest)
            except (aiohttp.ClientError, ConnectionError):
                return  # the server died with the answer
            answers_left -= 1
            if answers_left == 0:
                running.process.kill()

        acts = [then_perhaps_kill(self._come_in, guest) for guest in newcomers]
        acts += [then_perhaps_kill(self._remove, guest) for guest in put_out]
        dice.shuffle(acts)
        await asyncio.gather(*acts)
        assert answers_left <= 0

    async def _come_in(self, guest: Guest) -> None:
        answer = await guest.person.accept(guest.invitation)
        assert answer.status == 200, answer.text
        guest.accepted = True

    async def _remove(self, guest: Guest) -> None:
        guest.removal = "tried"
        base = "/my-sea/guests" if guest.room == self.sea else f"/table/{guest.room}/seats"
        await self.ana.does(f"{base}/{guest.person.user_id}/remove", links="keep")
        guest.removal = "done"


@pytest.mark.slow
async def test_what_was_answered_with_success_survives_every_kill(tmp_path: Path) -> None:
    """Twenty kills amid invitations accepted, seats taken and guests removed: the file opens each time,
    every success that somebody was told is there, no removed guest gets in, no token works twice (W5)."""
    values = {**usual(tmp_path), "MESHVOICE_TRUSTED_PROXIES": "127.0.0.0/8"}
    dice = random.Random(3)
    world: World | None = None
    for number in range(ROUNDS + 1):
        async with (
            serving(tmp_path, values) as running,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            if world is None:
                house = Outside(running, http, values)
                ana = await Person(house).sign_in("Ana")
                world = World(house=house, ana=ana, sea=await ana.open_sea())
            world.house.http = http
            await world.check(world.guests[-11:])
            if number < ROUNDS:
                await world.busy(running, dice)
                await running.ends()
            else:
                await world.check(world.guests)
    assert world is not None
    assert sum(guest.accepted for guest in world.guests) > 3 * ROUNDS
    assert sum(guest.removal == "done" for guest in world.guests) > ROUNDS // 2
    assert sum(not guest.accepted for guest in world.guests) > ROUNDS // 2

"""A house for each test, and as many others as it wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from meshvoice.web.keys import Waits
from meshvoice.web.throttles import Throttles
from tests.web.house import House, settings
from tests.web.person import Person


class MakeHouse(Protocol):
    """Starts a house; what isn't given stays as usual, the rest are settings."""

    def __call__(
        self, *, throttles: Throttles | None = None, waits: Waits | None = None, **changes: Any
    ) -> Awaitable[House]: ...


@pytest.fixture
async def make_house(tmp_path: Path) -> AsyncIterator[MakeHouse]:
    houses: list[House] = []

    async def make(
        *, throttles: Throttles | None = None, waits: Waits | None = None, **changes: Any
    ) -> House:
        chosen = settings(tmp_path / f"{len(houses)}" / "meshvoice.db", **changes)
        houses.append(House(chosen, throttles=throttles, waits=waits))
        return await houses[-1].start()

    yield make
    for house in houses:
        await house.stop()


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    return await make_house()


SignIn = Callable[[str], Awaitable[Person]]


@pytest.fixture
def person(house: House) -> SignIn:
    """Sign somebody in."""

    async def sign_in(name: str) -> Person:
        return await Person(house).sign_in(name)

    return sign_in


@pytest.fixture
async def ana(person: SignIn) -> Person:
    return await person("Ana")


@pytest.fixture
async def bo(person: SignIn) -> Person:
    return await person("Bo")


@pytest.fixture
async def cleo(person: SignIn) -> Person:
    return await person("Cleo")


@pytest.fixture(params=[True, False], ids=["straight", "queued"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test twice: with frames heard within the read, and by aiohttp's queue."""
    monkeypatch.setattr(House, "straight", request.param)

"""Walks through what only networks bring about: the relay, a weak path, the check; in network namespaces."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.browser.checking import check, deployment
from tests.browser.harness import Person, all_hear_each_other, until
from tests.lossy_wire import Nature
from tools.pictures.calls import details, open_details
from tools.pictures.outside import AlbumOf


async def networks(folder: Path, album_of: AlbumOf) -> None:
    """Ana reaches Bo by a wire that loses, and Cleo by the relay alone; then the relay's ports are shut."""
    async with deployment(folder, "Ana", "Bo", "Cleo", wires=[2]) as homes:
        ana = homes.people[0]
        album = album_of(ana)
        await check(ana)
        await album.take("check", whole=True)
        await ana.go("/my-sea/")
        homes.lab.block_pair(1, 3)
        for person in homes.people:
            await person.join()
        await all_hear_each_other(homes.people, seconds=40)
        homes.lab.become(2, Nature(delay=60, loss=0.15))
        await until("Bo's path is weak", partial(_path, ana, "Bo", "weak"), seconds=60)
        await until("Bo and Cleo say so, too", partial(_weak_between, ana), seconds=60)
        await open_details(ana, "Bo")
        await album.take("weak", place=".person:has(.about[open])")
        await details(ana, "Bo").click()
        await open_details(ana, "Cleo")
        await album.take("relay", place=".person:has(.about[open])")
        await details(ana, "Cleo").click()
        await ana.page.locator(".between > summary").click()
        await album.take("between", place=".between")
        homes.lab.shut("udp dport 50000-50999")
        await check(ana)
        await album.take("check-broken", whole=True)


async def _path(person: Person, name: str, word: str) -> bool:
    told = await person.page.evaluate(
        "name => { const { room } = seen;"
        " return room.path(room.people.find((each) => each.name === name)?.peer ?? '')?.word; }",
        name,
    )
    return bool(told == word)


async def _weak_between(person: Person) -> bool:
    told: list[str] = await person.page.evaluate("seen.room.between.map(({ word }) => word)")
    return told == ["weak"]

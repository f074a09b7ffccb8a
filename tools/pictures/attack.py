"""Walks through a call with somebody in between, as the pages find and show it."""

from __future__ import annotations

from functools import partial

from tests.browser.harness import Person, Stage, until
from tests.browser.test_safety_code import attacked
from tools.pictures.outside import AlbumOf


async def attack(stage: Stage, album_of: AlbumOf) -> None:
    """Whoever relays the call for Ana and Bo opens all that they say, and passes it on."""
    ana, _, between = await attacked(stage, forge=False)
    await ana.page.locator(".notices .bad:visible").wait_for()
    await until("Ana's page tells of Bo's key", partial(_troubled, ana))
    album = album_of(ana)
    await album.take("alarm")
    await ana.page.keyboard.press("s")
    await ana.page.locator(".safety .bad:visible").wait_for()
    await album.take("alarm-code", place=".safety")
    between.close()


async def _troubled(person: Person) -> bool:
    return bool(await person.page.evaluate("seen.room.safety?.trouble"))

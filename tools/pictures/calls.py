"""Walks through a call between people on one machine, picturing each state."""

from __future__ import annotations

import signal
from functools import partial

from playwright.async_api import Locator

from tests.browser.harness import Person, Stage, all_hear_each_other, until
from tests.browser.test_in_band import in_band
from tools.pictures.outside import AlbumOf

NAMES = ("Ana", "Bo", "Cleo", "Dan", "Eva", "Fay")


async def calls(stage: Stage, album_of: AlbumOf) -> None:
    """Ana is alone, then there are two, then six; she does what one can do, and closes the room."""
    people = await stage.sea(*NAMES)
    await _alone(people[0], album_of)
    await _two(people[0], people[1], album_of)
    await _six(people, album_of)
    await _trouble(stage, people, album_of)


async def _alone(ana: Person, album_of: AlbumOf) -> None:
    album = album_of(ana)
    await ana.go("/my-sea/")
    await ana.join()
    await until("Ana speaks", partial(_speaks, ana, "Ana"))
    await album.take("alone")
    await ana.page.get_by_role("button", name="Invite somebody").click()
    await ana.page.locator("#id_link").wait_for()
    await album.take("invitation")
    await ana.page.reload()
    await ana.join()


async def _two(ana: Person, bo: Person, album_of: AlbumOf) -> None:
    album = album_of(ana)
    await bo.join()
    await all_hear_each_other([ana, bo])
    await in_band([ana, bo])
    await album.take("two")
    await _silent(ana)
    await ana.page.keyboard.press("m")
    await album.take("muted")
    await ana.page.evaluate("voice.quieter(0.3)")
    await ana.page.locator(".vain").wait_for()
    await album.take("vain")
    await ana.page.keyboard.press("m")
    await _silent(ana)
    await ana.page.keyboard.press("d")
    await ana.page.locator(".vain").wait_for(state="hidden")
    await album.take("deafened")
    await ana.page.keyboard.press("d")
    await ana.page.evaluate("voice.quieter(0.3)")
    await bo.page.evaluate("seen.room.sendNote('The score: https://example.org/trio.pdf')")
    await bo.page.evaluate("seen.room.sendNote('From bar 40, shall we?')")
    await ana.page.locator(".unread", has_text="2").wait_for()
    await album.take("unread")
    await ana.page.get_by_role("button", name="Notes").click()
    await ana.page.evaluate("seen.room.sendNote('Yes, slowly.')")
    await album.take("notes", place=".notes")
    await ana.page.get_by_role("button", name="Notes").click()
    await ana.page.evaluate("seen.room.talk.choose('push')")
    await until("nothing goes out", partial(_quiet, bo, "Ana"))
    await album.take("push")
    await ana.page.keyboard.down("v")
    await until("Bo hears Ana", partial(_speaks, bo, "Ana"))
    await album.take("pushed")
    await ana.page.keyboard.up("v")
    await ana.page.evaluate("seen.room.talk.choose('open')")


async def _six(people: list[Person], album_of: AlbumOf) -> None:
    ana, _, cleo, *_ = people
    album = album_of(ana)
    for other in people[2:]:
        await other.join()
    await all_hear_each_other(people)
    await cleo.page.evaluate("seen.room.mute()")
    for silent in people[3:]:
        await _silent(silent)
        await until(f"{silent.name} is silent", partial(_quiet, ana, silent.name))
    await album.take("six")
    await open_details(ana, "Bo")
    await album.take("details", place=".person:has(.about[open])")
    await details(ana, "Bo").click()
    await ana.page.keyboard.press("s")
    await ana.page.locator("dialog[open]").wait_for()
    await until("there is a code", partial(_has_code, ana))
    await album.take("settings")
    await album.take("devices", place="section:has(.device-fields)")
    await album.take("sounds", place="section:has(.sound)")
    await album.take("safety", place=".safety")
    await ana.page.keyboard.press("Escape")
    await ana.page.keyboard.press("?")
    await ana.page.locator("dialog[open]").wait_for()
    await album.take("shortcuts")
    await ana.page.keyboard.press("Escape")
    await ana.post("/language", language="de")
    await ana.page.reload()
    await ana.join()
    await until("Bo is heard", partial(_speaks, ana, "Bo"))
    await album.take("german-room")
    await ana.page.keyboard.press("s")
    await ana.page.locator("dialog[open]").wait_for()
    await album.take("german-settings")
    await ana.post("/language", language="en")
    await ana.page.reload()
    await ana.join()


async def _trouble(stage: Stage, people: list[Person], album_of: AlbumOf) -> None:
    ana, bo, cleo, dan, eva, fay = people
    album = album_of(ana)
    await eva.leave()
    await eva.page.evaluate("() => { voice.refuse = 'NotFoundError'; }")
    await eva.join()
    await eva.page.get_by_text("No microphone found").first.wait_for()
    await until("Eva sees Ana", partial(_speaks, eva, "Ana"))
    await album_of(eva).take("listening")
    await fay.leave()
    await fay.page.check("#id_listen_only")
    await fay.join()
    await until("Fay sees Ana", partial(_speaks, fay, "Ana"))
    await fay.page.keyboard.press("m")
    await fay.page.get_by_text("nothing to unmute").first.wait_for()
    await album_of(fay).take("unmute")
    await stage.server.end(signal.SIGKILL)
    await ana.page.get_by_text("Reconnecting to the server").first.wait_for()
    await album.take("away")
    await stage.server.start()
    for person in people:
        await until(f"{person.name} is back", person.joined)
    # Her page's own doing, so that nothing mends it while it is pictured.
    await bo.page.evaluate(
        "() => { RTCPeerConnection.prototype.setRemoteDescription = () => new Promise(() => {});"
        " seen.connections.forEach((connection) => connection.close()); }"
    )
    await until("Bo can't be heard", partial(_has_word, ana, "Bo", "unheard"))
    await album.take("unheard")
    await dan.page.reload()
    await dan.page.evaluate(
        "() => { HTMLMediaElement.prototype.play = function () {"
        " this.pause(); return Promise.reject(new DOMException('', 'NotAllowedError')); }; }"
    )
    await dan.join()
    await dan.page.get_by_role("button", name="hear everyone").wait_for()
    await album_of(dan).take("blocked")
    await ana.post(f"/my-sea/guests/{cleo.user_id}/remove")
    await until("Cleo is out", partial(_is_out, cleo))
    await album_of(cleo).take("removed")
    await ana.post("/my-sea/close")
    await until("the room is closed", partial(_is_out, dan))
    await album_of(dan).take("closed")


def details(person: Person, name: str) -> Locator:
    """Find what opens and closes somebody's details."""
    return person.page.get_by_label(f"Details of {name}").and_(person.page.locator(":visible"))


async def open_details(person: Person, name: str) -> None:
    """Open somebody's details, and the figures in them once there are some."""
    await details(person, name).click()
    row = person.page.locator(".person:has(.about[open])")
    await row.get_by_text("Figures").click()
    await row.locator(".figures th").first.wait_for()


async def _silent(person: Person) -> None:
    await person.page.evaluate("voice.quieter(0)")


async def _speaks(person: Person, name: str) -> bool:
    return any(each["name"] == name and each["speaking"] for each in await person.people())


async def _quiet(person: Person, name: str) -> bool:
    return any(each["name"] == name and not each["speaking"] for each in await person.people())


async def _has_word(person: Person, name: str, word: str) -> bool:
    return (await person.words()).get(name) == word


async def _has_code(person: Person) -> bool:
    return bool(await person.page.locator(".safety-code li").count() == 6)


async def _is_out(person: Person) -> bool:
    return not await person.joined()

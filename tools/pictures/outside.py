"""Walks through the pages outside a call, picturing each state."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.harness import Person, Stage
from tools.pictures.album import Album

AlbumOf = Callable[[Person], Album]


async def outside(stage: Stage, album_of: AlbumOf) -> None:
    """Somebody comes, opens a sea and a table, and invites."""
    ana, bo, guest = [await stage.person(name, sign_in=name != "Cleo") for name in ("Ana", "Bo", "Cleo")]
    await guest.go("/")
    await album_of(guest).take("entrance")
    await ana.go("/")
    album = album_of(ana)
    await album.take("home")
    await ana.go("/nothing-here/")
    await album.take("error")
    await bo.open_sea()
    await ana.come(await bo.invite())
    table = (await ana.post("/tables", name="Friday game"))["table_id"]
    await ana.post("/tables", name="Choir")
    token = (await ana.post(f"/table/{table}/invitations"))["url"]
    await bo.come(token)
    await ana.go(f"/table/{table}/")
    await album.take("table")
    await ana.open_sea()
    link = await ana.invite()
    await bo.come(await ana.invite())
    await ana.go("/my-sea/")
    await album.take("before")
    await ana.go("/")
    await album.take("home-open")
    await ana.post("/language", language="de")
    await ana.go("/")
    await album.take("german-home")
    await guest.page.goto(link)
    await guest.page.locator("#id_invitation_form").wait_for()
    await album_of(guest).take("invited")
    await guest.page.fill("#id_name", "Cleo")
    await guest.page.keyboard.press("Enter")
    await guest.page.locator("#id_voice_btn").wait_for()
    old = await stage.person("Eva")
    await old.open_sea()
    await old.page.evaluate("() => { globalThis.RTCPeerConnection = undefined; }")
    await old.click_voice()
    await old.page.locator("#id_voice_hint", has_text="lacks WebRTC").wait_for()
    await album_of(old).take("no-webrtc")
    late = await stage.person("Dan", sign_in=False)
    await late.page.goto(link)
    await late.page.get_by_role("heading", name="This link was used").wait_for()
    await album_of(late).take("used")

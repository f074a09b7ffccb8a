"""Owns the pictures of one person's page: takes each in its looks, and keeps it in few bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.async_api import CDPSession, Page

from tools.pictures.looks import LOOKS, wear
from tools.pictures.states import MOST_BYTES, STATES

_COLOURS = (192, 128, 96, 64, 48, 32)
_HIGHEST = 1040
"""CSS pixels."""
# A sheet keeps its head above what is scrolled; large letters leave no place for the room under the menu. A
# ring around a button is the keyboard's, with which these walks go.
_SCROLL = """([place, large]) => {
  const sheet = document.querySelector("dialog[open]");
  const part = document.querySelector(place || (large && !sheet && "#id_voice_panel") || "nothing");
  if (document.activeElement?.tagName === "BUTTON") document.activeElement.blur();
  scrollTo(0, 0);
  sheet?.scrollTo(0, 0);
  const down = part?.getBoundingClientRect().top ?? 0;
  if (!sheet) scrollTo(0, down);
  else if (part) sheet.scrollTo(0, down - sheet.querySelector("header").getBoundingClientRect().bottom);
}"""


class Album:
    """What a page's pictures are put into: those in colours that the system forces, or all others."""

    def __init__(self, page: Page, folder: Path, looks: Collection[str], *, forced: bool = False) -> None:
        self._page = page
        self._folder = folder
        self._looks = looks
        self._forced = forced
        self._browser: CDPSession | None = None

    async def take(self, state: str, *, place: str = "", whole: bool = False) -> None:
        """Picture the page as it is now: the top of it, a place in it, or the whole of it."""
        names = [name for name in self._looks or STATES[state].looks if LOOKS[name].forced == self._forced]
        if not names:
            return
        browser = self._browser or await self._page.context.new_cdp_session(self._page)
        self._browser = browser
        for name in names:
            look = LOOKS[name]
            # What a pointer lies over looks otherwise.
            await self._page.mouse.move(0, 0)
            await wear(self._page, browser, look)
            if whole:
                needs = int(await self._page.evaluate("document.documentElement.scrollHeight"))
                # So high a picture has many bytes, also at one pixel for each.
                look = replace(look, scale=1)
                await wear(self._page, browser, look, height=min(max(needs, look.height), _HIGHEST))
            await self._page.evaluate(_SCROLL, [place, look.letters > 100])
            # What the last look moved has come to rest.
            await self._page.wait_for_timeout(250)
            told = await browser.send("Page.captureScreenshot", {"format": "png"})
            (self._folder / f"{state}-{name}.png").write_bytes(packed(base64.b64decode(told["data"])))
        if not self._forced:
            await wear(self._page, browser, LOOKS["light"])


def packed(picture: bytes) -> bytes:
    """Give the same picture in as many colours as its bytes allow."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    small = b""
    for colours in _COLOURS:
        out = io.BytesIO()
        palette = image.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(out, "PNG", optimize=True)
        small = out.getvalue()
        if len(small) <= MOST_BYTES:
            break
    return small

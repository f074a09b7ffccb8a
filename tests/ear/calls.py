"""Calls that say the same over one bad wire, at once: ours, a plain page's, and one with RED fixed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Page

from tests.browser.harness import until
from tests.browser.homes import Homes, at_home
from tests.ear.speech import Samples
from tests.nat_lab import SERVER

ICE = [{"urls": f"stun:{SERVER}:3478"}]
OURS, PLAIN, RED = "ours", "plain Chromium", "RED at 40 kbit/s"
_SCRIPT = Path(__file__).with_name("speech.js").read_text(encoding="utf-8")


def script(kind: str, samples: Samples | None = None, level: float = -60.0) -> str:
    """Give the init script of a page whose microphone is this."""
    raw = b"" if samples is None else (samples * 32767).astype(np.int16).tobytes()
    voice = {"kind": kind, "samples": base64.b64encode(raw).decode(), "level": level}
    return f"globalThis.__VOICE = {json.dumps(voice)};\n{_SCRIPT}"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came out at the listener's end."""

    samples: Samples
    concealed: float
    """The share of samples that the decoder made up."""
    stretched: float
    """The share of samples that the jitter buffer put in or left out to become longer or shorter."""
    delay: float
    """ms in the jitter buffer, on average."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One system's call: the page that listens."""

    name: str
    listener: Page


async def listen(call: Call, seconds: float) -> Heard:
    """Keep what a page plays for so long."""
    before = await call.listener.evaluate("globalThis.heard()")
    await call.listener.evaluate("globalThis.tape.blocks = []; globalThis.tape.on = true")
    await asyncio.sleep(seconds)  # the length of the recording
    text = await call.listener.evaluate("globalThis.tape.on = false, globalThis.tape.take()")
    after = await call.listener.evaluate("globalThis.heard()")
    samples = np.frombuffer(base64.b64decode(text), dtype=np.int16).astype(float) / 32768
    new = {name: after[name] - before[name] for name in after}
    heard = max(1, new["samples"])
    return Heard(
        samples=samples,
        concealed=new["concealed"] / heard,
        stretched=new["stretched"] / heard,
        delay=new["delayed"] / max(1, new["emitted"]),
    )


@asynccontextmanager
async def home_with_a_wire(folder: Path) -> AsyncIterator[Homes]:
    """Two homes, the second on a wire that can lose; Ana is at the first, Bo at the second."""
    async with at_home(folder, "Ana", "Bo", turn=True, wires=(2,)) as homes:
        yield homes


async def ours(homes: Homes, ana: str, bo: str) -> Call:
    """Join both in our own page, with these scripts for microphones."""
    for person, voice in zip(homes.people, (ana, bo), strict=True):
        await person.page.context.add_init_script(voice)
        await person.page.reload()
        await person.join()
    return await _connected(Call(name=OURS, listener=homes.people[1].page))


async def plain(homes: Homes, ana: str, bo: str, *, red: bool) -> Call:
    """Call in a page that knows only what a browser does by itself, or with RED first and 40 kbit/s."""
    pages = []
    for person, voice in zip(homes.people, (ana, bo), strict=True):
        page = await person.page.context.new_page()
        await page.add_init_script(voice)
        await page.goto(f"{homes.server.origin}/check/")
        pages.append(page)
    here, there = pages
    offer = await here.evaluate("ice => globalThis.plain.offer(ice)", ICE)
    answer = await there.evaluate(
        "([ice, sdp]) => globalThis.plain.answer(ice, sdp)", [ICE, _with_red(offer) if red else offer]
    )
    await here.evaluate("sdp => globalThis.plain.apply(sdp)", _with_red(answer) if red else answer)
    return await _connected(Call(name=RED if red else PLAIN, listener=there))


async def _connected(call: Call) -> Call:
    async def heard() -> Any:
        return (await call.listener.evaluate("globalThis.heard()"))["samples"] > 48_000

    await until(f"something is heard: {call.name}", heard, seconds=30)
    return call


def _with_red(sdp: str) -> str:
    """Put Chromium's RED before Opus, and give Opus 40 kbit/s."""
    changed = sdp.replace("SAVPF 111 63", "SAVPF 63 111").replace(
        "a=fmtp:111 ", "a=fmtp:111 maxaveragebitrate=40000;"
    )
    assert changed.count("SAVPF 63 111") == changed.count("maxaveragebitrate=40000") == 1
    return changed

"""What a link does about loss by itself: without a gap, and without a word to the other side."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route

from meshvoice import assets
from tests.browser.harness import Person, Stage, all_hear_each_other, until

pytestmark = [pytest.mark.browser, pytest.mark.long]

CONNECTIONS = """
  globalThis.connections = [];
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...given) { super(...given); globalThis.connections.push(this); }
  };
"""
SENT = """async () => {
  const sent = async (connection) => {
    const all = [...(await connection.getStats()).values()];
    return all.find((each) => each.type === "outbound-rtp" && each.kind === "audio");
  };
  const open = globalThis.connections.filter((each) => each.connectionState === "connected");
  return Promise.all(open.map(async (connection) => {
    const from = await sent(connection);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const until = await sent(connection);
    // Chromium's statistics name Opus for what RED wraps, too: the size tells.
    const each = (until.bytesSent - from.bytesSent) / (until.packetsSent - from.packetsSent);
    return { twice: each > 150, nack: /rtcp-fb:\\d+ nack/.test(connection.remoteDescription.sdp) };
  }));
}"""


async def change(page: Page, **values: float) -> None:
    """Give a page other bounds of the adaptation: a network's loss is not what these tests are about."""
    static = assets.find("static")
    text = (static / "voice/link/adaptation.js").read_text(encoding="utf-8")
    for name, value in values.items():
        before = text
        text = text.replace(f" {name}: ", f" {name}: {value} ?? ", 1)
        assert text != before, name

    async def answer(route: Route) -> None:
        await route.fulfill(body=text, content_type="text/javascript")

    async def as_written(route: Route) -> None:
        file = static / route.request.url.partition("/static/")[2].partition("/")[2]
        # A page that is about to be loaded anew may be in the midst of its bundle's parts.
        await (route.fulfill(path=file) if file.is_file() else route.continue_())

    # A bundle has them in one file; and the last route that fits is asked first.
    await page.route(re.compile(r"/static/v-\w+/(voice-mesh|voice/.*)\.js$"), as_written)
    await page.route("**/voice/link/adaptation.js", answer)


async def sent(person: Person) -> list[dict[str, Any]]:
    """Tell how each connection of a page's sends, and whether it asks for what was lost."""
    found: list[dict[str, Any]] = await person.page.evaluate(SENT)
    return found


async def call(stage: Stage, **values: float) -> tuple[Person, Person]:
    ana, bo = await stage.sea("Ana", "Bo")
    for person in (ana, bo):
        await person.page.context.add_init_script(CONNECTIONS)
        await change(person.page, **values)
        await person.page.reload()
        await person.join()
    await all_hear_each_other([ana, bo])
    return ana, bo


async def test_each_side_sends_every_packet_twice_and_asks_for_none_once_that_is_better(
    stage: Stage,
) -> None:
    ana, bo = await call(stage, window=500, enough=1, redOn=-1, redOff=-1, nackOff=-1, nackOn=-1)
    marks = [await ana.mark(), await bo.mark()]

    async def changed() -> bool:
        return [await sent(ana), await sent(bo)] == [[{"twice": True, "nack": False}]] * 2

    await until("both send RED and ask for nothing again", changed, seconds=30)
    gaps = [await ana.gap(bo, marks[0]), await bo.gap(ana, marks[1])]
    print(f"\nlongest gap while both sides tuned anew: {max(gaps):.0f} ms")
    assert max(gaps) <= 60
    assert await ana.events("notice") == []
    assert [len(await sent(person)) for person in (ana, bo)] == [1, 1], "the connection stays what it was"


@pytest.mark.slow
async def test_without_loss_nothing_is_sent_twice(stage: Stage) -> None:
    ana, _ = await call(stage, window=500, enough=1)

    async def told() -> bool:
        return bool(await ana.page.evaluate(REPORTED))

    await until("Bo's browser has reported what it missed, three times", told, seconds=40)
    assert await sent(ana) == [{"twice": False, "nack": True}]


REPORTED = """async () => {
  const report = await globalThis.connections.at(-1).getStats();
  const told = [...report.values()].find((each) => each.type === "remote-inbound-rtp");
  globalThis.reports = new Set([...globalThis.reports ?? [], told?.timestamp ?? 0]);
  return globalThis.reports.size > 3;
}"""


PACKETS = """async () => {
  const report = await globalThis.connections.at(-1).getStats();
  return [...report.values()].find((each) => each.type === "outbound-rtp").packetsSent;
}"""


async def test_the_first_word_after_a_long_pause_is_heard_whole(stage: Stage) -> None:
    ana, bo = await call(stage)

    async def say(loudness: float) -> int:
        await bo.page.evaluate("loudness => { globalThis.voice.quieter(loudness); }", loudness)
        return await ana.mark()

    async def few_packets() -> bool:
        before = int(await bo.page.evaluate(PACKETS))
        await asyncio.sleep(1)  # what is counted
        return int(await bo.page.evaluate(PACKETS)) - before <= 20

    onsets = []
    for pause in (False, True):
        await say(0.0005)
        if pause:
            await until("Bo's page sends few packets while he says nothing", few_packets)
        else:
            await until("Ana hears nothing", lambda: ana.hears())
        mark = await say(0.3)
        await until("Ana hears Bo", lambda: ana.hears(bo))
        after = await ana.heard_after(bo, mark)
        assert after is not None
        onsets.append(after)
        gap = await ana.gap(bo, mark + round(after / 21.3) + 1)
        assert gap <= 22, "once it is heard, nothing of it is missing"
    print(
        f"\nfrom a word to its first sound, in a pause {onsets[0]:.0f}, after a long one {onsets[1]:.0f} ms"
    )
    assert onsets[1] - onsets[0] <= 150

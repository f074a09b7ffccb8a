"""A tab that nobody looks at: its microphone costs as little in a quiet room as that of another."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.harness import Person, Stage, all_hear_each_other, until

HIDE = """() => {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (task, ms, ...more) => setTimeout(task, Math.max(ms, 1000), ...more);
  Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""What Chromium does to hidden pages, done to this one: timers once a second."""


async def limit(person: Person) -> int:
    """Give the bitrate that the microphone may have, in bit/s."""
    return int(
        await person.page.evaluate(
            """() => {
              const [connection] = globalThis.seen.connections.filter(c => c.connectionState === "connected");
              return connection.getSenders()[0].getParameters().encodings[0].maxBitrate;
            }"""
        )
    )


@pytest.mark.long
async def test_a_quiet_room_stays_cheap_in_a_hidden_tab_and_a_word_is_heard_at_once(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await ana.page.evaluate(HIDE)
    assert await limit(ana) == 40_000
    await ana.page.evaluate("globalThis.voice.quieter(0.0005)")

    async def cheap() -> bool:
        return await limit(ana) == 6000

    await until("the quiet room is cheap", cheap, seconds=8)
    await asyncio.sleep(2)  # that it stays so
    assert await cheap()
    # The page's timers come once a second: that the bitrate is there sooner is the audio thread's doing.
    waited = await ana.page.evaluate(
        """async () => {
          const [connection] = globalThis.seen.connections.filter((c) => c.connectionState === "connected");
          const limit = () => connection.getSenders()[0].getParameters().encodings[0].maxBitrate;
          const begun = performance.now();
          globalThis.voice.quieter(0.3);
          while (limit() !== 40_000 && performance.now() - begun < 5000) {
            await new Promise((next) => requestAnimationFrame(next));
          }
          return performance.now() - begun;
        }"""
    )
    print(f"\nfrom the word to its bitrate: {waited:.0f} ms")
    assert waited < 400
    await until("Bo hears Ana", lambda: bo.hears(ana))

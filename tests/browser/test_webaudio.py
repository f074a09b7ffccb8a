"""WebAudio is an ornament: whatever it refuses, one joins, speaks and hears, and the microphone is let go."""

from __future__ import annotations

import pytest

from tests.browser.checking import check
from tests.browser.harness import Person, Stage, all_hear_each_other, until

REFUSE = '() => { throw new DOMException("different sample-rate", "NotSupportedError"); }'
HELD_BACK = 'Object.defineProperty(BaseAudioContext.prototype, "state", { get: () => "suspended" });'


def throws(member: str, owner: str = "AudioContext") -> str:
    return f"{owner}.prototype.{member} = {REFUSE};"


MISSING = "delete globalThis.AudioContext;"
NO_CONTEXT = "globalThis.AudioContext = class { constructor() { throw new Error('hardware contexts'); } };"
NO_SOURCE = throws("createMediaStreamSource")
NEVER = f"{HELD_BACK} AudioContext.prototype.resume = () => new Promise(() => {{}});"
ONLY_ONCE = """{
  const { createMediaStreamSource } = AudioContext.prototype;
  let times = 0;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    if (times++) throw new DOMException("different sample-rate", "NotSupportedError");
    return createMediaStreamSource.call(this, stream);
  };
}"""
ONE_CONTEXT = """{
  const Native = AudioContext;
  let times = 0;
  globalThis.AudioContext = class extends Native {
    constructor() { if (times++) throw new Error("hardware contexts"); super(); }
  };
}"""
FAULTS = {
    "there is none": MISSING,
    "the constructor throws": NO_CONTEXT,
    "the constructor throws the second time": ONE_CONTEXT,
    "a source throws": NO_SOURCE,
    "a source throws the second time": ONLY_ONCE,
    "a destination throws": throws("createMediaStreamDestination"),
    "an analyser throws": throws("createAnalyser", "BaseAudioContext"),
    "resume rejects": f"{HELD_BACK} AudioContext.prototype.resume = () => Promise.reject(new Error('no'));",
    "resume never settles": NEVER,
    "suspend and close throw": throws("suspend") + throws("close"),
}
"""What runs before the page's own scripts; the ear keeps what the browser gave."""
OFTEN = ("the constructor throws", "a source throws", "resume never settles")
"""Each fails in its own place; the others are tried in the soak."""


async def nothing_live(person: Person) -> bool:
    """Tell whether the microphone and all its clones are let go."""
    return bool(
        await person.page.evaluate("globalThis.voice.tracks.every(track => track.readyState === 'ended')")
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=name.replace(" ", "-"), marks=() if name in OFTEN else pytest.mark.slow)
        for name, fault in FAULTS.items()
    ],
)
async def test_whatever_webaudio_refuses_one_speaks_hears_and_leaves_nothing_live(
    stage: Stage, fault: str
) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.page.context.add_init_script(fault)
    await ana.page.reload()
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await ana.click_voice()
    await until("Bo hears nobody", lambda: bo.hears())
    await ana.click_voice()
    await all_hear_each_other([ana, bo])
    await ana.leave()
    await until("Ana's microphone is let go", lambda: nothing_live(ana))


@pytest.mark.parametrize(
    "fault", [MISSING, NO_CONTEXT, NO_SOURCE, NEVER], ids=["none", "new", "source", "resume"]
)
async def test_the_check_says_what_it_could_not_measure(stage: Stage, fault: str) -> None:
    ana = await stage.person("Ana")
    await ana.page.context.add_init_script(fault)
    told = await check(ana)
    assert told.status["microphone"] == "notice"
    assert "this browser can't show whether a voice comes in" in told.words
    assert await nothing_live(ana)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [MISSING, NO_CONTEXT, NEVER], ids=["none", "new", "resume"])
async def test_without_a_microphone_and_webaudio_one_hears_all_the_same(stage: Stage, fault: str) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await bo.page.context.add_init_script(f"{fault} globalThis.voice.refuse = 'NotFoundError';")
    await bo.page.reload()
    await ana.join()
    await bo.join()
    await until("Bo hears Ana", lambda: bo.hears(ana))
    # Past the time after which a link that brings nothing counts as deaf.
    since = await bo.mark()
    await bo.page.wait_for_timeout(8000)
    assert await bo.gap(ana, since) < 300
    assert len(await bo.page.evaluate("globalThis.seen.connections.map(c => c.connectionState)")) == 1

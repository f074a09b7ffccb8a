"""The stronger noise suppression, as the listener hears it; and nothing of it where it is not wanted."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from tests.browser.harness import Person, Stage, until
from tests.ear.calls import Call, listen, script
from tests.ear.speech import RATE, Samples

PITCH = 140.0
NOISE = -42.0
"""dBFS: a fan beside the microphone."""
SECONDS = 4.0
SETTLES = 2.0
"""Seconds: until the model has heard enough of the noise."""
WORKLETS = """
globalThis.worklets = [];
{
  const { addModule } = Worklet.prototype;
  Worklet.prototype.addModule = function (url) { worklets.push(`${url}`); return addModule.call(this, url); };
}
"""
"""What runs before the page's scripts: the requests of a worklet are told nowhere else."""
BAND = (5000.0, 7500.0)
"""Hz: where this voice has nothing, and the noise all it has."""


def voice_in_noise() -> Samples:
    """Give a voice-like tone (a gliding pitch, overtones, syllables) in white noise."""
    at = np.arange(RATE * 8) / RATE
    pitch = PITCH * (1 + 0.15 * np.sin(2 * np.pi * 0.5 * at) + 0.03 * np.sin(2 * np.pi * 5 * at))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formants = ((500, 120, 1.0), (1500, 200, 0.5), (2500, 250, 0.25))
    voice = np.zeros_like(at)
    for n in range(1, 24):
        shape = sum(peak / (1 + ((n * PITCH - centre) / width) ** 2) for centre, width, peak in formants)
        voice += shape * np.sin(n * phase)
    syllables = np.clip(np.sin(2 * np.pi * 2 * at) * 2, 0, 1)
    noise = np.random.default_rng(7).normal(0, 10 ** (NOISE / 20), len(at))
    return np.asarray(0.2 * voice / np.max(np.abs(voice)) * syllables + noise)


def decibels(samples: Samples, low: float, high: float) -> float:
    """Give the power in a band, in dB."""
    blocks = samples[: len(samples) // 2048 * 2048].reshape(-1, 2048) * np.hanning(2048)
    power = np.mean(np.abs(np.fft.rfft(blocks)) ** 2, axis=0)
    at = np.fft.rfftfreq(2048, 1 / RATE)
    return float(10 * np.log10(np.sum(power[(at >= low) & (at < high)]) + 1e-12))


async def loaded(person: Person) -> list[str]:
    """List the worklets that the page asked for, but for the tests' own."""
    return list(await person.page.evaluate("globalThis.worklets.filter(url => !url.startsWith('blob:'))"))


async def suppress(person: Person, wanted: bool) -> None:
    await person.page.evaluate(
        "on => globalThis.seen.room.devices.process({ strongNoiseSuppression: on })", wanted
    )


async def heard(call: Call) -> tuple[float, float]:
    """Give the noise and the voice as the listener hears them, in dB."""
    await asyncio.sleep(SETTLES)
    samples = (await listen(call, SECONDS)).samples
    return decibels(samples, *BAND), decibels(samples, 100, 3000)


async def in_a_call(stage: Stage) -> tuple[Person, Call]:
    """Bring Ana, who speaks beside a fan, and Bo, who listens."""
    ana, bo = await stage.sea("Ana", "Bo")
    for person, said in ((ana, script("speech", voice_in_noise())), (bo, script("silence"))):
        await person.page.context.add_init_script(WORKLETS + said)
        await person.page.reload()
        await person.join()
    call = Call(name="ours", listener=bo.page)

    async def comes() -> Any:
        return (await bo.page.evaluate("globalThis.heard()"))["samples"] > RATE

    await until("Bo hears Ana", comes)
    return ana, call


@pytest.mark.slow
async def test_the_noise_is_20_db_down_and_the_voice_is_there(stage: Stage) -> None:
    ana, call = await in_a_call(stage)
    noise, voice = await heard(call)
    assert await loaded(ana) == []
    await suppress(ana, True)
    less_noise, same_voice = await heard(call)
    assert [name.rpartition("/")[2] for name in await loaded(ana)] == ["noise-worklet.js"]
    print(f"\nnoise {less_noise - noise:+.1f} dB, voice {same_voice - voice:+.1f} dB")
    assert less_noise < noise - 20
    assert abs(same_voice - voice) < 3
    assert await ana.events("notice") == []
    await suppress(ana, False)
    noise_again, _ = await heard(call)
    assert abs(noise_again - noise) < 3


async def test_it_runs_under_the_policy_of_our_pages(stage: Stage) -> None:
    assert stage.browser is not None
    where = await stage.browser.new_context()
    page = await where.new_page()
    await page.goto(f"{stage.server.origin}/check/")
    heard = await page.evaluate(
        """async () => {
          const context = new OfflineAudioContext(1, 144_000, 48_000);
          await context.audioWorklet.addModule("/static/voice/audio/noise-worklet.js");
          const noise = context.createBuffer(1, 144_000, 48_000);
          let low = 0;
          const rumble = () => (low = 0.995 * low + 0.005 * (Math.random() - 0.5));
          noise.copyToChannel(Float32Array.from({ length: 144_000 }, rumble), 0);
          const source = new AudioBufferSourceNode(context, { buffer: noise });
          source.connect(new AudioWorkletNode(context, "noise-suppressor")).connect(context.destination);
          source.start();
          const samples = (await context.startRendering()).getChannelData(0).subarray(96_000);
          return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
        }"""
    )
    await where.close()
    # It came in at 0.014.
    assert 0 < heard < 0.0014

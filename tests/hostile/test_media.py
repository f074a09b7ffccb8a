"""What is heard of a peer that is no page: its tone, and of the hostile guest a hiss above all tones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.browser.aiortc_peer import RATE, Sound, Tone
from tests.browser.harness import TONES
from tests.hostile.media import FREQUENCIES, Noise


async def played(sound: Sound, frames: int) -> Any:
    """Take some frames, as samples of 16 bits."""
    return np.concatenate([(await sound.recv()).to_ndarray()[0] for _ in range(frames)]).astype(float)


def spectrum(samples: Any) -> tuple[Any, Any]:
    return np.fft.rfftfreq(len(samples), 1 / RATE), np.abs(np.fft.rfft(samples))


async def test_the_hiss_is_loud_and_leaves_the_tones_alone() -> None:
    samples = await played(Noise(), 4)
    assert np.abs(samples).max() > 32000
    assert samples.std() > 5000
    at, strength = spectrum(samples)
    hiss = (at >= FREQUENCIES[0]) & (at <= FREQUENCIES[-1])
    assert strength[at <= max(TONES) + 100].max() < strength[hiss].max() / 1000


@pytest.mark.parametrize("frequency", TONES[:4])
async def test_a_tone_goes_on_from_frame_to_frame(frequency: int) -> None:
    sound = Tone(frequency)
    sound._sent = RATE - 960  # its second begins anew in between
    at, strength = spectrum(await played(sound, 4))
    assert at[strength.argmax()] == pytest.approx(frequency, abs=RATE / (4 * 960))
    assert strength[np.abs(at - frequency) > 300].max() < strength.max() / 20

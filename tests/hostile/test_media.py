"""What is heard of a peer that is no page: its tone, and of the hostile guest a hiss above all tones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from av import CodecContext, Packet

from tests.browser.aiortc_peer import RATE, SAMPLES, Sound, Tone
from tests.browser.harness import TONES
from tests.hostile.media import FREQUENCIES, Noise
from tests.hostile.robot import FRAMES_A_SECOND, encoded

AROUND = range(FRAMES_A_SECOND - 1, FRAMES_A_SECOND + 3)
"""Frames where a sound's second begins anew."""


def played(sound: Sound, frames: range) -> Any:
    """Take some frames, as samples of 16 bits."""
    return np.concatenate([sound.frame(number).to_ndarray()[0] for number in frames]).astype(float)


def spectrum(samples: Any) -> tuple[Any, Any]:
    return np.fft.rfftfreq(len(samples), 1 / RATE), np.abs(np.fft.rfft(samples))


def test_the_hiss_is_loud_and_leaves_the_tones_alone() -> None:
    samples = played(Noise(), range(4))
    assert np.abs(samples).max() > 32000
    assert samples.std() > 5000
    at, strength = spectrum(samples)
    hiss = (at >= FREQUENCIES[0]) & (at <= FREQUENCIES[-1])
    assert strength[at <= max(TONES) + 100].max() < strength[hiss].max() / 1000


@pytest.mark.parametrize("frequency", TONES[:4])
def test_a_tone_goes_on_from_frame_to_frame(frequency: int) -> None:
    at, strength = spectrum(played(Tone(frequency), AROUND))
    assert at[strength.argmax()] == pytest.approx(frequency, abs=RATE / (4 * SAMPLES))
    assert strength[np.abs(at - frequency) > 300].max() < strength.max() / 20


async def test_sound_comes_in_its_order() -> None:
    sound = Tone(500)
    assert [(await sound.recv()).pts for _ in range(3)] == [0, SAMPLES, 2 * SAMPLES]


def test_what_is_encoded_once_comes_round_as_the_tone_that_it_was() -> None:
    said = encoded(Tone(700))
    assert len(said) == FRAMES_A_SECOND
    decoder, samples = CodecContext.create("libopus", "r"), []
    for payload, level in said * 2:
        assert level == round(20 * math.log10(0.3 / math.sqrt(2)))  # dBov of a sine
        samples += [frame.to_ndarray().reshape(-1, 2)[:, 0] for frame in decoder.decode(Packet(payload))]
    seam = np.concatenate(samples)[(FRAMES_A_SECOND - 2) * SAMPLES :][: 4 * SAMPLES].astype(float)
    at, strength = spectrum(seam)
    assert at[strength.argmax()] == pytest.approx(700, abs=RATE / (4 * SAMPLES))
    assert strength[np.abs(at - 700) > 300].max() < strength.max() / 20

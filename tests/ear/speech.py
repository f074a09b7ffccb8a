"""Sixteen seconds of speech, said by espeak-ng: the same to every system, and known to whoever scores."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
import numpy.typing as npt

RATE = 48_000
SECONDS = 16
_TEXT = (
    "The boy was there when the sun rose. A rod is used to catch pink salmon. The source of the huge river "
    "is the clear spring. Kick the ball straight and follow through. Help the woman get back to her feet. "
    "A pot of tea helps to pass the evening. Smoky fires lack flame and heat. A soft cushion broke the fall."
)
Samples = npt.NDArray[np.float64]


def speech() -> Samples:
    """Give the speech at `RATE`, between -1 and 1, with no silence at its ends to speak of."""
    said = subprocess.run(
        ["espeak-ng", "-v", "en-gb", "-s", "150", "--stdout", _TEXT],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with wave.open(io.BytesIO(said.stdout)) as file:
        rate = file.getframerate()
        # Written to a pipe, the header's length is a guess.
        raw = np.frombuffer(file.readframes(1 << 30), dtype=np.int16).astype(float) / 32768
    at = np.arange(0, len(raw), rate / RATE)
    samples = np.interp(at, np.arange(len(raw)), raw)[: RATE * SECONDS]
    assert len(samples) == RATE * SECONDS, "the text is too short"
    loud: Samples = 0.5 * samples / np.max(np.abs(samples))
    return loud

"""How well what was heard is what was said: PESQ-WB (ITU-T P.862.2) and STOI, segment by segment."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np
from pesq import pesq
from pystoi import stoi
from scipy.signal import correlate, resample_poly

from tests.ear.speech import RATE, Samples

WIDEBAND = 16_000
SEGMENT = 4
"""Seconds; a jitter buffer stretches time, so each is aligned by itself."""
SLACK = 0.5
"""Seconds by which a segment may lie elsewhere than the whole."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Means over the segments."""

    pesq: float
    """1.0 to 4.64."""
    stoi: float
    """0 to 1."""


def score(said: Samples, heard: Samples) -> Score:
    """Compare a loop of speech with a recording of at least its length and `SLACK`, both at `RATE`."""
    reference = resample_poly(said, 1, RATE // WIDEBAND)
    recorded = resample_poly(heard, 1, RATE // WIDEBAND)
    start = _offset(recorded[: len(reference)], np.concatenate([reference, reference]))
    looped = np.roll(reference, -start)
    quality, clarity = [], []
    length, slack = SEGMENT * WIDEBAND, int(SLACK * WIDEBAND)
    for at in range(0, len(reference) - length + 1, length):
        segment = looped[at : at + length]
        near = recorded[max(0, at - slack) : at + length + slack]
        found = _offset(segment, near)
        matching = near[found : found + length]
        if len(matching) < length:
            matching = np.pad(matching, (0, length - len(matching)))
        quality.append(pesq(WIDEBAND, segment, matching, "wb"))
        clarity.append(stoi(segment, matching, WIDEBAND))
    return Score(pesq=statistics.fmean(quality), stoi=float(statistics.fmean(clarity)))


def _offset(piece: Samples, whole: Samples) -> int:
    """Where in the whole the piece fits best."""
    return int(np.argmax(correlate(whole, piece, mode="valid", method="fft")))

"""An honest peer that is no browser, cheap enough for two cores that run four others."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

import numpy as np
from aiortc import RTCPeerConnection
from aiortc.codecs.opus import OpusEncoder
from aiortc.rtcrtpsender import RTCEncodedFrame
from aiortc.rtp import compute_audio_level_dbov

from tests.browser.aiortc_peer import RATE, SAMPLES, AiortcPeer, Link, Pace, Sound, Tone

FRAMES_A_SECOND = RATE // SAMPLES
LONGEST_FRAME = 120 * RATE // 1000
"""Samples that an Opus packet has at most."""


def encoded(sound: Sound) -> list[tuple[bytes, int]]:
    """Encode a sound once for all connections; gives each frame's payload and its level, in dBov."""
    encoder, frames = OpusEncoder(), [sound.frame(number) for number in range(3 * FRAMES_A_SECOND)]
    payloads = [payload for frame in frames for payload in encoder.encode(frame)[0]]
    # From amid the sound: it comes round without a seam.
    a_second = slice(FRAMES_A_SECOND, 2 * FRAMES_A_SECOND)
    return [
        (payload, compute_audio_level_dbov(frame))
        for payload, frame in zip(payloads[a_second], frames[a_second], strict=True)
    ]


class Robot(AiortcPeer):
    """A careful program: what one peer sends may fail, and is no other peer's trouble."""

    def __init__(self, name: str, tone: int, others: tuple[int, ...]) -> None:
        super().__init__(name, tone)
        self._said = encoded(Tone(tone))
        self.joins = 0
        self.longest: dict[int, float] = {}
        """By the tone of who was heard: the longest silence since `listen_anew`, in ms."""
        self._others = others
        self._waves = np.exp(np.outer(np.array(others) * 2j * np.pi / RATE, np.arange(LONGEST_FRAME)))
        self._heard_at: dict[int, float] = {}
        self._turns: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._workers: list[asyncio.Task[None]] = []

    def _speak(self, connection: RTCPeerConnection) -> None:
        sender, paced = connection.addTrack(Tone(self.tone)), Pace()

        async def said(_codec: object) -> RTCEncodedFrame:
            number = await paced.next()
            payload, level = self._said[number % len(self._said)]
            return RTCEncodedFrame([payload], number * SAMPLES, level)

        # aiortc has no way to say a sound of which it knows the level and which is encoded already.
        assert hasattr(sender, "_next_encoded_frame")
        cast(Any, sender)._next_encoded_frame = said

    def listen_anew(self) -> None:
        now = asyncio.get_running_loop().time()
        self.longest = {}
        self._heard_at = dict.fromkeys(self._others, now)

    def gap(self, tone: int) -> float:
        """The longest silence of a tone since `listen_anew`, in ms; one that goes on counts."""
        running = (asyncio.get_running_loop().time() - self._heard_at[tone]) * 1000
        return max(self.longest.get(tone, 0.0), running)

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":
            self.joins += 1
        source = message.get("source")
        if message["type"] not in ("offer", "answer", "ice", "repair"):
            with contextlib.suppress(KeyError):
                await super()._take(message)
        elif source:
            if source not in self._turns:
                self._turns[source] = asyncio.Queue(100)
                self._workers.append(asyncio.create_task(self._serve(source)))
            with contextlib.suppress(asyncio.QueueFull):
                self._turns[source].put_nowait(message)

    async def _serve(self, source: str) -> None:
        while True:
            message = await self._turns[source].get()
            # aiortc answers bad descriptions and candidates with whatever error its parser runs into.
            with contextlib.suppress(Exception):
                await super()._take(message)

    async def _listen(self, link: Link, track: Any) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(Exception):
            while True:
                frame = await track.recv()
                samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(float)
                link.heard_at = loop.time()
                link.heard = np.concatenate([link.heard, samples])[-RATE * 2 // 5 :]
                self._note(samples, loop.time())

    def _note(self, samples: Any, now: float) -> None:
        levels = np.abs(self._waves[:, : len(samples)] @ samples) * 2 / len(samples) / 32768
        for tone, level in zip(self._others, levels, strict=True):
            if level > 0.03 and tone in self._heard_at:
                silence = (now - self._heard_at[tone]) * 1000
                self.longest[tone] = max(self.longest.get(tone, 0.0), silence)
                self._heard_at[tone] = now

    async def end(self) -> None:
        for worker in self._workers:
            worker.cancel()

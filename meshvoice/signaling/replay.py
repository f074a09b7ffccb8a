"""The last frames sent to a peer, kept for the socket that comes back."""

from __future__ import annotations

REPLAY_FRAMES = 128
REPLAY_BYTES = 256 * 1024
_TRIMMED_AT = 160
"""Frames: each time that a first one is dropped all behind it move up, so that several are at once."""


class Replay:
    """Numbers the frames of one peer from 1 and keeps the last ones, bounded in count and bytes."""

    __slots__ = ("_bytes", "_kept", "_looks", "seq")

    def __init__(self) -> None:
        self.seq = 0
        """The number of the last frame."""
        # A list: an empty deque takes 0.6 KB.
        self._kept: list[bytes] = []
        self._bytes = 0
        self._looks: list[tuple[float, int]] = []
        """When `forget` looked, and the last number then: a time for each frame would cost more."""

    def number(self, body: bytes) -> int:
        """Keep a body under the next number, and give the number. An empty body takes a number, no more."""
        self.seq = seq = self.seq + 1
        kept = self._kept
        kept.append(body)
        self._bytes += len(body)
        if len(kept) > _TRIMMED_AT or self._bytes > REPLAY_BYTES:
            self._trim()
        return seq

    def _trim(self) -> None:
        old = max(0, len(self._kept) - REPLAY_FRAMES)
        left = self._bytes - sum(map(len, self._kept[:old]))
        while left > REPLAY_BYTES:
            left -= len(self._kept[old])
            old += 1
        self._bytes = left
        del self._kept[:old]

    def rewind(self, seen: int) -> list[bytes] | None:
        """Go back to the frame that the peer saw last, and give the bodies of what it missed.

        They are no longer kept: sending them numbers them anew, from `seen` + 1. None, and nothing
        changes, where frames after `seen` are lost or `seen` was never sent.
        """
        missed = self.seq - seen
        if not 0 <= missed <= min(len(self._kept), REPLAY_FRAMES):
            return None
        bodies = [body for body in self._kept[len(self._kept) - missed :] if body]
        self.seq = seen
        self._clear()
        return bodies

    def restart(self, seen: int) -> None:
        """Keep nothing, and number on above `seen`, with a gap.

        So a peer that never got what comes now, and says `seen` again, is not taken for one that has it.
        """
        self.seq = max(self.seq, seen) + 1
        self._clear()

    def forget(self, now: float, before: float) -> None:
        """Look, and drop what a look `before` that time found: a peer whose heartbeat answers has it."""
        looks = self._looks
        if self._kept and (not looks or looks[-1][1] < self.seq):
            looks.append((now, self.seq))
        while looks and looks[0][0] < before:
            _, seen = looks.pop(0)
            # More than are kept may have come since.
            old = max(0, len(self._kept) - (self.seq - seen))
            self._bytes -= sum(map(len, self._kept[:old]))
            del self._kept[:old]

    def _clear(self) -> None:
        self._kept.clear()
        self._looks.clear()
        self._bytes = 0

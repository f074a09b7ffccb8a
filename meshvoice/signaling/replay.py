"""The last frames sent to a peer, kept for the socket that comes back."""

from __future__ import annotations

from array import array
from bisect import bisect_left

REPLAY_FRAMES = 128
REPLAY_BYTES = 256 * 1024


class Replay:
    """Numbers the frames of one peer from 1 and keeps the last ones, bounded in count and bytes."""

    __slots__ = ("_bytes", "_kept", "_times", "seq")

    def __init__(self) -> None:
        self.seq = 0
        """The number of the last frame."""
        # A list: an empty deque takes 0.6 KB.
        self._kept: list[bytes] = []
        # Beside them, as bare numbers: a pair and a float for each frame cost more than the looks at them.
        self._times = array("d")
        self._bytes = 0

    def number(self, body: bytes, now: float) -> int:
        """Keep a body under the next number, and give the number. An empty body takes a number, no more."""
        self.seq = seq = self.seq + 1
        kept = self._kept
        kept.append(body)
        self._times.append(now)
        self._bytes += len(body)
        while len(kept) > REPLAY_FRAMES or self._bytes > REPLAY_BYTES:
            self._bytes -= len(kept.pop(0))
            del self._times[0]
        return seq

    def rewind(self, seen: int) -> list[bytes] | None:
        """Go back to the frame that the peer saw last, and give the bodies of what it missed.

        They are no longer kept: sending them numbers them anew, from `seen` + 1. None, and nothing
        changes, where frames after `seen` are lost or `seen` was never sent.
        """
        missed = self.seq - seen
        if not 0 <= missed <= len(self._kept):
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

    def forget(self, before: float) -> None:
        """Drop what was sent before that time: a peer whose heartbeat answers has it."""
        old = bisect_left(self._times, before)
        self._bytes -= sum(map(len, self._kept[:old]))
        del self._kept[:old], self._times[:old]

    def _clear(self) -> None:
        self._kept.clear()
        self._times = array("d")
        self._bytes = 0

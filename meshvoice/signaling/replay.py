"""The last frames sent to a peer, kept for the socket that comes back."""

from __future__ import annotations

from array import array

REPLAY_FRAMES = 128
REPLAY_BYTES = 256 * 1024
_DROPPED = 32
"""How many places of frames that were dropped are left before what is kept moves up."""


class Replay:
    """Numbers the frames of one peer from 1 and keeps the last ones, bounded in count and bytes."""

    __slots__ = ("_bytes", "_first", "_kept", "_times", "seq")

    def __init__(self) -> None:
        self.seq = 0
        """The number of the last frame."""
        # A list: an empty deque takes 0.6 KB.
        self._kept: list[bytes] = []
        self._first = 0
        """The place of the oldest that is kept; what stood before it is empty."""
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
        if len(kept) - self._first > REPLAY_FRAMES:
            self._drop()
        while self._bytes > REPLAY_BYTES:
            self._drop()
        return seq

    def rewind(self, seen: int) -> list[bytes] | None:
        """Go back to the frame that the peer saw last, and give the bodies of what it missed.

        They are no longer kept: sending them numbers them anew, from `seen` + 1. None, and nothing
        changes, where frames after `seen` are lost or `seen` was never sent.
        """
        missed = self.seq - seen
        if not 0 <= missed <= len(self._kept) - self._first:
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
        times = self._times
        while self._first < len(times) and times[self._first] < before:
            self._drop()
        self._move_up()

    def _drop(self) -> None:
        first = self._first
        self._bytes -= len(self._kept[first])
        self._kept[first] = b""
        self._first = first + 1
        # Whoever is sent a lot has one dropped for each that comes: the others move for many of them at once.
        if first >= _DROPPED:
            self._move_up()

    def _move_up(self) -> None:
        del self._kept[: self._first], self._times[: self._first]
        self._first = 0

    def _clear(self) -> None:
        self._kept.clear()
        self._times = array("d")
        self._first = 0
        self._bytes = 0

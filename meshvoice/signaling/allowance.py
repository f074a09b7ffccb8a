"""How much one sender may send, how fast, and how much of it wrong; before the hello and after it alike."""

from __future__ import annotations

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.errors import Leap, SignalingError, TooFast, TooLarge, UnknownTarget
from meshvoice.signaling.limits import TokenBucket

MESSAGES_A_SECOND = 50
MESSAGES_AT_ONCE = 400
"""A join in a room of eight is about 60 frames; a person clicking fast is below ten a second."""
BYTES_A_SECOND = 32 * 1024
BYTES_AT_ONCE = 512 * 1024
"""Seven offers of 32 KiB with their candidates, and what a resumed client sends again, fit in.

What one sends comes out at up to seven others, who may read slowly and mean well.
"""
TOLD_A_SECOND = 10
TOLD_AT_ONCE = 100
"""Who talks by a key tells two things each time, hardly thrice a second; everyone's page reads all of it."""


class Allowance:
    """What is left to one sender."""

    __slots__ = ("_at", "_bytes", "_messages", "_mistakes", "_patience", "_telling")

    def __init__(self, now: float) -> None:
        self._messages: float = MESSAGES_AT_ONCE
        self._bytes: float = BYTES_AT_ONCE
        self._at = now
        self._patience = TokenBucket(rate=1, burst=200, now=now)
        self._mistakes = TokenBucket(rate=0.5, burst=20, now=now)
        self._telling: TokenBucket | None = None

    def spend(self, now: float, size: int) -> TooFast | None:
        """Count one frame of so many bytes; gives what to answer where it is one too many."""
        # Two token buckets that fill at one time, written out: this is asked for nearly every frame.
        messages, bytes = self._messages, self._bytes
        passed = now - self._at
        if passed > 0:
            self._at = now
            messages += passed * MESSAGES_A_SECOND
            if messages > MESSAGES_AT_ONCE:
                messages = MESSAGES_AT_ONCE
            bytes += passed * BYTES_A_SECOND
            if bytes > BYTES_AT_ONCE:
                bytes = BYTES_AT_ONCE
        if messages < 1:
            self._messages, self._bytes = messages, bytes
            return TooFast("slow down: this message was dropped")
        self._messages = messages - 1
        if bytes < size:
            self._bytes = bytes
            return TooFast(
                f"slow down: over {BYTES_A_SECOND} bytes a second for long, this message was dropped"
            )
        self._bytes = bytes - size
        return None

    def may_tell(self, now: float) -> bool:
        """Count one thing told to the whole room; False: it is to wait."""
        if self._telling is None:
            self._telling = TokenBucket(rate=TOLD_A_SECOND, burst=TOLD_AT_ONCE, now=now)
        return self._telling.take(now)

    def end_after(self, problem: SignalingError, now: float) -> tuple[CloseCode, str] | None:
        """Count a refused frame; gives with what its sender's socket closes, None where it is borne."""
        match problem:
            case UnknownTarget():
                # A target that has just left is nobody's mistake.
                return None
            case Leap():
                # Repairs of the other lift the count, and what was known of it ends with a restart, or with
                # the other's leaving. It reaches nobody, and counts as any frame does.
                return None
            case TooLarge(about="answer"):
                # An answer grows with the offer, which is another's.
                return None
            case TooFast():
                borne = self._patience.take(now)
                return None if borne else (CloseCode.TOO_FAST, "too many messages for too long")
            case _:
                borne = self._mistakes.take(now)
                return None if borne else (CloseCode.BAD, "too many bad messages")

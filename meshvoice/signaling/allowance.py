"""How much one sender may send, how fast, and how much of it wrong; before the hello and after it alike."""

from __future__ import annotations

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.errors import Leap, SignalingError, TooFast, TooLarge, UnknownTarget
from meshvoice.signaling.limits import TokenBucket

BYTES_A_SECOND = 32 * 1024
BYTES_AT_ONCE = 512 * 1024
"""Seven offers of 32 KiB with their candidates, and what a resumed client sends again, fit in."""


class Allowance:
    """What is left to one sender."""

    __slots__ = ("_bytes", "_messages", "_mistakes", "_patience")

    def __init__(self, now: float) -> None:
        # A join in a room of eight is about 60 frames; a person clicking fast is below ten a second.
        self._messages = TokenBucket(rate=50, burst=400, now=now)
        # What one sends comes out at up to seven others, who may read slowly and mean well.
        self._bytes = TokenBucket(rate=BYTES_A_SECOND, burst=BYTES_AT_ONCE, now=now)
        self._patience = TokenBucket(rate=1, burst=200, now=now)
        self._mistakes = TokenBucket(rate=0.5, burst=20, now=now)

    def spend(self, now: float, size: int) -> TooFast | None:
        """Count one frame of so many bytes; gives what to answer where it is one too many."""
        if not self._messages.take(now):
            return TooFast("slow down: this message was dropped")
        if not self._bytes.take(now, size):
            return TooFast(
                f"slow down: over {BYTES_A_SECOND} bytes a second for long, this message was dropped"
            )
        return None

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

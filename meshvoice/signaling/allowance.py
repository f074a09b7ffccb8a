"""How much one sender may send, how fast, and how much of it wrong; before the hello and after it alike."""

from __future__ import annotations

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.errors import SignalingError, TooFast, UnknownTarget
from meshvoice.signaling.limits import TokenBucket


class Allowance:
    """What is left to one sender."""

    __slots__ = ("_messages", "_mistakes", "_patience")

    def __init__(self, now: float) -> None:
        # A join in a room of eight is about 60 frames; a person clicking fast is below ten a second.
        self._messages = TokenBucket(rate=50, burst=400, now=now)
        self._patience = TokenBucket(rate=1, burst=200, now=now)
        self._mistakes = TokenBucket(rate=0.5, burst=20, now=now)

    def spend(self, now: float) -> None:
        """Count one frame. Raises `TooFast`."""
        if not self._messages.take(now):
            raise TooFast("slow down: this message was dropped")

    def end_after(self, problem: SignalingError, now: float) -> tuple[CloseCode, str] | None:
        """Count a refused frame; gives with what its sender's socket closes, None where it is borne."""
        match problem:
            case UnknownTarget():
                # A target that has just left is nobody's mistake.
                return None
            case TooFast():
                borne = self._patience.take(now)
                return None if borne else (CloseCode.TOO_FAST, "too many messages for too long")
            case _:
                borne = self._mistakes.take(now)
                return None if borne else (CloseCode.BAD, "too many bad messages")

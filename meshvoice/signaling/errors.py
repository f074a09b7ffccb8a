"""The ways in which a client's frame can be wrong, each with its code on the wire.

SignalingError
 +-- BadMessage      bad-message     not what the protocol says
 +-- TooLarge        too-large       an SDP, a candidate or a list over its limit
 +-- TooFast         too-fast        more frames than a person's browser has reason to send
 +-- UnknownTarget   unknown-target  nobody of that id in this room now
 +-- NotAllowed      not-allowed     not this person's to do
 +-- RoomFull        room-full       every seat is taken
 +-- NotJoined       not-joined      a frame before the hello
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class SignalingError(Exception):
    """A frame was refused; `about` is the type of the refused message, where it is known."""

    code: ClassVar[str]

    def __init__(self, sentence: str, *, about: str | None = None) -> None:
        super().__init__(sentence)
        self.about = about


class BadMessage(SignalingError):
    code = "bad-message"


class TooLarge(SignalingError):
    code = "too-large"


class TooFast(SignalingError):
    code = "too-fast"


class UnknownTarget(SignalingError):
    code = "unknown-target"


class NotAllowed(SignalingError):
    code = "not-allowed"


class RoomFull(SignalingError):
    code = "room-full"


class NotJoined(SignalingError):
    code = "not-joined"


class CloseCode(IntEnum):
    """Why the server closes a WebSocket; PROTOCOL.md says after which of them a client comes back."""

    LEFT = 1000
    RESTART = 1012
    BAD = 4400
    SIGNED_OUT = 4401
    REMOVED = 4403
    NOT_YOURS = 4404
    TOO_SLOW = 4408
    REPLACED = 4409
    CLOSED = 4410
    FULL = 4413
    TOO_FAST = 4429

"""The ways in which a client's frame can be wrong: what each code means stands in `codes`.

SignalingError
 +-- BadMessage
 |    +-- Leap
 +-- TooLarge
 +-- TooFast
 +-- UnknownTarget
 +-- NotAllowed
 +-- RoomFull
 +-- NotJoined
"""

from __future__ import annotations

from typing import ClassVar

from meshvoice.signaling.codes import ErrorCode


class SignalingError(Exception):
    """A frame was refused; `about` is the type of the refused message, where it is known."""

    code: ClassVar[ErrorCode]

    def __init__(self, sentence: str, *, about: str | None = None) -> None:
        super().__init__(sentence)
        self.about = about


class BadMessage(SignalingError):
    code = ErrorCode.BAD_MESSAGE


class Leap(BadMessage):
    """A generation too far above the last of a link; which of its two ends carried it there, nobody knows."""


class TooLarge(SignalingError):
    code = ErrorCode.TOO_LARGE


class TooFast(SignalingError):
    code = ErrorCode.TOO_FAST


class UnknownTarget(SignalingError):
    code = ErrorCode.UNKNOWN_TARGET


class NotAllowed(SignalingError):
    code = ErrorCode.NOT_ALLOWED


class RoomFull(SignalingError):
    code = ErrorCode.ROOM_FULL


class NotJoined(SignalingError):
    code = ErrorCode.NOT_JOINED

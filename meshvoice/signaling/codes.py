"""The codes on the wire, each with what it means: those of errors, and those with which a WebSocket ends.

PROTOCOL.md tells them to people in the same words.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """What was wrong with a client's frame."""

    when: str

    def __new__(cls, code: str, when: str) -> ErrorCode:
        member = str.__new__(cls, code)
        member._value_ = code
        member.when = when
        return member

    BAD_MESSAGE = (
        "bad-message",
        "no JSON, an unknown type or field, a `source` of one's own, a wrong type or range, a key that "
        "stands twice",
    )
    TOO_LARGE = "too-large", "an SDP, a candidate or a list over its limit"
    TOO_FAST = (
        "too-fast",
        "more messages or bytes than one may send, or a link begun anew too often; this one was dropped",
    )
    UNKNOWN_TARGET = "unknown-target", "no such peer in this room now"
    NOT_ALLOWED = "not-allowed", "not yours to do"
    ROOM_FULL = "room-full", "every seat is taken; the socket closes"
    NOT_JOINED = "not-joined", "a frame before the hello"


class ComesBack(StrEnum):
    """Whether a client dials again by itself."""

    YES = "yes"
    NO = "no"
    WITHOUT_THE_FRAME = "yes, without that frame"
    BEFORE_THE_WELCOME = "before the welcome yes, after it no"

    @property
    def after_the_welcome(self) -> bool:
        """Whether a client that was welcomed comes back."""
        return self in (ComesBack.YES, ComesBack.WITHOUT_THE_FRAME)


class CloseCode(IntEnum):
    """Why a WebSocket ends; those below 4000 are RFC 6455's."""

    why: str
    comes_back: ComesBack

    def __new__(cls, code: int, why: str, comes_back: ComesBack) -> CloseCode:
        member = int.__new__(cls, code)
        member._value_ = code
        member.why = why
        member.comes_back = comes_back
        return member

    LEFT = 1000, "after a bye", ComesBack.NO
    GOING_AWAY = 1001, "the server goes down, or the network did", ComesBack.YES
    CUT = 1006, "the server goes down, or the network did", ComesBack.YES
    BROKEN = 1011, "the server goes down, or the network did", ComesBack.YES
    RESTART = 1012, "the server goes down, or the network did", ComesBack.YES
    TOO_LONG = 1009, "a frame over 64 KiB", ComesBack.WITHOUT_THE_FRAME
    BAD = 4400, "no hello in time, or too many bad messages", ComesBack.BEFORE_THE_WELCOME
    SIGNED_OUT = 4401, "signed out", ComesBack.NO
    REMOVED = 4403, "removed", ComesBack.NO
    NOT_YOURS = 4404, "no longer yours to enter", ComesBack.NO
    TOO_SLOW = 4408, "too slow: the outbox was full", ComesBack.YES
    REPLACED = 4409, "replaced by the same user's newer tab", ComesBack.NO
    CLOSED = 4410, "the room closed", ComesBack.NO
    FULL = 4413, "every seat is taken", ComesBack.NO
    TOO_FAST = 4429, "too fast for too long", ComesBack.NO


GARBLED = frozenset([1002, 1003, 1007])
"""What ends a socket whose frames are none, or hold no text where there is to be some (RFC 6455, 7.4.1)."""

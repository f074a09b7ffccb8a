"""What one peer says to another: read, checked, and passed on in its sender's own bytes.

Nearly all that goes through a room are candidates and descriptions as our client writes them. One pattern
proves that such a frame is what `client_messages.parse` takes, and that we would write the same bytes. Every
other frame is read field by field, and becomes the same letter in what we would write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, cast

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Encoder

from meshvoice.ids import PeerId
from meshvoice.signaling.client_messages import (
    CANDIDATE_BYTES,
    CANDIDATES,
    Abort,
    Answer,
    FromClient,
    Ice,
    Offer,
    Repair,
    parse,
    type_of,
)
from meshvoice.signaling.usual_sdp import is_usual

Kind = Literal["offer", "answer", "ice", "repair", "abort"]


class Letter(Struct, frozen=True, gc=False):
    """A message of one peer to another."""

    kind: Kind
    target: PeerId
    gen: int
    n: int | UnsetType
    """The sender's own count."""
    rest: bytes
    """All that stands between the target and that count, checked: it goes on as it is."""
    why: str = ""
    """The reason of a repair."""


# A text without the quote, the backslash and what isn't printable ASCII is written as it is.
_TEXT = rb"[ !#-\[\]-~]"
_TARGET = rb'"target":"([0-9A-Za-z_-]{1,64}+)"'
_GEN = rb',"gen":([1-9][0-9]{0,8}+)'
_END = rb'(?:,"n":([1-9][0-9]{0,14}+))?\}'
_CANDIDATE = (
    rb'(?:null|\{"candidate":"%b{0,%d}+","sdpMid":(?:null|"%b{0,64}+"),'
    rb'"sdpMLineIndex":(?:null|0|[1-9][0-9]?),"usernameFragment":(?:null|"%b{0,256}+")\})'
) % (_TEXT, CANDIDATE_BYTES, _TEXT, _TEXT)
_ICE = re.compile(
    rb'\{"type":"ice",%b(%b,"candidates":\[%b(?:,%b){0,%d}\])%b'
    % (_TARGET, _GEN, _CANDIDATE, _CANDIDATE, CANDIDATES - 1, _END)
)
_DESCRIPTION = re.compile(rb'\{"type":"(offer|answer)",%b%b,"sdp":"' % (_TARGET, _GEN))
_LAST = re.compile(_END)
_KINDS: dict[bytes, Kind] = {b"offer": "offer", b"answer": "answer"}

_named = cast("Callable[[bytes], PeerId]", bytes.decode)
_encode = Encoder().encode
# No string holds either: its quotes have backslashes before them.
_REST_BEGINS = b',"gen":'
_COUNT_BEGINS = b',"n":'


def by_pattern(frame: bytes) -> Letter | None:
    """Read a frame as our client writes it; None: it may be anything else."""
    found = _ICE.fullmatch(frame)
    if found is not None:
        target, rest, gen, count = found.groups()
        return Letter("ice", _named(target), int(gen), UNSET if count is None else int(count), rest)
    found = _DESCRIPTION.match(frame)
    if found is None:
        return None
    start = found.end()
    end = frame.find(b'"', start)
    last = _LAST.fullmatch(frame, end + 1)
    if last is None or not is_usual(frame, start, end):
        return None
    kind, target, gen = found.groups()
    count = last[1]
    return Letter(
        _KINDS[kind],
        _named(target),
        int(gen),
        UNSET if count is None else int(count),
        frame[found.end(2) + 1 : end + 1],
    )


def field_by_field(frame: bytes) -> Letter | FromClient:
    """Read any frame. Raises `BadMessage` or `TooLarge`, as `parse` does."""
    message = parse(frame)
    match message:
        case Offer() | Answer() | Ice() | Repair() | Abort():
            written = _encode(message)
            end = len(written) - 1 if message.n is UNSET else written.rindex(_COUNT_BEGINS)
            return Letter(
                cast("Kind", type_of(message)),
                message.target,
                message.gen,
                message.n,
                written[written.index(_REST_BEGINS) : end],
                message.why if isinstance(message, Repair) else "",
            )
        case _:
            return message

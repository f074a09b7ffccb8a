"""What a client may send: every message as a type, parsed strictly, so that the rest sees checked fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, NoReturn, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from meshvoice.ids import PeerId
from meshvoice.signaling.errors import BadMessage, TooLarge
from meshvoice.signaling.sdp import CONTROL
from meshvoice.signaling.sdp import check as check_sdp

FRAME_BYTES = 64 * 1024
CANDIDATE_BYTES = 1024
CANDIDATES = 64
LINKS = 32
WHY_CHARACTERS = 64
FIRST_MS = 600_000
REASONS = 16
"""Kinds of repairs in one report."""

_Peer = Annotated[PeerId, Meta(min_length=1, max_length=64)]
_Gen = Annotated[int, Meta(ge=1, le=2**31)]
_Count = Annotated[int, Meta(ge=0, le=2**53)]
_Ordinal = Annotated[int, Meta(ge=1, le=2**53)]
_Wait = Annotated[int, Meta(ge=0, le=FIRST_MS)]
_Reason = Annotated[str, Meta(min_length=1, max_length=16)]
_Times = Annotated[int, Meta(ge=1, le=100)]


class _In(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a client may send; a `source` of its own is an unknown field, and so refused.

    Fields stand in the order in which our client writes them: see `letters`.
    """


class _Numbered(_In, frozen=True, kw_only=True):
    n: _Ordinal | UnsetType = UNSET
    """The client's own count of its frames, by which the server drops what it already took."""


class Hello(_Numbered, frozen=True, tag="hello"):
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    muted: bool
    deafened: bool = False
    ticket: Annotated[str, Meta(max_length=1024)] | UnsetType = UNSET
    seen: _Count | UnsetType = UNSET
    """The last `seq` that this peer got on its earlier socket."""


class Candidate(Struct, frozen=True, gc=False):
    """RTCIceCandidateInit, as `RTCIceCandidate.toJSON()` writes it.

    Other programs write more (`address`, `foundation`): that is left out, and the candidate goes on.
    """

    candidate: str
    sdpMid: Annotated[str, Meta(max_length=64)] | None = None
    sdpMLineIndex: Annotated[int, Meta(ge=0, le=255)] | None = None
    usernameFragment: Annotated[str, Meta(max_length=256)] | None = None


class Addressed(_Numbered, frozen=True):
    """What goes on to one other peer."""

    target: _Peer


class Offer(Addressed, frozen=True, tag="offer"):
    gen: _Gen
    sdp: str


class Answer(Addressed, frozen=True, tag="answer"):
    gen: _Gen
    sdp: str


class Ice(Addressed, frozen=True, tag="ice"):
    gen: _Gen
    candidates: list[Candidate | None]
    """None is the explicit end of candidates."""


class Repair(Addressed, frozen=True, tag="repair"):
    gen: Annotated[int, Meta(ge=0, le=2**31)]
    why: Annotated[str, Meta(max_length=WHY_CHARACTERS)] = ""


class Abort(Addressed, frozen=True, tag="abort"):
    gen: _Gen


class State(_Numbered, frozen=True, tag="state"):
    muted: bool
    deafened: bool = False


class LinkReport(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How one link fares, as its own end sees it."""

    state: Literal["connecting", "up", "stalled", "repairing"]
    path: Literal["direct", "relay"] | None = None
    rtt: Annotated[int, Meta(ge=0, le=60_000)] | Annotated[float, Meta(ge=0, le=60_000)] | None = None
    """Milliseconds."""
    loss: Annotated[int, Meta(ge=0, le=1)] | Annotated[float, Meta(ge=0, le=1)] | None = None
    """Share of packets, 0 to 1."""


class Links(_Numbered, frozen=True, tag="links"):
    links: dict[_Peer, LinkReport]
    first: Annotated[list[_Wait], Meta(max_length=LINKS)] | UnsetType = UNSET
    """Milliseconds until something was heard, of each link on which that happened since the last report."""
    repairs: Annotated[dict[_Reason, _Times], Meta(max_length=REASONS)] | UnsetType = UNSET
    """How many links its sender began anew by itself since then, by reason."""


class Ping(_Numbered, frozen=True, tag="ping"):
    t: Annotated[int, Meta(ge=0, le=2**53)] | Annotated[float, Meta(ge=0, le=2**53)]


class Bye(_Numbered, frozen=True, tag="bye"):
    pass


class Remove(_Numbered, frozen=True, tag="remove"):
    target: _Peer
    links: bool | UnsetType = UNSET
    """Whether the room's open links end as well; they do where nothing is said."""


Directed = Offer | Answer | Ice | Repair | Abort
FromClient = Hello | Offer | Answer | Ice | Repair | Abort | State | Links | Ping | Bye | Remove

TYPES = tuple(str(each.__struct_config__.tag) for each in get_args(FromClient))
"""Every `type` that a client may send."""

_decoder: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_decode = _decoder.decode
_encode = msgspec.json.Encoder().encode
_TYPE = re.compile(rb'"type"\s*:\s*"([a-z]{1,16})"')
_TOLD_CHARACTERS = 200
"""What an error tells of a bad frame: its sender gets less back than it sent."""


def parse(frame: str | bytes) -> FromClient:
    """Read one frame. Raises `BadMessage` or `TooLarge`, and nothing else, whatever came."""
    try:
        data = frame.encode() if isinstance(frame, str) else frame
        message = _decode(data)
        # msgspec takes the last of two equal keys. A frame that is byte for byte what we would write has each
        # key once; JSON.stringify in the order of the fields gives just that, so the slow look is rare.
        if _encode(message) != data:
            _look_at_keys(data.decode())
    except msgspec.ValidationError as problem:
        raise BadMessage(str(problem)[:_TOLD_CHARACTERS], about=_about(data)) from None
    except RecursionError:
        raise BadMessage("nested too deeply") from None
    except _DuplicateKey as problem:
        raise BadMessage(f"the key `{problem}` stands twice", about=_about(data)) from None
    except (msgspec.DecodeError, ValueError) as problem:
        # ValueError: what msgspec passes over unread, `json` reads: it may be no text, or no JSON.
        raise BadMessage(f"not JSON: {problem}") from None
    check = _CHECKS.get(message.__class__)
    if check is not None:
        check(message)
    return message


class _DuplicateKey(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> None:
    # Ten thousand keys fit into a frame: counting each of them among all would hold the loop for a second.
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _DuplicateKey(key[:40])
        seen.add(key)


# Kept, because json.loads makes a decoder anew for each call with a hook. Numbers have been looked at, and
# Python makes none of over 4300 digits, as may stand in a field that is left out.
_look_at_keys = json.JSONDecoder(object_pairs_hook=_unique, parse_int=str, parse_float=str).decode


def _check_sdp(message: Offer | Answer) -> None:
    check_sdp(message.sdp, about=type_of(message))


def _check_candidates(message: Ice) -> None:
    if len(message.candidates) > CANDIDATES:
        _too_large(message, f"at most {CANDIDATES} candidates in one message")
    for each in message.candidates:
        if each is None:
            continue
        if _longer(each.candidate, CANDIDATE_BYTES):
            _too_large(message, f"a candidate has at most {CANDIDATE_BYTES} bytes")
        if _has_control(each):
            raise BadMessage("a candidate has no control characters - at `$.candidates`", about="ice")


def _check_links(message: Links) -> None:
    if len(message.links) > LINKS:
        _too_large(message, f"at most {LINKS} links in one report")


_CHECKS: dict[type[FromClient], Callable[[Any], None]] = {
    Offer: _check_sdp,
    Answer: _check_sdp,
    Ice: _check_candidates,
    Links: _check_links,
}


def _has_control(candidate: Candidate) -> bool:
    told = f"{candidate.candidate}{candidate.sdpMid}{candidate.usernameFragment}"
    # What is printable has none, and is told in a tenth of the time.
    return not told.isprintable() and CONTROL.search(told) is not None


def _longer(text: str, limit: int) -> bool:
    return len(text) > limit or (not text.isascii() and len(text.encode()) > limit)


def _too_large(message: FromClient, sentence: str) -> NoReturn:
    raise TooLarge(sentence, about=type_of(message))


def _about(data: bytes) -> str | None:
    found = _TYPE.search(data)
    return found[1].decode() if found else None


_TYPES: dict[type[FromClient], str] = {
    kind: str(kind.__struct_config__.tag)
    for kind in (Hello, Offer, Answer, Ice, Repair, Abort, State, Links, Ping, Bye, Remove)
}


def type_of(message: FromClient) -> str:
    """Give the message's `type` on the wire."""
    return _TYPES[message.__class__]

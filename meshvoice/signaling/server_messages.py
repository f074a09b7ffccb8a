"""What the server sends: every message as a type, how it is made of what the hub knows, and its frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

from meshvoice.ids import PeerId, UserId
from meshvoice.signaling.client_messages import LinkReport
from meshvoice.signaling.errors import SignalingError
from meshvoice.signaling.letters import Kind
from meshvoice.signaling.registry import Peer
from meshvoice.signaling.terms import Terms

Reason = Literal["left", "lost", "removed", "replaced"]
"""Why a peer is no longer there."""

_encode = msgspec.json.Encoder().encode


class _Out(Struct, frozen=True, gc=False, kw_only=True):
    """What the server sends; `seq` is written last, for the peer to whom it goes."""


class Welcome(_Out, frozen=True, tag="welcome"):
    source: PeerId
    user: UserId
    order: int
    ticket: str
    resumed: bool
    got: int
    boot: str
    seats: int
    grace: float
    ping: float
    role: str
    closes_at: int | None
    counts: Literal[True] = True
    """Whether the server takes a report's `first` and `repairs`: to one of before they are unknown fields."""
    keeps: Literal[True] = True
    """Whether the server takes a remove's `links`, and so keeps them where that is wanted; likewise."""


class Present(_Out, frozen=True, tag="present"):
    source: PeerId
    user: UserId
    order: int
    name: str
    muted: bool
    deafened: bool
    away: bool
    role: str
    alike: Literal[True] | UnsetType = UNSET
    """Whether the name could be taken for that of somebody who came before; not there where it couldn't."""


class Joined(_Out, frozen=True, tag="hello"):
    source: PeerId
    user: UserId
    order: int
    name: str
    muted: bool
    deafened: bool
    role: str
    alike: Literal[True] | UnsetType = UNSET
    """As in `Present`."""


class SentState(_Out, frozen=True, tag="state"):
    source: PeerId
    muted: bool
    deafened: bool


class SentLinks(_Out, frozen=True, tag="links"):
    source: PeerId
    links: Mapping[PeerId, LinkReport]


class Away(_Out, frozen=True, tag="away"):
    source: PeerId


class Back(_Out, frozen=True, tag="back"):
    source: PeerId


class Left(_Out, frozen=True, tag="left"):
    source: PeerId
    reason: Reason


class Removed(_Out, frozen=True, tag="removed"):
    user: UserId


class Pong(_Out, frozen=True, tag="pong"):
    t: float


class Notice(_Out, frozen=True, tag="notice"):
    code: Literal["closing"]
    at: int
    """Seconds since 1970."""


class Knock(_Out, frozen=True, tag="knock"):
    user: UserId
    name: str
    alike: Literal[True] | UnsetType = UNSET
    """Whether the name could be taken for that of somebody in voice; not there where it couldn't."""


class Error(_Out, frozen=True, tag="error"):
    code: str
    message: str
    about: str | None = None


FromServer = (
    Welcome
    | Present
    | Joined
    | SentState
    | SentLinks
    | Away
    | Back
    | Left
    | Removed
    | Pong
    | Notice
    | Knock
    | Error
)


def welcome(terms: Terms, peer: Peer, ticket: str, *, resumed: bool) -> Welcome:
    """Tell a peer where it is and what holds there."""
    return Welcome(
        source=peer.id,
        user=peer.user,
        order=peer.order,
        ticket=ticket,
        resumed=resumed,
        got=peer.got,
        boot=terms.boot,
        seats=peer.room.capacity,
        grace=terms.grace,
        ping=terms.ping,
        role=peer.role,
        closes_at=peer.room.closes_at,
    )


def present(peer: Peer) -> Present:
    """Tell a newcomer of someone already there."""
    return Present(
        source=peer.id,
        user=peer.user,
        order=peer.order,
        name=peer.name,
        muted=peer.muted,
        deafened=peer.deafened,
        away=peer.socket is None,
        role=peer.role,
        alike=True if peer.alike else UNSET,
    )


def joined(peer: Peer) -> Joined:
    """Tell those already there of a newcomer."""
    return Joined(
        source=peer.id,
        user=peer.user,
        order=peer.order,
        name=peer.name,
        muted=peer.muted,
        deafened=peer.deafened,
        role=peer.role,
        alike=True if peer.alike else UNSET,
    )


def state(peer: Peer) -> SentState:
    """Tell the others whether this one is muted or deafened."""
    return SentState(source=peer.id, muted=peer.muted, deafened=peer.deafened)


def error(problem: SignalingError) -> Error:
    """Tell a sender what was wrong with its message."""
    return Error(code=problem.code.value, message=str(problem), about=problem.about)


HEADS: dict[Kind, bytes] = {kind: b'{"type":"%b","source":' % kind.encode() for kind in get_args(Kind)}
"""How what one says to another begins, before its quoted source."""


def body(message: FromServer) -> bytes:
    """Encode a message, open for the `seq` of the peer to whom it goes."""
    return _encode(message)[:-1]


def credentials_body(credentials: dict[str, Any]) -> bytes:
    """Encode the credentials endpoint's answer as a message."""
    return _encode({"type": "credentials", **credentials})[:-1]


def sealed(body: bytes, seq: int) -> bytes:
    """Close a body with its `seq`: the frame as it goes out."""
    return body + b',"seq":%d}' % seq


def error_frame(problem: SignalingError, seq: int = 0) -> bytes:
    """Encode a refusal for a socket without a peer (yet)."""
    return sealed(body(error(problem)), seq)

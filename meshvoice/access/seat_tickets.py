"""Seat tickets: the signed proof by which a peer takes its own place again after a drop or a restart."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from meshvoice.access.errors import TicketEnded, TicketError
from meshvoice.ids import PeerId, RoomId, UserId

MAX_LENGTH = 512
# With each form of the ticket another: what was signed before is refused, and its bearer joins anew.
_INFO = b"meshvoice seat ticket v2"


class SeatClaim(msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """A peer's place in a room, as a ticket proves it."""

    room: RoomId
    peer: PeerId
    user: UserId
    order: int
    """The peer's order of arrival, ms."""
    expires_at: float
    """When the right to be there ends at the latest, epoch seconds."""
    stay: int
    """The number of the right to be there (`gates.Admission.stay`), with which the ticket ends."""


def ticket_keys(secret_keys: Sequence[bytes]) -> tuple[bytes, ...]:
    """Derive the keys that sign tickets from the deployment's secret keys, in their order."""
    # A key of its own for each purpose: a ticket can never pass for a cookie, nor the other way round.
    return tuple(
        HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_INFO).derive(key) for key in secret_keys
    )


def sign(claim: SeatClaim, *, keys: Sequence[bytes]) -> str:
    """Return the ticket, url-safe text of at most 512 characters, signed by the first key."""
    if not math.isfinite(claim.expires_at):
        raise ValueError("a seat ticket has an end")
    body = _text(msgspec.json.encode(claim))
    ticket = f"{body}.{_mac(body, keys[0])}"
    if len(ticket) > MAX_LENGTH:
        raise ValueError(f"this seat makes a ticket of {len(ticket)} characters, over {MAX_LENGTH}")
    return ticket


def verify(
    ticket: str, *, keys: Sequence[bytes], room: RoomId, user: UserId, stay: int, now: float
) -> SeatClaim:
    """Return the claim that the ticket proves to `user` in `room`, who is there by right number `stay`.

    Raises `TicketError`, and nothing else, whatever text `ticket` is.
    """
    if len(ticket) > MAX_LENGTH or not ticket.isascii():
        raise TicketError
    body, _, mac = ticket.partition(".")
    # Each key is tried, so that the time tells nothing; nothing is decoded before the signature holds.
    if not any([hmac.compare_digest(_mac(body, key), mac) for key in keys]):
        raise TicketError
    claim = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=SeatClaim)
    if claim.room != room or claim.user != user:
        raise TicketError("This seat ticket belongs to another place.")
    if claim.stay != stay:
        raise TicketEnded("This seat ticket ended with an earlier right to be here.")
    if not now < claim.expires_at:
        raise TicketEnded("This seat ticket has expired.")
    return claim


def _mac(body: str, key: bytes) -> str:
    return _text(hmac.digest(key, body.encode(), hashlib.sha256))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""Seat tickets prove one seat to one user, and garbage proves nothing."""

from __future__ import annotations

import base64
import hmac
import json

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.access.errors import TicketError
from meshvoice.access.seat_tickets import MAX_LENGTH, SeatClaim, sign, ticket_keys, verify
from meshvoice.ids import PeerId, RoomId, UserId

NEW, OLD = ticket_keys([b"n" * 32, b"o" * 32])
ROOM, USER = RoomId("mysea-" + "a" * 32), UserId("b" * 32)
CLAIM = SeatClaim(room=ROOM, peer=PeerId("p" * 22), user=USER, order=1795358400123, expires_at=2000.0, stay=7)


def test_a_ticket_gives_its_seat_back() -> None:
    assert verify(sign(CLAIM, keys=[NEW]), keys=[NEW], room=ROOM, user=USER, stay=7, now=1999.9) == CLAIM


def test_a_ticket_is_short_url_safe_text() -> None:
    ticket = sign(CLAIM, keys=[NEW])
    assert len(ticket) < 300
    assert set(ticket) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_a_ticket_of_an_older_key_is_still_taken() -> None:
    assert verify(sign(CLAIM, keys=[OLD]), keys=[NEW, OLD], room=ROOM, user=USER, stay=7, now=0) == CLAIM


def test_the_first_key_signs() -> None:
    assert sign(CLAIM, keys=[NEW, OLD]) == sign(CLAIM, keys=[NEW])


def test_a_ticket_of_a_retired_key_is_refused() -> None:
    with pytest.raises(TicketError):
        verify(sign(CLAIM, keys=[OLD]), keys=[NEW], room=ROOM, user=USER, stay=7, now=0)


@pytest.mark.parametrize("now", [2000.0, 1e12, float("nan"), float("inf")])
def test_a_ticket_ends(now: float) -> None:
    with pytest.raises(TicketError, match="expired"):
        verify(sign(CLAIM, keys=[NEW]), keys=[NEW], room=ROOM, user=USER, stay=7, now=now)


@pytest.mark.parametrize(("room", "user"), [(ROOM, UserId("c" * 32)), (RoomId("mysea-" + "b" * 32), USER)])
def test_a_ticket_proves_nothing_to_another_or_elsewhere(room: RoomId, user: UserId) -> None:
    with pytest.raises(TicketError, match="another place"):
        verify(sign(CLAIM, keys=[NEW]), keys=[NEW], room=room, user=user, stay=7, now=0)


@pytest.mark.parametrize("stay", [6, 8, 0])
def test_a_ticket_ends_with_the_right_to_be_there(stay: int) -> None:
    with pytest.raises(TicketError, match="earlier right"):
        verify(sign(CLAIM, keys=[NEW]), keys=[NEW], room=ROOM, user=USER, stay=stay, now=0)


def test_a_ticket_of_the_form_before_is_refused_like_any_other() -> None:
    former = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"meshvoice seat ticket v1").derive(
        b"n" * 32
    )
    body = base64.urlsafe_b64encode(json.dumps([ROOM, "p" * 22, USER, 1, 2000.0]).encode()).rstrip(b"=")
    mac = base64.urlsafe_b64encode(hmac.digest(former, body, "sha256")).rstrip(b"=")
    with pytest.raises(TicketError, match="isn't valid"):
        verify(f"{body.decode()}.{mac.decode()}", keys=[NEW], room=ROOM, user=USER, stay=0, now=0)


def test_no_single_changed_character_is_taken() -> None:
    ticket = sign(CLAIM, keys=[NEW])
    for at, character in enumerate(ticket):
        forged = ticket[:at] + ("A" if character != "A" else "B") + ticket[at + 1 :]
        with pytest.raises(TicketError):
            verify(forged, keys=[NEW], room=ROOM, user=USER, stay=7, now=0)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "a.b",
        "é.é",
        "\ud800",
        "\x00",
        "A" * 100_000,
        "A" * MAX_LENGTH,
        sign(CLAIM, keys=[NEW]) + "=",
        sign(CLAIM, keys=[NEW]) + ".",
        base64.urlsafe_b64encode(b"[" * 300).decode()[: MAX_LENGTH - 44] + "." + "A" * 43,
        base64.urlsafe_b64encode(b"[NaN]").decode() + "." + "A" * 43,
    ],
)
def test_garbage_is_a_ticket_error(garbage: str) -> None:
    with pytest.raises(TicketError, match="isn't valid"):
        verify(garbage, keys=[NEW, OLD], room=ROOM, user=USER, stay=7, now=0)


@given(st.text(st.characters(exclude_categories=())) | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*"))
def test_whatever_text_comes_only_a_ticket_error_leaves(text: str) -> None:
    with pytest.raises(TicketError):
        verify(text, keys=[NEW, OLD], room=ROOM, user=USER, stay=7, now=0)


@pytest.mark.parametrize("expires_at", [float("nan"), float("inf")])
def test_a_ticket_without_an_end_is_not_signed(expires_at: float) -> None:
    with pytest.raises(ValueError, match="an end"):
        sign(
            SeatClaim(room=ROOM, peer=PeerId("p"), user=USER, order=1, expires_at=expires_at, stay=7),
            keys=[NEW],
        )


def test_a_ticket_over_the_limit_is_not_signed() -> None:
    with pytest.raises(ValueError, match="over 512"):
        sign(
            SeatClaim(room=ROOM, peer=PeerId("p" * 400), user=USER, order=1, expires_at=1.0, stay=7),
            keys=[NEW],
        )


def test_ticket_keys_are_not_the_secret_keys() -> None:
    assert NEW not in (b"n" * 32, OLD)
    assert len(NEW) == 32

"""Ids from outside are read strictly, each in one spelling."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.ids import (
    Sea,
    Table,
    invitation_token,
    parse_invitation,
    parse_room,
    parse_user,
    table_id,
    user_id,
)

USER = "0123456789abcdef0123456789abcdef"
TABLE = "00112233-4455-4677-8899-aabbccddeeff"


@given(st.binary(min_size=16, max_size=16))
def test_what_is_made_is_read(random: bytes) -> None:
    sea, table = Sea(owner_id=user_id(random)), Table(table_id=table_id(random))
    assert parse_room(sea.room_id) == sea
    assert parse_room(table.room_id) == table
    assert parse_user(user_id(random)) == user_id(random)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mysea-",
        f"mysea-{USER}0",
        f"mysea-{USER[1:]}",
        f"mysea-{USER.upper()}",
        f"MYSEA-{USER}",
        f" mysea-{USER}",
        f"mysea-{USER}\n",
        f"mysea-{TABLE}",
        f"mysea-mysea-{USER}",
        USER,
        TABLE.upper(),
        f"{{{TABLE}}}",
        f"urn:uuid:{TABLE}",
        f"{TABLE}\n",
        TABLE.replace("0", "\u0660"),
        "\ud800",
        "../" + TABLE,
    ],
)
def test_no_other_spelling_is_a_room(text: str) -> None:
    assert parse_room(text) is None


def test_an_invitation_id_is_a_positive_number_that_sqlite_can_hold() -> None:
    assert parse_invitation("7") == 7
    assert parse_invitation("9" * 18) == 10**18 - 1
    assert [
        parse_invitation(text) for text in ("", "0", "07", "-1", "1.0", "x", "9" * 19, "7\n", "\u0667")
    ] == [None] * 9


@pytest.mark.parametrize("random", [b"", b"short", b"x" * 17])
def test_an_id_is_made_of_exactly_128_bits(random: bytes) -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        user_id(random)
    with pytest.raises(ValueError, match="16 random bytes"):
        table_id(random)


@given(st.binary(min_size=20, max_size=20))
def test_a_token_is_of_letters_and_digits_alone(random: bytes) -> None:
    assert re.fullmatch("[a-z2-7]{32}", invitation_token(random))


def test_a_token_has_all_of_its_bits() -> None:
    assert len({invitation_token(bytes(20 - n) + bytes([1]) + bytes(n - 1)) for n in range(1, 21)}) == 20
    with pytest.raises(ValueError, match="takes 20 random bytes, not 16"):
        invitation_token(bytes(16))

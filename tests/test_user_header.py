"""The name that a proxy gives is shown as the person writes it, and two people stay two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.names import NameRefused, clean_name
from meshvoice.user_header import shown_name, text_of


@pytest.mark.parametrize("sent", ["Jörg".encode(), "Jörg".encode("latin-1"), " Jörg ".encode()])
def test_a_header_is_utf_8_or_latin_1(sent: bytes) -> None:
    assert text_of(sent.decode("utf-8", "surrogateescape")) == "Jörg"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("ana", "ana"),
        ("ana@example.org", "ana@example.org"),
        ("=?utf-8?q?J=C3=B6rg?=", "Jörg"),
        ("=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?=", "Jörg Müller"),
        ("=?utf-8?b?SsO2cmc=?=", "Jörg"),
        ("=?iso-8859-1?q?J=F6rg?=", "Jörg"),
        ("=?utf-8?q?J=C3=B6rg?= =?utf-8?q?_M=C3=BCller?=", "Jörg Müller"),
        ("=?utf-8?q?J=C3=B6rg?= Meier", "Jörg Meier"),
        ("J%C3%B6rg", "Jörg"),
        ("J%C3%B6rg%20M%c3%bcller", "Jörg Müller"),
        ("UTF-8''J%C3%B6rg", "Jörg"),
        ("iso-8859-1'de'J%F6rg%20M", "Jörg M"),
        ("=?utf-8*de?q?J=C3=B6rg?=", "Jörg"),
        ("O'Brien'", "O'Brien'"),
        ("50%AB", "50%AB"),
        ("100%", "100%"),
        ("=?x", "=?x"),
    ],
)
def test_an_encoded_name_is_decoded(header: str, name: str) -> None:
    assert shown_name(header) == name


@pytest.mark.parametrize(
    "header",
    [
        "=?nonsense?q?J=C3?=",
        "=?utf-8?q?J=C3?=",
        "=?utf-8?b?SsO?=",
        "=?utf-8?q?A=0Ana?=",
        "A%00na",
        "UTF-8''J%C3",
        "nonsense''J%C3%B6rg",
        "A%E2%80%AEna",
        "%20",
    ],
)
def test_what_decodes_to_no_name_is_refused(header: str) -> None:
    with pytest.raises(NameRefused):
        shown_name(header)


def test_two_long_names_stay_two() -> None:
    one = "maria-magdalena.von-und-zu-hohenstein@example.org"
    other = "maria-magdalena.von-und-zu-hohenfels1@example.org"
    assert shown_name(one) == "maria-magdalena.vo…in@example.org 497a"
    assert shown_name(one) != shown_name(other)
    assert shown_name("x" * 40) == "x" * 40
    assert len(shown_name("x" * 41)) <= 40


def test_a_letter_is_not_cut_in_two() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert shown_name(family * 9).startswith(f"{family * 2}…{family * 2} ")
    assert shown_name("x" * 17 + "می\u200cخواهم" * 6).startswith("x" * 17 + "م…")
    assert shown_name("x" * 15 + "می\u200cخواهم" * 6).startswith("x" * 15 + "می…")


@given(st.text(max_size=200))
def test_a_name_to_show_is_a_name(header: str) -> None:
    try:
        name = shown_name(header)
    except NameRefused:
        return
    assert clean_name(name) == name

"""Names that can be seen and told apart are taken, fakes are refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.names import NameRefused, clean_name

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ana", "Ana"),
        ("  Ana   Maria ", "Ana Maria"),
        ("Ana\u00a0\u3000Maria", "Ana Maria"),
        ("Ame\u0301lie", "Amélie"),
        ("O'Brien-Łuczak, Jr.", "O'Brien-Łuczak, Jr."),
        ("محمد", "محمد"),
        ("نیم\u200cروز", "نیم\u200cروز"),
        ("क्\u200dष", "क्\u200dष"),
        ("क्\u200cष", "क्\u200cष"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("👩🏽\u200d🚀", "👩🏽\u200d🚀"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("🙂\u200d↔\ufe0f", "🙂\u200d↔\ufe0f"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("🇫🇷", "🇫🇷"),
        ("\U0001fae8", "\U0001fae8"),
        ("!", "!"),
    ],
)
def test_a_name_is_cleaned(text: str, name: str) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "Ana\n",
        "\tAna",
        "A\x00na",
        "A\x1bna",
        "A\x85na",
        "A\u2028na",
        "A\u2029na",
        "\u202eAna",
        "\u2066Ana\u2069",
        "A\u200bna",
        "A\u200ena",
        "A\u2060na",
        "\ufeffAna",
        "A\u00adna",
        "A\u034fna",
        "\u3164",
        "\u115f",
        "\u2800",
        "A\ufe0fna",
        "\ufe0f",
        "A\u200dna",
        "\u200dA",
        "👩\u200d",
        "👩\u200dA",
        "A\u200cna",
        "م\u200cA",
        "A\u200cم",
        "م\u200c",
        "\ue000",
        "\ud800",
        "\uffff",
        "\U0001fffe",
        "\ufff5",
        "A\U000e0061",
        "A\U000e0100",
    ],
)
def test_a_character_with_which_names_are_faked_is_refused(text: str) -> None:
    with pytest.raises(NameRefused, match=r"can't be used \(U\+[0-9A-F]{4,6}\)"):
        clean_name(text)


@pytest.mark.parametrize("text", ["", "   ", "\u3000", "\u0301", "\u20e3"])
def test_a_name_that_nobody_sees_is_refused(text: str) -> None:
    with pytest.raises(NameRefused, match="at least one visible character"):
        clean_name(text)


def test_a_name_has_a_length_after_cleaning() -> None:
    assert clean_name("  " + "x" * 40 + "  ") == "x" * 40
    with pytest.raises(NameRefused, match="40 characters at most") as refused:
        clean_name("x" * 41)
    assert refused.value.code == "bad-name"
    assert len(clean_name("x" * 60, limit=60)) == 60


@given(ANY_TEXT)
def test_a_clean_name_is_clean_or_refused(text: str) -> None:
    try:
        name = clean_name(text)
    except NameRefused:
        return
    assert clean_name(name) == name == unicodedata.normalize("NFC", name) == name.strip()
    assert 0 < len(name) <= 40
    assert "  " not in name
    name.encode()

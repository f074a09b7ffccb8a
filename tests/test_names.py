"""Names that can be seen and told apart are taken, fakes are refused."""

from __future__ import annotations

import unicodedata
from unittest import mock

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


NAMES_OF_PEOPLE = {
    "ideographic variation sequences": ["葛\U000e0100城", "辻\U000e0100", "渡邉\U000e0102", "神\ufe00谷"],
    "ZWJ before a virama": ["র\u200d্যাচেল", "র\u200c্যাব", "ಸೂರ\u200d್ಯ", "ක\u200d්ෂ"],
    "joiners after a virama": ["ශ්\u200dරී", "శ్రీకాంత్\u200c", "അനില്\u200d", "ਸ੍\u200dਵਰਨ", "स्\u200dटालिन"],
    "ZWNJ between letters that join": [
        "عليّ\u200cرضا",
        "محمد\u200cرضا",
        "می\u200cخواهم",
        "ئه\u200cحمه\u200cد",
    ],
    "ZWNJ or ZWJ at the end": ["شنه\u200c", "شاه\u200d", "\u200dه Nur"],
    "Khmer": ["ខ្ញុំ", "សុខា", "ស្រ\u200c៊ី", "ស៊ី", "សុខ\u200bចាន់"],
    "dotted Burmese letters of Khamti": ["က\ufe00ꩫ"],
    "Mongolian": ["ᠰᠠᠷ\u180eᠠ", "ᠴᠢᠩᠭᠢᠰ", "ᠭ\u180dᠠ", "ᠭ\u180b\u180eᠠ"],
    "Hebrew points": ["שָׁלוֹם", "יְרוּשָׁלַ\u034fִם", "מִרְיָם"],
    "Arabic points": ["مُحَمَّدٌ", "اللّٰه"],
    "marks": ["Nguyễn Thị Ánh", "Hózhǫ́", "Ẹ̀bùn", "ณัฐวุฒิ", "กำพล", "ກໍ່", "လျှို့", "མི་འགྱུར", "ཧཱུྃ", "བསྟན་འཛིན"],
    "letters": [
        "Kaʻiulani",
        "ኃይለ ሥላሴ",
        "𞤀𞤣𞤢𞤤𞤢𞤥",
        "ᏣᎳᎩ",
        "ߒߞߏ",
        "ജോൺ",
        "ⵣⵉⵔⵉ",
        "މުޙައްމަދު",
        "ܡܰܪܝܰܡ",
        "Հայկ",
        "გიორგი",
        "ᮃᮔ",
    ],
    "punctuation": ["O’Connor", "D'Angelo", "Jean-Luc", "بن‑علی", "マリア・ルイサ", "ཀརྨ་"],
    "flags": [
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🇯🇵 Ken",
        "🏳️\u200d🌈",
        "🏴\u200d☠️",
    ],
    "emoji that are no symbols by category": ["ℹ️ Tom", "◼️", "©️", "™️", "↔️", "〰️", "1️⃣", "#️⃣", "‼️", "⤴️"],
    "emoji of several": [
        "👨🏿",
        "👨\u200d👩\u200d👧\u200d👦",
        "👩🏾\u200d🦰",
        "🧑🏻\u200d❤️\u200d💋\u200d🧑🏿",
        "🏃🏽\u200d♀️\u200d➡️",
    ],
    "symbols shown as text": ["❤\ufe0e", "☆\ufe0e", "♡\ufe0e"],
    "emoji of a newer Unicode than Python's, or than ours": ["\U0001fae8", "\U0001faff"],
}


@pytest.mark.parametrize("kind", NAMES_OF_PEOPLE)
def test_names_that_people_have_are_taken_as_they_are(kind: str) -> None:
    for name in NAMES_OF_PEOPLE[kind]:
        assert clean_name(name) == unicodedata.normalize("NFC", name)
        assert clean_name(f" Ana {name}\u3000") == f"Ana {unicodedata.normalize('NFC', name)}"


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
        "A\u061cna",
        "ก\u200b",
        "A\u200d\u094d",
        "م\u200dم",
        "م\u200c\u200cم",
        "葛\ufe0f",
        "葛\ufe03",
        "ア\U000e0100",
        "A\ufe00",
        "A\u180b",
        "A\u180eᠠ",
        "e\u034f\u0301",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067",
        "🏴\U000e0067\U000e0062\U000e007f",
        "🏴\U000e007f",
        "😀\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\U000e007f",
        "A\ufffc",
        "A\ufffd",
        "\uffa0",
        "\u17b4",
        "\U0001d159",
        "\U00013441",
        "A\u0378",
        "\U000e0080",
        "\ufdd0",
        "\U0010fffd",
    ],
)
def test_a_character_with_which_names_are_faked_is_refused(text: str) -> None:
    with pytest.raises(NameRefused, match=r"can't be used \(U\+[0-9A-F]{4,6}\)"):
        clean_name(text)


@pytest.mark.parametrize("text", ["", "   ", "\u3000", "\u0301", "\u20e3"])
def test_a_name_that_nobody_sees_is_refused(text: str) -> None:
    with pytest.raises(NameRefused, match="at least one visible character"):
        clean_name(text)


@pytest.mark.parametrize(
    "text",
    ["Z\u0351\u036b\u0343\u036a\u0302", "ก็็็", "A" + "\u0489" * 3, "ཧ" + "ཱྀིེཻུྃ", "اًٌٍَُ"],
)
def test_marks_are_not_piled_up(text: str) -> None:
    with pytest.raises(NameRefused, match="more marks on one letter than can be read"):
        clean_name(text)


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u3099\u0334"])
def test_a_name_that_is_far_too_long_costs_no_time(marks: str) -> None:
    """Marks are put in order one by one: 60 KB of them once held the server for two seconds."""
    with (
        mock.patch("unicodedata.normalize") as normalize,
        pytest.raises(NameRefused, match="too long"),
    ):
        clean_name("a" + marks * 30_000)
    assert not normalize.called


def test_the_length_is_that_of_the_composed_name() -> None:
    longest = "\u1f82" * 40
    assert clean_name(unicodedata.normalize("NFD", longest)) == longest
    assert clean_name("  a" + " " * 5000 + "b  ") == "a b"


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

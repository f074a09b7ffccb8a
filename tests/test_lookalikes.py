"""A name that could be taken for another's is found, and two people with honest names are two."""

from __future__ import annotations

import hashlib
import itertools
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.lookalikes import alike_among, looks_alike, skeleton

FIRST_NAMES = (Path(__file__).parent / "first-names.txt").read_text("utf-8").split()


def test_people_with_honest_names_are_not_taken_for_each_other() -> None:
    pairs = itertools.combinations(FIRST_NAMES, 2)
    assert [pair for pair in pairs if looks_alike(*pair)] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana", "Аna"),
        ("ANA", "аna"),
        ("Ana", "ana"),
        ("Ana", "𝐀𝐧𝐚"),
        ("Ana", "Ａｎａ"),
        ("Ana", "Ana\ufe0f"),
        ("Amo", "Arno"),
        ("Al", "AI"),
        ("Al", "A1"),
        ("Ian", "lan"),
        ("Oliver", "0liver"),
        ("Bo", "B0"),
        ("O'Brien", "O’Brien"),
        ("Jean-Luc", "Jean\u2010Luc"),
        ("STRASSE", "Straße"),
        ("محمد\u200cرضا", "محمدرضا"),
        ("葛城", "葛\U000e0100城"),
        ("Jörg", "Jo\u0308rg"),
        # Outlined, of Unicode 16: names take them, and no Python before 3.14 knows them.
        ("\U0001ccd6na", "Ana"),
        ("Zoe \U0001ccf1\U0001ccf9", "\U0001ccefoe 19"),
        ("мария", "МАРИЯ"),
    ],
)
def test_names_that_could_be_taken_for_each_other_look_alike(one: str, other: str) -> None:
    assert looks_alike(one, other)
    assert looks_alike(other, one)


def test_those_who_look_alike_are_found_among_many() -> None:
    names = {1: "Bo", 2: "Ana", 3: "B\u043e", 4: "ANA", 5: "Cleo"}
    assert alike_among(names) == {1, 2, 3, 4}
    assert alike_among({}) == frozenset()


def test_a_skeleton_is_shapes() -> None:
    assert skeleton("Mіm1") == "Mirnl"


@given(st.text(max_size=20))
def test_a_skeleton_has_the_skeleton_that_it_is(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)
    assert looks_alike(text, text)


def test_the_vendored_data_is_what_was_generated() -> None:
    text = resources.files("meshvoice").joinpath("confusables.txt").read_text("ascii")
    _, lines, digest = text.split("# " + "-" * 40 + "\n")
    assert digest == f"# {hashlib.sha256(lines.strip().encode()).hexdigest()}\n"
    assert "Permission is hereby granted" in text

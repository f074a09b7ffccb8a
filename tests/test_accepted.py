"""The language that a browser asks for most is the one that it gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.accepted import asked, choose, region_of

OURS = ("en", "de", "pt-BR")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de"),
        ("de-DE-1996", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.8, de", "de"),
        ("en;q=0.8,de;q=0.8", "en"),
        ("fr, de;q=0.3, en;q=0.2", "de"),
        ("fr", "en"),
        ("*", "en"),
        ("fr, *;q=0.5", "en"),
        ("en;q=0, *", "de"),
        ("de;q=0, de-AT", "en"),
        ("en;q=0,de;q=0,pt-BR;q=0,*", "en"),
        ("de;q=0.001, en;q=0", "de"),
        # A range takes in the languages within it (RFC 4647, 3.3.1), and a longer one is cut.
        ("pt", "pt-BR"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "en"),
        # What isn't written by the rules counts for nothing.
        ("de;q=1.5", "en"),
        ("de;q=0.1234", "en"),
        ("de;q=", "en"),
        ("de;q=nan", "en"),
        ("de_AT", "en"),
        (",,; ,de", "de"),
        ("de ; q=0.5 , en ; q=0.4", "de"),
        ("../de", "en"),
    ],
)
def test_the_best_of_ours_is_chosen_by_quality_and_then_by_order(header: str, chosen: str) -> None:
    assert choose(header, OURS, otherwise="en") == chosen


def test_what_is_asked_for_first_among_equals_stays_first() -> None:
    assert asked("fr;q=0.5, de, en;q=0.5, *;q=0") == (("de", 1), ("fr", 0.5), ("en", 0.5), ("*", 0))


def test_a_header_is_read_to_a_bound() -> None:
    assert choose("x," * 300 + "de", OURS, otherwise="en") == "en"


@given(st.text())
def test_whatever_is_sent_gives_one_of_ours(header: str) -> None:
    assert choose(header, OURS, otherwise="en") in OURS


@pytest.mark.parametrize(
    ("header", "language", "region"),
    [
        ("en-GB,en;q=0.9", "en", "en-GB"),
        ("de-at,de", "de", "de-AT"),
        ("fr-FR,de-CH;q=0.5", "de", "de-CH"),
        ("de-CH;q=0", "de", None),
        ("de", "de", None),
        ("de-DE-1996", "de", None),
        ("en-GB", "de", None),
    ],
)
def test_times_are_written_as_where_the_browser_is_at_home(
    header: str, language: str, region: str | None
) -> None:
    assert region_of(header, language) == region

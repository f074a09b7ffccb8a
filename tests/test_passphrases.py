"""A passphrase is the same on whatever keyboard it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.passphrases import normal_passphrase


@pytest.mark.parametrize(
    "typed",
    [
        "Grüße im Park",
        "Gru\u0308ße im Park",
        "Grüße im\u00a0Park",
        "Grüße\u202fim\u3000Park",
        "\u2003Grüße im  Park\u00a0",
        "Grüße im\tPark\r\n",
    ],
)
def test_accents_and_spaces_are_the_same_however_they_are_sent(typed: str) -> None:
    assert normal_passphrase(typed) == "Grüße im Park"


@pytest.mark.parametrize("typed", ["I \u2764\ufe0f\u200b Bo\u00adots", "\ufeffI \u2764 Boots\u2060"])
def test_what_nobody_sees_does_not_count(typed: str) -> None:
    assert normal_passphrase(typed) == "I \u2764 Boots"


@pytest.mark.parametrize("other", ["grüße im Park", "Grüsse im Park", "Grüßeim Park", "Gruße im Park", ""])
def test_letters_and_cases_and_gaps_count(other: str) -> None:
    assert normal_passphrase(other) != normal_passphrase("Grüße im Park")


@given(st.text())
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    assert normal_passphrase(normal_passphrase(text)) == normal_passphrase(text)

"""The start says what is open to strangers, and what closes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meshvoice import values
from meshvoice.settings import TurnSettings
from meshvoice.web.cautions import cautions, guesses
from tests.web.house import LOOPBACK, TURN_SECRET, settings

HTTPS = ("https://voice.example.org",)


def told(**changes: Any) -> list[str]:
    return list(cautions(settings(Path("book.db"), **changes)))


def test_a_relay_for_everybody_is_told_with_what_closes_it() -> None:
    (caution,) = told()
    for fix in ("MESHVOICE_PASSPHRASE", "MESHVOICE_HOSTING=invited", "MESHVOICE_USER_HEADER"):
        assert fix in caution


@pytest.mark.parametrize(
    "changes",
    [
        {"passphrase": "four words of calm"},
        {"hosting": "invited"},
        {"user_header": "Remote-User", "trusted_proxies": LOOPBACK},
        {"turn": TurnSettings(shared_secrets=(TURN_SECRET,))},
    ],
)
def test_a_relay_for_some_or_none_is_not_told(changes: dict[str, Any]) -> None:
    assert told(**changes) == []


@pytest.mark.parametrize("proxies", ["0.0.0.0/0", "127.0.0.1,::/0", "::ffff:0:0/96"])
def test_whoever_trusts_every_address_is_told(proxies: str) -> None:
    (caution,) = told(hosting="invited", trusted_proxies=values.peers(proxies))
    assert "MESHVOICE_TRUSTED_PROXIES" in caution
    assert told(hosting="invited", trusted_proxies=values.peers("10.0.0.0/8,unix")) == []


def test_a_short_passphrase_on_the_internet_is_told_with_the_time_that_it_holds() -> None:
    """All of six small letters are 309 million: at two a second, or at 3,333 of 100,000 addresses."""
    (caution,) = told(passphrase="secret", origins=HTTPS)
    assert "fewer than 12 characters" in caution
    assert "in about 5 years, with 100,000 addresses to guess from in about 26 hours" in caution
    assert "secret" not in caution


@pytest.mark.parametrize(
    ("passphrase", "origins"), [("secret", ("http://localhost:8080",)), ("twelve chars", HTTPS)]
)
def test_a_long_one_or_one_at_home_is_not_told(passphrase: str, origins: tuple[str, ...]) -> None:
    assert told(passphrase=passphrase, origins=origins) == []


@pytest.mark.parametrize(
    ("passphrase", "many"),
    [("abcdef", 26**6), ("aBcdef", 52**6), ("aBcde1", 62**6), ("aB de1", 95**6), ("123456", 10**6)],
)
def test_guesses_are_those_of_its_kinds_of_characters(passphrase: str, many: int) -> None:
    assert guesses(passphrase) == many


@pytest.mark.parametrize(
    ("relay", "told_of"),
    [
        ({"shared_secrets": ("hunter2",)}, "COTURN_SHARED_SECRET is short or too plain"),
        ({"shared_secrets": (TURN_SECRET, "hunter2")}, "COTURN_SHARED_SECRET is short or too plain"),
        ({"username": "voice", "password": "pass"}, "COTURN_USERNAME is one user for everybody"),
    ],
)
def test_a_relay_by_rules_that_are_not_ours_is_told_what_they_cost(
    relay: dict[str, Any], told_of: str
) -> None:
    turn = TurnSettings(hosts=("turn.example.org",), **relay)
    (caution,) = told(passphrase="four words of calm", turn=turn)
    assert caution.startswith(told_of)
    # It may be somebody else's, whose files nobody here can change.
    assert "where the relay is yours" in caution
    assert "hunter2" not in caution
    assert told(passphrase="four words of calm", turn=TurnSettings(**relay)) == []


@pytest.mark.parametrize(
    ("relay", "variable"),
    [
        ({"username": "voice", "password": "mydefaultpw"}, "COTURN_PASSWORD"),
        ({"shared_secrets": ("your-secret",), "ours": False}, "COTURN_SHARED_SECRET"),
    ],
)
def test_what_another_chose_and_reads_like_a_placeholder_is_told(
    relay: dict[str, Any], variable: str
) -> None:
    turn = TurnSettings(hosts=("turn.example.org",), **relay)
    first, _ = told(passphrase="four words of calm", turn=turn)
    assert first.startswith(f"{variable} reads like a placeholder")
    assert "your-secret" not in first
    assert "mydefaultpw" not in first
    assert told(passphrase="four words of calm", turn=TurnSettings(**relay)) == []


def test_what_takes_no_time_is_told_as_a_minute() -> None:
    (caution,) = told(passphrase="246801", origins=HTTPS)
    assert "in about 6 days, with 100,000 addresses to guess from in about 5 minutes" in caution
    (caution,) = told(passphrase="1234", origins=HTTPS)
    assert "to guess from in about a minute" in caution


def test_letters_without_case_count_as_few() -> None:
    assert guesses("声" * 6) == 26**6


@pytest.mark.parametrize(
    ("origins", "bare"),
    [
        (("http://voice.lan",), ["http://voice.lan"]),
        ((*HTTPS, "http://voice.lan:8080", "http://10.0.0.5"), ["http://voice.lan:8080", "http://10.0.0.5"]),
        ((*HTTPS, "http://localhost:8080", "http://127.0.0.1:8080"), []),
    ],
)
def test_each_address_without_tls_is_told(origins: tuple[str, ...], bare: list[str]) -> None:
    cautions_ = told(passphrase="four words of calm", origins=origins)
    assert [caution.partition(" ")[0] for caution in cautions_] == bare
    assert all("no microphone" in caution and "MESHVOICE_ORIGIN" in caution for caution in cautions_)

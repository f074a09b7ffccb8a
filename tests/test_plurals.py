"""The form that a number asks for is the one that a browser would take."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from meshvoice.plurals import category

LANGUAGES = [
    "en",
    "de",
    "de-AT",
    "nl",
    "sv",
    "fr",
    "hi",
    "pt",
    "cs",
    "sk",
    "pl",
    "be",
    "ru",
    "uk",
    "ja",
    "zh",
    "id",
]
UP_TO = 250


def test_the_rules_are_those_of_the_browsers() -> None:
    if shutil.which("node") is None:
        pytest.skip("node is missing")
    script = (
        f"const each = {{ length: {UP_TO} }};"
        "const of = (tag) => Array.from(each, (_, n) => new Intl.PluralRules(tag).select(n));"
        f"console.log(JSON.stringify({json.dumps(LANGUAGES)}.map(of)))"
    )
    done = subprocess.run(["node", "-e", script], check=True, capture_output=True, timeout=60)
    theirs = dict(zip(LANGUAGES, json.loads(done.stdout), strict=True))
    assert {tag: [category(tag, number) for number in range(UP_TO)] for tag in LANGUAGES} == theirs


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("en", 1, "one"),
        ("en", 0, "other"),
        ("de", 2, "other"),
        ("fr", 0, "one"),
        ("fr", 2, "other"),
        ("pl", 1, "one"),
        ("pl", 22, "few"),
        ("pl", 12, "many"),
        ("ru", 21, "one"),
        ("ru", 11, "many"),
        ("ru", 3, "few"),
        ("cs", 4, "few"),
        ("cs", 1, "one"),
        ("cs", 5, "other"),
        ("ja", 1, "other"),
        ("tlh", 1, "one"),
    ],
)
def test_a_number_asks_for_its_form(language: str, number: int, form: str) -> None:
    assert category(language, number) == form

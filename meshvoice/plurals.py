"""Which form of a sentence a whole number asks for, by language (Unicode CLDR's rules for cardinals)."""

from __future__ import annotations

from collections.abc import Callable

Rule = Callable[[int], str]


def _never(number: int) -> str:
    return "other"


def _one(number: int) -> str:
    return "one" if number == 1 else "other"


def _none_or_one(number: int) -> str:
    return "one" if number in (0, 1) else "other"


def _czech(number: int) -> str:
    if number in (2, 3, 4):
        return "few"
    return _one(number)


def _polish(number: int) -> str:
    if number == 1:
        return "one"
    return "few" if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else "many"


def _russian(number: int) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return "one"
    return "few" if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else "many"


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("id", "ja", "ko", "ms", "th", "vi", "zh"), _never),
    **dict.fromkeys(("fr", "hi", "pt"), _none_or_one),
    **dict.fromkeys(("cs", "sk"), _czech),
    **dict.fromkeys(("be", "ru", "uk"), _russian),
    "pl": _polish,
}
"""All others have what English has; the largest numbers of some ("many" millions) are none of ours."""


def category(language: str, number: int) -> str:
    """Give CLDR's name of the form, as `Intl.PluralRules` does in a browser."""
    return _RULES.get(language.partition("-")[0], _one)(number)

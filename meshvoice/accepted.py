"""Which of our languages a browser asks for, by its Accept-Language."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

_LONGEST = 400
"""Characters of the header that are read: browsers send fewer than a hundred."""
_ITEM = re.compile(
    r"(?P<range>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)"
    r"(?:[ \t]*;[ \t]*q=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?",
    re.I,
)
_REGIONAL = re.compile(r"[a-z]{2,3}-[a-z]{2}", re.I)


def asked(header: str) -> tuple[tuple[str, float], ...]:
    """Read language ranges, lower case, with their quality; the best first, else in their order.

    RFC 9110, 12.4.2 and 12.5.4. What isn't written so counts for nothing.
    """
    return _asked(header[:_LONGEST])


@lru_cache(maxsize=256)  # a page asks twice, and browsers write alike
def _asked(header: str) -> tuple[tuple[str, float], ...]:
    items = [_ITEM.fullmatch(part.strip(" \t")) for part in header.split(",")]
    read = [(item["range"].lower(), float(item["quality"] or 1)) for item in items if item]
    return tuple(sorted(read, key=lambda each: -each[1]))


def choose(header: str, languages: Collection[str], *, otherwise: str) -> str:
    """Give the language of `languages` that is asked for most, `otherwise` where none of them is."""
    ranges = asked(header)
    refused = {range_ for range_, quality in ranges if quality == 0}
    left = [each for each in languages if each.lower() not in refused]
    for range_, quality in ranges:
        if quality == 0:
            continue
        if range_ == "*":
            named = [named for named, _ in ranges]
            unnamed = [each for each in left if each.lower() not in named]
            if unnamed:
                return otherwise if otherwise in unnamed else unnamed[0]
        elif found := _found(range_, left):
            return found
    return otherwise


def _found(range_: str, languages: Collection[str]) -> str | None:
    """Look a range up: cut from its end until a language is left (RFC 4647, 3.4), else any within it."""
    by_tag = {each.lower(): each for each in languages}
    cut = range_
    while cut:
        if cut in by_tag:
            return by_tag[cut]
        cut = cut.rpartition("-")[0]
    return next((each for tag, each in by_tag.items() if tag.startswith(f"{range_}-")), None)


def region_of(header: str, language: str) -> str | None:
    """Give the language as it is spoken where the browser is at home (`en-GB`): times are written by that."""
    for range_, quality in asked(header):
        tongue, _, region = range_.partition("-")
        if quality and tongue == language and _REGIONAL.fullmatch(range_):
            return f"{tongue}-{region.upper()}"
    return None

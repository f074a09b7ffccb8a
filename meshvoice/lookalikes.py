"""Which names look alike, so that nobody passes for another (Unicode Technical Standard 39)."""

from __future__ import annotations

import functools
import string
import unicodedata
from collections.abc import Hashable, Mapping
from importlib import resources
from typing import TypeVar

import regex

_K = TypeVar("_K", bound=Hashable)
_OUTLINED = {0x1CCD6: string.ascii_uppercase, 0x1CCF0: string.digits}
"""Letters and digits of Unicode 16, by the first of each: the file and Python 3.13 know Unicode 15."""
_UNSEEN = regex.compile(r"\p{Default_Ignorable_Code_Point}+")


def looks_alike(one: str, other: str) -> bool:
    """Tell whether two names could be taken for each other: by their shapes, or by letters in any case."""
    # Not the one after the other: Ian would be lan, and that Lan, who is somebody else.
    return skeleton(one) == skeleton(other) or _folded(one) == _folded(other)


def alike_among(names: Mapping[_K, str]) -> frozenset[_K]:
    """Give those whose names could be taken for another's of them."""
    by_look: dict[tuple[str, str], set[_K]] = {}
    for key, name in names.items():
        for look in (("shapes", skeleton(name)), ("letters", _folded(name))):
            by_look.setdefault(look, set()).add(key)
    return frozenset().union(*(keys for keys in by_look.values() if len(keys) > 1))


@functools.lru_cache(maxsize=1024)  # each newcomer's name is held against the same few
def skeleton(name: str) -> str:
    """Reduce a name to its shapes, by which it is compared; no text to show (UTS 39, 4)."""
    shapes = _UNSEEN.sub("", unicodedata.normalize("NFD", name)).translate(_shown_as())
    return unicodedata.normalize("NFD", shapes)


@functools.lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    # Compatibility forms, for full-width letters; folded again, for a zero is shown as a capital O.
    return skeleton(unicodedata.normalize("NFKC", name).casefold()).casefold()


@functools.cache
def _shown_as() -> dict[int, str]:
    table: dict[int, str] = {}
    for line in resources.files("meshvoice").joinpath("confusables.txt").read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        target, _, sources = line.partition(": ")
        shapes = "".join(chr(int(code, 16)) for code in target.split())
        table.update((int(code, 16), shapes) for code in sources.split())
    for begins, shown in _OUTLINED.items():
        table.update((begins + at, table.get(ord(each), each)) for at, each in enumerate(shown))
    return table

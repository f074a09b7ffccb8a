"""The words of each language, one file each, and the sentences that are made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from meshvoice.plurals import category

ENGLISH = "en"
"""The language that lends what another one lacks."""
FOR_SCRIPTS = ("page", "arrival", "check", "voice")
"""The parts of a file that browsers get; "server" is for templates and refusals."""
_VALUE = re.compile(r"\{(\w+)\}")
_LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters that are written from right to left, as of Hebrew and Arabic (UAX #9)."""
_BEFORE = "export default {"
_NONE: Mapping[str, object] = {}

Words = str | Mapping[str, str]
"""A sentence, or its forms by the plural category of `count`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language, whole: what its file lacks is English."""

    tag: str
    name: str
    """As those call it who speak it."""
    locale: str
    """By which lists and numbers are written, and times where the browser names no region."""
    parts: Mapping[str, Mapping[str, Words]]

    def say(
        self, part: str, key: str, values: Mapping[str, object] = _NONE, write: Callable[[object], str] = str
    ) -> str:
        """Make a sentence; `write` puts a value into it. Raises `KeyError` for what isn't there."""
        words = self.parts[part][key]
        if not isinstance(words, str):
            number = values["count"]
            words = words.get(category(self.tag, number) if isinstance(number, int) else "", words["other"])
        return _VALUE.sub(lambda found: _apart(write(values[found[1]])), words)


def read(script: str) -> dict[str, Any]:
    """Read a language's file: JSON behind `export default`, so that it is a script, too."""
    begins, ends = script.index(_BEFORE) + len(_BEFORE) - 1, script.rindex("}") + 1
    whole: dict[str, Any] = json.loads(script[begins:ends])
    return whole


def gather(scripts: Mapping[str, str]) -> dict[str, Language]:
    """Read all files, by tag; English first, the others by their own names."""
    files = {tag: read(script) for tag, script in scripts.items()}
    english = files[ENGLISH]
    languages = [_language(tag, file, english) for tag, file in files.items()]
    languages.sort(key=lambda each: (each.tag != ENGLISH, each.name.casefold()))
    return {each.tag: each for each in languages}


def script(languages: Mapping[str, Language], tag: str, part: str) -> str:
    """Write the module that gives a browser one part of a language: `static/words/<part>.js`, translated."""
    language = languages[tag]
    data = {
        "language": {"tag": tag, "locale": language.locale},
        "languages": [{"tag": each.tag, "name": each.name} for each in languages.values()],
        "words": language.parts[part],
    }
    return f"export default {json.dumps(data, ensure_ascii=False)};\n"


def _apart(value: str) -> str:
    """Have a value with such letters stand for itself: numbers and marks beside it would change places."""
    return f"\u2068{value}\u2069" if _LEFTWARD.search(value) else value


def _language(tag: str, file: Mapping[str, Any], english: Mapping[str, Any]) -> Language:
    about = file["language"]
    parts = {part: {**words, **file.get(part, {})} for part, words in english.items() if part != "language"}
    return Language(tag=tag, name=about["name"], locale=about.get("locale", tag), parts=parts)

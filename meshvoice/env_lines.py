"""How the lines of an env file read: as systemd's EnvironmentFile= reads them, or not at all.

Three read such a file: systemd, a shell, and `--env-file`. What one of them would silently read otherwise is
refused. Words with blanks between them need no quotes: a shell that meets them says so itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANKS = " \t"
_QUOTES = 'write \'...\', or "..." with a backslash before each " \\ $ `'


class LineRefused(ValueError):
    """A line can't be taken; the sentence begins with its number and never holds the value."""

    def __init__(self, number: int, sentence: str) -> None:
        super().__init__(f"line {number} {sentence}")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `NAME=value`."""

    number: int
    """Of its line, from 1."""
    name: str
    value: str


def assignments(text: str) -> Iterator[Assignment]:
    """Read a file's text line by line. Raises `LineRefused`."""
    # Not splitlines(), which knows more ends of lines than systemd does.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if line.startswith("\ufeff"):
            # systemd takes it for a part of the name.
            raise LineRefused(
                number, "begins with an invisible mark (BOM): save the file as UTF-8 without it"
            )
        if re.search(r"[^\t\x20-\x7e\x80-\U0010ffff]", line):
            raise LineRefused(number, "holds a control character: remove it")
        if line.lstrip(_BLANKS).startswith(("#", ";")):
            if _goes_on(line):
                # systemd takes the next line for a part of the comment, up to version 253.
                raise LineRefused(number, "is a comment that ends in a backslash: remove the backslash")
        elif line.strip(_BLANKS):
            yield _assignment(number, line)


def _assignment(number: int, line: str) -> Assignment:
    match = re.fullmatch(r"[ \t]*([A-Z][A-Z0-9_]*)=[ \t]*(.*)", line)
    if match is None:
        raise LineRefused(
            number, "is not NAME=value: correct or remove it (no `export`, no blank before the =)"
        )
    read = {"'": _single_quoted, '"': _double_quoted}.get(match[2][:1], _unquoted)
    try:
        return Assignment(number, match[1], read(match[2]))
    except ValueError as problem:
        raise LineRefused(number, f"({match[1]}) {problem}") from None


def _single_quoted(text: str) -> str:
    match = re.fullmatch(r"'([^']*)'[ \t]*", text)
    if match is None:
        raise ValueError(f"begins with a quote that isn't closed at its end: {_QUOTES}")
    return match[1]


def _double_quoted(text: str) -> str:
    match = re.fullmatch(r'"((?:[^"\\]|\\.)*)"[ \t]*', text)
    if match is None:
        raise ValueError(f"begins with a quote that isn't closed at its end: {_QUOTES}")
    if re.search(r"[$`]", _without_escapes(match[1])):
        raise ValueError("has a $ or ` in double quotes, which a shell replaces: write \\$ or \\`")
    # A backslash before anything else stands for itself.
    return re.sub(r'\\(["\\$`])', r"\1", match[1])


def _unquoted(text: str) -> str:
    if _goes_on(text):
        raise ValueError(f"ends in a backslash, which joins the next line to it: {_QUOTES}")
    bare = _without_escapes(text)
    # In a shell these end the word, start a comment, or stand for something else; systemd keeps them.
    if re.search(r"""[$`'"&;|<>()]|(?:^|[ \t])\#|(?:^|:)~""", bare):
        raise ValueError(f"has a character that shells read otherwise: {_QUOTES}")
    # A blank behind a backslash is a part of the value, even at its end.
    return re.sub(r"\\(.)", r"\1", text[: len(bare.rstrip(_BLANKS))])


def _goes_on(line: str) -> bool:
    """Tell whether the end of the line is escaped: by a backslash that no other one escapes."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _without_escapes(text: str) -> str:
    """Put something of the same length that means nothing in place of each escape."""
    return re.sub(r"\\.", "__", text)

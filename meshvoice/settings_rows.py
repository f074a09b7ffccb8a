"""One row for each setting: its variable, how its text is read, its default, and its words for people."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

PREFIXES = ("MESHVOICE_", "COTURN_")
REQUIRED: Any = dataclasses.MISSING
"""In a default's place: the setting has none, and its row says what makes one."""


class SettingsError(ValueError):
    """A setting is wrong: `variable` names it, the sentence says what to do."""

    def __init__(self, variable: str, fix: str) -> None:
        super().__init__(f"{variable}: {fix}")
        self.variable = variable
        self.fix = fix


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """All that is to be known of one setting."""

    variable: str
    read: Callable[[str], Any]
    """Gives the value, or raises a `ValueError` that says what is wrong."""
    default: Any
    words: str
    """One line, the same as in the README's table."""
    unset: str
    """What the README's table says of the default, where that is no value to be written."""
    secret: bool
    follows: Callable[[Mapping[str, Any]], Any] | None
    """Gives the default from the fields above it, where it isn't the same for all."""

    @property
    def default_words(self) -> str:
        """The default, as the README's table has it."""
        return self.unset or (f"`{written(self.default)}`" if written(self.default) else "none")


def setting(
    variable: str,
    read: Callable[[str], T],
    default: T,
    words: str,
    *,
    unset: str = "",
    secret: bool = False,
    follows: Callable[[Mapping[str, Any]], T] | None = None,
) -> T:
    """Declare a field of a settings class; `Row` says what the arguments mean."""
    row = Row(
        variable=variable,
        read=read,
        default=default,
        words=words,
        unset=unset,
        secret=secret,
        follows=follows,
    )
    field: T = dataclasses.field(default=default, metadata={"row": row})
    return field


def rows(settings_class: type) -> dict[str, Row]:
    """Give the rows of a settings class by the names of their fields, in their order."""
    return {
        field.name: field.metadata["row"]
        for field in dataclasses.fields(settings_class)
        if "row" in field.metadata
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What an environment says of one settings class."""

    fields: dict[str, Any]
    """By field, with defaults in place of what is wrong, if there are any."""
    values: dict[str, Any]
    """By variable, without what is wrong."""
    problems: list[SettingsError]


def read(settings_class: type, env: Mapping[str, str]) -> Reading:
    """Read every field, and go on past what is wrong."""
    reading = Reading(fields={}, values={}, problems=[])
    for field, row in rows(settings_class).items():
        default = row.follows(reading.fields) if row.follows else row.default
        reading.fields[field] = default
        try:
            value = _one(row, env.get(row.variable, ""), default)
        except SettingsError as problem:
            reading.problems.append(problem)
        else:
            reading.fields[field] = reading.values[row.variable] = value
    return reading


def _one(row: Row, text: str, default: Any) -> Any:
    # Of the spaces, only the plain one counts as printable; what they mean is the reader's to say.
    if any(not each.isprintable() and unicodedata.category(each) != "Zs" for each in text):
        raise SettingsError(
            row.variable, "holds a control character or line break: write the value on one line"
        )
    text = text.strip()
    if not text and default is REQUIRED:
        raise SettingsError(row.variable, "is not set: run `meshvoice secrets` (make run does)")
    if not text:
        return default
    try:
        return row.read(text)
    except ValueError as problem:
        raise SettingsError(row.variable, str(problem)) from None


def unknown(env: Iterable[str], known: Sequence[str]) -> Iterator[SettingsError]:
    """Name the variables that bear our prefixes and are no settings, and which ones were likely meant."""
    for name in sorted(env):
        if name.startswith(PREFIXES) and name not in known:
            near = min(known, key=lambda each: _distance(name, each))
            yield SettingsError(
                name, f"is no setting of meshvoice (did you mean {near}?): remove or correct it"
            )


def _distance(left: str, right: str) -> int:
    """Levenshtein's edit distance: names the likely intended variable."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def environment(settings: object) -> dict[str, str]:
    """Write all of a settings object as the variables from which it is read."""
    return {row.variable: written(getattr(settings, field)) for field, row in rows(type(settings)).items()}


def written(value: Any) -> str:
    """Write a value as it stands in an env file; nothing for what is unset."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case float():
            return f"{value:g}"
        case tuple() if all(type(part) is int for part in value):
            return ".".join(map(str, value))
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)

"""What `meshvoice settings` prints: each setting, its value, where that comes from, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshvoice.settings import NAMES, TABLE, SettingsError, examine
from meshvoice.settings_rows import Row, written

_WIDEST = 32
"""A value that is longer pushes its own line, and no other's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Where settings come from."""

    environment: Mapping[str, str]
    file: Mapping[str, str]
    file_name: str

    def of(self, variable: str) -> str:
        """Say where a variable's value comes from: the environment wins, and empty means the default."""
        if self.environment.get(variable, "").strip():
            return "environment"
        if variable in self.environment:
            return "default (empty in the environment)"
        return self.file_name if self.file.get(variable, "").strip() else "default"


def report(sources: Sources, strangers: Sequence[SettingsError] = ()) -> tuple[str, bool]:
    """Give the table as text, and whether the server would start with it; `strangers` are wrong already."""
    examined = examine({**sources.file, **sources.environment})
    problems = (*strangers, *examined.problems)
    lines = [
        (row.variable, _shown(row, examined.values), sources.of(row.variable), row.words) for row in TABLE
    ]
    misnamed = dict.fromkeys(problem.variable for problem in problems if problem.variable not in NAMES)
    lines += [(variable, "(wrong)", sources.of(variable), "") for variable in misnamed]
    return "".join(_laid_out(lines, problems)), not problems


def _shown(row: Row, values: Mapping[str, Any]) -> str:
    if row.variable not in values:
        return "(wrong)"
    value = values[row.variable]
    if row.secret:
        # Never a character of it, nor its length.
        many = len(value) if isinstance(value, tuple) else int(bool(value))
        return ("none", "set")[many] if many < 2 else f"{many} set"
    return written(value) or row.unset or "none"


def _laid_out(lines: Sequence[tuple[str, str, str, str]], problems: Sequence[SettingsError]) -> Iterator[str]:
    wide = [min(_WIDEST, max(len(line[column]) for line in lines)) for column in range(3)]
    for variable, *others in lines:
        cells = zip((variable, *others[:2]), wide, strict=True)
        yield "  ".join([*(cell.ljust(width) for cell, width in cells), others[2]]).rstrip() + "\n"
        for problem in problems:
            if problem.variable == variable:
                yield f"    wrong: {problem.fix}\n"

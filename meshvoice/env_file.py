"""The file that holds the deployment's settings and secrets: written once, private, read strictly."""

from __future__ import annotations

import base64
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from meshvoice import env_lines
from meshvoice.settings_rows import PREFIXES, SettingsError


def read(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines. Raises `SettingsError`; a missing file is an empty one."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise SettingsError(str(path), f"can't be read ({problem}): mend the file or its owner") from None
    if stat.S_IMODE(mode) & 0o007:
        raise SettingsError(str(path), f"holds secrets that every user here can reach: chmod 600 {path}")
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        number = data.count(b"\n", 0, problem.start) + 1
        raise SettingsError(str(path), f"line {number} is no UTF-8 text: write it anew") from None
    return parse(text, name=str(path))


def parse(text: str, *, name: str) -> dict[str, str]:
    """Parse the `NAME=value` lines of a file called `name`. Raises `SettingsError` with a line's number."""
    found: dict[str, env_lines.Assignment] = {}
    try:
        for each in env_lines.assignments(text):
            if each.name in found:
                first = found[each.name].number
                raise SettingsError(
                    each.name, f"stands twice in {name}, in line {first} and line {each.number}: keep one"
                )
            found[each.name] = each
    except env_lines.LineRefused as problem:
        raise SettingsError(name, str(problem)) from None
    return {variable: each.value for variable, each in found.items()}


def write_new(path: Path, template: str) -> None:
    """Write a complete file with new secrets, 0600. Raises `FileExistsError`: secrets stay as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = _written(path, with_secrets(template))
    try:
        # A link is made at once or not at all, and never over a file that is there.
        os.link(whole, path)
    finally:
        whole.unlink()


def fill(path: Path) -> list[str]:
    """Give the secrets that stand empty in a file their values; lists which. All else stays as it is."""
    text = path.read_text(encoding="utf-8")
    filled = []
    for variable, value in _fresh().items():
        text, found = re.subn(rf"(?m)^{variable}=\s*?$", f"{variable}={value}", text, count=1)
        filled += [variable] * found
    if filled:
        os.replace(_written(path, text), path)
    return filled


def _written(path: Path, text: str) -> Path:
    whole = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return whole


def _fresh() -> dict[str, str]:
    return {
        "MESHVOICE_SECRET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        # In hexadecimal no word of English can turn up by chance and look like a placeholder.
        "COTURN_SHARED_SECRET": secrets.token_hex(32),
    }


def with_secrets(template: str) -> str:
    """Fill the example file with two new secrets. Raises `SettingsError` where it lacks a line of them."""
    for variable, value in _fresh().items():
        template, found = re.subn(rf"(?m)^#?\s*{variable}=.*$", f"{variable}={value}", template)
        if found != 1:
            raise SettingsError(
                variable, "has no line of its own in the example file: the installation is broken"
            )
    return template


def merged(path: Path, environ: dict[str, str]) -> dict[str, str]:
    """Give the file's settings, overlaid by those of the environment. Raises `SettingsError`."""
    values = read(path)
    for problem in strangers(values, path):
        raise problem
    return {**values, **environ}


def strangers(values: Mapping[str, str], path: Path) -> Iterator[SettingsError]:
    """Give the variables of a file that bear no prefix of ours."""
    for variable in values:
        # A misspelt one of ours is `Settings.from_env`'s to refuse, which knows what was meant.
        if not variable.startswith(PREFIXES):
            yield SettingsError(variable, f"in {path} is no setting of meshvoice: remove or correct it")

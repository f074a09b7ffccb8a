"""Modules of a call that `make bundle` joined into few files: whether these are of those that lie there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FOLDER = "built"
"""Within static/; what lies in it stands for the file of the same path beside it."""
SOURCES = "sources.json"
"""Says of which modules they were made, and names them."""


def digest(static: Path) -> str:
    """Give the SHA-256, in hex, of all modules under a folder, by path and content."""
    told = hashlib.sha256()
    for name in sorted(_modules(static)):
        body = (static / name).read_bytes()
        told.update(f"{name} {len(body)}\n".encode() + body)
    return told.hexdigest()


def files(static: Path) -> frozenset[str]:
    """Give the paths for which there is a joined file; none where they lack one, or are of other modules."""
    try:
        said = json.loads((static / FOLDER / SOURCES).read_text(encoding="utf-8"))
        # A copy that was cut short, or a `make clean`, lacks some.
        whole = all((static / FOLDER / name).is_file() for name in said["files"])
        return frozenset(said["files"]) if whole and said["of"] == digest(static) else frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def _modules(static: Path) -> list[str]:
    # What the server writes by itself, and what is a build's own, is no source.
    found = (file.relative_to(static) for file in static.rglob("*.js"))
    return [path.as_posix() for path in found if path.parts[0] == "voice" or len(path.parts) == 1]

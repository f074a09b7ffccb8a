"""Where the files that are no code lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def find(name: Literal["conf", "static", "templates"], *, package: Path = _PACKAGE) -> Path:
    """Find the folder `name`. Raises `FileNotFoundError` where the installation lacks it."""
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"meshvoice is installed without its {name} folder: install it anew")

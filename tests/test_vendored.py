"""What others wrote and we serve is what was looked at, byte for byte, with its licence beside it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "static" / "vendor"
SUMS = {
    name: checksum
    for file in (ROOT / "tools").glob("*/SHA256SUMS")
    for checksum, name in re.findall(r"(?m)^([0-9a-f]{64})  (\S+)$", file.read_text(encoding="utf-8"))
}
SERVED = sorted(str(path.relative_to(ROOT)) for path in VENDOR.rglob("*") if path.is_file())


def test_every_vendored_file_has_a_checksum_and_every_checksum_a_file() -> None:
    assert sorted(SUMS) == SERVED


@pytest.mark.parametrize("name", SERVED)
def test_a_vendored_file_is_the_one_that_was_looked_at(name: str) -> None:
    assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == SUMS[name]


@pytest.mark.parametrize("folder", sorted(VENDOR.iterdir()), ids=lambda folder: folder.name)
def test_a_licence_lies_beside_what_is_served(folder: Path) -> None:
    assert "Redistribution and use" in (folder / "LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in SERVED if name.endswith(".js")])
def test_vendored_code_makes_no_code(name: str) -> None:
    """It is JavaScript that our policy lets run as it is: nothing evaluated, no WebAssembly."""
    code = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"\beval\b|\bnew Function\b|\bWebAssembly\.|\bimport\b", re.sub(r"//.*", "", code))

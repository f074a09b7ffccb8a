"""The threat model's table is whole, and each test that it names is there."""

from __future__ import annotations

import ast
import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = {row[1]: row[0] for row in re.finditer(r"(?m)^\| ([CSWT]\d+) \| .*$", TEXT)}
NAMED = sorted(set(re.findall(r"tests/[\w/]+\.py::\w+", TEXT)))
REQUIREMENTS = [
    *(f"C{n}" for n in range(1, 5)),
    *(f"S{n}" for n in range(1, 11)),
    *(f"W{n}" for n in range(1, 15)),
]
ASVS = ["4.4.1", "4.4.2", "4.4.3", "4.4.4", "17.1.1", "17.1.2", "17.3.1", "17.3.2"]


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_each_requirement_has_a_row_that_names_a_test(requirement: str) -> None:
    assert "::test_" in ROWS[requirement]


@pytest.mark.parametrize("named", NAMED)
def test_each_test_that_is_named_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in tree.body if isinstance(node, functions)}


@pytest.mark.parametrize("requirement", ASVS)
def test_each_requirement_of_the_standard_is_mapped(requirement: str) -> None:
    cells = [row.rstrip(" |").rpartition("|")[2] for row in ROWS.values()]
    assert any(requirement in re.split(r"[ ,]+", cell.strip()) for cell in cells)


def test_aiohttp_is_above_the_known_hole() -> None:
    """Both the requirement and what is installed are at 3.14.3 at least, which closes CVE-2026-54274 (W1)."""
    assert "aiohttp>=3.14.3" in (requires("meshvoice") or [])
    assert tuple(int(part) for part in version("aiohttp").split(".")[:3]) >= (3, 14, 3)

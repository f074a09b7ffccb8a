"""The threat model's table is whole, and each test that it names is there."""

from __future__ import annotations

import ast
import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
FOUND = [(row[1], row[0]) for row in re.finditer(r"(?m)^\| ([A-Z]\d+) \| .*$", TEXT)]
ROWS = dict(FOUND)
PYTHON = r"tests/[\w/]+\.py::test_\w+"
NODE = r'tests/js/[\w-]+\.test\.js::"[^"]+"'
NAMED = sorted(set(re.findall(f"{PYTHON}|{NODE}", TEXT)))
# Written out, so that a row that is deleted is missed.
REQUIREMENTS = [
    *(f"C{n}" for n in range(1, 6)),
    *(f"T{n}" for n in range(1, 5)),
    *(f"S{n}" for n in range(1, 18)),
    "M1",
    *(f"W{n}" for n in range(1, 20)),
    *(f"B{n}" for n in range(1, 7)),
]
ASVS = ["4.4.1", "4.4.2", "4.4.3", "4.4.4", "17.1.1", "17.1.2", "17.3.1", "17.3.2"]


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_each_requirement_has_a_row_that_names_a_test(requirement: str) -> None:
    assert re.search(f"{PYTHON}|{NODE}", ROWS[requirement])


def test_each_row_is_required_once() -> None:
    assert sorted(row for row, _ in FOUND) == sorted(REQUIREMENTS)


def test_whatever_looks_like_the_name_of_a_test_is_looked_for() -> None:
    assert len(re.findall(r"tests/\S+?::", TEXT)) == len(re.findall(f"{PYTHON}|{NODE}", TEXT))


@pytest.mark.parametrize("named", NAMED)
def test_each_test_that_is_named_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".js"):
        assert f"\ntest({name}, " in text
        return
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.parse(text).body if isinstance(node, functions)}


@pytest.mark.parametrize("requirement", ASVS)
def test_each_requirement_of_the_standard_is_mapped(requirement: str) -> None:
    cells = [row.rstrip(" |").rpartition("|")[2] for row in ROWS.values()]
    assert any(requirement in re.split(r"[ ,]+", cell.strip()) for cell in cells)


def test_aiohttp_is_above_the_known_hole() -> None:
    """Both the requirement and what is installed are at 3.14.3 at least, which closes CVE-2026-54274 (W1)."""
    assert "aiohttp>=3.14.3" in (requires("meshvoice") or [])
    assert tuple(int(part) for part in version("aiohttp").split(".")[:3]) >= (3, 14, 3)

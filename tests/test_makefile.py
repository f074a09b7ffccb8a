"""`make` makes the environment anew where the system's Python is another than it was made for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.making import ROOT, dry_run


@pytest.mark.parametrize(("works", "anew"), [(True, False), (False, True)])
def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path, *, works: bool, anew: bool) -> None:
    """After an upgrade of the system `.venv/bin/python` is another release, without any packages."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    made = tmp_path / ".venv"
    (made / "bin").mkdir(parents=True)
    (made / "pyvenv.cfg").touch()
    python = made / "bin" / "python"
    python.write_text(f"#!/bin/sh\nexit {0 if works else 1}\n")
    python.chmod(0o755)
    (made / "serve.done").touch()
    told = dry_run("run", folder=tmp_path)
    assert ("-m venv --clear .venv" in told, "--editable ." in told) == (anew, anew)

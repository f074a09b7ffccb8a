"""What `make` would do, without doing it, and what its scripts do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def dry_run(*arguments: str, folder: Path = ROOT) -> str:
    """Give the commands that `make` would run in a folder."""
    made = subprocess.run(
        ["make", "--dry-run", *arguments],
        cwd=folder,
        # As by hand: within another make it would take that one's options.
        env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout


def run_script(name: str, *arguments: str, folder: Path = ROOT, **env: str) -> tuple[int, str]:
    """Run a script of tests/ as by hand, unless `env` has CI; gives its exit code and what it said."""
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [str(ROOT / "tests" / name), *arguments],
        cwd=folder,
        env={**clean, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout

"""coturn as another suite of Debian's or Ubuntu's has it: fetched once by apt, installed nowhere.

`python -m tests.turn.suites SUITE` prints the folder of its programs, with which PATH begins to test it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin

from tests.deploy.machine import repositories

CACHE = Path(__file__).parents[2] / "build/coturns"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
UBUNTU = ("noble", "questing", "resolute")
"""Suites of Ubuntu's, which many a mirror of Debian's has beside it."""
PROGRAMS = ("turnserver", "turnadmin")
# By the loader and the libraries of its own suite: those of this host may be older than it needs.
_WRAPPER = """#!/bin/sh
root=${{0%/*}}/..
exec "$root/{loader}" --library-path "$root/{libraries}:$root/{more}" "$root/usr/bin/{program}" "$@"
"""


class NotThere(Exception):
    """A suite, or its coturn, can't be had from where this host's apt asks."""


def programs(suite: str) -> Path:
    """Give the folder of a suite's turnserver and turnadmin. Raises `NotThere`."""
    folder = CACHE / suite
    if not folder.exists():
        half = CACHE / f"{suite}.{os.getpid()}"
        try:
            _unpack(suite, half)
            half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return folder / "bin"


def _unpack(suite: str, folder: Path) -> None:
    """Lay out what the suite's coturn needs to run, with the database that its installation makes."""
    with_apt = folder / "apt"
    for package in _fetched("coturn", suite, _sources(suite, with_apt), with_apt / "coturn"):
        _run("dpkg-deb", "--extract", str(package), str(folder))
    shutil.rmtree(with_apt)
    (folder / "bin").mkdir(exist_ok=True)
    loader = next(
        path for path in sorted(folder.glob("*/ld-linux*")) + sorted(folder.glob("usr/*/ld-linux*"))
    )
    libraries = next(folder.glob("usr/lib/*-linux-gnu*"))
    for program in PROGRAMS:
        wrapper = folder / "bin" / program
        wrapper.write_text(
            _WRAPPER.format(
                loader=loader.relative_to(folder),
                libraries=libraries.relative_to(folder),
                more=libraries.relative_to(folder / "usr"),
                program=program,
            )
        )
        wrapper.chmod(0o755)
    database = folder / "var/lib/turn/turndb"
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as made:
        made.executescript((folder / "usr/share/coturn/schema.sql").read_text())


def _sources(suite: str, folder: Path) -> list[str]:
    """Write where apt finds a suite, and by whose key."""
    uri, _, _ = repositories()[0]
    if suite in UBUNTU:
        beside = urljoin(uri.rstrip("/"), "ubuntu")
        return [f"deb [signed-by={_key_of_ubuntu(folder)}] {beside} {suite} main universe\n"]
    # What is backported stands on the suite itself.
    suites = sorted({suite, suite.partition("-")[0]})
    return [f"deb [signed-by={KEYRING}] {uri} {each} main\n" for each in suites]


def _key_of_ubuntu(folder: Path) -> Path:
    """Fetch Ubuntu's key as Debian hands it on."""
    (package,) = _fetched("ubuntu-keyring", "testing", _sources("testing", folder), folder / "key")
    _run("dpkg-deb", "--extract", str(package), str(folder))
    return folder / "usr/share/keyrings/ubuntu-archive-keyring.gpg"


def _fetched(package: str, suite: str, sources: list[str], folder: Path) -> list[Path]:
    """Fetch a package and all that it depends on, signed, into apt's folders of our own."""
    archives = folder / "cache/archives"
    for made in (folder / "state/lists/partial", archives / "partial"):
        made.mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text("".join(sources))
    options = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State": folder / "state",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "",
        "APT::Default-Release": suite,
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    _run(*apt, "update")
    _run(*apt, "install", "--yes", "--download-only", "--no-install-recommends", package)
    return sorted(archives.glob("*.deb"))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotThere(f"{' '.join(command[:1])}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


if __name__ == "__main__":
    try:
        print(programs(sys.argv[1]))
    except NotThere as problem:
        sys.exit(f"the coturn of {sys.argv[1]} can't be had: {problem}")

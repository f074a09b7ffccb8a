"""`make pythons` never says that a Python was tested when it was not, nor tests one twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.making import dry_run, run_script


class Pythons:
    """Programs that answer as Pythons do, in a folder of its own; what they do is noted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours = self.make("ours", "3.11.7")

    def make(self, name: str, number: str, *, passes: bool = True) -> str:
        """`number` is empty where the Python is too old."""
        program = self.folder / name
        venv = f'mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo {name} >>made'
        tests = f"echo {name} >>tested; exit {0 if passes else 1}"
        cases = f"-c*) echo {number};; *venv*) {venv};; *pip*) ;; *pytest*) {tests};;"
        program.write_text(f"#!/bin/sh\ncase $* in {cases} esac\n")
        program.chmod(0o755)
        return str(program)

    def run(self, *arguments: str, **env: str) -> tuple[int, str]:
        """Run the script; gives its exit code and what it said."""
        return run_script("pythons.sh", self.ours, *arguments, folder=self.folder, LIGHT="light", **env)

    def noted(self, what: str) -> list[str]:
        """Name those that did it, in turn: `made` an environment, or `tested`."""
        file = self.folder / what
        return file.read_text().split() if file.exists() else []


@pytest.fixture
def pythons(tmp_path: Path) -> Pythons:
    (tmp_path / "setup.cfg").touch()
    return Pythons(tmp_path)


def test_each_release_is_tested_once_and_ours_not_at_all(pythons: Pythons) -> None:
    older, newer, again = (
        pythons.make("a", "3.11.2"),
        pythons.make("b", "3.13.0"),
        pythons.make("c", "3.11.2"),
    )
    assert pythons.run(older, newer, again, pythons.ours)[0] == 0
    assert pythons.noted("tested") == ["a", "b"]


def test_an_environment_is_made_once(pythons: Pythons) -> None:
    older = pythons.make("a", "3.11.2")
    for _ in range(2):
        pythons.run(older)
    assert (pythons.noted("made"), pythons.noted("tested")) == (["a"], ["a", "a"])


def test_one_whose_tests_fail_is_named_and_the_next_tested(pythons: Pythons) -> None:
    failing, newer = pythons.make("a", "3.11.2", passes=False), pythons.make("b", "3.13.0")
    code, said = pythons.run(failing, newer)
    assert (code, said.splitlines()[-1], pythons.noted("tested")) == (1, "failed: 3.11.2", ["a", "b"])


@pytest.mark.parametrize("name", ["gone", "old"])
def test_one_that_cannot_be_had_is_told_and_fails_where_it_was_named(pythons: Pythons, name: str) -> None:
    path = pythons.make("old", "") if name == "old" else str(pythons.folder / "gone")
    assert pythons.run("--if-there", path) == (0, f"skipped: {path}\n")
    for code in (pythons.run(path), pythons.run("--if-there", path, CI="true")):
        assert code == (1, f"failed: {path} (not run)\n")


def test_no_python_at_all_fails(pythons: Pythons) -> None:
    assert pythons.run() == (1, "failed: no Python is named (PYTHONS=)\n")


@pytest.mark.parametrize(
    ("named", "given"), [((), "--if-there /usr/bin/python3"), (("PYTHONS=a b",), " a b")]
)
def test_make_hands_on_whether_pythons_were_named(named: tuple[str, ...], given: str) -> None:
    told = dry_run("--assume-old=.venv/test.done", "pythons", *named)
    assert f"bin/python {given}\n" in told

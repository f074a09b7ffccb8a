"""`make coturns` never says that a suite of a distribution was tested when it was not."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.making import dry_run, run_script


@pytest.fixture
def python(tmp_path: Path) -> str:
    """A Python that has no suite's coturn but `here`'s, whose tests pass."""
    stand_in = tmp_path / "python"
    stand_in.write_text(
        f"#!/bin/sh\ncase $* in *suites\\ here) echo {tmp_path};; *suites*) echo none >&2; exit 1;; esac\n"
    )
    (tmp_path / "turnserver").write_text("#!/bin/sh\necho 4.99.0\n")
    for program in (stand_in, tmp_path / "turnserver"):
        program.chmod(0o755)
    return str(stand_in)


coturns = partial(run_script, "coturns.sh")


def test_a_named_suite_that_cannot_be_had_fails_and_the_others_are_tested(python: str) -> None:
    code, said = coturns(python, "gone", "here")
    assert (code, said) == (1, "coturn of here: 4.99.0\nfailed: gone (not run)\n")


def test_without_a_name_what_cannot_be_had_is_told_and_left_out(python: str) -> None:
    assert coturns(python, "--if-there", "gone") == (0, "skipped: gone\n")


def test_in_ci_nothing_is_left_out(python: str) -> None:
    assert coturns(python, "--if-there", "gone", CI="true") == (1, "failed: gone (not run)\n")


def test_no_suite_at_all_fails(python: str) -> None:
    assert coturns(python) == (1, "failed: no suite is named (SUITES=)\n")


@pytest.mark.parametrize(
    ("named", "given"), [((), "--if-there testing"), (("SUITES=trixie noble",), " trixie noble")]
)
def test_make_hands_on_whether_the_suites_were_named(named: tuple[str, ...], given: str) -> None:
    told = dry_run("--assume-old=.venv/test.done", "coturns", *named)
    assert f"bin/python {given}\n" in told

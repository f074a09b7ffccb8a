"""The command prints a line for each check or JSON, and its exit code is for scripts."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from meshvoice.doctor.command import run
from meshvoice.doctor.findings import Check
from meshvoice.settings import Settings, TurnSettings
from tests.turn.coturn_server import SECRET, conf, namespace, running

PUBLIC = IPv4Address("45.76.0.10")
TURN = TurnSettings(shared_secrets=(SECRET,), hosts=(str(PUBLIC),), public_ip=PUBLIC)


def settings(turn: TurnSettings) -> Settings:
    return Settings(secret_keys=(b"k" * 32,), turn=turn)


def test_a_line_says_what_was_tried_what_came_back_and_what_to_do() -> None:
    check = Check(name="stun", leg="udp", tried="STUN to 192.0.2.1:3478")
    assert check.ok("it answers").line() == "ok      stun (udp): STUN to 192.0.2.1:3478: it answers"
    assert check.failed("no answer", "open it").line().endswith(": no answer\n        -> open it")
    assert check.skipped("no IPv6").line().startswith("skipped stun")


@pytest.mark.parametrize("turn", [replace(TURN, hosts=()), replace(TURN, shared_secrets=())])
def test_without_a_turn_host_there_is_nothing_to_examine(
    turn: TurnSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings(turn), as_json=True) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "COTURN_TURN_HOST" in err


def test_the_last_line_names_what_is_to_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    """Between twenty that are well, a failure is soon overlooked."""
    nobody = replace(TURN, hosts=("127.0.0.1",), public_ip=None, port=1)
    assert run(settings(nobody), as_json=False) == 1
    *_, presumed, last = capsys.readouterr().out.splitlines()
    assert last == "To mend: stun (udp), stun (tcp). What to do stands above, after each ->."
    assert "If it is somebody else's, set COTURN_OURS=0" in presumed


def test_of_a_relay_that_is_somebody_elses_nothing_is_presumed(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = replace(TURN, hosts=("127.0.0.1",), public_ip=None, port=1, ours=False)
    assert run(settings(nobody), as_json=False) == 1
    assert "COTURN_OURS" not in capsys.readouterr().out.splitlines()[-2]


@pytest.mark.coturn
@pytest.mark.lab
def test_a_healthy_relay_exits_with_0_and_json_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with namespace(f"{PUBLIC}/32"), running(conf(TURN), tmp_path):
        assert run(settings(TURN), as_json=False) == 0
        lines = capsys.readouterr().out
        assert lines.endswith("\n\nAll is well, as far as it can be seen from here.\n")
        assert run(settings(TURN), as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert sorted(report["findings"][0]) == [
        "answer",
        "cause",
        "check",
        "code",
        "fix",
        "host",
        "ip",
        "leg",
        "status",
        "tried",
    ]
    for finding in report["findings"]:
        assert f"{finding['status']:<8}{finding['check']}" in lines
    assert SECRET not in lines


@pytest.mark.coturn
@pytest.mark.lab
def test_a_failure_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with namespace(f"{PUBLIC}/32"), running(conf(TURN), tmp_path):
        assert run(settings(replace(TURN, realm="elsewhere")), as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False

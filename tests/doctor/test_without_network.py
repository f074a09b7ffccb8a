"""A machine that has no way to the relay learns nothing of it, and blames nobody."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from meshvoice.doctor.command import run
from meshvoice.doctor.deployment import Deployment, Way
from meshvoice.doctor.examination import examine
from meshvoice.doctor.findings import Cause, Check, Finding, Status, missed
from meshvoice.doctor.legs import Answers
from meshvoice.doctor.legs import stun as ask_stun
from meshvoice.doctor.turn_client import Leg
from meshvoice.settings import Settings, TurnSettings
from tests.turn.coturn_server import SECRET, namespace

TURN = TurnSettings(shared_secrets=(SECRET,), hosts=("turn.example.org",))


async def looked_up(code: int) -> list[Finding]:
    """What is found where the look-up ends with one of getaddrinfo's errors."""

    async def resolve(host: str) -> list[str]:
        raise socket.gaierror(code, "it says")

    return [finding async for finding in examine(Deployment(turn=TURN, resolve=resolve))]


async def test_where_no_name_server_answers_nothing_is_said_of_the_name() -> None:
    found = await looked_up(socket.EAI_AGAIN)
    assert {finding.status for finding in found} == {Status.SKIPPED}
    assert missed(found) == "no name server answers this machine"


async def test_a_name_that_does_not_exist_is_the_settings_fault() -> None:
    found = await looked_up(socket.EAI_NONAME)
    assert [finding.check for finding in found if finding.status is Status.FAILED] == ["name"]
    assert missed(found) == ""


def test_one_way_that_leads_there_is_enough_to_have_learned_something() -> None:
    gone = Check(name="stun", ip=6, tried="it").skipped("this machine has no IPv6", cause=Cause.NO_NETWORK)
    known = Check(name="name", tried="it").ok("45.76.0.10")
    assert missed([known, gone]) == "this machine has no IPv6"
    assert missed([known, gone, Check(name="stun", ip=4, tried="it").ok("it answers")]) == ""
    assert missed([known, gone, Check(name="stun", ip=4, tried="it").failed("no answer", "open it")]) == ""
    assert missed([known]) == ""


async def test_what_refuses_as_if_there_were_no_way_is_blamed_where_there_is_one() -> None:
    """The kernel says of TCP to a group what a router says that refuses, and of UDP that it has a way."""
    way = Way(leg=Leg.TCP, server=("224.0.0.1", 3478))
    found = await ask_stun(Deployment(turn=TURN), way, Answers())
    assert found.status is Status.FAILED
    assert "firewall" in found.fix


@pytest.mark.lab
@pytest.mark.parametrize(
    ("turn", "why"),
    [
        (TURN, "no name server answers this machine"),
        (replace(TURN, hosts=("45.76.0.10",)), "this machine has no IPv4"),
        (replace(TURN, hosts=("2a01:4f8::10",)), "this machine has no IPv6"),
        (
            replace(TURN, hosts=("45.76.0.10",), public_ip="relay.example.org"),
            "no name server answers this machine, this machine has no IPv4",
        ),
    ],
)
def test_without_any_network_the_doctor_says_so_and_exits_with_1(
    capsys: pytest.CaptureFixture[str], turn: TurnSettings, why: str
) -> None:
    with namespace():
        assert run(Settings(secret_keys=(b"k" * 32,), turn=turn), as_json=True) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["missed"]) == (False, why)
    assert "failed" not in {finding["status"] for finding in report["findings"]}

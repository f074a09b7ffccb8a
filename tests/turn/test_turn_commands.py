"""The commands print what the host needs, say what to know about it, and run a coturn of one's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Literal

import pytest

from meshvoice.settings import Settings, TurnSettings
from meshvoice.turn import commands, installed
from meshvoice.turn.errors import NotInstalled
from meshvoice.turn.versions import dotted
from tests.turn.coturn_server import SECRET, VERSION, missing, namespace

TURN = TurnSettings(shared_secrets=(SECRET,), version=(4, 6, 1))
DIRECT = replace(TURN, public_ip=IPv4Address("45.76.0.10"))


def settings(turn: TurnSettings) -> Settings:
    return Settings(secret_keys=(b"k" * 32,), turn=turn)


@pytest.fixture
def turnserver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name that prints what the test writes into it."""
    program = tmp_path / "bin" / "turnserver"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 4.6.1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def test_conf_is_printed_alone_and_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(settings(DIRECT)) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# coturn 4.6.1 ")
    assert "note:" not in out
    assert "COTURN_PRIVATE_IP" in err


@pytest.mark.parametrize(("log", "line"), [("syslog", "syslog\n"), ("stdout", "log-file=stdout\n")])
def test_conf_logs_to_where_it_is_told(
    capsys: pytest.CaptureFixture[str], log: Literal["syslog", "stdout"], line: str
) -> None:
    """A container has no syslog."""
    assert commands.print_conf(settings(DIRECT), log=log) == 0
    assert f"\n{line}" in capsys.readouterr().out


def test_conf_without_a_public_address_says_whom_it_serves(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(settings(TURN)) == 0
    assert "COTURN_PUBLIC_IP is not set" in capsys.readouterr().err


def test_a_public_address_that_is_none_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    behind = replace(TURN, public_ip=IPv4Address("192.168.1.5"), private_ip=IPv4Address("10.0.0.5"))
    assert commands.print_conf(settings(behind)) == 0
    assert "another NAT" in capsys.readouterr().err


def test_an_ipv6_address_of_another_host_is_told_nothing_of_nat(capsys: pytest.CaptureFixture[str]) -> None:
    """A relay may have no other."""
    assert commands.print_conf(settings(replace(TURN, public_ip6=IPv6Address("2a0c:b641::10")))) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("relay-ip=")] == ["relay-ip=2a0c:b641::10"]
    assert "set COTURN_PUBLIC_IP6 to one that `ip -6 address` shows" in err
    assert "NAT" not in err


def test_conf_without_a_secret_is_refused_with_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(settings(replace(DIRECT, shared_secrets=()))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "COTURN_SHARED_SECRET" in err


def test_the_quota_follows_the_largest_room(capsys: pytest.CaptureFixture[str]) -> None:
    commands.print_conf(replace(settings(DIRECT), table_seats=4, sea_peers=3))
    assert "user-quota=24\n" in capsys.readouterr().out


def test_the_guard_is_printed_for_the_user_that_runs_coturn(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_guard(settings(DIRECT), user="turn") == 0
    out = capsys.readouterr().out
    assert 'meta skuid "turn"' in out
    assert SECRET not in out


def test_the_guard_is_refused_like_the_conf(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = replace(TURN, private_ip=IPv4Address("10.0.0.5"))
    assert commands.print_guard(settings(wrong)) == 2
    assert "COTURN_PUBLIC_IP" in capsys.readouterr().err


def test_a_local_coturn_has_files_of_its_own(turnserver: Path, tmp_path: Path) -> None:
    started: list[list[str]] = []
    folder, env_file = tmp_path / "build", tmp_path / "meshvoice.env"
    env_file.write_text("MESHVOICE_PORT=8080\nCOTURN_TURN_HOST=\n")
    env_file.chmod(0o600)
    status = commands.run_coturn(
        settings(replace(TURN, version=None)),
        folder=folder,
        env_file=env_file,
        execute=lambda program, arguments: started.append([program, *arguments]),
    )
    assert status == 0
    conf = folder / "turnserver.conf"
    assert started == [
        [
            *(str(turnserver), str(turnserver), "-c", str(conf)),
            *("--pidfile", str(folder / "turnserver.pid")),
        ]
    ]
    assert f"userdb={folder / 'turndb'}\n" in conf.read_text()
    assert conf.stat().st_mode & 0o777 == 0o600
    assert "log-file=stdout\n" in conf.read_text()


def test_a_local_coturn_is_offered_by_the_next_run(turnserver: Path, tmp_path: Path) -> None:
    env_file = tmp_path / "meshvoice.env"
    env_file.write_text("MESHVOICE_PORT=8080\nCOTURN_TURN_HOST=\n")
    env_file.chmod(0o600)
    commands.run_coturn(settings(TURN), folder=tmp_path / "build", env_file=env_file, execute=lambda *_: None)
    lines = env_file.read_text().splitlines()
    assert lines == ["MESHVOICE_PORT=8080", f"COTURN_TURN_HOST={installed.lan_address()}"]
    assert env_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("realm", "served"), [("meshvoice", None), ("voice.example.org", "voice.example.org")]
)
def test_a_local_coturn_has_the_realm_that_the_next_run_expects(
    realm: str, served: str | None, turnserver: Path, tmp_path: Path
) -> None:
    commands.run_coturn(settings(replace(TURN, realm=realm)), folder=tmp_path, execute=lambda *_: None)
    assert f"realm={served or installed.lan_address()}\n" in (tmp_path / "turnserver.conf").read_text()


def test_a_second_coturn_on_the_same_port_is_refused(
    turnserver: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((str(installed.lan_address()), 0))
        taken = replace(TURN, port=other.getsockname()[1], min_port=1024, max_port=1025)
        assert commands.run_coturn(settings(taken), folder=tmp_path) == 2
    assert "is taken" in capsys.readouterr().err
    assert not (tmp_path / "turnserver.conf").exists()


def test_a_local_coturn_can_not_have_the_address_of_another_machine(
    turnserver: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run_coturn(settings(DIRECT), folder=tmp_path) == 2
    assert "COTURN_PUBLIC_IP" in capsys.readouterr().err


def test_a_turn_host_that_is_set_is_left_alone(turnserver: Path, tmp_path: Path) -> None:
    env_file = tmp_path / "meshvoice.env"
    chosen = settings(replace(TURN, hosts=("turn.example.org",)))
    commands.run_coturn(chosen, folder=tmp_path, env_file=env_file, execute=lambda *_: None)
    assert not env_file.exists()


def test_an_env_file_that_does_not_exist_is_made_private(turnserver: Path, tmp_path: Path) -> None:
    env_file = tmp_path / "meshvoice.env"
    commands.run_coturn(settings(TURN), folder=tmp_path, env_file=env_file, execute=lambda *_: None)
    assert env_file.stat().st_mode & 0o777 == 0o600


def test_a_local_coturn_needs_one_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commands.run_coturn(settings(TURN), folder=tmp_path) == 2
    assert "apt install coturn" in capsys.readouterr().err


def test_the_set_version_wins_over_the_installed_one() -> None:
    assert installed.version(replace(TURN, version=(4, 17, 1))) == (4, 17, 1)


@pytest.mark.parametrize("answer", ["4.10.2", "Version Coturn-4.10.2 'Gorst'"])
def test_the_installed_version_is_asked(answer: str, turnserver: Path) -> None:
    turnserver.write_text(f'#!/bin/sh\necho "{answer}"\n')
    assert installed.version(replace(TURN, version=None)) == (4, 10, 2)


@pytest.mark.parametrize(
    "version",
    [
        *("4.6.1", "4.6.2", "4.6.3", "4.7.0", "4.8.0", "4.9.0", "4.10.0", "4.11.0", "4.12.0", "4.13.0"),
        *("4.13.1", "4.14.0", "4.15.0", "4.16.0", "4.17.0", "4.17.1", "4.18.0"),
    ],
)
@pytest.mark.parametrize("form", ["{}\n", "Coturn-{} 'Gorst'\n", "0: : Version Coturn-{} 'Gorst'\n"])
def test_the_version_is_found_in_what_each_of_them_says(version: str, form: str) -> None:
    said = installed.said_version(form.format(version))
    assert said is not None
    assert dotted(said) == version


USAGE = """\
Usage: turnserver [options]
Options:
 -d, --listening-device	<device-name>		Listener interface device (NOT RECOMMENDED. Optional, Linux only).
 -X, --external-ip <public-ip[/private-ip]>	TURN Server public/private address mapping.
						-X 60.70.80.91/172.17.19.101
						-X 60.70.80.92/172.17.19.102
						to 10.0.0.1, 83.166.64.0-83.166.95.255, 4.5.2.1
"""


def test_an_example_address_in_the_usage_of_4_5_2_is_no_version(turnserver: Path) -> None:
    turnserver.write_text(f"#!/bin/sh\ncat <<'EOF'\n{USAGE}EOF\nexit 255\n")
    with pytest.raises(NotInstalled, match=r"before 4\.6"):
        installed.version(replace(TURN, version=None))


def test_a_newer_coturn_than_those_that_were_tried_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(settings(replace(DIRECT, version=(4, 18, 1)))) == 0
    assert "note: coturn 4.18.1 is newer than what was tried" in capsys.readouterr().err


def test_a_coturn_that_is_too_old_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(settings(replace(DIRECT, version=(4, 5, 2)))) == 2
    assert "too old" in capsys.readouterr().err


def test_several_hosts_get_a_file_each(capsys: pytest.CaptureFixture[str]) -> None:
    commands.print_conf(settings(replace(DIRECT, hosts=("a.example.org", "b.example.org"))))
    assert "render each with the COTURN_PUBLIC_IP of its own" in capsys.readouterr().err


def test_a_name_in_the_addresss_place_is_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    # The resolver takes an address for a name that has it.
    named = replace(TURN, public_ip="45.76.0.10")
    assert installed.looked_up(named).public_ip == IPv4Address("45.76.0.10")
    assert commands.print_conf(settings(named)) == 0
    assert "listening-ip=45.76.0.10\n" in capsys.readouterr().out
    assert commands.print_guard(settings(named)) == 0
    assert "ip daddr 45.76.0.10 udp" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["localhost", "0.0.0.0", "169.254.7.7", "224.0.0.1", "255.255.255.255"])
def test_a_name_that_leads_to_no_relay_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        commands.print_conf(settings(replace(TURN, public_ip=name, private_ip=IPv4Address("10.0.0.5")))) == 2
    )
    said = capsys.readouterr()
    assert said.out == ""
    assert f"COTURN_PUBLIC_IP={name} leads to" in said.err


def test_the_hosts_own_line_in_etc_hosts_is_passed_over() -> None:
    found = map(IPv4Address, ["45.76.0.12", "127.0.1.1", "0.0.0.0", "45.76.0.11"])
    assert installed.of_a_relay(found) == IPv4Address("45.76.0.11")


@pytest.mark.parametrize("command", [commands.print_conf, commands.print_guard, commands.run_coturn])
def test_a_name_that_has_no_address_is_refused(
    command: Callable[[Settings], int], turnserver: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(settings(replace(TURN, public_ip="nobody.invalid"))) == 2
    assert "COTURN_PUBLIC_IP=nobody.invalid has no IPv4 address now" in capsys.readouterr().err


def test_a_turnserver_without_a_version_is_refused(turnserver: Path) -> None:
    turnserver.write_text("#!/bin/sh\necho no\n")
    with pytest.raises(NotInstalled, match="COTURN_VERSION"):
        installed.version(replace(TURN, version=None))


@pytest.mark.lab
def test_a_machine_without_network_has_loopback() -> None:
    with namespace():
        assert installed.lan_address() == IPv4Address("127.0.0.1")


def test_a_machine_has_its_loopback_and_no_documentation_address() -> None:
    assert installed.bindable(IPv4Address("127.0.0.1"))
    assert not installed.bindable(IPv4Address("203.0.113.77"))


@pytest.mark.coturn
def test_the_installed_coturn_runs_as_anyone_from_its_own_folder() -> None:
    """As nobody, who may write neither to /var/lib/turn nor to /run."""
    if os.geteuid() != 0:
        missing("root, to become nobody")
    if shutil.which("turnserver") is None:
        missing("coturn (`apt install coturn`)")
    commanded: list[list[str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = settings(replace(TURN, port=13478, version=VERSION))
        commands.run_coturn(chosen, folder=folder, execute=lambda _, arguments: commanded.append(arguments))
        for path in (folder, folder / "turnserver.conf"):
            shutil.chown(path, "nobody")
        with subprocess.Popen(
            commanded[0], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, user="nobody"
        ) as process:
            assert process.stdout is not None
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if "Relay ports initialization done" in line:
                    break
            deadline = time.monotonic() + 5
            while not (folder / "turndb").exists() and time.monotonic() < deadline:
                time.sleep(0.02)  # the first question opens it, and newer ones say nothing of it
            process.terminate()
        assert (folder / "turndb").exists(), said
        assert not [line for line in said if "ermission" in line]

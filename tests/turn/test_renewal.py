"""coturn follows a public address that changes, and no call is cut for it."""

from __future__ import annotations

import os
import pwd
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from meshvoice.settings import Settings, TurnSettings
from meshvoice.turn import renewal
from tests.turn.coturn_server import SECRET

TURN = TurnSettings(
    shared_secrets=(SECRET,),
    public_ip=IPv4Address("45.76.0.10"),
    private_ip=IPv4Address("127.0.0.1"),
    version=(4, 6, 1),
    min_port=61000,
    max_port=65535,
)
USER = pwd.getpwuid(os.getuid()).pw_name


class Host:
    """A host with both files of coturn's, and what became of coturn."""

    def __init__(self, folder: Path) -> None:
        self.conf, self.guard = folder / "turnserver.conf", folder / "nftables-turn.conf"
        self.restarts = 0
        self.restarting = 0

    def renew(self, turn: TurnSettings) -> int:
        """Run the command, once."""
        settings = Settings(secret_keys=(b"k" * 32,), turn=turn)
        return renewal.renew(settings, conf=self.conf, guard=self.guard, user=USER, restart=self._restart)

    def _restart(self) -> int:
        self.restarts += 1
        return self.restarting


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    assert host.renew(TURN) == 0
    host.conf.chmod(0o640)
    return host


@contextmanager
def relaying(turn: TurnSettings, family: socket.AddressFamily = socket.AF_INET) -> Iterator[None]:
    """Hold a UDP port of the relay range, as coturn does for an allocation."""
    loopback = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family, socket.SOCK_DGRAM) as relayed:
        for port in range(turn.min_port, turn.max_port):
            try:
                relayed.bind((loopback, port))
            except OSError:
                continue
            break
        yield


MOVED = replace(TURN, public_ip=IPv4Address("45.76.0.11"))


def test_what_did_not_change_restarts_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert host.renew(TURN) == 0
    assert host.restarts == 1
    assert capsys.readouterr().err == ""


def test_a_new_address_is_rendered_and_coturn_restarted(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.renew(MOVED) == 0
    assert host.restarts == 2
    assert "external-ip=45.76.0.11/127.0.0.1\n" in host.conf.read_text()
    assert stat.S_IMODE(host.conf.stat().st_mode) == 0o640
    assert "COTURN_PUBLIC_IP is 45.76.0.11" in capsys.readouterr().err
    assert list(host.conf.parent.glob("*.new")) == []


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_while_somebody_relays_it_is_put_off_and_said(
    host: Host, family: socket.AddressFamily, capsys: pytest.CaptureFixture[str]
) -> None:
    before = host.conf.read_text()
    with relaying(TURN, family):
        assert host.renew(MOVED) == 0
        assert "put off until nobody relays" in capsys.readouterr().err
        assert (host.conf.read_text(), host.restarts) == (before, 1)
    assert host.renew(MOVED) == 0
    assert host.restarts == 2


def test_a_coturn_that_does_not_restart_is_an_error(host: Host) -> None:
    host.restarting = 1
    assert host.renew(MOVED) == 1


def test_a_name_without_an_address_changes_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert host.renew(replace(TURN, public_ip="nobody.invalid")) == 2
    assert "has no IPv4 address now" in capsys.readouterr().err
    assert host.restarts == 1


def test_a_name_that_leads_nowhere_leaves_the_old_file(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dynamic DNS gives 0.0.0.0 for who is offline: to coturn an allowed peer of that name is everybody."""
    before = host.conf.read_text()
    assert host.renew(replace(TURN, public_ip="0.0.0.0")) == 2
    assert "leads to 0.0.0.0 now" in capsys.readouterr().err
    assert (host.conf.read_text(), host.restarts) == (before, 1)


def test_a_host_without_a_place_for_the_guard_keeps_the_file_that_it_has(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file of two would count at the next start; and a trace says nobody what to do."""
    before = host.conf.read_text()
    host.guard = host.guard.parent / "coturn" / host.guard.name
    assert host.renew(MOVED) == 2
    assert (host.conf.read_text(), host.restarts) == (before, 1)
    assert list(host.conf.parent.glob("*.new")) == []
    err = capsys.readouterr().err
    assert f"{host.guard}.new: No such file or directory" in err
    assert "where coturn is set up" in err


def test_a_host_without_coturns_user_is_told(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(secret_keys=(b"k" * 32,), turn=MOVED)
    assert renewal.renew(settings, conf=host.conf, guard=host.guard, user="nobody-here") == 2
    assert "nobody-here: no such user" in capsys.readouterr().err


TABLE = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  132: 0100007F:C000 00000000:0000 07 00000000:00000000 00:00000000 00000000   107        0 4711 2 0 0
  133: 0100007F:FFFF 00000000:0000 07 00000000:00000000 00:00000000 00000000   107        0 4712 2 0 0
  134: 0100007F:BFFF 00000000:0000 07 00000000:00000000 00:00000000 00000000   107        0 4713 2 0 0
  135: 0100007F:D000 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4714 2 0 0
"""


def test_allocations_are_coturns_sockets_on_relay_ports_alone() -> None:
    assert renewal.allocations(TABLE, TurnSettings(), uid=107) == 2

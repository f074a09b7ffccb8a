"""The doctor finds nothing in a good deployment, and names the right leg of each broken one.

The server and whoever examines it are two machines; coturn, its packets and the firewall are real.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest

from meshvoice.doctor.deployment import Deployment
from meshvoice.doctor.examination import examine
from meshvoice.doctor.findings import Finding, Status
from meshvoice.settings import TurnSettings
from tests.doctor.authority import Authority
from tests.turn.coturn_server import SECRET, conf, running
from tests.turn.lab import Lab, two_machines

pytestmark = [pytest.mark.coturn, pytest.mark.lab]

OTHER = "pR4tW8xK2mV6bN0cJ5hL9gF3dS7aQ1zE"
HOST = "turn.example.org"
PUBLIC, PRIVATE, LAN = IPv4Address("45.76.0.10"), IPv4Address("10.0.0.5"), IPv4Address("192.168.7.2")
PUBLIC6 = IPv6Address("2a01:4f8::10")
CLIENT, CLIENT6 = "45.77.0.2/32", "2a01:4f9::2/128"
RANGE = "50000-50999"
BASE = TurnSettings(shared_secrets=(SECRET,), host=HOST, realm=HOST, min_port=50000, max_port=50999, ttl=3600)
DIRECT = replace(BASE, public_ip=PUBLIC)
NAT = replace(DIRECT, private_ip=PRIVATE)
DUAL = replace(DIRECT, public_ip6=PUBLIC6)
ONE_TO_ONE = f"""
table ip nat {{
  chain prerouting {{ type nat hook prerouting priority -100; ip daddr {PUBLIC} dnat to {PRIVATE}; }}
}}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    server = (f"{PUBLIC}/32", f"{PRIVATE}/32", f"{LAN}/32", f"{PUBLIC6}/128")
    with two_machines(server=server, client=(CLIENT, CLIENT6)) as lab:
        yield lab


@pytest.fixture(scope="module")
def behind_nat() -> Iterator[Lab]:
    with two_machines(server=(f"{PRIVATE}/32",), client=(CLIENT,)) as lab:
        wire = lab.run("server", "cat", "/sys/class/net/wire/address").strip()
        # Nobody answers ARP for an address that only the NAT knows.
        lab.run("client", "ip", "neigh", "add", str(PUBLIC), "lladdr", wire, "dev", "wire")
        lab.firewall("server", ONE_TO_ONE)
        yield lab


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@dataclass
class Bench:
    """Runs a coturn on the server, and the doctor on the other machine."""

    lab: Lab
    folder: Path
    authority: Authority
    user: str | None = None

    async def examine(
        self, turn: TurnSettings, conf: str | None, *, addresses: list[str] | None = None, **options: Any
    ) -> list[Finding]:
        async def resolve(_: str) -> list[str]:
            return addresses or [str(turn.public_ip or LAN)]

        with ExitStack() as machines:
            if conf is not None:
                with self.lab.on("server"):
                    machines.enter_context(running(conf, self.folder, user=self.user))
            machines.enter_context(self.lab.on("client"))
            deployment = Deployment(turn=turn, tls=self.authority.trust(), resolve=resolve, **options)
            return [finding async for finding in examine(deployment)]


@pytest.fixture
def bench(lab: Lab, authority: Authority, tmp_path: Path) -> Iterator[Bench]:
    yield Bench(lab, tmp_path, authority)
    lab.run("server", "nft", "flush", "ruleset")


@pytest.fixture
def nat_bench(behind_nat: Lab, authority: Authority, tmp_path: Path) -> Bench:
    return Bench(behind_nat, tmp_path, authority)


def failed(findings: list[Finding]) -> set[str]:
    """Name what failed, as `check` or `check/leg`, each with what to do."""
    wrong = [finding for finding in findings if finding.status is Status.FAILED]
    assert all(finding.fix for finding in wrong)
    return {finding.check + (f"/{finding.leg}" if finding.leg else "") for finding in wrong}


def fix(findings: list[Finding], check: str) -> str:
    return next(finding.fix for finding in findings if finding.check == check and finding.fix)


def secured(turn: TurnSettings, files: tuple[Path, Path]) -> TurnSettings:
    return replace(turn, tls_cert=str(files[0]), tls_key=str(files[1]))


async def test_a_good_deployment_with_tls_and_ipv6_has_nothing_wrong(bench: Bench) -> None:
    turn = secured(DUAL, bench.authority.issue(HOST))
    findings = await bench.examine(turn, conf(turn), addresses=[str(PUBLIC), str(PUBLIC6)])
    assert [finding.line() for finding in findings if finding.status is not Status.OK] == []
    assert {(finding.check, finding.leg) for finding in findings} >= {
        *((check, leg) for check in ("stun", "credential") for leg in ("udp", "tcp", "tls")),
        *((check, "") for check in ("name", "secret", "clock", "realm", "relay-address", "two-relays")),
        *((check, "") for check in ("one-relay", "relay-range", "relay-ipv6", "tcp-relay")),
        *((check, "") for check in ("wrong-credential", "expired-credential")),
        *((f"{check}-ipv{family}", "") for check in ("denied", "granted") for family in (4, 6)),
        ("certificate", "tls"),
    }


async def test_a_good_deployment_behind_nat_has_nothing_wrong(nat_bench: Bench) -> None:
    findings = await nat_bench.examine(NAT, conf(NAT))
    assert failed(findings) == set()


async def test_a_good_deployment_on_a_lan_has_nothing_wrong(bench: Bench) -> None:
    turn = replace(BASE, host=str(LAN))
    findings = await bench.examine(turn, conf(turn, local=(LAN,)))
    assert failed(findings) == set()


async def test_wrong_secret(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(replace(DIRECT, shared_secrets=(OTHER,))))
    assert failed(findings) == {"credential/udp", "credential/tcp", "secret"}


async def test_secret_that_coturn_does_not_sign_with_yet(bench: Bench) -> None:
    """A rotation that began at the wrong end: the app signs with what coturn has not heard of."""
    findings = await bench.examine(replace(DIRECT, shared_secrets=(OTHER, SECRET)), conf(DIRECT))
    assert failed(findings) == {"credential/udp", "credential/tcp", "secret"}


async def test_wrong_realm(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(replace(DIRECT, realm="elsewhere.example.org")))
    assert failed(findings) == {"realm"}


async def test_missing_external_ip(nat_bench: Bench) -> None:
    findings = await nat_bench.examine(DIRECT, conf(BASE, local=(PRIVATE,)))
    assert failed(findings) == {"relay-address"}
    assert f"COTURN_PRIVATE_IP={PRIVATE}" in fix(findings, "relay-address")


async def test_external_ip_without_its_private_half(nat_bench: Bench) -> None:
    halved = conf(NAT).replace(f"external-ip={PUBLIC}/{PRIVATE}", f"external-ip={PUBLIC}")
    findings = await nat_bench.examine(NAT, halved)
    assert failed(findings) == {"two-relays"}
    assert "COTURN_PRIVATE_IP" in fix(findings, "two-relays")


async def test_closed_udp_port(bench: Bench) -> None:
    bench.lab.firewall("server", _dropping("udp dport 3478"))
    findings = await bench.examine(DIRECT, conf(DIRECT))
    assert failed(findings) == {"stun/udp"}
    assert "3478/udp" in fix(findings, "stun")


async def test_closed_tcp_port(bench: Bench) -> None:
    bench.lab.firewall("server", _dropping("tcp dport 3478"))
    findings = await bench.examine(DIRECT, conf(DIRECT))
    assert failed(findings) == {"stun/tcp"}


async def test_closed_relay_range(bench: Bench) -> None:
    bench.lab.firewall("server", _dropping(f"udp dport {RANGE}"))
    findings = await bench.examine(DIRECT, conf(DIRECT))
    assert failed(findings) == {"one-relay", "relay-range"}
    assert RANGE.replace("-", " to ") in fix(findings, "relay-range")


async def test_another_relay_range(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(replace(DIRECT, min_port=60000, max_port=60999)))
    assert failed(findings) == {"relay-address"}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"days": -1}, "expired"),
        ({"days": 5}, "ends in"),
        ({"name": "other.example.org"}, "another name"),
        ({"by_itself": True}, "self-signed"),
        ({"by_itself": True, "days": -1}, "self-signed"),
    ],
    ids=["expired", "near its end", "of another name", "self-signed", "self-signed and expired"],
)
async def test_certificate_that_browsers_refuse(bench: Bench, options: dict[str, Any], named: str) -> None:
    turn = secured(DIRECT, bench.authority.issue(**({"name": HOST} | options)))
    findings = await bench.examine(turn, conf(turn))
    assert failed(findings) == {"certificate/tls"}
    assert named in next(finding.answer for finding in findings if finding.check == "certificate")


async def test_key_that_coturn_can_not_read(bench: Bench) -> None:
    cert, key = bench.authority.issue(HOST)
    key.chmod(0o600)
    bench.user = "turnserver"
    _let_through(bench.folder, cert)
    turn = secured(DIRECT, (cert, key))
    findings = await bench.examine(turn, conf(turn))
    assert failed(findings) == {"certificate/tls"}
    assert "read certificate and key" in fix(findings, "certificate")


@pytest.mark.parametrize(("off", "named"), [(600, "behind"), (-600, "ahead")])
async def test_clock_ten_minutes_off(bench: Bench, off: int, named: str) -> None:
    findings = await bench.examine(DIRECT, conf(DIRECT), clock=lambda: time.time() + off)
    assert failed(findings) == {"clock"}
    assert named in next(finding.answer for finding in findings if finding.check == "clock")


async def test_clock_so_far_off_that_credentials_are_born_expired(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(DIRECT), clock=lambda: time.time() - 7200)
    assert failed(findings) == {"credential/udp", "credential/tcp", "clock"}


async def test_coturn_is_down(bench: Bench) -> None:
    turn = replace(DIRECT, tls_cert="/c", tls_key="/k")
    findings = await bench.examine(turn, None)
    assert failed(findings) == {"stun/udp", "stun/tcp", "certificate/tls"}


async def test_name_with_an_ipv6_address_that_coturn_does_not_serve(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(DIRECT), addresses=[str(PUBLIC), str(PUBLIC6)])
    assert failed(findings) == {"stun/udp", "stun/tcp"}
    assert "AAAA" in fix(findings, "stun")


async def test_ipv6_that_is_set_but_not_relayed(bench: Bench) -> None:
    findings = await bench.examine(DUAL, conf(DIRECT))
    assert failed(findings) == {"relay-ipv6"}


async def test_ipv6_relay_that_is_not_set(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(DUAL))
    assert failed(findings) == {"relay-ipv6"}


async def test_deny_list_missing(bench: Bench) -> None:
    findings = await bench.examine(DUAL, _without(conf(DUAL), "denied-peer-ip="))
    assert failed(findings) == {"denied-ipv4", "denied-ipv6"}


async def test_deny_list_without_cloud_metadata(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, _without(conf(DIRECT), "denied-peer-ip=169.254"))
    assert failed(findings) == {"denied-ipv4"}
    assert "169.254.169.254" in next(f.answer for f in findings if f.check == "denied-ipv4")


async def test_deny_list_that_denies_everyone(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(DIRECT) + "denied-peer-ip=0.0.0.0\n")
    assert "granted-ipv4" in failed(findings)


async def test_tcp_relay_allowed(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, _without(conf(DIRECT), "no-tcp-relay"))
    assert failed(findings) == {"tcp-relay"}


async def test_name_that_points_elsewhere(bench: Bench) -> None:
    findings = await bench.examine(
        replace(DIRECT, public_ip=IPv4Address("45.76.0.99")), conf(DIRECT), addresses=[str(PUBLIC)]
    )
    assert failed(findings) == {"name", "relay-address"}


async def test_name_that_does_not_resolve(bench: Bench) -> None:
    async def resolve(_: str) -> list[str]:
        raise OSError("Name or service not known")

    deployment = Deployment(turn=DIRECT, resolve=resolve)
    findings = [finding async for finding in examine(deployment)]
    assert failed(findings) == {"name"}


def _dropping(match: str) -> str:
    return (
        f"table inet test {{ chain input {{ type filter hook input priority 0; iif wire {match} drop; }}; }}"
    )


def _without(text: str, start: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


def _let_through(*paths: Path) -> None:
    """Let another user reach a file in pytest's folders, which only their owner enters."""
    for path in paths:
        for folder in path.parents:
            if folder.stat().st_mode & 0o001 == 0:
                folder.chmod(0o755)

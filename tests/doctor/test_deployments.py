"""The doctor finds nothing in a good deployment, and names the right leg of each broken one.

The server and whoever examines it are two machines; coturn, its packets and the firewall are real.
"""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from meshvoice.doctor.deployment import Deployment
from meshvoice.doctor.examination import examine
from meshvoice.doctor.findings import Status
from meshvoice.turn import coturn
from tests.doctor.bench import (
    BASE,
    DIRECT,
    DUAL,
    GUARD,
    HOST,
    LAN,
    NAT,
    OTHER,
    PRIVATE,
    PUBLIC,
    PUBLIC6,
    RANGE,
    Bench,
    dropping,
    failed,
    fix,
    secured,
    without,
)
from tests.turn.coturn_server import SECRET, conf, let_through
from tests.turn.lab import Lab

pytestmark = [pytest.mark.coturn, pytest.mark.lab]


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


async def test_a_good_deployment_by_ipv6_alone_has_nothing_wrong(bench: Bench) -> None:
    turn = replace(BASE, public_ip6=PUBLIC6)
    findings = await bench.examine(turn, conf(turn), addresses=[str(PUBLIC6)])
    assert failed(findings) == set()
    assert "one-relay" in {finding.check for finding in findings if finding.status is Status.OK}


async def test_a_name_with_ipv6_alone_is_examined_by_ipv6(bench: Bench) -> None:
    findings = await bench.examine(DUAL, conf(DUAL), addresses=[str(PUBLIC6)])
    assert failed(findings) == set()
    assert "one-relay" in {finding.check for finding in findings if finding.status is Status.OK}


async def test_an_examiner_without_ipv6_blames_nobody_for_it(behind_nat: Lab, bench: Bench) -> None:
    bench.lab = behind_nat
    findings = await bench.examine(NAT, conf(NAT), addresses=[str(PUBLIC), str(PUBLIC6)])
    assert failed(findings) == set()
    assert {"stun"} == {f.check for f in findings if f.answer == "this machine has no IPv6"}


async def test_the_guard_stops_nothing_that_is_needed(nat_bench: Bench) -> None:
    """The whole of a production host: NAT, the rendered configuration and the guard, as user `turnserver`."""
    nat_bench.user = "turnserver"
    let_through(nat_bench.folder / "turnserver.conf")
    nat_bench.lab.firewall("server", coturn.render_guard(NAT, template=GUARD))
    findings = await nat_bench.examine(NAT, conf(NAT))
    assert failed(findings) == set()
    assert {"two-relays", "one-relay"} <= {f.check for f in findings if f.status is Status.OK}


async def test_a_good_deployment_on_a_lan_has_nothing_wrong(bench: Bench) -> None:
    turn = replace(BASE, hosts=(str(LAN),))
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
    bench.lab.firewall("server", dropping("udp dport 3478"))
    findings = await bench.examine(DIRECT, conf(DIRECT))
    assert failed(findings) == {"stun/udp"}
    assert "3478/udp" in fix(findings, "stun")


async def test_closed_tcp_port(bench: Bench) -> None:
    bench.lab.firewall("server", dropping("tcp dport 3478"))
    findings = await bench.examine(DIRECT, conf(DIRECT))
    assert failed(findings) == {"stun/tcp"}


async def test_closed_relay_range(bench: Bench) -> None:
    bench.lab.firewall("server", dropping(f"udp dport {RANGE}"))
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
    let_through(bench.folder, cert)
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
    findings = await bench.examine(DUAL, without(conf(DUAL), "denied-peer-ip="))
    assert failed(findings) == {"denied-ipv4", "denied-ipv6"}


async def test_deny_list_without_cloud_metadata(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, without(conf(DIRECT), "denied-peer-ip=169.254"))
    assert failed(findings) == {"denied-ipv4"}
    assert "169.254.169.254" in next(f.answer for f in findings if f.check == "denied-ipv4")


async def test_deny_list_that_denies_everyone(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, conf(DIRECT) + "denied-peer-ip=0.0.0.0\n")
    assert "granted-ipv4" in failed(findings)


async def test_tcp_relay_allowed(bench: Bench) -> None:
    findings = await bench.examine(DIRECT, without(conf(DIRECT), "no-tcp-relay"))
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

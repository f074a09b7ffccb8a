"""The doctor finds nothing in a good deployment, and names the right leg of each broken one.

The server and whoever examines it are two machines; coturn, its packets and the firewall are real.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from meshvoice.doctor.findings import Status
from meshvoice.turn import coturn
from tests.doctor import broken
from tests.doctor.bench import (
    BASE,
    DUAL,
    GUARD,
    HOST,
    LAN,
    NAT,
    PRIVATE,
    PUBLIC,
    PUBLIC6,
    Bench,
    dropping,
    failed,
    fix,
    secured,
)
from tests.doctor.broken import Broken
from tests.turn.coturn_server import conf, let_through
from tests.turn.lab import Lab

pytestmark = [pytest.mark.coturn, pytest.mark.lab]


def sent(bench: Bench) -> int:
    """Count the bytes that went over the client's wire, both ways."""
    return sum(
        int(bench.lab.run("client", "cat", f"/sys/class/net/wire/statistics/{way}_bytes"))
        for way in ("rx", "tx")
    )


async def test_a_good_deployment_with_tls_and_ipv6_has_nothing_wrong(bench: Bench) -> None:
    turn = secured(DUAL, bench.authority.issue(HOST))
    before = sent(bench)
    findings = await bench.examine(turn, conf(turn), addresses=[str(PUBLIC), str(PUBLIC6)])
    # The server does it every quarter of an hour.
    assert sent(bench) - before < 320_000
    assert [finding.line() for finding in findings if finding.status is not Status.OK] == []
    assert {(finding.check, finding.leg) for finding in findings} >= {
        *((check, leg) for check in ("stun", "credential") for leg in ("udp", "tcp", "tls")),
        *((check, "") for check in ("name", "secret", "clock", "realm", "relay-address", "two-relays")),
        *((check, "") for check in ("one-relay", "relay-range", "user-quota", "relay-ipv6", "tcp-relay")),
        *((check, "") for check in ("wrong-credential", "expired-credential")),
        *((f"{check}-ipv{family}", "") for check in ("denied", "granted") for family in (4, 6)),
        ("certificate", "tls"),
    }


@pytest.mark.parametrize("ports", [pytest.param(2, marks=pytest.mark.slow), 4])
async def test_a_small_range_is_not_blamed_for_the_ports_that_the_doctor_itself_holds(
    bench: Bench, ports: int
) -> None:
    """Nor is its quota, of as many allocations, for those that ended a second ago."""
    turn = replace(BASE, public_ip=PUBLIC, max_port=BASE.min_port + ports - 1)
    findings = await bench.examine(turn, conf(turn), runs=2)
    assert failed(findings) == set()
    [range_] = [finding for finding in findings if finding.check == "relay-range"]
    assert range_.status is Status.OK
    assert range_.answer == "all of them are open"


async def test_a_good_deployment_behind_nat_has_nothing_wrong(nat_bench: Bench) -> None:
    findings = await nat_bench.examine(NAT, conf(NAT))
    assert failed(findings) == set()


async def test_a_good_deployment_by_ipv6_alone_has_nothing_wrong(bench: Bench) -> None:
    turn = replace(BASE, public_ip6=PUBLIC6)
    findings = await bench.examine(turn, conf(turn), addresses=[str(PUBLIC6)])
    assert failed(findings) == set()
    assert "one-relay" in {finding.check for finding in findings if finding.status is Status.OK}


async def test_where_an_inventory_alone_knows_the_address_the_names_own_is_right(bench: Bench) -> None:
    """As the playbook does for a host without IPv4; the app, which examines it, has no COTURN_PUBLIC_IP6."""
    findings = await bench.examine(
        BASE, conf(replace(BASE, public_ip6=PUBLIC6)), addresses=[str(PUBLIC6)], runs=2
    )
    assert failed(findings) == set()
    assert {"relay-ipv6", "one-relay", "relay-range"} <= {f.check for f in findings if f.status is Status.OK}


@pytest.mark.parametrize("host", [HOST, str(PUBLIC6)], ids=["by a name", "by its address"])
async def test_where_no_setting_names_an_address_a_port_that_ipv6_finds_closed_is_a_firewalls(
    bench: Bench, host: str
) -> None:
    """An inventory's host may have IPv6 alone: without its record nobody would reach it at all."""
    bench.lab.firewall("server", dropping("meta nfproto ipv6 meta l4proto { tcp, udp } th dport 3478"))
    turn = replace(BASE, hosts=(host,))
    findings = await bench.examine(turn, conf(replace(turn, public_ip6=PUBLIC6)), addresses=[str(PUBLIC6)])
    assert failed(findings) == {"stun/udp", "stun/tcp"}
    said = fix(findings, "stun")
    assert "open 3478/udp, for IPv6 too, in the firewalls" in said
    assert "COTURN_PUBLIC_IP6" not in said
    assert ("AAAA" in said) == (host == HOST)


async def test_of_a_second_host_ipv6_is_not_held_against_the_first_ones_settings(bench: Bench) -> None:
    bench.lab.firewall("server", dropping("meta nfproto ipv6 udp dport 3478"))
    turn = replace(BASE, public_ip=PUBLIC, hosts=(HOST, str(PUBLIC6)))
    findings = await bench.examine(turn, conf(turn) + f"listening-ip={PUBLIC6}\nrelay-ip={PUBLIC6}\n")
    [said] = [each.fix for each in findings if each.host == 2 and each.name() == "stun (udp)"]
    assert "firewalls" in said
    assert "COTURN_PUBLIC_IP6" not in said


async def test_a_name_with_ipv6_alone_is_examined_by_ipv6(bench: Bench) -> None:
    findings = await bench.examine(DUAL, conf(DUAL), addresses=[str(PUBLIC6)])
    assert failed(findings) == set()
    assert "one-relay" in {finding.check for finding in findings if finding.status is Status.OK}


async def test_an_examiner_without_ipv6_blames_nobody_for_it(behind_nat: Lab, bench: Bench) -> None:
    bench.lab = behind_nat
    findings = await bench.examine(NAT, conf(NAT), addresses=[str(PUBLIC), str(PUBLIC6)])
    assert failed(findings) == set()
    assert {"stun"} == {f.check for f in findings if f.answer == "this machine has no IPv6"}


async def test_an_examiner_without_ipv4_blames_nobody_for_it(by_ipv6: Lab, bench: Bench) -> None:
    bench.lab = by_ipv6
    findings = await bench.examine(DUAL, conf(DUAL), addresses=[str(PUBLIC), str(PUBLIC6)])
    assert failed(findings) == set()
    assert {"stun", "one-relay", "relay-range"} == {
        f.check for f in findings if f.answer == "this machine has no IPv4"
    }


@pytest.mark.parametrize(
    ("dropped", "blamed"),
    [("meta l4proto { tcp, udp }", set()), ("udp dport 3478", {"stun/udp"}), ("udp dport 9", set())],
    ids=["leads nowhere", "leads out, and UDP is closed", "leads out"],
)
async def test_an_examiner_with_ipv6_of_its_own_network_alone_blames_nobody_for_silence(
    by_home_ipv6: Lab, bench: Bench, dropped: str, blamed: set[str]
) -> None:
    bench.lab = by_home_ipv6
    by_home_ipv6.firewall("server", dropping(f"meta nfproto ipv6 {dropped}"))
    try:
        findings = await bench.examine(DUAL, conf(DUAL), addresses=[str(PUBLIC), str(PUBLIC6)])
    finally:
        by_home_ipv6.run("server", "nft", "flush", "ruleset")
    assert {each for each in failed(findings) if each.startswith("stun")} == blamed
    silent = [each for each in findings if "fd00:9::2, which nobody outside reaches" in each.answer]
    assert {each.name() for each in silent} == ({"stun (udp)", "stun (tcp)"} if "tcp" in dropped else set())


async def test_the_guard_stops_nothing_that_is_needed(nat_bench: Bench) -> None:
    """The whole of a production host: NAT, the rendered configuration and the guard, as user `turnserver`."""
    nat_bench.user = "turnserver"
    let_through(nat_bench.folder / "turnserver.conf")
    nat_bench.lab.firewall("server", coturn.render_guard(NAT, template=GUARD))
    findings = await nat_bench.examine(NAT, conf(NAT))
    assert failed(findings) == set()
    assert {"two-relays", "one-relay"} <= {f.check for f in findings if f.status is Status.OK}


async def test_on_the_relays_own_host_nothing_is_blamed_for_what_the_guard_stops(bench: Bench) -> None:
    """The app examines its relay from there where one machine carries both."""
    bench.user, bench.examiner = "turnserver", "server"
    let_through(bench.folder / "turnserver.conf")
    bench.lab.firewall("server", coturn.render_guard(DUAL, template=GUARD))
    findings = await bench.examine(DUAL, conf(DUAL), addresses=[str(PUBLIC), str(PUBLIC6)])
    assert failed(findings) == set()
    assert {"one-relay", "relay-range"} <= {f.check for f in findings if f.status is Status.SKIPPED}


@pytest.mark.parametrize("leads", ["127.0.1.1", "10.0.0.5"], ids=["its hosts file", "its name server"])
async def test_on_the_relays_own_host_or_network_its_name_may_lead_to_it_otherwise(
    nat_bench: Bench, leads: str
) -> None:
    nat_bench.examiner = "server"
    findings = await nat_bench.examine(NAT, conf(NAT), addresses=[leads], runs=2)
    assert failed(findings) == set()
    status = {finding.check: finding.status for finding in findings}
    assert status["name"] is Status.SKIPPED
    assert status["credential"] is status["relay-address"] is status["two-relays"] is Status.OK


@pytest.mark.parametrize("leads", ["127.0.1.1", "10.0.0.5"])
async def test_there_a_public_name_without_an_address_blames_nothing_else(
    nat_bench: Bench, leads: str
) -> None:
    """As it has where a dynamic DNS is offline, or where that name, too, is in the host's own file."""
    nat_bench.examiner = "server"
    findings = await nat_bench.examine(replace(NAT, public_ip=None), conf(NAT), addresses=[leads], runs=2)
    assert failed(findings) == set()
    status = {finding.check: finding.status for finding in findings}
    assert status["relay-address"] is status["two-relays"] is Status.OK


async def test_a_relay_that_offers_its_private_address_is_named_by_those_who_dial_that_too(
    nat_bench: Bench,
) -> None:
    nat_bench.examiner = "server"
    findings = await nat_bench.examine(NAT, conf(BASE, local=(PRIVATE,)), addresses=[str(PRIVATE)])
    assert failed(findings) == {"relay-address"}


async def test_a_coturn_that_is_down_is_told_on_its_own_host_where_the_name_leads_to_loopback(
    nat_bench: Bench,
) -> None:
    nat_bench.examiner = "server"
    findings = await nat_bench.examine(NAT, None, addresses=["127.0.1.1"])
    assert failed(findings) == {"stun/udp", "stun/tcp"}


async def test_a_record_of_the_private_address_is_wrong_to_those_outside(nat_bench: Bench) -> None:
    findings = await nat_bench.examine(NAT, conf(NAT), addresses=[str(PRIVATE)])
    assert failed(findings) == {"name"}


async def test_a_good_deployment_on_a_lan_has_nothing_wrong(bench: Bench) -> None:
    turn = replace(BASE, hosts=(str(LAN),))
    findings = await bench.examine(turn, conf(turn, local=(LAN,)))
    assert failed(findings) == set()


async def test_of_a_second_host_is_told_what_does_not_need_its_addresses(bench: Bench) -> None:
    turn = replace(BASE, public_ip=PUBLIC, hosts=(HOST, str(PUBLIC6)))
    findings = await bench.examine(turn, conf(turn) + f"listening-ip={PUBLIC6}\nrelay-ip={PUBLIC6}\n")
    assert failed(findings) == {"relay-ipv6"}
    second = {each.check: each for each in findings if each.host == 2}
    assert {second[name].status for name in ("realm", "denied-ipv4", "denied-ipv6", "tcp-relay")} == {
        Status.OK
    }
    assert second["relay-ipv6"].answer == str(PUBLIC6)


def _rows() -> list[Any]:
    return [
        pytest.param(each, id=each.name, marks=() if each.quick else pytest.mark.slow)
        for each in broken.TABLE
    ]


@pytest.mark.parametrize("case", _rows())
async def test_a_broken_deployment_is_named_by_its_leg_and_by_no_other_and_so_it_is_again(
    bench: Bench, nat_bench: Bench, case: Broken
) -> None:
    chosen, case = broken.set_up(case, bench, nat_bench)
    findings = await chosen.examine(
        case.turn,
        case.conf,
        addresses=case.addresses,
        clock=broken.clock(case),
        held=case.held,
        web=case.web,
        runs=2,
    )
    assert failed(findings) == case.failed
    wrong = [finding.line() for finding in findings if finding.status is Status.FAILED]
    assert any(case.says in line for line in wrong), wrong
    if case.turn.public_ip is None and case.turn.public_ip6 is not None:
        # IPv6 alone has no NAT of which coturn had to be told.
        assert not any("COTURN_PRIVATE_IP" in line for line in wrong)


def test_the_table_is_long_and_no_case_stands_twice() -> None:
    names = [each.name for each in broken.TABLE]
    assert len(set(names)) == len(names) >= 45

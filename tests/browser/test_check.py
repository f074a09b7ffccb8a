"""The check page against real deployments, each broken in one way: it names what fails, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.checking import check, deployment
from tests.browser.homes import at_home
from tests.browser.test_firefox import in_firefox
from tests.doctor.authority import Authority
from tests.doctor.broken import ONE_HOP
from tests.nat_lab import INSIDE, SERVER

pytestmark = [pytest.mark.coturn, pytest.mark.lab, pytest.mark.slow]
RELAYS = {"turn-udp", "turn-tcp", "turn-tls"}
OTHER = "uT6wE2kR9sA4hJ7bV1gN5qX8zL3cD0fP"


@pytest.mark.parametrize("server_behind_nat", [False, True], ids=["public address", "behind 1:1 NAT"])
async def test_all_is_well(tmp_path: Path, server_behind_nat: bool) -> None:
    async with deployment(tmp_path, server_behind_nat=server_behind_nat) as homes:
        told = await check(homes.people[0])
    seen_there = told.status.pop("from-site")
    # The lab's router doesn't lead back, so the site itself doesn't reach its public address.
    assert seen_there == ("notice" if server_behind_nat else "ok")
    assert set(told.status.values()) == {"ok"}
    assert told.named == []
    assert "All is well" in told.words


async def test_all_is_well_behind_a_symmetric_nat(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.nat(1, "symmetric")
        told = await check(homes.people[0])
    assert set(told.status.values()) == {"ok"}


async def test_firefox_says_the_same(tmp_path: Path) -> None:
    """It trusts no authority of a test's, so it refuses the certificate, and says no code with it."""
    async with deployment(tmp_path, spare=1) as homes:
        with homes.lab.inside("home2"):
            async with in_firefox("Fox", homes.server, tmp_path) as fox:
                await fox.come(await homes.people[0].invite())
                told = await check(fox)
                homes.lab.shut("udp dport 50000-50999")
                then = await check(fox)
    assert told.named == ["turn-tls"]
    assert told.failed == {"turn-tls"}
    assert "certificate" in told.words
    assert then.named == ["relay-range", "turn-tls"]


async def test_wrong_secret(tmp_path: Path) -> None:
    async with deployment(tmp_path, coturn={"COTURN_SHARED_SECRET": OTHER}) as homes:
        told = await check(homes.people[0])
    assert told.named == ["credential"]
    assert told.failed == RELAYS
    assert "refuses this site's credentials" in told.words


async def test_closed_udp_port(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.shut("udp dport 3478")
        told = await check(homes.people[0])
    assert told.named == ["turn-udp"]
    assert told.failed == {"turn-udp"}
    assert "voice will go through TCP" in told.words


async def test_a_network_that_blocks_udp(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.nat(1, "udp-blocked")
        told = await check(homes.people[0])
    assert told.named == ["turn-udp"]
    assert told.status["stun"] == "notice"
    assert told.status["one-sided"] == "skipped"
    assert "voice will go through TCP" in told.words


async def test_a_network_that_lets_only_port_443_out(tmp_path: Path) -> None:
    async with deployment(tmp_path, COTURN_TLS_PORT="443") as homes:
        homes.lab.nat(1, "only-443")
        told = await check(homes.people[0])
    assert told.named == ["turn-udp", "turn-tcp"]
    assert told.failed == {"turn-udp", "turn-tcp"}
    assert "voice will go through TLS" in told.words


async def test_closed_tcp_port(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.shut("tcp dport 3478")
        told = await check(homes.people[0])
    assert told.named == ["turn-tcp"]
    assert told.failed == {"turn-tcp"}


async def test_closed_relay_range(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.shut("udp dport 50000-50999")
        told = await check(homes.people[0])
    assert told.named == ["relay-range"]
    assert told.failed == {"one-sided"}
    assert "ports are shut" in told.words


async def test_missing_external_ip(tmp_path: Path) -> None:
    """coturn behind 1:1 NAT, told of its own address only."""
    apart = {"COTURN_PUBLIC_IP": INSIDE, "COTURN_PRIVATE_IP": ""}
    async with deployment(tmp_path, server_behind_nat=True, coturn=apart) as homes:
        told = await check(homes.people[0])
    assert told.named == ["external-ip"]
    assert told.failed == {"one-sided"}
    assert "COTURN_PRIVATE_IP" in told.report
    assert "nobody outside can reach" in told.words


@pytest.mark.parametrize(
    "certificate",
    [{"days": -1}, {"by_itself": True}, {"name": "other.example.org"}],
    ids=["expired", "self-signed", "of another name"],
)
async def test_certificate_that_browsers_refuse(tmp_path: Path, certificate: dict[str, Any]) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.issue(**({"name": SERVER} | certificate))
    tls: Any = {"COTURN_TLS_CERT": str(cert), "COTURN_TLS_KEY": str(key)}
    async with at_home(tmp_path, "Ana", turn=True, trust=authority.write(), **tls) as homes:
        told = await check(homes.people[0])
    assert told.named == ["turn-tls"]
    assert told.failed == {"turn-tls"}
    assert "certificate" in told.words


async def test_a_tls_port_that_coturn_keeps_closed(tmp_path: Path) -> None:
    """As it does where it can't read the key."""
    async with deployment(tmp_path, coturn={"COTURN_TLS_CERT": "", "COTURN_TLS_KEY": ""}) as homes:
        told = await check(homes.people[0])
    assert told.named == ["turn-tls"]
    assert "can't read the key" in told.report


async def test_coturn_is_down(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        assert homes.coturn is not None
        homes.coturn.kill()
        await homes.coturn.wait()
        told = await check(homes.people[0])
    assert told.named == ["turn"]
    assert told.failed == RELAYS
    assert "systemctl status coturn" in told.report


# What no browser can see: the server looked at its relay itself.


def without(start: str) -> Callable[[str], str]:
    return lambda conf: "".join(line for line in conf.splitlines(keepends=True) if not line.startswith(start))


UNSEEN: list[tuple[str, dict[str, Any], str, str]] = [
    ("another realm", {"coturn": {"COTURN_REALM": "elsewhere.example.org"}}, "realm", "COTURN_REALM"),
    ("no deny list", {"edit": without("denied-peer-ip=")}, "deny-list", "kernel guard"),
    ("TCP relays", {"edit": without("no-tcp-relay")}, "tcp-relay", "no-tcp-relay"),
    (
        "IPv6 set and not relayed",
        {"COTURN_PUBLIC_IP6": "2a01:4f8::10", "coturn": {"COTURN_PUBLIC_IP6": ""}},
        "relay-ipv6",
        "AAAA",
    ),
]


@pytest.mark.parametrize(("options", "step", "fix"), [pytest.param(*case, id=name) for name, *case in UNSEEN])
async def test_what_no_browser_sees_is_named_and_one_talks_all_the_same(
    tmp_path: Path, options: dict[str, Any], step: str, fix: str
) -> None:
    async with deployment(tmp_path, **options) as homes:
        told = await check(homes.people[0])
        again = await check(homes.people[0])
    assert told.named == again.named == [step]
    assert told.status["from-site"] == "notice"
    assert told.failed == set()
    assert "You can talk" in told.words
    assert fix in told.report


async def test_the_total_quota_is_told_from_ones_own(tmp_path: Path) -> None:
    used_up = {"edit": lambda conf: without("total-quota")(conf) + "total-quota=1\n"}
    async with deployment(tmp_path, **used_up) as homes:
        told = await check(homes.people[0])
    assert told.named == ["relay-limit"]
    assert "total-quota" in told.report


async def test_ones_own_quota_is_told_from_that_of_all(tmp_path: Path) -> None:
    used_up = {"edit": lambda conf: without("user-quota")(conf) + "user-quota=1\n"}
    async with deployment(tmp_path, **used_up) as homes:
        told = await check(homes.people[0])
    assert told.named == ["relay-limit"]
    assert "user-quota" in told.report


async def test_a_hop_limit_of_one_is_told_as_udp(tmp_path: Path) -> None:
    async with deployment(tmp_path) as homes:
        homes.lab.run("srv", "nft", "-f", "-", stdin=ONE_HOP)
        told = await check(homes.people[0])
    assert told.named == ["turn-udp"]
    assert "4.17.0" in told.report


async def test_key_and_certificate_that_differ(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    key = str(Authority(other).issue(SERVER)[1])
    async with deployment(tmp_path, coturn={"COTURN_TLS_KEY": key}) as homes:
        told = await check(homes.people[0])
    assert told.named == ["turn-tls"]


async def test_a_relay_that_asks_nobody_is_named_as_that(tmp_path: Path) -> None:
    """Chromium takes no address from it."""

    def opened(conf: str) -> str:
        return without("static-auth-secret")(conf).replace("use-auth-secret", "no-auth")

    async with deployment(tmp_path, edit=opened) as homes:
        told = await check(homes.people[0])
    assert told.named == ["open-relay"]
    assert "no-auth" in told.report

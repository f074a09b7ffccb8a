"""turnserver.conf is rendered for a version and a way of standing in the network, or refused."""

from __future__ import annotations

import os
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from meshvoice import assets
from meshvoice.settings import TurnSettings
from meshvoice.turn import coturn, deny
from meshvoice.turn.errors import NotConfigured, Refused
from meshvoice.turn.versions import Version

SECRET, OTHER = "Zk3vQ9mB1xT7cL5nW2rY8pD4sH6jF0aG", "pR4tW8xK2mV6bN0cJ5hL9gF3dS7aQ1zE"
GOLDEN = Path(__file__).parent / "golden"
TEMPLATE = (assets.find("conf") / "coturn.conf.j2").read_text()
GUARD = (assets.find("conf") / "nftables-turn.conf.j2").read_text()
PUBLIC, PRIVATE, LAN = IPv4Address("45.76.0.10"), IPv4Address("10.0.0.5"), IPv4Address("192.168.7.2")
PUBLIC6 = IPv6Address("2a01:4f8::10")

BASE = TurnSettings(shared_secrets=(SECRET,), hosts=("turn.example.org",), realm="turn.example.org")
DIRECT = replace(BASE, public_ip=PUBLIC)
NAT = replace(BASE, public_ip=PUBLIC, private_ip=PRIVATE)
DUAL = replace(BASE, public_ip=PUBLIC, public_ip6=PUBLIC6)
FULL = replace(
    NAT,
    shared_secrets=(SECRET, OTHER),
    public_ip6=PUBLIC6,
    tls_cert="/etc/coturn/tls/fullchain.pem",
    tls_key="/etc/coturn/tls/privkey.pem",
)


VERSIONS: tuple[Version, ...] = (
    *((4, 6, patch) for patch in (1, 2, 3)),
    *((4, minor, 0) for minor in range(7, 19)),
    *((4, 13, 1), (4, 17, 1)),
)
OLD = {
    "no-tlsv1",
    "no-tlsv1_1",
    "no-software-attribute",
    "no-rfc5780",
    "no-stun-backward-compatibility",
    "response-origin-only-with-rfc5780",
    "no-cli",
    "no-dtls",
}
LIMITED = {"unauthorized-ratelimit", "unauthorized-ratelimit-rps=100"}
NO_CERTIFICATE = {"cert=/dev/null", "pkey=/dev/null"}


def render(turn: TurnSettings = DIRECT, **options: Any) -> str:
    arguments: dict[str, Any] = {"version": (4, 6, 1), "seats": 8, "template": TEMPLATE}
    return coturn.render(turn, **(arguments | options))


def directives(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def values(text: str, name: str) -> list[str]:
    return [line.partition("=")[2] for line in directives(text) if line.partition("=")[0] == name]


@pytest.mark.parametrize(
    ("name", "turn", "version"),
    [
        ("4.6.1-everything", FULL, (4, 6, 1)),
        ("4.8.0-direct", DIRECT, (4, 8, 0)),
        ("4.13.1-dual-stack", DUAL, (4, 13, 1)),
        ("4.17.1-lan-only", BASE, (4, 17, 1)),
    ],
)
def test_render_is_as_reviewed(name: str, turn: TurnSettings, version: Version) -> None:
    """`UPDATE_GOLDEN=1 pytest` writes the files anew; review their diff."""
    golden, text = GOLDEN / f"{name}.conf", render(turn, version=version, local=(LAN,))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize(
    ("version", "only"),
    [
        ((4, 6, 0), OLD),
        ((4, 6, 1), OLD),
        ((4, 6, 2), OLD),
        ((4, 6, 3), OLD),
        ((4, 7, 0), {"no-cli", "no-dtls"}),
        ((4, 9, 9), {"no-cli", "no-dtls"}),
        ((4, 10, 0), {"no-dtls"}),
        ((4, 14, 0), {"no-dtls"} | LIMITED),
        ((4, 15, 0), {"no-dtls"} | LIMITED | NO_CERTIFICATE),
        ((4, 16, 9), {"no-dtls", "stateless-nonce"} | LIMITED | NO_CERTIFICATE),
        ((4, 17, 0), {"stateless-nonce"} | LIMITED | NO_CERTIFICATE),
        ((5, 0, 0), {"stateless-nonce"} | LIMITED | NO_CERTIFICATE),
    ],
)
def test_each_version_has_its_own_lines_beside_the_same_common_ones(version: Version, only: set[str]) -> None:
    common = set.intersection(*(set(directives(render(version=each))) for each in VERSIONS))
    assert len(common) > 30
    assert set(directives(render(version=version))) - common == only


def test_a_version_that_lacks_what_the_file_needs_is_refused() -> None:
    with pytest.raises(Refused, match=r"4\.5\.2 is too old: 4\.6\.0 or newer"):
        render(version=(4, 5, 2))


def test_a_newer_version_than_those_that_were_tried_is_told() -> None:
    assert list(coturn.surprises(DIRECT, version=(4, 18, 0))) == []
    (told,) = coturn.surprises(DIRECT, version=(4, 18, 1))
    assert told == "coturn 4.18.1 is newer than what was tried: rendered as for 4.18.0"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_needs_the_guard_to_be_reached_by_udp_says_so(version: Version) -> None:
    told = [each for each in coturn.surprises(DIRECT, version=version) if "guard" in each]
    assert len(told) == (version in {(4, 17, 0), (4, 17, 1)})


@pytest.mark.parametrize(("version", "many"), [((4, 13, 0), 0), ((4, 13, 1), 1)])
def test_a_relay_with_a_private_ipv6_address_is_told_whom_it_does_not_serve(
    version: Version, many: int
) -> None:
    private = replace(BASE, public_ip6=IPv6Address("fd00::10"))
    assert len(list(coturn.surprises(private, version=version))) == many
    assert list(coturn.surprises(DUAL, version=version)) == []
    assert list(coturn.surprises(BASE, version=version, local=(LAN,))) == []


def test_what_turnadmin_tells_goes_by_the_database_that_the_file_names() -> None:
    assert values(render(), "userdb") == ["/var/lib/turn/turndb"]
    assert values(render(database=""), "userdb") == []


def test_lines_of_a_version_with_tls_name_the_real_certificate() -> None:
    assert values(render(FULL, version=(4, 17, 1)), "cert") == ["/etc/coturn/tls/fullchain.pem"]


def test_a_relay_without_ipv4_relays_by_what_it_is_dialled() -> None:
    """Browsers ask for no family, and coturn takes that for IPv4."""
    alone = "allocation-default-address-family=keep"
    assert alone in directives(render(replace(BASE, public_ip6=PUBLIC6)))
    assert alone not in directives(render(DUAL))


@pytest.mark.parametrize("secret", ["hunter2", SECRET[:31], "a" * 32])
def test_a_coturn_of_ones_own_gets_a_secret_that_nobody_finds_out(secret: str) -> None:
    with pytest.raises(Refused, match="32 random characters") as caught:
        render(replace(DIRECT, shared_secrets=(SECRET, secret)))
    assert secret not in str(caught.value)


def test_a_relay_of_somebody_elses_is_not_rendered() -> None:
    with pytest.raises(Refused, match="COTURN_OURS"):
        render(replace(DIRECT, ours=False))
    with pytest.raises(Refused, match="COTURN_USERNAME"):
        render(replace(DIRECT, username="voice", password="four plain words"))


def test_a_name_that_was_not_looked_up_is_refused() -> None:
    with pytest.raises(Refused, match="COTURN_PUBLIC_IP=home"):
        render(replace(BASE, public_ip="home.example.org"))


def test_a_tls_port_before_coturns_is_none_of_coturns_business() -> None:
    text = render(replace(DIRECT, public_tls_port=443))
    assert "no-tls" in directives(text)
    assert values(text, "tls-listening-port") == []
    assert values(render(replace(FULL, public_tls_port=443)), "tls-listening-port") == ["5349"]


def test_syslog_comes_first_and_nothing_logs_who_calls() -> None:
    lines = directives(render())
    assert lines[0] == "syslog"
    assert not {"verbose", "Verbose", "lt-cred-mech", "secure-stun"} & set(lines)


def test_direct_host_needs_no_external_ip() -> None:
    text = render(DIRECT)
    assert values(text, "listening-ip") == values(text, "relay-ip") == [str(PUBLIC)]
    assert values(text, "external-ip") == values(text, "allowed-peer-ip") == []


def test_nat_maps_the_public_address_to_the_private_one() -> None:
    text = render(NAT)
    assert values(text, "external-ip") == [f"{PUBLIC}/{PRIVATE}"]
    assert values(text, "listening-ip") == values(text, "relay-ip") == [str(PRIVATE)]
    assert values(text, "allowed-peer-ip") == []


def test_the_same_address_twice_is_no_nat() -> None:
    assert values(render(replace(NAT, private_ip=PUBLIC)), "external-ip") == []


def test_dual_stack_listens_on_both() -> None:
    assert values(render(DUAL), "listening-ip") == [str(PUBLIC), str(PUBLIC6)]


def test_ipv6_alone_is_possible() -> None:
    assert values(render(replace(BASE, public_ip6=PUBLIC6)), "relay-ip") == [str(PUBLIC6)]


def test_a_relay_on_a_lan_may_reach_itself() -> None:
    text = render(BASE, local=(LAN,))
    assert values(text, "relay-ip") == values(text, "allowed-peer-ip") == [str(LAN)]
    assert "allow-loopback-peers" not in directives(text)


def test_a_machine_without_network_relays_on_loopback() -> None:
    assert "allow-loopback-peers" in directives(render(BASE, local=(IPv4Address("127.0.0.1"),)))


@pytest.mark.parametrize("turn", [DIRECT, NAT, DUAL, FULL])
def test_every_block_is_denied_whatever_the_mode(turn: TurnSettings) -> None:
    text = render(turn)
    assert values(text, "denied-peer-ip") == deny.ranges()
    assert "no-tcp-relay" in directives(text)


def test_tls_is_off_unless_a_certificate_is_set() -> None:
    assert "no-tls" in directives(render())
    text = render(FULL)
    assert "no-tls" not in directives(text)
    assert values(text, "cert") == ["/etc/coturn/tls/fullchain.pem"]
    assert values(text, "pkey") == ["/etc/coturn/tls/privkey.pem"]


def test_every_secret_is_accepted_by_coturn() -> None:
    assert values(render(FULL), "static-auth-secret") == [SECRET, OTHER]


def test_quotas_hold_a_full_room_while_ice_restarts() -> None:
    assert coturn.user_quota(seats=8, relay_urls=3) == 84
    assert values(render(FULL), "user-quota") == ["84"]
    assert values(render(FULL), "total-quota") == ["6720"]


@pytest.mark.parametrize("turn", [FULL, DIRECT])
def test_the_people_of_one_address_leave_the_others_half_of_the_relay(turn: TurnSettings) -> None:
    """coturn counts by person, and the app gives credentials to 30 people of one address (C5)."""
    (one,), (all_of_them,) = values(render(turn), "user-quota"), values(render(turn), "total-quota")
    assert 30 * int(one) < int(all_of_them) / 2


def test_total_quota_is_never_above_the_relay_ports() -> None:
    assert values(render(replace(DIRECT, min_port=50000, max_port=50099)), "total-quota") == ["100"]


def test_log_can_go_to_the_terminal() -> None:
    assert directives(render(log="stdout"))[:2] == ["log-file=stdout", "simple-log"]


@pytest.mark.parametrize("field", ["realm", "tls_cert", "tls_key"])
@pytest.mark.parametrize(
    "value",
    ["/a\nallowed-peer-ip=127.0.0.1", "/a\r", "/a\0", "/a\u2028", " /a", "=/a", '/"a"', "/" + "a" * 1000],
)
def test_a_value_that_coturn_would_read_otherwise_is_refused(field: str, value: str) -> None:
    with pytest.raises(Refused):
        render(replace(FULL, **{field: value}))  # type: ignore[arg-type]


def test_a_secret_with_a_line_break_is_refused_without_being_shown() -> None:
    with pytest.raises(Refused) as caught:
        render(replace(DIRECT, shared_secrets=(SECRET + "\nno-auth",)))
    assert SECRET not in str(caught.value)


def test_no_secret_renders_nothing() -> None:
    with pytest.raises(NotConfigured):
        render(replace(DIRECT, shared_secrets=()))


def test_private_without_public_is_refused() -> None:
    with pytest.raises(Refused, match="COTURN_PUBLIC_IP"):
        render(replace(BASE, private_ip=PRIVATE), local=(LAN,))


def test_no_address_at_all_is_refused() -> None:
    with pytest.raises(Refused, match="COTURN_PUBLIC_IP"):
        render(BASE)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"port": 50000}, "COTURN_PORT"),
        ({"tls_port": 65535}, "COTURN_TLS_PORT"),
        ({"tls_port": 3478}, "must differ"),
    ],
)
def test_ports_that_collide_are_refused(change: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused, match=named):
        render(replace(FULL, **change))


def test_the_tls_port_matters_only_with_tls() -> None:
    assert render(replace(DIRECT, tls_port=50000))


def test_a_name_that_the_template_misspells_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render(template="{{ relam }}")


def test_the_guard_lets_the_relay_reach_itself_at_relay_ports_only() -> None:
    text = coturn.render_guard(FULL, template=GUARD)
    assert f"ip daddr {PRIVATE} udp dport 49152-65535 accept" in text
    assert f"ip6 daddr {PUBLIC6} udp dport 49152-65535 accept" in text
    assert 'meta skuid "turnserver"' in text
    for block in deny.IPV4 + deny.KERNEL6:
        assert str(block) in text


def test_the_guard_gives_answers_a_hop_limit_that_reaches_further_than_the_next_router() -> None:
    text = coturn.render_guard(replace(FULL, port=3479), template=GUARD)
    assert "udp sport 3479 ip ttl set 64\n" in text
    assert "udp sport 3479 ip6 hoplimit set 64\n" in text


def test_the_guard_refuses_what_would_inject() -> None:
    with pytest.raises(Refused):
        coturn.render_guard(FULL, template=GUARD, user='x" accept\n')

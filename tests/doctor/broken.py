"""Deployments, each broken in one way: what doctor and check page must name, and nothing beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from meshvoice.settings import Network, TurnSettings
from meshvoice.turn import coturn, deny
from tests.doctor.authority import Authority
from tests.doctor.bench import (
    BASE,
    DIRECT,
    DUAL,
    GUARD,
    HOST,
    LAN,
    LAN6,
    NAT,
    OTHER,
    PRIVATE,
    PUBLIC,
    PUBLIC6,
    RANGE,
    Bench,
    dropping,
    secured,
    without,
)
from tests.turn.coturn_server import DENIED_BY_ITSELF, SECRET, VERSION, conf, let_through

BOTH = [str(PUBLIC), str(PUBLIC6)]
IPV6 = replace(BASE, public_ip6=PUBLIC6)
HOME6 = replace(BASE, public_ip6=LAN6)
INSIDE = replace(BASE, public_ip=PRIVATE)
CARRIER = IPv4Address("100.64.0.7")
GONE, GONE6 = "45.76.0.11", "2a01:4f8::99"
Files = tuple[Path, Path]
Certify = Callable[[Authority], Files]

# coturn 4.17.0 and 4.17.1, which no suite of Debian's has, give the socket on which they listen a hop limit
# of 1 at their first allocation by UDP. The kernel does the same here, from coturn's first success on.
ONE_HOP = """
table inet one_hop {
  set listening { type inet_service; size 8; flags dynamic; }
  chain output {
    type filter hook output priority 0;
    udp sport 3478 @th,64,16 0x0103 add @listening { udp sport }
    meta nfproto ipv4 udp sport @listening ip ttl set 1
    meta nfproto ipv6 udp sport @listening ip6 hoplimit set 1
  }
}
"""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A deployment, and what must be said of it."""

    name: str
    failed: set[str]
    """All that may be named."""
    page: str
    """What the check page names, in its report; several by spaces."""
    says: str
    """What one of the failures says, in its answer or in what to do."""
    mends: str = ""
    """What the page tells whoever runs the server to do, in part."""
    turn: TurnSettings = DIRECT
    """What the app has."""
    conf: str | None = field(default_factory=lambda: conf(DIRECT))
    """What coturn has; None: it doesn't run."""
    certify: Certify | None = None
    """Makes certificate and key, which app and coturn are given then."""
    tls: bool = True
    """Whether coturn has certificate and key, too."""
    web: bool = False
    """Whether a web server has its TLS port."""
    firewall: str = ""
    addresses: list[str] | None = None
    nat: bool = False
    user: str | None = None
    clock: float = 0
    """By how many seconds the app's clock is ahead of coturn's."""
    held: int = 0
    """Allocations that others hold."""
    quick: bool = False
    """Whether it stands for its kind in each `make check`."""


def rejecting(match: str, how: str) -> str:
    return dropping(match).replace(" drop;", f" reject with {how};")


def of(name: str = HOST, **options: Any) -> Certify:
    return lambda authority: authority.issue(name, **options)


def unreadable(authority: Authority) -> Files:
    files = authority.issue(HOST)
    let_through(files[0])
    files[1].chmod(0o600)
    return files


def mixed_up(authority: Authority) -> Files:
    return authority.issue(HOST)[0], authority.issue(HOST)[1]


def of_a_stranger(authority: Authority) -> Files:
    folder = authority.issue(HOST)[0].parent / "stranger"
    folder.mkdir(exist_ok=True)
    return Authority(folder, "a stranger").issue(HOST)


def chained(authority: Authority) -> Files:
    """The certificate alone of an authority between, which whoever is asked must bring along."""
    return authority.between().issue(HOST)


def denying(blocks: Iterable[Network]) -> str:
    return "".join(f"denied-peer-ip={block[0]}-{block[-1]}\n" for block in blocks)


HOME_NETWORKS = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")))
LEGS = {"credential/udp", "credential/tcp"}
TABLE = [
    # --- The secret, the clock, the realm
    Broken(
        name="wrong secret",
        page="credential",
        mends="COTURN_SHARED_SECRET is not what coturn has",
        conf=conf(replace(DIRECT, shared_secrets=(OTHER,))),
        failed={*LEGS, "secret"},
        says="coturn knows none of them",
        quick=True,
    ),
    Broken(
        name="a secret that coturn has not heard of signs",
        page="credential",
        mends="the one that signs",
        turn=replace(DIRECT, shared_secrets=(OTHER, SECRET)),
        failed={*LEGS, "secret"},
        says="does not know the first",
    ),
    Broken(
        name="coturn has fixed users, and no secret",
        page="credential",
        mends="COTURN_SHARED_SECRET",
        conf=without(without(conf(DIRECT), "use-auth-secret"), "static-auth-secret")
        + "lt-cred-mech\nuser=ana:secret\n",
        failed={*LEGS, "secret"},
        says="not what coturn has as static-auth-secret",
    ),
    Broken(
        name="a fixed user whose password is another",
        page="credential",
        mends="COTURN_PASSWORD",
        turn=replace(DIRECT, username="ana", password="other"),
        conf=without(without(conf(DIRECT), "use-auth-secret"), "static-auth-secret")
        + "lt-cred-mech\nuser=ana:secret\n",
        failed=LEGS,
        says="COTURN_PASSWORD",
    ),
    Broken(
        name="another realm",
        page="realm",
        mends="COTURN_REALM",
        conf=conf(replace(DIRECT, realm="elsewhere.example.org")),
        failed={"realm"},
        says="elsewhere.example.org, not turn.example.org",
        quick=True,
    ),
    Broken(
        name="coturn's clock ten minutes behind",
        page="clock",
        mends="NTP",
        clock=600,
        failed={"clock"},
        says="behind",
    ),
    Broken(
        name="coturn's clock ten minutes ahead",
        page="clock",
        mends="NTP",
        clock=-600,
        failed={"clock"},
        says="ahead",
        quick=True,
    ),
    Broken(
        name="coturn's clock a week behind",
        page="clock",
        mends="NTP",
        clock=7 * 86400,
        failed={"clock"},
        says="behind",
    ),
    Broken(
        name="coturn's clock so far ahead that credentials are born expired",
        page="clock",
        mends="NTP",
        clock=-7200,
        failed={*LEGS, "clock"},
        says="ahead",
    ),
    Broken(
        name="no-auth",
        page="open-relay",
        mends="no-auth",
        conf=without(without(conf(DIRECT), "use-auth-secret"), "static-auth-secret") + "no-auth\n",
        failed={"wrong-credential"},
        says="no-auth",
        quick=True,
    ),
    # --- Addresses
    Broken(
        name="external-ip missing behind NAT",
        page="external-ip",
        mends="COTURN_PRIVATE_IP",
        nat=True,
        conf=conf(BASE, local=(PRIVATE,)),
        failed={"relay-address"},
        says=f"COTURN_PRIVATE_IP={PRIVATE}",
        quick=True,
    ),
    Broken(
        name="external-ip without its private half",
        page="relay-loop",
        mends="COTURN_PRIVATE_IP",
        nat=True,
        turn=NAT,
        conf=conf(NAT).replace(f"external-ip={PUBLIC}/{PRIVATE}", f"external-ip={PUBLIC}"),
        failed={"two-relays"},
        says="COTURN_PRIVATE_IP",
    ),
    Broken(
        name="a LAN's relay that may not send to itself",
        page="relay-loop",
        mends="allowed-peer-ip",
        turn=replace(BASE, hosts=(str(LAN),)),
        conf=without(conf(replace(BASE, hosts=(str(LAN),)), local=(LAN,)), "allowed-peer-ip"),
        failed={"two-relays"},
        says="allowed peer",
    ),
    Broken(
        name="the name leads elsewhere",
        page="name",
        mends="COTURN_PUBLIC_IP",
        turn=replace(DIRECT, public_ip=IPv4Address("45.76.0.99")),
        addresses=[str(PUBLIC)],
        failed={"name"},
        says="the name's A record, or COTURN_PUBLIC_IP",
    ),
    Broken(
        name="the name's A record is a former host's",
        page="name",
        mends="A record",
        addresses=[GONE],
        failed={"name"},
        says=f"{GONE}, but COTURN_PUBLIC_IP is {PUBLIC}",
    ),
    Broken(
        name="the name leads nowhere",
        page="name",
        mends="COTURN_TURN_HOST",
        addresses=[],
        failed={"name"},
        says="resolves",
    ),
    Broken(
        name="a guard that knows another address",
        page="relay-loop",
        mends="the kernel guard must know",
        user="turnserver",
        firewall=coturn.render_guard(replace(DIRECT, public_ip=IPv4Address("45.76.0.99")), template=GUARD),
        failed={"two-relays"},
        says="The guard must know",
    ),
    Broken(
        name="COTURN_PUBLIC_IP is the host's own address behind NAT",
        page="external-ip",
        mends="COTURN_PRIVATE_IP",
        nat=True,
        turn=INSIDE,
        conf=conf(INSIDE),
        addresses=[str(PUBLIC)],
        failed={"relay-address"},
        says=f"COTURN_PRIVATE_IP={PRIVATE}",
        quick=True,
    ),
    Broken(
        name="COTURN_PUBLIC_IP is the provider's own, behind another NAT",
        page="external-ip",
        mends="COTURN_PRIVATE_IP",
        nat=True,
        turn=replace(NAT, public_ip=CARRIER),
        conf=conf(replace(NAT, public_ip=CARRIER)),
        addresses=[str(PUBLIC)],
        failed={"relay-address"},
        says=f"{CARRIER}, which nobody outside reaches",
    ),
    # --- IPv6
    Broken(
        name="the name's AAAA record is a former host's",
        page="name",
        mends="AAAA",
        turn=DUAL,
        conf=conf(DUAL),
        addresses=[str(PUBLIC), GONE6],
        failed={"name"},
        says="the name's AAAA record, or COTURN_PUBLIC_IP6",
        quick=True,
    ),
    Broken(
        name="COTURN_PUBLIC_IP6 is an address of the home network",
        page="relay-ipv6",
        mends="COTURN_PUBLIC_IP6",
        turn=replace(DIRECT, public_ip6=LAN6),
        conf=conf(replace(DIRECT, public_ip6=LAN6)),
        failed={"relay-ipv6"},
        says=f"{LAN6}, which nobody outside reaches",
    ),
    Broken(
        name="an AAAA record, and a coturn without IPv6",
        page="relay-ipv6",
        mends="AAAA",
        addresses=BOTH,
        failed={"stun/udp", "stun/tcp"},
        says="AAAA",
        quick=True,
    ),
    Broken(
        name="IPv6 set, and not relayed",
        page="relay-ipv6",
        mends="COTURN_PUBLIC_IP6",
        turn=DUAL,
        failed={"relay-ipv6"},
        says="COTURN_PUBLIC_IP6 is set, so it should",
    ),
    Broken(
        name="IPv6 relayed, and not set",
        page="relay-ipv6",
        mends="COTURN_PUBLIC_IP6",
        conf=conf(DUAL),
        failed={"relay-ipv6"},
        says="set COTURN_PUBLIC_IP6 to its address",
    ),
    Broken(
        name="an IPv6 relay alone that gives IPv4 where nobody asks",
        page="relay-family",
        mends="must be keep",
        turn=IPV6,
        conf=without(conf(IPV6), "allocation-default-address-family"),
        addresses=[str(PUBLIC6)],
        failed=LEGS,
        says="allocation-default-address-family must be keep",
        quick=True,
    ),
    Broken(
        name="an IPv6 relay that offers an address of the home network",
        page="relay-ipv6",
        mends="set COTURN_PUBLIC_IP6 to an address of the host's by which others reach it",
        turn=IPV6,
        conf=conf(HOME6).replace(f"listening-ip={LAN6}", f"listening-ip={PUBLIC6}"),
        addresses=[str(PUBLIC6)],
        failed={"relay-address", "relay-ipv6"},
        says="set COTURN_PUBLIC_IP6 to an address of the host's by which others reach it",
    ),
    # From 4.13.1 on coturn denies such an address whatever its file allows; before, without the line.
    Broken(
        name="an IPv6 relay of a home network's that may not send to itself",
        page="relay-loop",
        mends="allowed-peer-ip",
        turn=HOME6,
        conf=without(conf(HOME6), "allowed-peer-ip"),
        addresses=[str(LAN6)],
        failed={"two-relays"},
        says="4.13.1 and newer heed that for IPv4 alone",
    ),
    Broken(
        name="an IPv6 relay alone that may not send to itself",
        page="relay-loop",
        mends="no denied-peer-ip",
        turn=IPV6,
        conf=conf(IPV6) + f"denied-peer-ip={PUBLIC6}\n",
        addresses=[str(PUBLIC6)],
        failed={"two-relays"},
        says="no denied-peer-ip",
    ),
    Broken(
        name="both, and by IPv6 the relay may not send to itself",
        page="relay-ipv6",
        mends="COTURN_PUBLIC_IP6",
        turn=DUAL,
        conf=conf(DUAL) + f"denied-peer-ip={PUBLIC6}\n",
        addresses=BOTH,
        failed={"two-relays"},
        says="send from one IPv6 allocation to another and back, dialled by IPv4 and by IPv6",
        quick=True,
    ),
    Broken(
        name="both, and the guard knows no IPv6 address",
        page="relay-ipv6",
        mends="COTURN_PUBLIC_IP6",
        turn=DUAL,
        conf=conf(DUAL),
        user="turnserver",
        firewall=coturn.render_guard(DIRECT, template=GUARD),
        addresses=BOTH,
        failed={"two-relays"},
        says="The guard must know",
    ),
    Broken(
        name="both, and those who dial by IPv6 get an address that the others can't reach",
        page="relay-family",
        mends="must not be keep",
        turn=DUAL,
        conf=conf(DUAL) + "allocation-default-address-family=keep\n",
        addresses=BOTH,
        failed={"two-relays"},
        says="must not be keep",
        quick=True,
    ),
    Broken(
        name="the IPv6 relay range closed",
        page="relay-ipv6",
        mends="firewalls",
        turn=DUAL,
        conf=conf(DUAL),
        addresses=BOTH,
        firewall=dropping(f"meta nfproto ipv6 udp dport {RANGE}"),
        failed={"one-relay", "relay-range"},
        says="for IPv6, too",
        quick=True,
    ),
    Broken(
        name="IPv6 filtered, and COTURN_PUBLIC_IP6 set",
        page="relay-ipv6",
        mends="firewalls",
        turn=DUAL,
        conf=conf(DUAL),
        addresses=BOTH,
        firewall=dropping("meta nfproto ipv6 meta l4proto { tcp, udp }"),
        failed={"stun/udp", "stun/tcp", "one-relay", "relay-range"},
        says="3478/udp, for IPv6 too,",
    ),
    Broken(
        name="IPv6 TCP alone filtered",
        page="relay-ipv6",
        mends="firewalls",
        turn=DUAL,
        conf=conf(DUAL),
        addresses=BOTH,
        firewall=dropping("meta nfproto ipv6 tcp dport 3478"),
        failed={"stun/tcp"},
        says="3478/tcp, for IPv6 too,",
    ),
    # --- Firewalls
    Broken(
        name="UDP port closed",
        page="turn-udp",
        mends="COTURN_PORT/udp",
        firewall=dropping("udp dport 3478"),
        failed={"stun/udp"},
        says="3478/udp",
        quick=True,
    ),
    Broken(
        name="TCP port closed",
        page="turn-tcp",
        mends="COTURN_PORT/tcp",
        firewall=dropping("tcp dport 3478"),
        failed={"stun/tcp"},
        says="3478/tcp",
    ),
    Broken(
        name="TLS port closed",
        page="turn-tls",
        mends="COTURN_TLS_PORT/tcp",
        certify=of(),
        firewall=dropping("tcp dport 5349"),
        failed={"certificate/tls"},
        says="5349/tcp",
    ),
    Broken(
        name="all but TLS closed",
        page="turn-udp turn-tcp",
        mends="COTURN_PORT/udp",
        certify=of(),
        firewall=dropping("meta l4proto { tcp, udp } th dport 3478"),
        failed={"stun/udp", "stun/tcp"},
        says="3478/udp in the firewalls",
    ),
    Broken(
        name="all closed",
        page="turn",
        mends="firewalls",
        certify=of(),
        firewall=dropping("meta l4proto { tcp, udp }"),
        failed={"stun/udp", "stun/tcp", "certificate/tls"},
        says="5349/tcp in the firewalls",
    ),
    Broken(
        name="a firewall that refuses UDP",
        page="turn-udp",
        mends="COTURN_PORT/udp",
        firewall=rejecting("udp dport 3478", "icmp type port-unreachable"),
        failed={"stun/udp"},
        says="firewall",
    ),
    Broken(
        name="a firewall that refuses TCP",
        page="turn-tcp",
        mends="COTURN_PORT/tcp",
        firewall=rejecting("meta l4proto tcp tcp dport 3478", "tcp reset"),
        failed={"stun/tcp"},
        says="firewall",
    ),
    Broken(
        name="relay range closed",
        page="relay-range",
        mends="COTURN_MIN_PORT",
        firewall=dropping(f"udp dport {RANGE}"),
        failed={"one-relay", "relay-range"},
        says=RANGE.replace("-", " to "),
        quick=True,
    ),
    Broken(
        name="half of the relay range closed",
        page="relay-range",
        mends="open all of",
        firewall=dropping("udp dport 50500-50999"),
        failed={"relay-range"},
        says="some of them",
    ),
    Broken(
        name="a third of the relay range closed",
        page="relay-range",
        mends="open all of",
        firewall=dropping("udp dport 50667-50999"),
        failed={"relay-range"},
        says="some of them",
    ),
    Broken(
        name="what the relay sends does not get out",
        page="one-sided",
        mends="stops what coturn sends",
        firewall=f"table inet test {{ chain output {{ type filter hook output priority 0; "
        f"oif wire udp sport {RANGE} drop; }}; }}",
        failed={"one-relay"},
        says="nothing came back",
    ),
    Broken(
        name="a hop limit of 1",
        page="turn-udp",
        mends="4.17.1",
        firewall=ONE_HOP,
        failed={"stun/udp"},
        says="4.17.0 or 4.17.1",
    ),
    Broken(
        name="a hop limit of 1, of a version that is known",
        page="turn-udp",
        mends="4.17.1",
        turn=replace(DIRECT, version=(4, 17, 1)),
        firewall=ONE_HOP,
        failed={"stun/udp"},
        says="coturn 4.17.1 sends by UDP with a hop limit of 1",
    ),
    Broken(
        name="a hop limit of 1, by IPv6 too",
        page="turn-udp",
        mends="4.17.1",
        turn=DUAL,
        conf=conf(DUAL),
        addresses=BOTH,
        firewall=ONE_HOP,
        failed={"stun/udp"},
        says="4.17.0 or 4.17.1",
    ),
    # --- Ports and quotas
    Broken(
        name="coturn is down",
        page="turn",
        mends="systemctl status coturn",
        conf=None,
        failed={"stun/udp", "stun/tcp"},
        says="start coturn",
        quick=True,
    ),
    Broken(
        name="coturn on another port",
        page="turn",
        mends="COTURN_PORT",
        conf=conf(replace(DIRECT, port=3500)),
        failed={"stun/udp", "stun/tcp"},
        says="start coturn",
    ),
    Broken(
        name="coturn told to take no UDP",
        page="turn-udp",
        mends="no-udp",
        conf=conf(DIRECT) + "no-udp\n",
        failed={"stun/udp"},
        says="no-udp",
    ),
    Broken(
        name="coturn told to take no TCP",
        page="turn-tcp",
        mends="no-tcp",
        conf=conf(DIRECT) + "no-tcp\n",
        failed={"stun/tcp"},
        says="no-tcp",
    ),
    Broken(
        name="a coturn that listens on :: and takes IPv4 for IPv6",
        page="stun",
        mends="listening-ip=::",
        conf=conf(DIRECT).replace(f"listening-ip={PUBLIC}", "listening-ip=::"),
        failed={"stun/udp", "stun/tcp"},
        says="this machine is ::ffff:45.77.0.2, which is no address",
        quick=True,
    ),
    Broken(
        name="a coturn that is told none of the host's addresses",
        page="relay-ipv6",
        mends="COTURN_PUBLIC_IP6",
        conf=without(without(conf(DIRECT), "listening-ip"), "relay-ip"),
        failed={"relay-ipv6"},
        says="listening-ip",
    ),
    Broken(
        name="STUN to those alone who have credentials",
        page="stun",
        mends="secure-stun",
        conf=conf(DIRECT) + "secure-stun\n",
        failed={"stun/udp", "stun/tcp"},
        says="secure-stun",
    ),
    Broken(
        name="another relay range",
        page="relay-address",
        mends="another configuration",
        conf=conf(replace(DIRECT, min_port=60000, max_port=60999)),
        failed={"relay-address"},
        says="by a port outside 50000 to 50999",
    ),
    Broken(
        name="the total quota used up",
        page="relay-limit",
        mends="total-quota",
        conf=without(conf(DIRECT), "total-quota") + "total-quota=2\n",
        held=2,
        failed=LEGS,
        says="total-quota",
        quick=True,
    ),
    Broken(
        name="a quota for each user that is smaller than a room",
        page="relay-limit",
        mends="user-quota",
        conf=without(conf(DIRECT), "user-quota") + "user-quota=7\n",
        failed={"user-quota"},
        says="8 allocations of one user's at once: not all of them are given, and another user gets one",
        quick=True,
    ),
    Broken(
        name="a quota for each user that is smaller than a full room",
        page="relay-limit",
        mends="user-quota",
        conf=without(conf(DIRECT), "user-quota") + "user-quota=20\n",
        failed={"user-quota"},
        says="20 are given, and another user gets one more",
        quick=True,
    ),
    Broken(
        name="a fixed user's quota used up",
        page="relay-limit",
        mends="user-quota",
        turn=replace(DIRECT, username="ana", password="secret"),
        conf=without(without(without(conf(DIRECT), "use-auth-secret"), "static-auth-secret"), "user-quota")
        + "lt-cred-mech\nuser=ana:secret\nuser-quota=2\n",
        held=2,
        failed=LEGS,
        says="user-quota",
    ),
    Broken(
        name="no relay port left",
        page="relay-limit",
        mends="Widen COTURN_MIN_PORT",
        turn=replace(DIRECT, max_port=50003),
        conf=without(conf(replace(DIRECT, max_port=50003)), "total-quota"),
        held=4,
        failed=LEGS,
        says="all relay ports are taken",
    ),
    # --- Where it may send
    Broken(
        name="no deny list",
        page="deny-list",
        mends="kernel guard",
        turn=DUAL,
        conf=without(conf(DUAL), "denied-peer-ip="),
        failed={"denied-ipv4", "denied-ipv6"},
        says="granted, and",
    ),
    Broken(
        name="a deny list without the providers' own networks",
        page="deny-list",
        mends="kernel guard",
        conf=without(conf(DIRECT), "denied-peer-ip=100.64"),
        failed={"denied-ipv4"},
        says="100.64.0.0",
    ),
    Broken(
        name="a deny list without what IPv6 keeps for later",
        page="deny-list",
        mends="kernel guard",
        turn=DUAL,
        conf=without(conf(DUAL), "denied-peer-ip=4000::"),
        failed={"denied-ipv6"},
        says="5f00::",
    ),
    Broken(
        name="a deny list that denies everyone",
        page="deny-list",
        mends="shuts everybody out",
        conf=conf(DIRECT) + "denied-peer-ip=0.0.0.0\n",
        failed={"granted-ipv4"},
        says="shuts everyone out",
    ),
    Broken(
        name="a deny list of the home's four networks alone",
        page="deny-list",
        mends="kernel guard",
        turn=DUAL,
        conf=without(conf(DUAL), "denied-peer-ip=") + denying(HOME_NETWORKS),
        failed={"denied-ipv4", "denied-ipv6"},
        says="and 19 more of 30" if not DENIED_BY_ITSELF else "100.64.0.0 granted",
        quick=True,
    ),
    Broken(
        name="TCP relays allowed",
        page="tcp-relay",
        mends="no-tcp-relay",
        conf=without(conf(DIRECT), "no-tcp-relay"),
        failed={"tcp-relay"},
        says="`no-tcp-relay` is missing",
    ),
    # --- TLS
    Broken(
        name="certificate expired",
        page="turn-tls",
        mends="has expired",
        certify=of(days=-1),
        failed={"certificate/tls"},
        says="expired",
    ),
    Broken(
        name="certificate near its end",
        page="turn-tls",
        mends="two weeks",
        certify=of(days=5),
        failed={"certificate/tls"},
        says="ends in",
    ),
    Broken(
        name="certificate of another name",
        page="turn-tls",
        mends="another name",
        certify=of("other.example.org"),
        failed={"certificate/tls"},
        says="another name",
        quick=True,
    ),
    Broken(
        name="self-signed",
        page="turn-tls",
        mends="self-signed",
        certify=of(by_itself=True),
        failed={"certificate/tls"},
        says="self-signed",
    ),
    Broken(
        name="self-signed and expired",
        page="turn-tls",
        mends="self-signed",
        certify=of(by_itself=True, days=-1),
        failed={"certificate/tls"},
        says="self-signed",
    ),
    Broken(
        name="of an authority that nobody knows",
        page="turn-tls",
        mends="its chain",
        certify=of_a_stranger,
        failed={"certificate/tls"},
        says="its authority is unknown",
    ),
    Broken(
        name="a certificate without the chain to its authority",
        page="turn-tls",
        mends="its chain",
        certify=chained,
        failed={"certificate/tls"},
        says="its chain incomplete",
    ),
    Broken(
        name="key and certificate that differ",
        page="turn-tls",
        mends="COTURN_TLS_KEY must be the key",
        certify=mixed_up,
        failed={"certificate/tls"},
        says="COTURN_TLS_KEY must be the key",
        quick=True,
    ),
    Broken(
        name="a key that coturn can't read",
        page="turn-tls",
        mends="can't read the key",
        certify=unreadable,
        user="turnserver",
        failed={"certificate/tls"},
        says="cannot find certificate",
    ),
    Broken(
        name="plain TURN on the TLS port",
        page="turn-tls",
        mends="speaks no TLS",
        turn=replace(DIRECT, public_tls_port=3478),
        failed={"certificate/tls"},
        says="what answers there speaks no TLS",
    ),
    Broken(
        name="a coturn whose file is from before TLS was set",
        page="turn-tls",
        mends="its file names certificate and key",
        certify=of(),
        tls=False,
        failed={"certificate/tls"},
        says="its file names certificate and key",
    ),
    Broken(
        name="a web server on the TLS port",
        page="turn-tls",
        mends="nothing there answers TURN",
        certify=of(),
        tls=False,
        web=True,
        failed={"stun/tls"},
        says="what listens there speaks no TURN",
        quick=True,
    ),
    # --- Several hosts
    Broken(
        name="two hosts, the first of which is dead",
        page="turn",
        mends="COTURN_TURN_HOST",
        turn=replace(DIRECT, hosts=("45.76.0.11", HOST), realm=HOST),
        failed={"stun/udp", "stun/tcp"},
        says="45.76.0.11",
    ),
    Broken(
        name="two hosts, the second of which is dead",
        page="turn",
        mends="COTURN_TURN_HOST",
        turn=replace(DIRECT, hosts=(HOST, "45.76.0.11"), realm=HOST),
        failed={"stun/udp", "stun/tcp"},
        says="45.76.0.11",
    ),
    Broken(
        name="two hosts, the second of which has no deny list",
        page="deny-list",
        mends="kernel guard",
        turn=replace(DIRECT, hosts=(HOST, str(PUBLIC6)), realm=HOST),
        conf=without(conf(DIRECT), "denied-peer-ip=") + f"listening-ip={PUBLIC6}\n",
        failed={"denied-ipv4"},
        says=f"{PUBLIC6}: permissions for special IPv4 addresses",
        quick=True,
    ),
]


# From 4.11 on it does not start with it.
if VERSION < (4, 11, 0):
    TABLE.append(
        Broken(
            name="a deny list of CIDR blocks, which coturn doesn't read",
            page="deny-list",
            mends="kernel guard",
            turn=DUAL,
            conf=without(conf(DUAL), "denied-peer-ip=")
            + "".join(f"denied-peer-ip={block}\n" for block in deny.BLOCKS),
            failed={"denied-ipv4", "denied-ipv6"},
            says="no CIDR",
        )
    )
# From 4.13.1 on coturn denies these by itself, whatever its file says.
if not DENIED_BY_ITSELF:
    TABLE += [
        Broken(
            name="a deny list without cloud metadata",
            page="deny-list",
            mends="cloud metadata",
            conf=without(conf(DIRECT), "denied-peer-ip=169.254"),
            failed={"denied-ipv4"},
            says="169.254.169.254",
            quick=True,
        ),
        Broken(
            name="a deny list without the home's own networks of IPv6",
            page="deny-list",
            mends="kernel guard",
            turn=DUAL,
            conf=without(conf(DUAL), "denied-peer-ip=8000::"),
            failed={"denied-ipv6"},
            says="fd00:ec2::254",
        ),
    ]


def built(broken: Broken, authority: Authority) -> Broken:
    """Give it certificate and key, where it has any."""
    if broken.certify is None:
        return broken
    turn = secured(broken.turn, broken.certify(authority))
    return replace(broken, turn=turn, conf=conf(turn if broken.tls else broken.turn))


def set_up(broken: Broken, bench: Bench, nat_bench: Bench) -> tuple[Bench, Broken]:
    """Give the bench that it stands on, made ready for it, and what is to be stood there."""
    chosen = nat_bench if broken.nat else bench
    chosen.user = broken.user
    if broken.user:
        let_through(chosen.folder / "turnserver.conf")
    if broken.firewall:
        chosen.lab.firewall("server", broken.firewall)
    return chosen, built(broken, chosen.authority)


def clock(broken: Broken) -> Callable[[], float]:
    return lambda: time.time() + broken.clock

"""coturn's configuration, rendered for one version of it and one way of standing in the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from jinja2 import Environment, StrictUndefined, Template

from meshvoice.settings import Address, TurnSettings, relay_contradictions
from meshvoice.turn import deny, versions
from meshvoice.turn.errors import NotConfigured, Refused
from meshvoice.turn.versions import NEWEST, OLDEST, Version, dotted
from meshvoice.values import strong

DATABASE = "/var/lib/turn/turndb"
"""Where Debian's coturn keeps what it is told while it runs."""

_CIPHERS = ":".join(
    (
        # Written out: aliases such as ECDHE+AESGCM break newer versions.
        "TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
    )
)
_ROOMS = 10
_MAX_BPS = 32_000  # an Opus voice takes about 12,000; redundancy doubles it
_LONGEST_VALUE = 900  # coturn cuts lines at 1,024 characters


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """How the relay stands in the network."""

    addresses: tuple[Address, ...]
    """Addresses on the host's own interfaces, to listen on and to relay from."""
    external: tuple[IPv4Address, IPv4Address] | None
    """(public, private) behind 1:1 NAT."""
    allowed: tuple[Address, ...]
    """The relay's own addresses, as peers see them, that lie in a denied block."""


def place(turn: TurnSettings, *, local: tuple[Address, ...] = ()) -> Placement:
    """Decide where the relay listens; `local` is for a LAN-only relay, where no public address is set.

    Raises `Refused` when no address is left, or settings contradict each other.
    """
    for problem in relay_contradictions(turn):
        raise Refused(str(problem))
    public = turn.public_ip
    if isinstance(public, str):
        raise Refused(f"COTURN_PUBLIC_IP={public} is a name that was not looked up")
    external = None
    if public and turn.private_ip and turn.private_ip != public:
        external = (public, turn.private_ip)
    own = (turn.private_ip or public, turn.public_ip6)
    addresses = tuple(address for address in own if address) or local
    if not addresses:
        raise Refused("no address to relay from: set COTURN_PUBLIC_IP (and COTURN_PRIVATE_IP behind NAT)")
    seen = (external[0] if external and address == external[1] else address for address in addresses)
    return Placement(
        addresses=addresses,
        external=external,
        allowed=tuple(address for address in seen if deny.denied(address)),
    )


def user_quota(*, seats: int, relay_urls: int) -> int:
    """Count the allocations that one person takes in a full room while ICE restarts everywhere."""
    return (seats - 1) * relay_urls * 2 * 2


def render(
    turn: TurnSettings,
    *,
    version: Version,
    seats: int,
    template: str,
    local: tuple[Address, ...] = (),
    log: Literal["syslog", "stdout"] = "syslog",
    database: str = DATABASE,
) -> str:
    """Render turnserver.conf from the text of conf/coturn.conf.j2.

    `seats` are those of the largest room, `local` as in `place`, `database` where it is told secrets later.
    Raises `NotConfigured` without a secret, `Refused` for a version that is too old, a secret that is too
    weak, and a value that would not be read as it is written.
    """
    _presume(turn, version)
    placement = place(turn, local=local)
    urls = relay_urls(turn)
    quota = user_quota(seats=seats, relay_urls=urls)
    return compile_template(template).render(
        version=dotted(version),
        log=log,
        database=database,
        misses_certificate=version >= versions.MISSES_CERTIFICATE,
        ipv6_only=all(address.version == 6 for address in placement.addresses),
        addresses=placement.addresses,
        external=placement.external and dict(zip(("public", "private"), placement.external, strict=True)),
        allowed=placement.allowed,
        loopback=any(address.is_loopback for address in placement.addresses),
        port=turn.port,
        min_port=turn.min_port,
        max_port=turn.max_port,
        secrets=turn.shared_secrets,
        realm=turn.realm,
        seats=seats,
        relay_urls=urls,
        rooms=_ROOMS,
        user_quota=quota,
        total_quota=min(_ROOMS * seats * quota, turn.max_port - turn.min_port + 1),
        max_bps=_MAX_BPS,
        tls=bool(turn.tls_cert),
        tls_port=turn.tls_port,
        cert=turn.tls_cert,
        key=turn.tls_key,
        cipher_list=_CIPHERS,
        band=versions.lines(version),
        denied=deny.ranges(),
    )


def surprises(turn: TurnSettings, *, version: Version, local: tuple[Address, ...] = ()) -> Iterator[str]:
    """Say what this version of coturn, or what is known of it, does not keep. Raises `Refused` as `place`."""
    if version > NEWEST:
        yield f"coturn {dotted(version)} is newer than what was tried: rendered as for {dotted(NEWEST)}"
    if version in versions.ONE_HOP:
        yield (
            f"coturn {dotted(version)} answers nobody by UDP who is more than one router away: load the "
            "kernel guard (`meshvoice coturn-conf --guard`), which mends it, or take another version"
        )
    if version >= versions.FORGETS_ALLOWED_IPV6:
        for address in place(turn, local=local).allowed:
            if address.version == 6:
                yield (
                    f"coturn {dotted(version)} relays nothing to its own address {address}, which is no "
                    "public one: two people who both need this relay won't hear each other by it"
                )


def _presume(turn: TurnSettings, version: Version) -> None:
    if not turn.ours:
        raise Refused(
            "COTURN_OURS=0 says that the relay is somebody else's: for a coturn of your own take it out"
        )
    if turn.fixed:
        raise Refused(
            "COTURN_USERNAME is set, so the relay is somebody else's: for a coturn of your own unset it, "
            "and its people get credentials that expire"
        )
    if not turn.shared_secrets:
        raise NotConfigured("COTURN_SHARED_SECRET is not set: run `meshvoice secrets`")
    if not all(map(strong, turn.shared_secrets)):
        raise Refused(
            "COTURN_SHARED_SECRET: a coturn of your own gets 32 random characters or more of A-Z a-z 0-9 _ - "
            "+ / =, as `meshvoice secrets -` makes them: whoever has a credential can try out what is shorter"
        )
    if version < OLDEST:
        raise Refused(f"coturn {dotted(version)} is too old: {dotted(OLDEST)} or newer, as Debian 12 has")


def relay_urls(turn: TurnSettings) -> int:
    """Count the URLs by which one relay is offered."""
    return 3 if turn.tls else 2


def render_guard(
    turn: TurnSettings, *, template: str, local: tuple[Address, ...] = (), user: str = "turnserver"
) -> str:
    """Render the kernel guard from the text of conf/nftables-turn.conf.j2. Raises `Refused`."""
    placement = place(turn, local=local)
    return compile_template(template).render(
        user=user,
        port=turn.port,
        min_port=turn.min_port,
        max_port=turn.max_port,
        relays4=[address for address in placement.addresses if address.version == 4],
        relays6=[address for address in placement.addresses if address.version == 6],
        denied4=deny.IPV4,
        denied6=deny.KERNEL6,
    )


def compile_template(text: str) -> Template:
    """Compile a template into which no undefined name and no value with a line break gets."""
    # The output is no HTML, so escaping would only corrupt it; `_checked` refuses what could inject.
    environment = Environment(
        undefined=StrictUndefined,
        finalize=_checked,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )
    return environment.from_string(text)


def _checked(value: object) -> str:
    # A line break in a value is a directive of whoever chose it; coturn strips a leading = and quotes.
    text = str(value)
    if not text.isprintable() or text != text.strip() or text.startswith("=") or '"' in text:
        raise Refused(
            "a value holds a control character, an outer space, a leading = or a quote: write it plain"
        )
    if len(text) > _LONGEST_VALUE:
        raise Refused("a value is longer than the line that coturn reads")
    return text

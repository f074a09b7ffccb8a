"""The settings that sign TURN credentials and render coturn's configuration: the `COTURN_` variables."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from meshvoice import values
from meshvoice.settings_rows import setting


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnSettings:
    """What signs TURN credentials and renders coturn's configuration; one field, one variable."""

    shared_secrets: tuple[str, ...] = setting(
        "COTURN_SHARED_SECRET",
        values.shared_secrets,
        (),
        "signs TURN credentials; several with commas, the first signs",
        unset="generated",
        secret=True,
    )
    """The first signs, all are accepted (several while one is rotated out). Empty: no credentials (503)."""
    username: str = setting(
        "COTURN_USERNAME",
        values.turn_user,
        "",
        "the one user of a relay that has fixed passwords, in place of the secret",
    )
    password: str = setting(
        "COTURN_PASSWORD", values.turn_password, "", "the password of that user", secret=True
    )
    hosts: tuple[str, ...] = setting(
        "COTURN_TURN_HOST",
        values.turn_hosts,
        (),
        "the TURN server, as browsers dial it; up to four with commas, the first is preferred",
    )
    """Names or literal addresses, without brackets; all take the same credentials. Empty: no TURN."""
    ours: bool = setting(
        "COTURN_OURS",
        values.flag,
        True,
        "`0`: the relay is somebody else's, whose file isn't rendered here",
    )
    """Whether its file is one that we render, as far as no other setting says that it isn't."""
    realm: str = setting(
        "COTURN_REALM",
        values.realm,
        "meshvoice",
        "coturn's realm",
        unset="the host",
        follows=lambda above: above["hosts"][0][: values.LONGEST_REALM] if above["hosts"] else "meshvoice",
    )
    ttl: int = setting(
        "COTURN_TTL",
        values.between(20, 86400),
        3600,
        "seconds for which a credential makes new connections",
    )
    """Seconds for which a credential may make allocations."""
    port: int = setting("COTURN_PORT", values.port, 3478, "coturn's port, UDP and TCP")
    tls_port: int = setting("COTURN_TLS_PORT", values.port, 5349, "coturn's TLS port")
    public_tls_port: int | None = setting(
        "COTURN_PUBLIC_TLS_PORT",
        values.port,
        None,
        "the TLS port that browsers dial, where another program holds it before coturn",
        unset="coturn's",
    )
    public_ip: ipaddress.IPv4Address | str | None = setting(
        "COTURN_PUBLIC_IP",
        values.ipv4_or_name,
        None,
        "the relay's address as the Internet sees it, or a name that has it",
    )
    """A name is looked up where the address counts: `installed.looked_up`."""
    private_ip: ipaddress.IPv4Address | None = setting(
        "COTURN_PRIVATE_IP", values.ipv4, None, "the host's own address behind 1:1 NAT"
    )
    public_ip6: ipaddress.IPv6Address | None = setting(
        "COTURN_PUBLIC_IP6", values.ipv6, None, "the relay's IPv6 address"
    )
    tls_cert: str = setting("COTURN_TLS_CERT", values.path, "", "certificate chain, for `turns:`")
    tls_key: str = setting("COTURN_TLS_KEY", values.path, "", "its key")
    version: tuple[int, int, int] | None = setting(
        "COTURN_VERSION",
        values.version,
        None,
        "render coturn's configuration for this version",
        unset="the installed one",
    )
    """coturn's version to render for; None: ask the installed one."""
    min_port: int = setting("COTURN_MIN_PORT", values.port, 49152, "first UDP port of relayed voice")
    max_port: int = setting("COTURN_MAX_PORT", values.port, 65535, "last UDP port of relayed voice")

    @property
    def host(self) -> str:
        """The host that is preferred; empty: no TURN."""
        return self.hosts[0] if self.hosts else ""

    @property
    def fixed(self) -> bool:
        """Whether the relay has one user with a password; the secret signs nothing then."""
        return bool(self.username)

    @property
    def others(self) -> str:
        """Why the relay is somebody else's, whose file we don't render; empty where it may be ours."""
        if not self.ours:
            return "COTURN_OURS=0 says so"
        if self.fixed:
            return "COTURN_USERNAME is set"
        if not all(map(values.strong, self.shared_secrets)):
            return "COTURN_SHARED_SECRET is none that a coturn of one's own gets"
        return ""

    @property
    def offered(self) -> bool:
        """Whether browsers are offered a relay."""
        return bool(self.hosts) and bool(self.username or self.shared_secrets)

    @property
    def tls(self) -> bool:
        """Whether `turns:` is offered: by coturn's certificate, or by whoever holds the port before it."""
        return bool(self.tls_cert) or self.public_tls_port is not None

    @property
    def dialled_tls_port(self) -> int:
        """The TLS port as browsers dial it."""
        return self.public_tls_port or self.tls_port

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
    host: str = setting("COTURN_TURN_HOST", values.turn_host, "", "the TURN server, as browsers dial it")
    """Host name or literal address that browsers dial, without brackets. Empty: no TURN."""
    realm: str = setting(
        "COTURN_REALM",
        values.realm,
        "meshvoice",
        "coturn's realm",
        unset="the host",
        follows=lambda above: above["host"] or "meshvoice",
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
    public_ip: ipaddress.IPv4Address | None = setting(
        "COTURN_PUBLIC_IP", values.ipv4, None, "the relay's address as the Internet sees it"
    )
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
    def tls(self) -> bool:
        """Whether a certificate is configured, and so `turns:` is offered."""
        return bool(self.tls_cert)

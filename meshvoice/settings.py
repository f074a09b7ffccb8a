"""Settings: the only reader of configuration, and the place where bad configuration stops.

Everything comes from the environment, once, as text. A value that can't be right, an unknown name or a
secret that isn't one raises `SettingsError`, whose sentence names the variable and the fix.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from meshvoice import values

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = values.Network
T = TypeVar("T")

PREFIXES = ("MESHVOICE_", "COTURN_")


class SettingsError(ValueError):
    """A setting is wrong: `variable` names it, the sentence says what to do."""

    def __init__(self, variable: str, fix: str) -> None:
        super().__init__(f"{variable}: {fix}")
        self.variable = variable
        self.fix = fix


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnSettings:
    """What signs TURN credentials and renders coturn's configuration: the `COTURN_` variables."""

    shared_secrets: tuple[str, ...] = ()
    """The first signs, all are accepted (several while one is rotated out). Empty: no credentials (503)."""
    host: str = ""
    """Host name or literal address that browsers dial, without brackets. Empty: no TURN."""
    realm: str = "meshvoice"
    ttl: int = 3600
    """Seconds for which a credential may make allocations."""
    port: int = 3478
    tls_port: int = 5349
    public_ip: ipaddress.IPv4Address | None = None
    private_ip: ipaddress.IPv4Address | None = None
    public_ip6: ipaddress.IPv6Address | None = None
    tls_cert: str = ""
    tls_key: str = ""
    version: tuple[int, int, int] | None = None
    """coturn's version to render for; None: ask the installed one."""
    min_port: int = 49152
    max_port: int = 65535

    @property
    def tls(self) -> bool:
        """Whether a certificate is configured, and so `turns:` is offered."""
        return bool(self.tls_cert)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All that a deployment can set; every field is one variable of `conf/meshvoice.env.example`."""

    secret_keys: tuple[bytes, ...]
    """32 bytes each; the first signs and encrypts, the others are still read (rotation)."""
    host: str = "127.0.0.1"
    port: int = 8080
    origins: tuple[str, ...] = ("http://localhost:8080",)
    """Exact origins from which pages of ours come; the first is the one that links are made of."""
    database: str = "var/meshvoice.db"
    passphrase: str = ""
    trusted_proxies: tuple[Network, ...] = ()
    user_header: str = ""
    name_header: str = ""
    table_seats: int = 6
    sea_hours: float = 24.0
    sea_peers: int = 8
    relay_only: bool = False
    turn: TurnSettings = TurnSettings()

    @property
    def origin(self) -> str:
        """The canonical origin, `scheme://host[:port]`."""
        return self.origins[0]

    @property
    def https(self) -> bool:
        """Whether browsers reach us by https: cookies are then Secure and carry the `__Host-` prefix."""
        return self.origin.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read `env` strictly. Raises `SettingsError`."""
        _refuse_unknown(env)
        read = _Reader(env)
        port = read.one("MESHVOICE_PORT", values.port, 8080)
        settings = cls(
            secret_keys=read.required(
                "MESHVOICE_SECRET_KEY", values.secret_keys, "run `meshvoice secrets` (make run does)"
            ),
            host=read.one("MESHVOICE_HOST", values.bind_host, "127.0.0.1"),
            port=port,
            origins=read.one("MESHVOICE_ORIGIN", values.origin, _local_origins(port)),
            database=read.one("MESHVOICE_DATABASE", values.plain, "var/meshvoice.db"),
            passphrase=read.one("MESHVOICE_PASSPHRASE", values.passphrase, ""),
            trusted_proxies=read.one("MESHVOICE_TRUSTED_PROXIES", values.networks, ()),
            user_header=read.one("MESHVOICE_USER_HEADER", values.header, ""),
            name_header=read.one("MESHVOICE_NAME_HEADER", values.header, ""),
            table_seats=read.one("MESHVOICE_TABLE_SEATS", values.between(2, 8), 6),
            sea_hours=read.one("MESHVOICE_SEA_HOURS", values.hours, 24.0),
            sea_peers=read.one("MESHVOICE_SEA_PEERS", values.between(2, 8), 8),
            relay_only=read.one("MESHVOICE_RELAY_ONLY", values.flag, False),
            turn=_turn(read),
        )
        if settings.user_header and not settings.trusted_proxies:
            raise SettingsError(
                "MESHVOICE_USER_HEADER",
                "anyone could send this header: name the proxy's addresses in MESHVOICE_TRUSTED_PROXIES too",
            )
        if settings.name_header and not settings.user_header:
            raise SettingsError(
                "MESHVOICE_NAME_HEADER",
                "says how to call the user of another header: set MESHVOICE_USER_HEADER too",
            )
        if settings.relay_only and not (settings.turn.host and settings.turn.shared_secrets):
            raise SettingsError(
                "MESHVOICE_RELAY_ONLY", "needs a relay: set COTURN_TURN_HOST and COTURN_SHARED_SECRET"
            )
        return settings


def _turn(read: _Reader) -> TurnSettings:
    host = read.one("COTURN_TURN_HOST", values.turn_host, "")
    turn = TurnSettings(
        shared_secrets=read.one("COTURN_SHARED_SECRET", values.shared_secrets, ()),
        host=host,
        realm=read.one("COTURN_REALM", values.realm, host or "meshvoice"),
        ttl=read.one("COTURN_TTL", values.between(20, 86400), 3600),
        port=read.one("COTURN_PORT", values.port, 3478),
        tls_port=read.one("COTURN_TLS_PORT", values.port, 5349),
        public_ip=read.one("COTURN_PUBLIC_IP", values.ipv4, None),
        private_ip=read.one("COTURN_PRIVATE_IP", values.ipv4, None),
        public_ip6=read.one("COTURN_PUBLIC_IP6", values.ipv6, None),
        tls_cert=read.one("COTURN_TLS_CERT", values.path, ""),
        tls_key=read.one("COTURN_TLS_KEY", values.path, ""),
        version=read.one("COTURN_VERSION", values.version, None),
        min_port=read.one("COTURN_MIN_PORT", values.port, 49152),
        max_port=read.one("COTURN_MAX_PORT", values.port, 65535),
    )
    if turn.host and not turn.shared_secrets:
        raise SettingsError(
            "COTURN_SHARED_SECRET", "COTURN_TURN_HOST is set, so this must be: run `meshvoice secrets`"
        )
    if turn.private_ip and not turn.public_ip:
        raise SettingsError(
            "COTURN_PRIVATE_IP", "means nothing alone: set COTURN_PUBLIC_IP to the address outside the NAT"
        )
    if bool(turn.tls_cert) != bool(turn.tls_key):
        missing = "COTURN_TLS_KEY" if turn.tls_cert else "COTURN_TLS_CERT"
        raise SettingsError(missing, "TLS takes a certificate and its key: set both, or neither")
    if turn.min_port >= turn.max_port:
        raise SettingsError("COTURN_MAX_PORT", f"must be above COTURN_MIN_PORT ({turn.min_port})")
    return turn


class _Reader:
    """Parses single variables; unset and empty mean the default."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def one(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self._env.get(name, "")
        if any(not character.isprintable() for character in text):
            raise SettingsError(name, "holds a control character or line break: write the value on one line")
        text = text.strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as problem:
            raise SettingsError(name, str(problem)) from None

    def required(self, name: str, parse: Callable[[str], T], fix: str) -> T:
        if not self._env.get(name, "").strip():
            raise SettingsError(name, f"is not set: {fix}")
        value: T | None = self.one(name, parse, None)
        assert value is not None  # noqa: S101  # the text is not empty, so parse gave the value
        return value


def _refuse_unknown(env: Mapping[str, str]) -> None:
    for name in sorted(env):
        if name.startswith(PREFIXES) and name not in NAMES:
            near = min(NAMES, key=lambda known: _distance(name, known))
            raise SettingsError(
                name, f"is no setting of meshvoice (did you mean {near}?): remove or correct it"
            )


def _distance(left: str, right: str) -> int:
    """Levenshtein's edit distance: names the likely intended variable."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def _local_origins(port: int) -> tuple[str, ...]:
    return tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1", "[::1]"))


NAMES = (
    "MESHVOICE_HOST",
    "MESHVOICE_PORT",
    "MESHVOICE_ORIGIN",
    "MESHVOICE_SECRET_KEY",
    "MESHVOICE_DATABASE",
    "MESHVOICE_PASSPHRASE",
    "MESHVOICE_TRUSTED_PROXIES",
    "MESHVOICE_USER_HEADER",
    "MESHVOICE_NAME_HEADER",
    "MESHVOICE_TABLE_SEATS",
    "MESHVOICE_SEA_HOURS",
    "MESHVOICE_SEA_PEERS",
    "MESHVOICE_RELAY_ONLY",
    "COTURN_SHARED_SECRET",
    "COTURN_TURN_HOST",
    "COTURN_REALM",
    "COTURN_TTL",
    "COTURN_PORT",
    "COTURN_TLS_PORT",
    "COTURN_PUBLIC_IP",
    "COTURN_PRIVATE_IP",
    "COTURN_PUBLIC_IP6",
    "COTURN_TLS_CERT",
    "COTURN_TLS_KEY",
    "COTURN_VERSION",
    "COTURN_MIN_PORT",
    "COTURN_MAX_PORT",
)
"""Every variable that meshvoice reads, in the order of the README's table."""

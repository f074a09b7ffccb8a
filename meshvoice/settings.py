"""Settings: the only reader of configuration, and the place where bad configuration stops.

Everything comes from the environment, once, as text. A value that can't be right, an unknown name or a
secret that isn't one raises `SettingsError`, whose sentence names the variable and the fix.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")

PREFIXES = ("MESHVOICE_", "COTURN_")
_PLACEHOLDER = re.compile(r"change.?me|replace|placeholder|example|your[-_]secret|default|insecure", re.I)
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


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
        port = read.one("MESHVOICE_PORT", _port, 8080)
        settings = cls(
            secret_keys=read.required(
                "MESHVOICE_SECRET_KEY", _secret_keys, "run `meshvoice secrets` (make run does)"
            ),
            host=read.one("MESHVOICE_HOST", _bind_host, "127.0.0.1"),
            port=port,
            origins=read.one("MESHVOICE_ORIGIN", _origin, _local_origins(port)),
            database=read.one("MESHVOICE_DATABASE", _text, "var/meshvoice.db"),
            passphrase=read.one("MESHVOICE_PASSPHRASE", _passphrase, ""),
            trusted_proxies=read.one("MESHVOICE_TRUSTED_PROXIES", _networks, ()),
            user_header=read.one("MESHVOICE_USER_HEADER", _header, ""),
            table_seats=read.one("MESHVOICE_TABLE_SEATS", _between(2, 8), 6),
            sea_hours=read.one("MESHVOICE_SEA_HOURS", _hours, 24.0),
            sea_peers=read.one("MESHVOICE_SEA_PEERS", _between(2, 8), 8),
            relay_only=read.one("MESHVOICE_RELAY_ONLY", _flag, False),
            turn=_turn(read),
        )
        if settings.user_header and not settings.trusted_proxies:
            raise SettingsError(
                "MESHVOICE_USER_HEADER",
                "anyone could send this header: name the proxy's addresses in MESHVOICE_TRUSTED_PROXIES too",
            )
        if settings.relay_only and not (settings.turn.host and settings.turn.shared_secrets):
            raise SettingsError(
                "MESHVOICE_RELAY_ONLY", "needs a relay: set COTURN_TURN_HOST and COTURN_SHARED_SECRET"
            )
        return settings


def _turn(read: _Reader) -> TurnSettings:
    host = read.one("COTURN_TURN_HOST", _turn_host, "")
    turn = TurnSettings(
        shared_secrets=read.one("COTURN_SHARED_SECRET", _shared_secrets, ()),
        host=host,
        realm=read.one("COTURN_REALM", _realm, host or "meshvoice"),
        ttl=read.one("COTURN_TTL", _between(20, 86400), 3600),
        port=read.one("COTURN_PORT", _port, 3478),
        tls_port=read.one("COTURN_TLS_PORT", _port, 5349),
        public_ip=read.one("COTURN_PUBLIC_IP", _ipv4, None),
        private_ip=read.one("COTURN_PRIVATE_IP", _ipv4, None),
        public_ip6=read.one("COTURN_PUBLIC_IP6", _ipv6, None),
        tls_cert=read.one("COTURN_TLS_CERT", _path, ""),
        tls_key=read.one("COTURN_TLS_KEY", _path, ""),
        version=read.one("COTURN_VERSION", _version, None),
        min_port=read.one("COTURN_MIN_PORT", _port, 49152),
        max_port=read.one("COTURN_MAX_PORT", _port, 65535),
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


def _text(text: str) -> str:
    return text


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text[:9]) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


_port = _between(1, 65535)


def _hours(text: str) -> float:
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text) or not 0 < float(text) <= 168:
        raise ValueError(f"{text!r} is not a number of hours above 0, up to 168 (a week)")
    return float(text)


def _flag(text: str) -> bool:
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"{text!r} is neither yes nor no: write 1 or 0")


def _weak(text: str) -> bool:
    return bool(_PLACEHOLDER.search(text)) or len(set(text)) < 8


def _shared_secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(part.strip() for part in text.split(","))
    for secret in secrets:
        if not re.fullmatch(r"[A-Za-z0-9_-]{32,200}", secret) or _weak(secret):
            # The value itself never stands in the message: it may end in a log.
            raise ValueError(
                "needs 32 to 200 random characters of A-Z a-z 0-9 _ - (no placeholder; several with commas): "
                "run `meshvoice secrets`"
            )
    return secrets


def _secret_keys(text: str) -> tuple[bytes, ...]:
    keys = []
    for part in text.split(","):
        try:
            key = base64.b64decode(part.strip().encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32 or _weak(part.strip()):
            raise ValueError(
                "needs 32 random bytes in URL-safe base64 (several with commas): run `meshvoice secrets`"
            )
        keys.append(key)
    return tuple(keys)


def _passphrase(text: str) -> str:
    if len(text) < 6 or re.fullmatch(r"change.?me|password|123456\d*", text, re.I):
        raise ValueError("is too easy to guess: 6 characters at least, several words are best")
    return text


def _bind_host(text: str) -> str:
    if text == "0.0.0.0" or text == "::" or _is_address(text) or _HOST.fullmatch(text):  # noqa: S104
        return text
    raise ValueError(f"{text!r} is no address or host name to listen on")


def _turn_host(text: str) -> str:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_address(bare) or _HOST.fullmatch(bare):
        return bare
    raise ValueError(f"{text!r} is no host: write a name or an address alone, without turn:, port or path")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _ipv4(text: str) -> ipaddress.IPv4Address:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no literal IPv4 address") from None


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise ValueError(f"{text!r} is no literal IPv6 address")
    return address


def _networks(text: str) -> tuple[Network, ...]:
    networks = []
    for part in text.split(","):
        try:
            networks.append(ipaddress.ip_network(part.strip()))
        except ValueError as problem:
            raise ValueError(
                f"{problem}: write addresses or networks with commas, as 127.0.0.1,10.0.0.0/24"
            ) from None
    return tuple(networks)


def _header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", text):
        raise ValueError(f"{text!r} is no header name, such as Remote-User")
    return text


def _realm(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,127}", text):
        raise ValueError(f"{text!r} is no realm: letters, digits, dots and hyphens, usually the host name")
    return text


def _path(text: str) -> str:
    if not text.startswith("/") or '"' in text:
        raise ValueError(f"{text!r} is no absolute path")
    return text


def _version(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no version such as 4.6.1")
    return int(match[1]), int(match[2]), int(match[3] or 0)


def _origin(text: str) -> tuple[str, ...]:
    parts = urlsplit(text)
    name = parts.hostname or ""
    plain = f"{parts.scheme}://{parts.netloc}"
    if (
        parts.scheme not in ("http", "https")
        or not (_HOST.fullmatch(name) or _is_address(name))
        or plain != text.rstrip("/")
        or "@" in parts.netloc
    ):
        raise ValueError(f"{text!r} is no origin: write scheme and host alone, as https://voice.example.org")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{name}]" if ":" in name else name
    # Browsers send the host in lower case and leave the default port out.
    return (f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else ""),)


NAMES = (
    "MESHVOICE_HOST",
    "MESHVOICE_PORT",
    "MESHVOICE_ORIGIN",
    "MESHVOICE_SECRET_KEY",
    "MESHVOICE_DATABASE",
    "MESHVOICE_PASSPHRASE",
    "MESHVOICE_TRUSTED_PROXIES",
    "MESHVOICE_USER_HEADER",
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

"""Settings: the only reader of configuration, and the place where bad configuration stops.

Everything comes from the environment, once, as text. A value that can't be right, an unknown name or a
secret that isn't one raises `SettingsError`, whose sentence names the variable and the fix.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from meshvoice import settings_rows, sites, values
from meshvoice.settings_rows import PREFIXES, REQUIRED, SettingsError, setting
from meshvoice.sites import Sites
from meshvoice.turn_settings import TurnSettings
from meshvoice.values import Network

__all__ = [
    "NAMES",
    "PREFIXES",
    "TABLE",
    "Address",
    "Examined",
    "Network",
    "Settings",
    "SettingsError",
    "TurnSettings",
    "examine",
    "relay_contradictions",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _local_origins(port: int) -> tuple[str, ...]:
    return tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All that a deployment can set; every field is one variable of `conf/meshvoice.env.example`."""

    secret_keys: tuple[bytes, ...] = setting(
        "MESHVOICE_SECRET_KEY",
        values.secret_keys,
        REQUIRED,
        "signs and encrypts sessions; several with commas, the first signs",
        unset="generated",
        secret=True,
    )
    """32 bytes each; the first signs and encrypts, the others are still read (rotation)."""
    hosts: tuple[str, ...] = setting(
        "MESHVOICE_HOST",
        values.places,
        ("127.0.0.1",),
        "addresses to listen on, with commas; `::` is IPv4 and IPv6, `unix:/path` a Unix socket",
    )
    port: int = setting("MESHVOICE_PORT", values.port, 8080, "port to listen on")
    socket_group: str = setting(
        "MESHVOICE_SOCKET_GROUP",
        values.group,
        "",
        "the group that may dial the Unix socket, such as the proxy's",
        unset="the server's own",
    )
    origins: tuple[str, ...] = setting(
        "MESHVOICE_ORIGIN",
        sites.addresses,
        ("http://localhost:8080",),
        "where browsers reach the site: scheme, host and perhaps a path; several with commas",
        follows=lambda above: _local_origins(above["port"]),
    )
    """Each with the path that all have in common: `sites` takes them apart. Commands go by the first."""
    database: str = setting(
        "MESHVOICE_DATABASE", values.plain, "var/meshvoice.db", "the guest book, a SQLite file"
    )
    passphrase: str = setting(
        "MESHVOICE_PASSPHRASE",
        values.passphrase,
        "",
        "asked of everyone who signs in without an invitation",
        secret=True,
    )
    hosting: str = setting(
        "MESHVOICE_HOSTING",
        values.one_of("anyone", "invited"),
        "anyone",
        "`invited`: nobody signs in without a link; `meshvoice host-link` makes one for a host",
    )
    metrics_token: str = setting(
        "MESHVOICE_METRICS_TOKEN",
        values.token,
        "",
        "opens `/metrics` to whoever sends it (`Authorization: Bearer`); unset, it is closed",
        secret=True,
    )
    log_format: str = setting(
        "MESHVOICE_LOG_FORMAT",
        values.one_of("plain", "json"),
        "plain",
        "`plain` or `json`: how each event's one line is written",
    )
    trusted_proxies: tuple[Network | Literal["unix"], ...] = setting(
        "MESHVOICE_TRUSTED_PROXIES",
        values.peers,
        (),
        "proxies whose `X-Forwarded-For` or `Forwarded` counts; `unix` is whoever dials the Unix socket",
    )
    user_header: str = setting(
        "MESHVOICE_USER_HEADER", values.header, "", "the header in which those proxies name the user"
    )
    name_header: str = setting(
        "MESHVOICE_NAME_HEADER",
        values.header,
        "",
        "the header in which they give the name to show, if that is another",
    )
    processes: int = setting(
        "MESHVOICE_PROCESSES",
        values.between(1, 16),
        1,
        "servers that share the guest book, each with some of the rooms, behind nginx",
    )
    sockets: int = setting(
        "MESHVOICE_SOCKETS",
        values.between(8, 15_000),
        800,
        "WebSockets of one process at one time, one for each person in voice",
    )
    """Each of them is 428 KB at its bounds: docs/deployment.md has the sum."""
    table_seats: int = setting("MESHVOICE_TABLE_SEATS", values.between(2, 8), 6, "seats of a table")
    sea_hours: float = setting("MESHVOICE_SEA_HOURS", values.hours, 24.0, "for how long a sea stays open")
    sea_peers: int = setting("MESHVOICE_SEA_PEERS", values.between(2, 8), 8, "seats of a sea")
    relay_only: bool = setting(
        "MESHVOICE_RELAY_ONLY",
        values.flag,
        False,
        "`1`: always through TURN, so that members don't see each other's addresses",
    )
    turn: TurnSettings = TurnSettings()

    @property
    def origin(self) -> str:
        """The first origin, `scheme://host[:port]`."""
        return self.sites.first.origin

    @property
    def path(self) -> str:
        """Under which the pages lie on each origin, such as `/voice`; empty: at the root."""
        return self.sites.first.path

    @property
    def sites(self) -> Sites:
        """Where browsers reach us."""
        return Sites(self.origins)

    @property
    def https(self) -> bool:
        """Whether browsers reach us by https, under one name at least."""
        return any(origin.startswith("https://") for origin in self.origins)

    @property
    def trusts_anyone(self) -> bool:
        """Whether a network in MESHVOICE_TRUSTED_PROXIES is the whole of IPv4 or of IPv6."""
        return any(each != values.UNIX and each.prefixlen == 0 for each in self.trusted_proxies)

    @property
    def guests_host(self) -> bool:
        """Whether whoever came by an invitation may have rooms of their own."""
        return not self.passphrase and self.hosting == "anyone"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read `env` strictly. Raises `SettingsError`."""
        examined = examine(env)
        if examined.settings is None:
            raise examined.problems[0]
        return examined.settings


TABLE = (*settings_rows.rows(Settings).values(), *settings_rows.rows(TurnSettings).values())
"""Every setting, in the order of the README's table and of the example file."""
NAMES = tuple(row.variable for row in TABLE)
"""Every variable that meshvoice reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """What an environment says, and all that is wrong with it."""

    settings: Settings | None
    """None where something is wrong."""
    values: dict[str, Any]
    """By variable; one that can't be read is missing."""
    problems: tuple[SettingsError, ...]


def examine(env: Mapping[str, str]) -> Examined:
    """Read all of `env`, and go on past what is wrong."""
    own, turn = settings_rows.read(Settings, env), settings_rows.read(TurnSettings, env)
    problems = [*settings_rows.unknown(env, NAMES), *own.problems, *turn.problems]
    settings = None
    if not problems:
        # Only of what was read: a default in place of a wrong value would contradict what nobody wrote.
        settings = Settings(**own.fields, turn=TurnSettings(**turn.fields))
        problems = list(_contradictions(settings))
    return Examined(
        settings=None if problems else settings,
        values={**own.values, **turn.values},
        problems=tuple(problems),
    )


# The rules between settings: the variable that is to be mended, and how.


def _contradictions(settings: Settings) -> Iterator[SettingsError]:
    turn = settings.turn
    if turn.host and not turn.offered:
        yield SettingsError(
            "COTURN_SHARED_SECRET", "COTURN_TURN_HOST is set, so this must be: run `meshvoice secrets`"
        )
    if turn.ours and not turn.fixed and any(map(_copied, turn.shared_secrets)):
        # The value itself never stands in the message: it may end in a log.
        yield SettingsError(
            "COTURN_SHARED_SECRET",
            "is a placeholder, has spaces or quotes, or more than 200 characters: run `meshvoice secrets`; "
            "where the relay is somebody else's, who chose it, say COTURN_OURS=0",
        )
    if bool(turn.username) != bool(turn.password):
        missing = "COTURN_PASSWORD" if turn.username else "COTURN_USERNAME"
        yield SettingsError(missing, "a relay's user and password go together: set both, or neither")
    yield from _lone_private_ip(turn)
    if bool(turn.tls_cert) != bool(turn.tls_key):
        missing = "COTURN_TLS_KEY" if turn.tls_cert else "COTURN_TLS_CERT"
        yield SettingsError(missing, "TLS takes a certificate and its key: set both, or neither")
    if turn.min_port >= turn.max_port:
        yield SettingsError("COTURN_MAX_PORT", f"must be above COTURN_MIN_PORT ({turn.min_port})")
    if settings.processes > 1 and any(place.startswith("unix:") for place in settings.hosts):
        yield SettingsError(
            "MESHVOICE_HOST", "several processes have a port each, and no Unix socket: write an address"
        )
    if settings.port + settings.processes > 65_536:
        yield SettingsError(
            "MESHVOICE_PORT", f"must leave room for the ports of {settings.processes} processes above it"
        )
    if settings.socket_group and not any(place.startswith("unix:") for place in settings.hosts):
        yield SettingsError(
            "MESHVOICE_SOCKET_GROUP",
            "means nothing without a Unix socket: write one into MESHVOICE_HOST, "
            "as unix:/run/meshvoice/http.sock",
        )
    if settings.user_header and not settings.trusted_proxies:
        yield SettingsError(
            "MESHVOICE_USER_HEADER",
            "anyone could send this header: name the proxy's addresses in MESHVOICE_TRUSTED_PROXIES too",
        )
    if settings.user_header and settings.trusts_anyone:
        yield SettingsError(
            "MESHVOICE_TRUSTED_PROXIES",
            "names every address, so anyone could send MESHVOICE_USER_HEADER, and be whoever they like: name "
            "the proxy's own address, or its network",
        )
    if settings.name_header and not settings.user_header:
        yield SettingsError(
            "MESHVOICE_NAME_HEADER",
            "says how to call the user of another header: set MESHVOICE_USER_HEADER too",
        )
    if settings.relay_only and not turn.offered:
        yield SettingsError(
            "MESHVOICE_RELAY_ONLY", "needs a relay: set COTURN_TURN_HOST and COTURN_SHARED_SECRET"
        )


def _copied(secret: str) -> bool:
    return values.placeholder(secret) or len(secret) > 200 or not {" ", '"', "'"}.isdisjoint(secret)


def relay_contradictions(turn: TurnSettings) -> Iterator[SettingsError]:
    """Give what a coturn of ours can't do; of the ports, a relay of somebody else's may."""
    yield from _lone_private_ip(turn)
    listening = {"COTURN_PORT": turn.port}
    if turn.tls_cert:
        listening["COTURN_TLS_PORT"] = turn.tls_port
    for variable, port in listening.items():
        if turn.min_port <= port <= turn.max_port:
            yield SettingsError(
                variable, f"lies in the relay range {turn.min_port} to {turn.max_port}: move one of them"
            )
    if len({*listening.values()}) < len(listening):
        yield SettingsError("COTURN_TLS_PORT", "is COTURN_PORT, too: they must differ")


def _lone_private_ip(turn: TurnSettings) -> Iterator[SettingsError]:
    if turn.private_ip and not turn.public_ip:
        yield SettingsError(
            "COTURN_PRIVATE_IP", "means nothing alone: set COTURN_PUBLIC_IP to the address outside the NAT"
        )

"""A reverse proxy's configuration, rendered from the settings that meshvoice itself runs by."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined

from meshvoice.settings import Settings, SettingsError
from meshvoice.values import UNIX

Proxy = Literal["nginx", "caddy", "apache", "haproxy", "traefik"]
TEMPLATES: dict[Proxy, str] = {
    "nginx": "nginx.conf.j2",
    "caddy": "Caddyfile.j2",
    "apache": "apache.conf.j2",
    "haproxy": "haproxy.cfg.j2",
    "traefik": "traefik.yaml.j2",
}
"""Files of conf/."""

USUAL_USER_HEADERS = ("Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Authentik-Username")
"""Stripped whatever the settings say, so that naming one there later opens nothing in a file of before."""

_TAKEN = frozenset(
    (
        *("accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
        *("cookie", "expect", "forwarded", "host", "keep-alive", "origin", "te", "trailer"),
        *("transfer-encoding", "upgrade", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
    )
)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_PATH = re.compile(r"/[A-Za-z0-9/._@+-]{1,500}")
_SITE_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+){1,8}")
# Dialled in place of an address that means all of them.
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A certificate of the deployment's own, as paths on the proxy's host."""

    chain: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What browsers dial."""

    scheme: str
    host: str
    """Lower case, an IPv6 address in brackets."""
    port: int
    authority: str
    """The host, and the port where it isn't the scheme's own: what a browser says in Host."""
    path: str
    """Under which meshvoice lies there, such as `/voice`; it is passed on unchanged. Empty: at the root."""
    redirects: bool
    """Whether http:// on port 80 leads here."""

    @property
    def https(self) -> bool:
        """Whether the proxy ends TLS."""
        return self.scheme == "https"

    @property
    def origin(self) -> str:
        """As a browser says it in Origin."""
        return f"{self.scheme}://{self.authority}"


def render(settings: Settings, *, proxy: Proxy, template: str, certificate: Certificate | None = None) -> str:
    """Render the configuration from the text of the proxy's template.

    Without `certificate` Caddy gets one by itself, and nginx has certbot's usual paths.
    Raises `SettingsError` for a setting with which no proxy would work, or that could be read as a directive.
    """
    served = list(_sites(settings))
    if certificate is not None and not any(site.https for site in served):
        raise SettingsError(
            "--cert", f"means nothing for {served[0].origin}: set MESHVOICE_ORIGIN to https://"
        )
    if certificate is not None:
        _match(_PATH, "--cert", certificate.chain, "an absolute path")
        _match(_PATH, "--key", certificate.key, "an absolute path")
    upstream = _upstream(settings)
    _fit(proxy, upstream, certificate)
    environment = Environment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # The output is no HTML; each value was matched against what it may hold.
        autoescape=False,  # noqa: S701
    )
    return environment.from_string(template).render(
        sites=served,
        path=served[0].path,
        upstream=upstream,
        user_header=_header("MESHVOICE_USER_HEADER", settings.user_header),
        other_user_headers=_others(settings),
        certificate=certificate,
    )


def notes(settings: Settings) -> list[str]:
    """Say what the proxy's configuration can't mend."""
    place = _dialled(settings)
    if place.startswith("unix:"):
        return [] if UNIX in settings.trusted_proxies else [_unnamed("unix, for the Unix socket")]
    host = _ANY.get(place, place)
    local = [ipaddress.ip_address(text) for text in ("127.0.0.1", "::1")]
    dialled_from = local if host == "localhost" else [address for address in local if str(address) == host]
    networks = [network for network in settings.trusted_proxies if network != UNIX]
    known = any(address in network for address in dialled_from for network in networks)
    if known or (networks and not dialled_from):
        return []
    return [_unnamed(str(dialled_from[0]) if dialled_from else "the proxy's address")]


def _unnamed(peer: str) -> str:
    return (
        f"MESHVOICE_TRUSTED_PROXIES does not name {peer}: to meshvoice all visitors are one, the proxy, "
        "and share its limits"
    )


def _sites(settings: Settings) -> Iterator[Site]:
    read = [_site(settings, address) for address in settings.origins]
    # Port 80 of a name leads to one place.
    taken = {site.host for site in read if site.scheme == "http" and site.port == 80}
    for site in read:
        yield replace(site, redirects=site.https and site.host not in taken)
        taken |= {site.host} if site.https else set()


def _site(settings: Settings, address: str) -> Site:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or address != f"{parts.scheme}://{parts.netloc}{parts.path}":
        raise SettingsError("MESHVOICE_ORIGIN", f"{address!r} is no scheme and host, with or without a path")
    if parts.path:
        _match(_SITE_PATH, "MESHVOICE_ORIGIN", parts.path, "a path")
    name, colon, port = parts.netloc.rpartition(":")
    if not colon or not port.isdecimal() or parts.netloc.endswith("]"):
        name, port = parts.netloc, {"http": "80", "https": "443"}[parts.scheme]
    _match(_HOST, "MESHVOICE_ORIGIN", name, "a host name or an address")
    if int(port) == settings.port and _upstream(settings).authority.startswith(
        ("127.", "[::1]", "localhost")
    ):
        raise SettingsError(
            "MESHVOICE_ORIGIN",
            f"{address} is meshvoice's own port: set it to where browsers reach the proxy, "
            "as https://voice.example.org",
        )
    return Site(
        scheme=parts.scheme,
        host=name,
        port=int(port),
        authority=parts.netloc,
        path=parts.path,
        redirects=False,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Upstream:
    """Where the proxy dials meshvoice: the one or the other."""

    authority: str = ""
    """Host and port, an IPv6 address in brackets."""
    path: str = ""
    """Of a Unix socket."""
    others: tuple[str, ...] = ()
    """Of the processes beside the first, among which rooms are split."""


def _upstream(settings: Settings) -> Upstream:
    place = _dialled(settings)
    if place.startswith("unix:"):
        path = _match(_PATH, "MESHVOICE_HOST", place.removeprefix("unix:"), "the path of a Unix socket")
        return Upstream(path=path)
    host = _ANY.get(place, place)
    host = f"[{host}]" if ":" in host else host
    _match(_HOST, "MESHVOICE_HOST", host, "a host name or an address")
    others = (settings.port + number for number in range(1, settings.processes))
    return Upstream(authority=f"{host}:{settings.port}", others=tuple(f"{host}:{port}" for port in others))


def _fit(proxy: Proxy, upstream: Upstream, certificate: Certificate | None) -> None:
    if proxy == "traefik" and upstream.path:
        raise SettingsError(
            "MESHVOICE_HOST",
            "Traefik dials no Unix socket: write an address, such as 127.0.0.1, in its place",
        )
    if proxy != "nginx" and upstream.others:
        raise SettingsError(
            "MESHVOICE_PROCESSES", "nginx alone is told how to split rooms over several: take that, or 1"
        )
    if proxy == "haproxy" and certificate:
        beside = f"{certificate.chain}.key"
        if certificate.key not in (certificate.chain, beside):
            raise SettingsError(
                "--key",
                f"HAProxy takes the key from the certificate's own file, or from {beside}: put it there",
            )


def _dialled(settings: Settings) -> str:
    # A Unix socket is there for a proxy alone; of addresses the first.
    return min(settings.hosts, key=lambda place: not place.startswith("unix:"))


def _others(settings: Settings) -> list[str]:
    """List what no visitor may send either: the usual names for a user, and the header of a name to show."""
    shown = _header("MESHVOICE_NAME_HEADER", settings.name_header)
    known = {settings.user_header.lower(), *(name.lower() for name in USUAL_USER_HEADERS)}
    usual = [name for name in USUAL_USER_HEADERS if name.lower() != settings.user_header.lower()]
    return [*usual, shown] if shown and shown.lower() not in known else usual


def _header(variable: str, name: str) -> str:
    if not name:
        return ""
    _match(_HEADER, variable, name, "a header name, such as Remote-User")
    if name.lower() in _TAKEN or name.lower().startswith("sec-"):
        raise SettingsError(variable, f"{name} has a meaning of its own: take Remote-User")
    return name


def _match(pattern: re.Pattern[str], variable: str, text: str, what: str) -> str:
    # A quote, brace, semicolon, space or line break is a directive of whoever chose the value.
    if pattern.fullmatch(text) is None:
        raise SettingsError(variable, f"{text!r} is not {what} in plain letters: nothing was rendered")
    return text

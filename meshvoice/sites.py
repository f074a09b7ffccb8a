"""Where browsers reach us: origins with one path in common, and which of them a request is on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from meshvoice.values import advice, is_address, is_name

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What no browser encodes, and no proxy's configuration takes for more than it is.
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+){0,8}/?")
_PATH_LENGTH = 200
_OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Of this machine, for itself."""
_SHAPE = "write scheme and host, as https://voice.example.org, or with a path, as https://example.org/voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One of the addresses of MESHVOICE_ORIGIN."""

    origin: str
    """`scheme://host[:port]`, as a browser says it in Origin."""
    path: str
    """Under which our pages lie, such as `/voice`; empty: at the root."""
    alike: tuple[str, ...]
    """Origins whose pages count as this one's: itself, and other names of this machine on its port."""

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return self.origin + self.path

    @property
    def https(self) -> bool:
        """Whether browsers reach it by https: its cookies are then Secure, and their names say so."""
        return self.origin.startswith("https://")

    @property
    def local(self) -> bool:
        """Whether it is this machine's own name for itself, where a microphone needs no TLS."""
        name = urlsplit(self.origin).hostname or ""
        return name == "localhost" or (is_address(name) and ipaddress.ip_address(name).is_loopback)


class Sites:
    """All of them, found by the Host of a request."""

    def __init__(self, addresses: Sequence[str]) -> None:
        parts = [urlsplit(address) for address in addresses]
        origins = [f"{part.scheme}://{part.netloc}" for part in parts]
        groups: dict[str, tuple[str, ...]] = {}
        for origin in origins:
            groups[_machine(origin)] = (*groups.get(_machine(origin), ()), origin)
        self.all = tuple(
            Site(origin=origin, path=parts[0].path, alike=groups[_machine(origin)]) for origin in origins
        )
        self.distinct = tuple(site for site in self.all if site.origin == site.alike[0])
        """Without further names of this machine."""
        self.first = self.all[0]
        self._by_host = {host: site for site in self.all for host in _hosts(site.origin)}
        for site in self.distinct:
            for name in _own_names(site.origin):
                self._by_host.setdefault(name, site)

    def named(self, host: str) -> Site | None:
        """Give the site that a request's Host names; None: none of ours."""
        return self._by_host.get(host.lower())

    def at(self, host: str) -> Site | None:
        """Give the site that a request is on; None where there are several, and Host names none of them.

        Where there is one, a proxy may say any Host: browsers come by no other name.
        """
        return self.named(host) or (self.first if len(self.distinct) == 1 else None)


def addresses(text: str) -> tuple[str, ...]:
    """Read MESHVOICE_ORIGIN: addresses with commas, as browsers write them. Raises `ValueError`."""
    read = [_address(part.strip()) for part in text.split(",")]
    paths = {path for _, path in read}
    if len(paths) > 1:
        longest = max(paths, key=len)
        right = ",".join(origin + longest for origin, _ in read)
        raise ValueError(f"one path must be common to all addresses, as {right}")
    taken: dict[str, str] = {}
    for origin, _ in read:
        for host in _hosts(origin):
            if taken.get(host) == origin:
                raise ValueError(f"{origin} stands there twice: write it once")
            if host in taken:
                raise ValueError(
                    f"a request's Host is the same for {taken[host]} and {origin}: keep the https:// one"
                )
        taken |= dict.fromkeys(_hosts(origin), origin)
    return tuple(origin + path for origin, path in read)


def _address(text: str) -> tuple[str, str]:
    """Give the origin and the path of one address."""
    if not text:
        raise ValueError("has a comma with no address beside it: take it away")
    parts = urlsplit(text)
    name, path = parts.hostname or "", parts.path.rstrip("/")
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not (is_name(name) or is_address(name))
        or f"{parts.scheme}://{parts.netloc}{parts.path}" != text
        or "@" in parts.netloc
    ):
        after = "".join(parts.netloc.rpartition("@")[2].partition(":")[1:])
        fix = advice(name, before=f"{parts.scheme}://", after=after)
        if not fix or parts.scheme not in _DEFAULT_PORTS:
            fix = _SHAPE
        raise ValueError(f"{text!r} is no origin: {fix}")
    if not _PATH.fullmatch(parts.path) or len(path) > _PATH_LENGTH:
        raise ValueError(
            f"{text!r} has a path that can't be used: write letters, digits and -, as "
            "https://example.org/voice"
        )
    default = _DEFAULT_PORTS[parts.scheme]
    host = f"[{name}]" if ":" in name else name
    # Browsers send the host in lower case and leave the default port out.
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    return f"{parts.scheme}://{host}{port}", path


def _hosts(origin: str) -> tuple[str, ...]:
    """Give what Host may say of an origin: some clients write the port that goes without saying."""
    parts = urlsplit(origin)
    if parts.port is not None:
        return (parts.netloc,)
    return parts.netloc, f"{parts.netloc}:{_DEFAULT_PORTS[parts.scheme]}"


def _machine(origin: str) -> str:
    """Give the same for all names of this machine with one scheme and port."""
    names = _own_names(origin)
    return f"{urlsplit(origin).scheme}://{names[0]}" if names else origin


def _own_names(origin: str) -> list[str]:
    """Give what Host may say of an origin that is this machine's; nothing for another."""
    port = urlsplit(origin).netloc.removeprefix(name := _name(origin))
    if name not in _OWN_NAMES:
        return []
    scheme = urlsplit(origin).scheme
    return [host for own in _OWN_NAMES for host in _hosts(f"{scheme}://{own}{port}")]


def _name(origin: str) -> str:
    name = urlsplit(origin).hostname or ""
    return f"[{name}]" if ":" in name else name

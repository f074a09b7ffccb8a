"""Single settings read from text: a parser gives the value, or says in a `ValueError` what is wrong."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal

from meshvoice.passphrases import normal_passphrase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
UNIX: Literal["unix"] = "unix"
"""In an address's place: the peer at the other end of a Unix socket, which has none."""
Peers = Sequence[Network | Literal["unix"]]
"""From where a connection may come."""

_PLACEHOLDER = re.compile(r"change.?me|replace|placeholder|example|your[-_]secret|default|insecure", re.I)
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*")
_PORTED = re.compile(r"[0-9.]+:\d+|\[[0-9A-Fa-f:.]+\]:\d+|[A-Za-z][A-Za-z0-9.-]*:\d+")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_LONGEST_SOCKET_PATH = 107
LONGEST_REALM = 127
"""By RFC 8489, 14.9; coturn cuts off what is longer."""
MOST_HOSTS = 4
"""As many as browsers are given URLs."""
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def plain(text: str) -> str:
    return text


def between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


port = between(1, 65535)


def hours(text: str) -> float:
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text) or not 0 < float(text) <= 168:
        raise ValueError(f"{text!r} is not a number of hours above 0, up to 168 (a week)")
    return float(text)


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"{text!r} is none of these: {', '.join(words)}")
        return text.lower()

    return parse


def flag(text: str) -> bool:
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"{text!r} is neither yes nor no: write 1 or 0")


def _weak(text: str) -> bool:
    return placeholder(text) or len(set(text)) < 8


def placeholder(text: str) -> bool:
    """Tell whether it reads like what stands in examples, to be replaced."""
    return _PLACEHOLDER.search(text) is not None


def shared_secrets(text: str) -> tuple[str, ...]:
    """Read what somebody else's relay may have, too: what it is worth is told, where it counts."""
    secrets = tuple(part.strip() for part in text.split(","))
    for secret in secrets:
        # Outer quotes are those of the file that it was copied from.
        if not re.fullmatch(r"""(?!["'])[ -+\--~]{1,1000}(?<!["'])""", secret):
            # The value itself never stands in the message: it may end in a log.
            raise ValueError(
                "needs 1 to 1000 plain characters without outer quotes and commas (several with commas): run "
                "`meshvoice secrets`, or write what your relay has"
            )
    return secrets


def strong(secret: str) -> bool:
    """Tell whether nobody finds a shared secret by trying, as whoever has a credential can at home."""
    return re.fullmatch(r"[A-Za-z0-9_/+=-]{32,200}", secret) is not None and not _weak(secret)


def turn_user(text: str) -> str:
    if not re.fullmatch(r"[!-9;-~]{1,128}", text):
        raise ValueError(f"{text!r} is no user of a relay: plain characters without spaces and colons")
    return text


def turn_password(text: str) -> str:
    if len(text) > 1000 or not text.isascii():
        raise ValueError("needs 1 to 1000 plain characters")
    return text


def token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,200}", text) or _weak(text):
        raise ValueError(
            "needs 16 to 200 random characters of A-Z a-z 0-9 _ -: `openssl rand -hex 32` makes them"
        )
    return text


def secret_keys(text: str) -> tuple[bytes, ...]:
    keys = []
    for part in text.split(","):
        try:
            key = base64.b64decode(part.strip().encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32 or _weak(part.strip()):
            raise ValueError(
                "needs 32 random bytes in URL-safe base64 (several with commas): let it stand empty in the "
                "file and run `meshvoice secrets`"
            )
        keys.append(key)
    return tuple(keys)


def passphrase(text: str) -> str:
    text = normal_passphrase(text)
    if len(text) < 6 or re.fullmatch(r"change.?me|password|123456\d*", text, re.I):
        raise ValueError("is too easy to guess: 6 characters at least, several words are best")
    return text


def places(text: str) -> tuple[str, ...]:
    """Read where to listen: addresses, host names, and Unix sockets as `unix:/path`."""
    return tuple(dict.fromkeys(_place(part.strip()) for part in text.split(",")))


def _place(text: str) -> str:
    if text.startswith("unix:"):
        return f"unix:{_socket_path(text.removeprefix('unix:'))}"
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if is_address(bare):
        return str(ipaddress.ip_address(bare))
    if is_name(bare) and bare == text:
        return text
    advice = "write addresses with commas, as 127.0.0.1,::1"
    if text == "*":
        advice = "write :: for all addresses, of IPv4 and IPv6"
    elif text.startswith("/"):
        advice = f"a Unix socket is written unix:{text}"
    elif _PORTED.fullmatch(text):
        advice = f"write {text.rpartition(':')[0].strip('[]')} alone, and the port in MESHVOICE_PORT"
    raise ValueError(f"{text!r} is no address or host name to listen on: {advice}")


def _socket_path(text: str) -> str:
    path = f"/{text.lstrip('/')}"
    if not text.startswith("/") or text.endswith("/"):
        raise ValueError(
            f"unix:{text} names no socket: write its whole path, as unix:/run/meshvoice/http.sock"
        )
    if len(path.encode()) > _LONGEST_SOCKET_PATH:
        raise ValueError(f"unix:{path} is longer than the {_LONGEST_SOCKET_PATH} bytes that the kernel takes")
    return path


def group(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}|\d{1,9}", text, re.A):
        raise ValueError(f"{text!r} is no group: write its name or its number")
    return text


def turn_hosts(text: str) -> tuple[str, ...]:
    hosts: dict[str, str] = {}
    for part in text.split(","):
        host = turn_host(part.strip())
        # As it was written first: the realm is by default, and coturn tells large letters from small there.
        hosts.setdefault(host.lower(), host)
    if len(hosts) > MOST_HOSTS:
        raise ValueError(f"names {len(hosts)} hosts: {MOST_HOSTS} at most, for each costs every link time")
    return tuple(hosts.values())


def turn_host(text: str) -> str:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if is_address(bare):
        return str(ipaddress.ip_address(bare))
    if is_name(bare):
        return bare
    fix = advice(bare) or "write a name or an address alone, without turn:, port or path"
    raise ValueError(f"{text!r} is no host: {fix}")


def is_name(text: str) -> bool:
    """Tell whether it is a host's name in plain letters."""
    return _HOST.fullmatch(text) is not None


def advice(name: str, *, before: str = "", after: str = "") -> str:
    """Say what to write in place of a name that people read as one, and machines don't."""
    # Name servers write a dot at the end, which no certificate has.
    bare = name.removesuffix(".")
    if "_" in name:
        instead = f"{before}{_hyphened(bare)}{after}"
        return f"no certificate is given for a name with an underscore, so choose one such as {instead}"
    ascii_name = _ascii(bare)
    if ascii_name != name and is_name(ascii_name):
        return f"write it as browsers and certificates have it, {before}{ascii_name}{after}"
    return ""


def _hyphened(name: str) -> str:
    return ".".join(label.strip("_").replace("_", "-") for label in name.split("."))


def _ascii(name: str) -> str:
    # Python's own codec `idna` is of 2003 and writes straße as strasse, which is another name today.
    labels = unicodedata.normalize("NFKC", name.lower()).replace("\u3002", ".").split(".")
    encoded = (label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
    return ".".join(encoded)


def is_address(text: str) -> bool:
    """Tell whether it is an IP address, without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def of_a_host(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether a host can be known by it, beyond its own wire.

    To coturn 0.0.0.0 and :: are every address: as a peer that is allowed they undo all that is denied.
    """
    if address.version == 4:
        nowhere = address in _THIS_NETWORK or address.is_reserved
    else:
        nowhere = address.is_unspecified or address.ipv4_mapped is not None
    return not (nowhere or address.is_multicast or address.is_link_local)


def _hosts_own(text: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not of_a_host(address):
        raise ValueError(f"{text!r} is no address of a host's: write the one by which others reach it")


def ipv4(text: str) -> ipaddress.IPv4Address:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no literal IPv4 address") from None
    _hosts_own(text, address)
    return address


def ipv4_or_name(text: str) -> ipaddress.IPv4Address | str:
    # A name of digits and dots alone is an address that was misspelt.
    if is_name(text) and re.search(r"[A-Za-z]", text.rpartition(".")[2]):
        return text
    return ipv4(text)


def ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise ValueError(f"{text!r} is no literal IPv6 address")
    _hosts_own(text, address)
    return address


def peers(text: str) -> tuple[Network | Literal["unix"], ...]:
    peers: list[Network | Literal["unix"]] = []
    for part in text.split(","):
        if part.strip() == UNIX:
            peers.append(UNIX)
            continue
        try:
            peers.append(_unmapped(ipaddress.ip_network(part.strip())))
        except ValueError as problem:
            raise ValueError(
                f"{problem}: write addresses or networks with commas, as 127.0.0.1,10.0.0.0/24, "
                "and unix for the Unix socket"
            ) from None
    return tuple(peers)


def _unmapped(network: Network) -> Network:
    """Give an IPv4-mapped network as what it means: peers are compared as IPv4, however they came in."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < 96:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - 96))


def header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", text):
        raise ValueError(f"{text!r} is no header name, such as Remote-User")
    return text


def realm(text: str) -> str:
    # The colons are those of an IPv6 address: RFC 8489, 9.2.2, hashes them as they stand.
    if not re.fullmatch(rf"[A-Za-z0-9.:-]{{1,{LONGEST_REALM}}}", text):
        raise ValueError(f"{text!r} is no realm: letters, digits, dots and hyphens, usually the host name")
    return text


def path(text: str) -> str:
    if not text.startswith("/") or '"' in text:
        raise ValueError(f"{text!r} is no absolute path")
    return text


def version(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no version such as 4.6.1")
    return int(match[1]), int(match[2]), int(match[3] or 0)

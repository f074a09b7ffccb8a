"""TURN credentials of coturn's REST scheme (draft-uberti-behave-turn-rest-00); RTCIceServers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from meshvoice.settings import TurnSettings
from meshvoice.turn.errors import NotConfigured

MOST_URLS = 4
"""Of which browsers are told: each costs time in every link."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnCredentials:
    """What lets one user allocate relay addresses until `expires_at`."""

    username: str
    """`<expires_at>:<pseudonym>`, or a relay's fixed user."""
    credential: str
    """base64(HMAC-SHA1(shared secret, username)), or that user's password."""
    ttl: int
    """Seconds from `server_time` to `expires_at`."""
    server_time: int
    """Unix time at which these were issued: a client with a wrong clock counts from it."""
    expires_at: int
    """Unix time. coturn checks it when a relay address is allocated, and at no other time."""


class IceServer(TypedDict):
    """An RTCIceServer."""

    urls: list[str]
    username: NotRequired[str]
    credential: NotRequired[str]


class CredentialsBody(TypedDict):
    """The JSON that the credentials endpoint answers."""

    ttl: int
    expires_at: int
    server_time: int
    username: str
    credential: str
    iceServers: list[IceServer]
    iceTransportPolicy: NotRequired[Literal["relay"]]
    """There where the deployment is relay only: RTCConfiguration's own name and value."""


def derive_pseudonym_key(secret_key: bytes) -> bytes:
    """Derive the key of the pseudonyms from a key of the deployment's.

    Keyed by something else than COTURN_SHARED_SECRET, so that a user stays one user to coturn's quotas while
    that secret is rotated.
    """
    return hmac.digest(secret_key, b"meshvoice turn pseudonym", hashlib.sha256)


def pseudonym(user_id: str, *, pseudonym_key: bytes) -> str:
    """Name `user_id` towards coturn: stable, 22 of `[A-Za-z0-9_-]`, and no way back.

    USERNAME travels in clear, so the user id itself must not stand in it.
    """
    if not pseudonym_key:
        raise NotConfigured("the key of the pseudonyms is empty, so anyone could compute them")
    digest = hmac.digest(pseudonym_key, user_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def issue(*, secret: str, user_id: str, pseudonym_key: bytes, ttl: int, now: int) -> TurnCredentials:
    """Sign credentials for `user_id` that allocate from `now` for `ttl` seconds. Raises `NotConfigured`."""
    if not secret:
        raise NotConfigured("COTURN_SHARED_SECRET is not set: nothing can sign TURN credentials")
    username = f"{now + ttl}:{pseudonym(user_id, pseudonym_key=pseudonym_key)}"
    return TurnCredentials(
        username=username,
        credential=sign(username, secret=secret),
        ttl=ttl,
        server_time=now,
        expires_at=now + ttl,
    )


def fixed(turn: TurnSettings, *, ttl: int, now: int) -> TurnCredentials:
    """Give the relay's one user to everybody, with the times at which browsers ask again."""
    return TurnCredentials(
        username=turn.username, credential=turn.password, ttl=ttl, server_time=now, expires_at=now + ttl
    )


def sign(username: str, *, secret: str) -> str:
    """Compute the credential that coturn expects for `username`."""
    # SHA-1 is what coturn's REST scheme uses; HMAC does not rest on its collision resistance.
    return base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()


def ice_servers(turn: TurnSettings, credentials: TurnCredentials) -> list[IceServer]:
    """List the ICE servers of a deployment, the preferred host's first; none where no host is set.

    Never more than four URLs: each one costs gathering time and an allocation in every link.
    """
    hosts = [bracketed(host) for host in turn.hosts]
    relays = [[f"turn:{host}:{turn.port}?transport=udp"] for host in hosts]
    if len(hosts) == 1:
        relays[0] += _by_stream(turn, hosts[0], tcp=True)
        # RFC 7064: a stun URI has no query.
        return [{"urls": [f"stun:{hosts[0]}:{turn.port}"]}, _relay(relays[0], credentials)]
    # An allocation by UDP tells a browser its own address, so several hosts need no stun URI beside it.
    for host, urls in list(zip(hosts, relays, strict=True))[: MOST_URLS - len(hosts)]:
        urls += _by_stream(turn, host, tcp=not turn.tls)
    return [_relay(urls, credentials) for urls in relays]


def _relay(urls: list[str], credentials: TurnCredentials) -> IceServer:
    return {"urls": urls, "username": credentials.username, "credential": credentials.credential}


def _by_stream(turn: TurnSettings, host: str, *, tcp: bool) -> list[str]:
    plain = [f"turn:{host}:{turn.port}?transport=tcp"] if tcp else []
    return plain + ([f"turns:{host}:{turn.dialled_tls_port}?transport=tcp"] if turn.tls else [])


def bracketed(host: str) -> str:
    """Write `host` as it stands in a URI: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    try:
        return f"[{ipaddress.IPv6Address(host)}]"
    except ValueError:
        return host


def body(turn: TurnSettings, credentials: TurnCredentials) -> CredentialsBody:
    """Build the JSON body of the credentials endpoint."""
    return {
        "ttl": credentials.ttl,
        "expires_at": credentials.expires_at,
        "server_time": credentials.server_time,
        "username": credentials.username,
        "credential": credentials.credential,
        "iceServers": ice_servers(turn, credentials),
    }

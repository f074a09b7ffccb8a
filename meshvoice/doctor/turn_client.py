"""One client of a STUN and TURN server, over one leg, on aioice's protocols."""

from __future__ import annotations

import asyncio
import enum
import errno
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from aioice import stun, turn

from meshvoice.turn.credentials import TurnCredentials

T = TypeVar("T")
Peer = tuple[str, int]
"""A transport address: literal IP address and port."""

# RFC 8656, section 18.7: aioice has no name for it, as it always takes the server's default family.
_FAMILY = "REQUESTED-ADDRESS-FAMILY"
stun.ATTRIBUTES_BY_NAME.setdefault(_FAMILY, (0x0017, _FAMILY, stun.pack_unsigned, stun.unpack_unsigned))


def _error_code(data: bytes) -> tuple[int, str]:
    reason = _printable(data[4:].decode("utf8", "replace"))
    return stun.unpack_error_code(data[:4] + reason.encode())


def _printable(text: str) -> str:
    """Give what a terminal may be told of a server's words."""
    return "".join(each for each in text if each.isprintable())


# The reason in errors of coturn 4.10.0 is whatever lay in its memory, and aioice, which wants UTF-8, would
# drop them.
stun.ATTRIBUTES_BY_TYPE[0x0009] = (0x0009, "ERROR-CODE", stun.pack_error_code, _error_code)
_FAMILIES = {4: 0x01000000, 6: 0x02000000}
_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    437: "Allocation Mismatch",
    438: "Stale Nonce",
    440: "Address Family not Supported",
    441: "Wrong Credentials",
    442: "Unsupported Transport Protocol",
    443: "Peer Address Family Mismatch",
    486: "Allocation Quota Reached",
    500: "Server Error",
    508: "Insufficient Capacity",
}
"""RFC 8656, section 19: in place of what a server says, for it says other words, none, or nonsense."""
LIFETIME = 120
"""Seconds that an allocation may outlive a doctor who was killed; coturn makes 600 of it."""
TIMEOUT = 4.0
"""Seconds for one answer. aioice sends again after 0.5, 1.5 and 3.5 s."""


class Leg(enum.StrEnum):
    """How a browser reaches the server."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Unanswered(Exception):
    """Nothing came back in time."""


class Rejected(Exception):
    """The server answered with an error: `code` is STUN's."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code or ''} {reason}".strip())
        self.code = code
        self.realm: str | None = None
        """The realm that the server named before, if it asked for credentials."""


class TurnClient:
    """A client on an open leg. What it relays arrives by `receive`."""

    def __init__(self, client: turn.TurnClientProtocol, refused: asyncio.Event | None = None) -> None:
        self._client = client
        self._refused = refused or asyncio.Event()
        self._received: asyncio.Queue[tuple[bytes, Peer]] = asyncio.Queue()
        self.relayed: Peer | None = None
        """The relayed transport address, once allocated."""
        self.interrupted = False
        """Whether it was asked for one, and left before the answer: the server may have allocated it."""
        self.software = ""
        """What the server calls itself, if it does."""

    async def bind(self) -> Peer:
        """Ask by STUN for this client's own address as the server sees it."""
        response = await self._ask(stun.Method.BINDING, {}, "XOR-MAPPED-ADDRESS")
        self.software = response.attributes.get("SOFTWARE", "")
        mapped: Peer = response.attributes["XOR-MAPPED-ADDRESS"]
        return mapped

    async def allocate(self, *, family: int | None = None, transport: int = turn.UDP_TRANSPORT) -> Peer:
        """Allocate a relayed address of the IP version `family`; without one, as browsers do.

        Raises `Unanswered` or `Rejected`.
        """
        attributes: dict[str, object] = {"LIFETIME": LIFETIME, "REQUESTED-TRANSPORT": transport}
        if family is not None:
            attributes[_FAMILY] = _FAMILIES[family]
        try:
            response = await self._ask(stun.Method.ALLOCATE, attributes, "XOR-RELAYED-ADDRESS")
        except asyncio.CancelledError:
            self.interrupted = True
            raise
        self.relayed = response.attributes["XOR-RELAYED-ADDRESS"]
        self._client.receiver = _Receiver(self._received)
        return self.relayed

    async def permit(self, address: str) -> None:
        """Ask for permission to exchange data with `address`. Sends nothing there."""
        await self._ask(stun.Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (address, 9)})

    async def bind_channel(self, number: int, peer: Peer) -> None:
        """Bind a channel to `peer`. Sends nothing there."""
        await self._ask(stun.Method.CHANNEL_BIND, {"CHANNEL-NUMBER": number, "XOR-PEER-ADDRESS": peer})

    async def expect(self, peer: Peer) -> None:
        """Let `peer`'s address send to this allocation. Sends nothing there."""
        number = self._client.channel_number
        await self.bind_channel(number, peer)
        # What comes in from elsewhere aioice drops.
        self._client.channel_number = number + 1
        self._client.channel_refresh_at[number] = time.time() + LIFETIME
        self._client.channel_to_peer[number] = peer
        self._client.peer_to_channel[peer] = number

    async def send(self, data: bytes, peer: Peer) -> None:
        """Relay `data` to `peer`."""
        await answered(self._client.send_data(data, peer))

    @property
    def realm(self) -> str | None:
        """The realm that the server named when it asked for credentials."""
        return None if self._client.realm is None else _printable(self._client.realm)

    async def receive(self, seconds: float = TIMEOUT) -> tuple[bytes, Peer]:
        """Wait for what was relayed here, and from whom. Raises `Unanswered`."""
        try:
            async with asyncio.timeout(seconds):
                return await self._received.get()
        except TimeoutError:
            raise Unanswered("nothing was relayed") from None

    async def refresh(self, lifetime: int) -> None:
        """Prolong the allocation, or end it with 0."""
        await self._ask(stun.Method.REFRESH, {"LIFETIME": lifetime})

    async def _ask(self, method: stun.Method, attributes: dict[str, object], told: str = "") -> stun.Message:
        """Ask for `told`, if for anything: who consents without it speaks another STUN than browsers do."""
        request = stun.Message(
            message_method=method, message_class=stun.Class.REQUEST, attributes=dict(attributes)
        )
        asked = asyncio.ensure_future(answered(self._client.request_with_retry(request)))
        refused = asyncio.ensure_future(self._refused.wait())
        try:
            await asyncio.wait({asked, refused}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
            response, _ = asked.result()
            if told and told not in response.attributes:
                raise Rejected(0, f"an answer without {told}")
            return response
        except Rejected as rejected:
            rejected.realm = self.realm
            raise
        finally:
            asked.cancel()
            refused.cancel()


def _given(credentials: TurnCredentials | None) -> tuple[str | None, str | None]:
    return (credentials.username, credentials.credential) if credentials else (None, None)


class _Tolerant(turn.TurnClientMixin):
    """Drops what is malformed, all of it: aioice ends a connection by some, or lets the loop complain."""

    def datagram_received(self, data: bytes | str, addr: Peer) -> None:
        with suppress(struct.error):
            super().datagram_received(data, addr)


class _Tcp(_Tolerant, turn.TurnClientTcpProtocol):
    pass


class _Udp(_Tolerant, turn.TurnClientUdpProtocol):
    """aioice's, which hears of a port where nobody listens: aioice itself takes that for silence."""

    def __init__(self, server: Peer, credentials: TurnCredentials | None) -> None:
        username, credential = _given(credentials)
        super().__init__(server, username, credential, LIFETIME, LIFETIME)
        self.refused = asyncio.Event()

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, ConnectionRefusedError):
            self.refused.set()


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, received: asyncio.Queue[tuple[bytes, Peer]]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        self._received.put_nowait((data, addr))


async def answered(asked: Awaitable[T]) -> T:
    """Wait for an answer. Raises `Unanswered` or `Rejected`."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await asked
    except (TimeoutError, stun.TransactionTimeout):
        raise Unanswered("no answer") from None
    except stun.TransactionFailed as failure:
        code, reason = failure.response.attributes.get("ERROR-CODE", (0, "error without a code"))
        raise Rejected(code, _REASONS.get(code, reason)) from None


def trust(authorities: str | None = None) -> ssl.SSLContext:
    """Make a context that trusts these alone (PEM), else whom browsers trust, where the system knows them."""
    context = ssl.create_default_context(cadata=authorities)
    # As Python has it, but not Debian 12's: an older TLS would be told as a handshake that breaks.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Set from Python 3.13 on: it refuses what browsers take, certificates of many an authority of one's own.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


@asynccontextmanager
async def dial(
    server: Peer,
    leg: Leg,
    credentials: TurnCredentials | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    name: str | None = None,
) -> AsyncIterator[TurnClient]:
    """Open `leg` to `server` for one client. `name` is the one that a certificate must be for.

    Raises `Unanswered` or `OSError` (`ssl.SSLError` among them) when it can't be opened.
    """
    username, credential = _given(credentials)
    loop = asyncio.get_running_loop()
    transport: asyncio.BaseTransport

    def tcp() -> turn.TurnClientTcpProtocol:
        return _Tcp(server, username, credential, LIFETIME, LIFETIME)

    if leg is Leg.UDP:
        transport, udp = await loop.create_datagram_endpoint(
            lambda: _Udp(server, credentials), remote_addr=server
        )
        opened = TurnClient(udp, udp.refused)
    else:
        secure = leg is Leg.TLS
        opening = loop.create_connection(
            tcp,
            *server,
            ssl=(tls or trust()) if secure else None,
            server_hostname=(name or server[0]) if secure else None,
        )
        transport, client = await answered(opening)
        opened = TurnClient(client)
    try:
        yield opened
    finally:
        # Whatever became of the block, and of who is interrupted: what isn't given back stands for LIFETIME.
        try:
            if opened.relayed is not None or opened.interrupted:
                with suppress(Unanswered, Rejected, ConnectionRefusedError):
                    await opened.refresh(0)
        finally:
            transport.close()

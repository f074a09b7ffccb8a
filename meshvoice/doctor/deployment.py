"""What is examined: the deployment, the ways to it, an allocation on one of them."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_bytes, token_hex
from ssl import SSLContext, create_default_context

from meshvoice.doctor.turn_client import Leg, Peer, Rejected, TurnClient, dial
from meshvoice.settings import TurnSettings
from meshvoice.turn.credentials import TurnCredentials, issue


async def resolve(host: str) -> list[str]:
    """List the addresses of `host`, as a browser would try them. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """What is examined, with the clock and the trust of whoever examines it."""

    turn: TurnSettings
    clock: Callable[[], float] = time.time
    tls: SSLContext = field(default_factory=create_default_context)
    resolve: Callable[[str], Awaitable[list[str]]] = resolve

    @property
    def family(self) -> int | None:
        """The IP version to ask for; none where there is IPv4, which is what browsers do."""
        return 6 if self.turn.public_ip6 and not self.turn.public_ip else None

    def credentials(self, *, ttl: int | None = None, secret: str | None = None) -> TurnCredentials:
        """Sign credentials as the app does, of a new user each time: coturn's quota is for one user."""
        return issue(
            secret=secret or self.turn.shared_secrets[0],
            user_id=token_hex(8),
            pseudonym_key=token_bytes(32),
            ttl=self.turn.ttl if ttl is None else ttl,
            now=int(self.clock()),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way to the server: an address of it, and a leg."""

    leg: Leg
    server: Peer

    def __str__(self) -> str:
        host = f"[{self.server[0]}]" if ":" in self.server[0] else self.server[0]
        return f"{host}:{self.server[1]} by {self.leg.upper()}"


@asynccontextmanager
async def allocated(
    deployment: Deployment,
    way: Way,
    *,
    credentials: TurnCredentials | None = None,
    family: int | None = None,
) -> AsyncIterator[tuple[TurnClient, Peer]]:
    """Hold an allocation: the client, and its relayed address. Raises as `dial` and `allocate` do."""
    async with AsyncExitStack() as sockets:
        for last in (False, False, True):
            way_in = dial(
                way.server,
                way.leg,
                credentials or deployment.credentials(),
                tls=deployment.tls,
                name=deployment.turn.host,
            )
            relay = await sockets.enter_async_context(way_in)
            try:
                relayed = await relay.allocate(family=family or deployment.family)
            except Rejected as rejected:
                # coturn remembers a UDP client for a second: this port belonged to one of them.
                if rejected.code != 437 or last:
                    raise
            else:
                break
        yield relay, relayed

"""What is examined: the deployment, the ways to it, an allocation on one of them."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from secrets import token_bytes, token_hex
from ssl import SSLContext

from meshvoice.doctor.rejections import ASK, RENDER, USED_UP
from meshvoice.doctor.turn_client import Leg, Peer, Rejected, TurnClient, Unanswered, dial, trust
from meshvoice.settings import TurnSettings
from meshvoice.turn.coturn import relay_urls, user_quota
from meshvoice.turn.credentials import TurnCredentials, fixed, issue


async def resolve(host: str) -> list[str]:
    """List the addresses of `host`, as a browser would try them. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    # In an order of our own: a name server turns its answers round.
    return sorted({str(entry[4][0]) for entry in found}, key=lambda address: (":" in address, address))


_REMEMBERED = 1.5
"""Seconds for which coturn may count an allocation by UDP, and hold its port, after its end."""
_PAUSE = 0.3


@dataclass(slots=True)
class Ended:
    """When the last of our own allocations ended."""

    at: float = -math.inf

    def may_count(self) -> bool:
        """Tell whether it may still count against what there is to be had."""
        return time.monotonic() < self.at + _REMEMBERED


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """What is examined, with the clock and the trust of whoever examines it."""

    turn: TurnSettings
    clock: Callable[[], float] = time.time
    tls: SSLContext = field(default_factory=trust)
    resolve: Callable[[str], Awaitable[list[str]]] = resolve
    placed: bool = True
    """Whether the settings name this relay's own addresses, as they can those of one host alone."""
    seats: int = 8
    """Of the largest room, as coturn's file is rendered for it."""
    ended: Ended = field(default_factory=Ended)
    others: str = ""
    """Why it is somebody else's, who has other files than ours; empty: it is one of ours, for all we know."""

    def at(self, host: str) -> Deployment:
        """Give the deployment as it is at one of several hosts."""
        return replace(self, turn=replace(self.turn, hosts=(host,)))

    def of_another(self, others: str = "") -> Deployment:
        """Give it without what the settings say of where another relay stands: all else is as it is there."""
        turn = replace(self.turn, public_ip=None, private_ip=None, public_ip6=None)
        return replace(self, turn=turn, placed=False, others=others)

    def without_tls(self) -> Deployment:
        """Give it as one that offers no `turns:`."""
        return replace(self, turn=replace(self.turn, tls_cert="", tls_key="", public_tls_port=None))

    @property
    def user_quota(self) -> int:
        """How many allocations one person takes in a full room."""
        return user_quota(seats=self.seats, relay_urls=relay_urls(self.turn))

    @property
    def mend(self) -> str:
        """What to do about the relay's own file."""
        return ASK if self.others else RENDER

    def credentials(self, *, ttl: int | None = None, secret: str | None = None) -> TurnCredentials:
        """Give credentials as the app does, of a new user each time: coturn's quota is for one user.

        A relay with a fixed user has that one alone; `secret` is another password then.
        """
        turn, now = self.turn, int(self.clock())
        ttl = turn.ttl if ttl is None else ttl
        if turn.fixed:
            return fixed(replace(turn, password=secret or turn.password), ttl=ttl, now=now)
        return issue(
            secret=secret or turn.shared_secrets[0],
            user_id=token_hex(8),
            pseudonym_key=token_bytes(32),
            ttl=ttl,
            now=now,
        )


def family(address: str) -> int:
    """Give the IP version of a literal address."""
    return 6 if ":" in address else 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way to the server: an address of it, and a leg."""

    leg: Leg
    server: Peer

    @property
    def family(self) -> int:
        """The IP version by which it is dialled."""
        return family(self.server[0])

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
    again: bool = True,
) -> AsyncIterator[tuple[TurnClient, Peer]]:
    """Hold an allocation: the client, and its relayed address. Raises as `dial` and `allocate` do.

    Where nothing comes back, another port asks once more, unless `again` is false. Where none is left, it
    waits for those of our own that ended: a small range must not be blamed for them.

    No `family` is asked for unless one is given: browsers ask for none, and take what the relay chooses.
    """
    async with AsyncExitStack() as sockets:
        tries = 3
        while True:
            way_in = dial(
                way.server,
                way.leg,
                credentials or deployment.credentials(),
                tls=deployment.tls,
                name=deployment.turn.host,
            )
            relay = await sockets.enter_async_context(way_in)
            tries -= 1
            try:
                relayed = await relay.allocate(family=family)
            except Rejected as rejected:
                if rejected.code in USED_UP and deployment.ended.may_count():
                    await asyncio.sleep(_PAUSE)
                    tries += 1
                # coturn remembers a UDP client for a second: this port belonged to one of them.
                elif rejected.code != 437 or not tries:
                    raise
            except Unanswered:
                # It may also be answered by what that one's key signs.
                if not (tries and again):
                    raise
                again = False
            else:
                break
        try:
            yield relay, relayed
        finally:
            if way.leg is Leg.UDP:
                deployment.ended.at = time.monotonic()

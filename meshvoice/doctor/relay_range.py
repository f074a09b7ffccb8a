"""Whether the relay is reached by somebody who needs none, at the ports of its whole range."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from meshvoice.doctor import quota
from meshvoice.doctor.deployment import Deployment, Way, family
from meshvoice.doctor.findings import Check, Finding
from meshvoice.doctor.legs import UNREACHABLE
from meshvoice.doctor.rejections import USED_UP, forwarded
from meshvoice.doctor.relay_checks import arrives
from meshvoice.doctor.turn_client import Peer, Rejected, TurnClient, Unanswered, dial

PORTS, TIMES = 8, 2
"""Relay ports that are tried at once, and how often, until one is shut.

coturn chooses them at random. Where a half of the range is shut, it is missed once in 65,000 times; a third,
once in 650; a quarter, once in 100; a tenth, once in 5.
"""
# The guard lets coturn reach nothing of its own host but other relay ports.
_OURS = "this machine is the relay's own, to which it rightly sends nothing"
_OUTSIDE = "run the doctor from a machine outside the network of the relay"


class Unreachable(Exception):
    """This machine can't be a peer of the relay's, through no fault of the deployment's."""


async def from_outside(
    deployment: Deployment, ways: Sequence[Way], dialled: Sequence[Way], by: int
) -> list[Finding]:
    """Send to several allocations from plain sockets, and back: one end needs the relay, the other does not.

    Several, for a firewall may let only some ports in: one alone would tell another story each time. Those of
    one time are one user's, as somebody's in a full room are.
    """
    size = _size(deployment)
    # Not all of a small range, which others are just talking by.
    most, wanted = min(PORTS, max(1, size // 2)), min(PORTS * TIMES, size)
    one = Check(name="one-relay", ip=by, tried=f"send from here to an allocation and back by IPv{by}")
    tried = f"send to {wanted} ports of {_range(deployment)} by IPv{by}"
    whole = Check(name="relay-range", ip=by, tried=tried)
    told: list[Finding] = []
    ports: set[int] = set()
    arrived: list[tuple[bool, bool]] = []
    own: str | None = None
    while len(ports) < wanted and all(there for there, _ in arrived):
        async with AsyncExitStack() as held:
            relays, refused = await _several(deployment, ways, by, most, held)
            if not arrived:
                given = 0 if refused else await quota.given(deployment, ways, by, size // 4)
                told = quota.finding(deployment, by, most, given)
            try:
                if own is None:
                    own = await _own_address(deployment, dialled, by)
                arrived += await _all_there_and_back(own, relays)
            except Unreachable as problem:
                skipped = (each.skipped(str(problem), _OUTSIDE) for each in (one, whole))
                return [*told, *skipped]
        before = len(ports)
        ports |= {port for _, (_, port) in relays}
        if len(ports) == before:
            break
    return [*told, *_told(deployment, by, one, whole, arrived, len(ports) >= wanted)]


def _told(
    deployment: Deployment, by: int, one: Check, whole: Check, arrived: list[tuple[bool, bool]], tried: bool
) -> tuple[Finding, Finding]:
    there = [back for came, back in arrived if came]
    mend = _open_range(deployment, by)
    if not there:
        return one.failed("nothing reached the relay's port", mend), whole.failed(
            "none of them is open", mend
        )
    back = one.ok("arrived both ways")
    if not all(there):
        back = one.failed(
            "nothing came back",
            "a firewall of the host stops what coturn sends: let out what comes from "
            f"{_range(deployment)}/udp",
        )
    if len(there) < len(arrived):
        # Which ones is chance, and another run would name others.
        return back, whole.failed("some of them are open, others are not", mend)
    return back, whole.ok("all of them are open" if tried else "those that nobody relays by are open")


async def _several(
    deployment: Deployment, ways: Sequence[Way], by: int, most: int, held: AsyncExitStack
) -> tuple[list[tuple[TurnClient, Peer]], bool]:
    """Hold allocations of one user's, and tell whether it is refused what another user gets.

    Fewer than `most` where the relay has no more: those are ours. Raises `Rejected` where it has none.
    """
    user, refused = deployment.credentials(), False
    refusals: list[Rejected] = []

    async def hold() -> tuple[TurnClient, Peer] | None:
        nonlocal refused
        for who in (user, deployment.credentials()):
            try:
                given = await held.enter_async_context(quota.relay(deployment, ways, by, who))
            except Rejected as rejected:
                if rejected.code not in USED_UP:
                    raise
                refusals.append(rejected)
            else:
                refused |= who is not user
                return given
        return None

    asked = await asyncio.gather(*(hold() for _ in range(most)), return_exceptions=True)
    for each in asked:
        if isinstance(each, BaseException):
            raise each
    relays = [each for each in asked if isinstance(each, tuple)]
    if not relays:
        raise refusals[0]
    return relays, refused


async def _all_there_and_back(own: str, relays: Sequence[tuple[TurnClient, Peer]]) -> list[tuple[bool, bool]]:
    tries = (_there_and_back(own, relay, relayed) for relay, relayed in relays)
    found = await asyncio.gather(*tries, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if isinstance(each, tuple)]


async def _there_and_back(own: str, relay: TurnClient, relayed: Peer) -> tuple[bool, bool]:
    """Tell whether a datagram reached an allocation, and one from there came back. Raises `Unreachable`."""
    async with AsyncExitStack() as sockets:
        direct = await _open_to_us(own, relay, relayed, sockets)
        source = await arrives(direct.send, relay)
        if source is None:
            return False, False
        # Back to where it came from: a NAT before this machine may use a port for each destination.
        return True, await arrives(lambda data: relay.send(data, source), direct) is not None


def _size(deployment: Deployment) -> int:
    turn = deployment.turn
    return PORTS * TIMES if deployment.others else turn.max_port - turn.min_port + 1


def _range(deployment: Deployment) -> str:
    turn = deployment.turn
    # Which ports somebody else's relays by the settings don't say.
    return "the relay's range" if deployment.others else f"{turn.min_port} to {turn.max_port}"


def _open_range(deployment: Deployment, by: int) -> str:
    too = " for IPv6, too," if by == 6 else ""
    ports = f"{_range(deployment)}/udp{too}"
    return f"open {ports} in the firewalls of host and provider{forwarded(by)}"


class _Direct(asyncio.DatagramProtocol):
    """A plain UDP socket towards a relayed address: a person who needs no relay."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[tuple[bytes, Peer]] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport

    @classmethod
    async def open(cls, relayed: Peer, sockets: AsyncExitStack) -> _Direct:
        transport, direct = await asyncio.get_running_loop().create_datagram_endpoint(
            cls, remote_addr=relayed
        )
        sockets.callback(transport.close)
        direct._transport = transport
        return direct

    @property
    def address(self) -> str:
        return str(self._transport.get_extra_info("sockname")[0])

    @property
    def port(self) -> int:
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        self._received.put_nowait((data, addr))

    async def send(self, data: bytes) -> None:
        self._transport.sendto(data)

    async def receive(self, seconds: float) -> tuple[bytes, Peer]:
        try:
            async with asyncio.timeout(seconds):
                return await self._received.get()
        except TimeoutError:
            raise Unanswered("nothing came") from None


async def _own_address(deployment: Deployment, dialled: Sequence[Way], by: int) -> str:
    """Ask how the relay sees this machine; empty where it isn't dialled by that IP version.

    Raises `Unreachable`.
    """
    way = next((way for way in dialled if way.family == by), None)
    if way is not None:
        async with dial(way.server, way.leg, tls=deployment.tls, name=deployment.turn.host) as client:
            own, _ = await client.bind()
        if own in (str(deployment.turn.private_ip), way.server[0]):
            raise Unreachable(_OURS)
        return own
    return ""


async def _open_to_us(own: str, relay: TurnClient, relayed: Peer, sockets: AsyncExitStack) -> _Direct:
    """Open a plain socket towards `relayed`, and give it permission there. Raises `Unreachable`."""
    try:
        direct = await _Direct.open(relayed, sockets)
    except OSError as problem:
        if problem.errno not in UNREACHABLE:
            raise
        raise Unreachable(f"this machine has no IPv{family(relayed[0])}") from None
    if not own and family(relayed[0]) == 4:
        raise Unreachable(
            "the server is dialled by IPv6 alone, so this machine's IPv4 address isn't known there"
        )
    # A NAT before our IPv6 is rare.
    own = own or direct.address
    if own == relayed[0]:
        raise Unreachable(_OURS)
    try:
        # For the address, whatever the port that a NAT puts before it.
        await relay.expect((own, direct.port))
    except Rejected as rejected:
        if rejected.code != 403:
            raise
        raise Unreachable(
            f"this machine is {own} to the relay, where it rightly sends nothing ({rejected})"
        ) from None
    return direct

"""Whether what is relayed arrives: the relay's address, two relays, one relay, the ports of the range."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from ipaddress import ip_address
from secrets import token_bytes

from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.findings import Check, Finding
from meshvoice.doctor.turn_client import Peer, Rejected, TurnClient, Unanswered, dial
from meshvoice.turn.deny import denied

PORTS = 4
"""Relay ports that are tried; coturn chooses them at random."""
_TRIES = 3
_PATIENCE = 1.0
"""Seconds to wait for a datagram before it is sent again: one that is lost says nothing."""
_RENDER = "render anew with `meshvoice coturn-conf` and restart coturn"


async def address(deployment: Deployment, way: Way, known: list[str]) -> Finding:
    """See that the relay offers the address by which others reach it, not its own behind the NAT."""
    turn = deployment.turn
    public = turn.public_ip6 if deployment.family == 6 else turn.public_ip
    expected = [str(public)] if public else known
    check = Check(name="relay-address", tried=f"allocate; expect {' or '.join(expected)}")
    async with allocated(deployment, way) as (_, (offered, port)):
        pass
    if offered not in expected and denied(ip_address(offered)):
        return check.failed(
            f"{offered}, which nobody outside reaches: relayed calls stay silent",
            f"the host is behind NAT: set COTURN_PUBLIC_IP and COTURN_PRIVATE_IP={offered}, which "
            f"external-ip needs; {_RENDER}",
        )
    if offered not in expected or not turn.min_port <= port <= turn.max_port:
        return check.failed(
            f"{offered} port {port}, relay ports being {turn.min_port} to {turn.max_port}",
            f"coturn runs with another configuration than the app: {_RENDER}",
        )
    return check.ok(f"{offered} port {port}")


async def ipv6(deployment: Deployment, way: Way) -> Finding:
    """See that a host that has IPv6 relays by it, and no other."""
    turn = deployment.turn
    check = Check(name="relay-ipv6", tried="allocate an IPv6 address")
    try:
        async with allocated(deployment, way, family=6) as (_, (offered, _)):
            pass
    except Rejected as rejected:
        if rejected.code != 440:
            raise
        if turn.public_ip6:
            return check.failed("coturn relays no IPv6", f"COTURN_PUBLIC_IP6 is set: {_RENDER}")
        return check.ok("coturn relays no IPv6, as COTURN_PUBLIC_IP6 is not set")
    if offered != str(turn.public_ip6):
        return check.failed(
            f"{offered}, but COTURN_PUBLIC_IP6 is {turn.public_ip6 or 'not set'}",
            f"coturn runs with another configuration than the app: {_RENDER}",
        )
    return check.ok(offered)


async def two_relays(deployment: Deployment, way: Way) -> Finding:
    """Send from one allocation to another and back, as between two people who both need the relay."""
    check = Check(name="two-relays", tried="send from one allocation to another and back")
    try:
        async with allocated(deployment, way) as (ana, at_ana), allocated(deployment, way) as (bo, at_bo):
            # The first makes Bo's permission; Ana has none yet, so it goes nowhere.
            await bo.send(b"", at_ana)
            there = await _arrives(lambda data: ana.send(data, at_bo), bo)
            back = await _arrives(lambda data: bo.send(data, at_ana), ana)
    except Rejected as rejected:
        return check.failed(
            f"{rejected}: the relay must not send to itself",
            "external-ip must be PUBLIC/PRIVATE (set COTURN_PRIVATE_IP), a LAN-only relay an allowed peer: "
            + _RENDER,
        )
    if there is None or back is None:
        return check.failed(
            "nothing arrived", "does the host drop what it sends to itself? The guard must know its addresses"
        )
    return check.ok("arrived both ways")


async def one_relay(deployment: Deployment, way: Way) -> Finding:
    """Send to an allocation from a plain socket and back: one needs the relay, the other does not."""
    check = Check(name="one-relay", tried="send from here to an allocation and back")
    family = _family(deployment, way)
    async with allocated(deployment, way, family=family) as (relay, relayed), AsyncExitStack() as sockets:
        direct = await _Direct.open(relayed, sockets)
        refusal = await _open_to_us(deployment, way, relay, direct)
        if refusal:
            return check.skipped(refusal, "run the doctor from a machine outside the network of the relay")
        source = await _arrives(direct.send, relay)
        if source is None:
            return check.failed(
                f"nothing reached port {relayed[1]} of the relay",
                f"open {deployment.turn.min_port} to {deployment.turn.max_port}/udp in both firewalls",
            )
        # Back to where it came from: a NAT before this machine may use a port for each destination.
        back = await _arrives(lambda data: relay.send(data, source), direct)
    if back is None:
        return check.failed("nothing came back", "does a firewall of the host stop what coturn sends?")
    return check.ok("arrived both ways")


async def port_range(deployment: Deployment, way: Way) -> Finding:
    """Send to several relay ports: a firewall may let only some in."""
    turn = deployment.turn
    check = Check(name="relay-range", tried=f"send to {PORTS} ports of {turn.min_port} to {turn.max_port}")

    family = _family(deployment, way)

    async def closed() -> int | str | None:
        async with allocated(deployment, way, family=family) as (relay, relayed), AsyncExitStack() as sockets:
            direct = await _Direct.open(relayed, sockets)
            refusal = await _open_to_us(deployment, way, relay, direct)
            return refusal or (relayed[1] if await _arrives(direct.send, relay) is None else None)

    answers = await asyncio.gather(*(closed() for _ in range(PORTS)))
    refusals = [answer for answer in answers if isinstance(answer, str)]
    if refusals:
        return check.skipped(refusals[0], "run the doctor from a machine outside the network of the relay")
    shut = [str(answer) for answer in answers if answer is not None]
    if shut:
        return check.failed(
            f"nothing reached {', '.join(shut)}",
            f"open {turn.min_port} to {turn.max_port}/udp in the firewall of the host and of its provider",
        )
    return check.ok("all of them are open")


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


def _family(deployment: Deployment, way: Way) -> int | None:
    # This machine must be a peer of the relay's, so of the IP version by which it comes.
    return 6 if ":" in way.server[0] and deployment.turn.public_ip6 else deployment.family


async def _open_to_us(deployment: Deployment, way: Way, relay: TurnClient, direct: _Direct) -> str:
    """Give this machine permission to send to `relay`; the reason, if it can't have it."""
    async with dial(way.server, way.leg, tls=deployment.tls, name=deployment.turn.host) as client:
        own, _ = await client.bind()
    try:
        # Makes the permission, which is for the address whatever the port; the datagram goes astray.
        await relay.send(b"", (own, direct.port))
    except Rejected as rejected:
        return f"this machine is {own} to the relay, where it rightly sends nothing ({rejected})"
    return ""


async def _arrives(send: Callable[[bytes], Awaitable[None]], receiver: TurnClient | _Direct) -> Peer | None:
    """Send until it arrives, and tell from where it came."""
    data = token_bytes(16)
    for _ in range(_TRIES):
        await send(data)
        try:
            while True:
                received, source = await receiver.receive(_PATIENCE)
                if received == data:
                    return source
        except Unanswered:
            continue
    return None

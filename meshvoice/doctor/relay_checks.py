"""Whether what is relayed arrives: the relay's address, two relays, one relay, the ports of the range."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from ipaddress import ip_address
from secrets import token_bytes

from meshvoice.doctor.deployment import Deployment, Way, allocated, family
from meshvoice.doctor.findings import Cause, Check, Finding
from meshvoice.doctor.legs import UNREACHABLE
from meshvoice.doctor.lookup import elsewhere, unreachable
from meshvoice.doctor.rejections import ASK, RENDER, forwarded
from meshvoice.doctor.turn_client import Peer, Rejected, TurnClient, Unanswered, dial
from meshvoice.turn.deny import denied

PORTS = 8
"""Relay ports that are tried, chosen by coturn at random: a range half shut is missed once in 256 times."""
_TRIES = 3
_PATIENCE = 1.0
"""Seconds to wait for a datagram before it is sent again: one that is lost says nothing."""
_OUTSIDE = "run the doctor from a machine outside the network of the relay"


class Unreachable(Exception):
    """This machine can't be a peer of the relay's, through no fault of the deployment's."""


async def address(deployment: Deployment, way: Way, known: list[str]) -> Finding:
    """See that the relay offers the address by which others reach it, not its own behind the NAT."""
    turn = deployment.turn
    public = [str(each) for each in (turn.public_ip, turn.public_ip6) if each]
    # Where the name leads elsewhere, and that is told, what stands there offers its own.
    expected = [*public, *sorted(elsewhere(turn, known))] if public else known
    expect = f"; expect {' or '.join(public or known)}" if deployment.ours else ""
    tried = f"allocate by IPv{way.family}{expect}"
    check = Check(name="relay-address", ip=way.family, tried=tried)
    async with allocated(deployment, way) as (_, (offered, port)):
        pass
    if unreachable(offered, known) or (offered not in expected and denied(ip_address(offered))):
        return _private(deployment, check, offered)
    if not deployment.ours:
        return check.ok(offered)
    if offered not in expected or not turn.min_port <= port <= turn.max_port:
        ports = f"{turn.min_port} to {turn.max_port}"
        beyond = "" if turn.min_port <= port <= turn.max_port else f" by a port outside {ports}"
        return check.failed(
            f"{offered}{beyond}",
            f"coturn runs with another configuration than the app: {RENDER}",
        )
    return check.ok(offered)


def _private(deployment: Deployment, check: Check, offered: str) -> Finding:
    turn = deployment.turn
    hint = (
        "the host is behind NAT: set COTURN_PUBLIC_IP to its address outside, and "
        f"COTURN_PRIVATE_IP={turn.private_ip or offered}, of which coturn's external-ip is made"
    )
    if family(offered) == 6:
        # IPv6 has no 1:1 NAT to be told of.
        hint = "set COTURN_PUBLIC_IP6 to an address of the host's by which others reach it"
    if deployment.others:
        hint = "it must be told its address outside (coturn: external-ip, eturnal: relay_ipv4_addr)"
    return check.failed(
        f"{offered}, which nobody outside reaches: relayed calls stay silent",
        f"{hint}; {deployment.mend}",
        cause=Cause.PRIVATE,
    )


async def ipv6(deployment: Deployment, way: Way, known: list[str]) -> Finding:
    """See that a host that has IPv6 relays by it, and no other."""
    turn = deployment.turn
    check = Check(name="relay-ipv6", ip=6, tried="allocate an IPv6 address")
    try:
        async with allocated(deployment, way, family=6) as (_, (offered, _)):
            pass
    except Rejected as rejected:
        if rejected.code != 440:
            raise
        if turn.public_ip6:
            return check.failed("coturn relays no IPv6", f"COTURN_PUBLIC_IP6 is set, so it should: {RENDER}")
        return check.ok("coturn relays no IPv6, as COTURN_PUBLIC_IP6 is not set")
    if offered == str(turn.public_ip6) and unreachable(offered, known):
        return _private(deployment, check, offered)
    if offered not in {str(turn.public_ip6), *elsewhere(turn, known)}:
        mend = f"coturn runs with another configuration than the app: {RENDER}"
        if not turn.public_ip6:
            mend = f"if the host shall relay IPv6, set COTURN_PUBLIC_IP6 to it; in any case {RENDER}"
        return check.failed(f"{offered}, but COTURN_PUBLIC_IP6 is {turn.public_ip6 or 'not set'}", mend)
    return check.ok(offered)


async def two_relays(deployment: Deployment, here: Way, there: Way) -> Finding:
    """Send from one allocation to another and back, as between two people who both need the relay."""
    by = f"dialled by IPv{here.family}" + ("" if here == there else f" and by IPv{there.family}")
    ip = here.family if here.family == there.family else 0
    check = Check(name="two-relays", ip=ip, tried=f"send from one allocation to another and back, {by}")
    try:
        async with allocated(deployment, here) as (ana, at_ana), allocated(deployment, there) as (bo, at_bo):
            if family(at_ana[0]) != family(at_bo[0]):
                return check.failed(
                    f"{at_ana[0]} and {at_bo[0]}, between which nothing can be sent",
                    "allocation-default-address-family must not be keep on a relay that has IPv4, which all "
                    f"can share: {deployment.mend}",
                )
            await bo.expect(at_ana)
            to_bo = await _arrives(lambda data: ana.send(data, at_bo), bo)
            to_ana = await _arrives(lambda data: bo.send(data, at_ana), ana)
    except Rejected as rejected:
        if rejected.code != 403:
            raise
        return check.failed(f"{rejected}: the relay must not send to itself", _open_to_itself(deployment))
    if to_bo is None or to_ana is None:
        return check.failed(
            "nothing arrived",
            "does a firewall of the host drop what it sends to itself? The guard must know its addresses: "
            "write it anew with `meshvoice coturn-conf --guard`, and load it with `nft -f`",
        )
    return check.ok("arrived both ways")


def _open_to_itself(deployment: Deployment) -> str:
    turn = deployment.turn
    if deployment.others:
        return f"it must be an allowed peer of itself, for two people who both need it; {ASK}"
    if turn.public_ip6 and not turn.public_ip and denied(turn.public_ip6):
        return (
            f"{turn.public_ip6} is no public address, and must be an allowed peer: {RENDER}. coturn 4.13.1 "
            "and newer heed that for IPv4 alone: give the relay a public IPv6 address, or an IPv4 one"
        )
    return (
        "behind NAT coturn's external-ip must be PUBLIC/PRIVATE (set COTURN_PRIVATE_IP to the host's own "
        "address); a relay for its own network alone must be an allowed peer of itself (allowed-peer-ip): "
        f"{RENDER}"
    )


async def from_outside(deployment: Deployment, ways: Sequence[Way], by: int) -> tuple[Finding, Finding]:
    """Send to several allocations from plain sockets, and back: one end needs the relay, the other does not.

    Several, for a firewall may let only some ports in: one alone would tell another story each time.
    """
    one = Check(name="one-relay", ip=by, tried=f"send from here to an allocation and back by IPv{by}")
    ports = f"send to {PORTS} ports of {_range(deployment)} by IPv{by}"
    whole = Check(name="relay-range", ip=by, tried=ports)
    tries = (_there_and_back(deployment, ways, by) for _ in range(PORTS))
    arrived = await asyncio.gather(*tries, return_exceptions=True)
    for each in arrived:
        if isinstance(each, Unreachable):
            return one.skipped(str(each), _OUTSIDE), whole.skipped(str(each), _OUTSIDE)
        if isinstance(each, BaseException):
            raise each
    there = [each for each in arrived if isinstance(each, tuple) and each[0]]
    mend = _open_range(deployment, by)
    if not there:
        return one.failed("nothing reached the relay's port", mend), whole.failed(
            "none of them is open", mend
        )
    back = one.ok("arrived both ways")
    if not all(each[1] for each in there):
        back = one.failed(
            "nothing came back",
            "a firewall of the host stops what coturn sends: let out what comes from "
            f"{_range(deployment)}/udp",
        )
    if len(there) < PORTS:
        # Which ones is chance, and another run would name others.
        return back, whole.failed("some of them are open, others are not", mend)
    return back, whole.ok("all of them are open")


async def _there_and_back(deployment: Deployment, ways: Sequence[Way], by: int) -> tuple[bool, bool]:
    """Tell whether a datagram reached an allocation, and one from there came back. Raises `Unreachable`."""
    async with AsyncExitStack() as sockets:
        relay, relayed = await sockets.enter_async_context(_relay(deployment, ways, by))
        direct = await _open_to_us(deployment, ways, relay, relayed, sockets)
        source = await _arrives(direct.send, relay)
        if source is None:
            return False, False
        # Back to where it came from: a NAT before this machine may use a port for each destination.
        return True, await _arrives(lambda data: relay.send(data, source), direct) is not None


def _range(deployment: Deployment) -> str:
    turn = deployment.turn
    # Which ports somebody else's relays by the settings don't say.
    return "the relay's range" if deployment.others else f"{turn.min_port} to {turn.max_port}"


def _open_range(deployment: Deployment, by: int) -> str:
    too = " for IPv6, too," if by == 6 else ""
    ports = f"{_range(deployment)}/udp{too}"
    return f"open {ports} in the firewalls of host and provider{forwarded(by)}"


def _relay(
    deployment: Deployment, ways: Sequence[Way], by: int
) -> AbstractAsyncContextManager[tuple[TurnClient, Peer]]:
    """Hold an allocation of the IP version `by`, dialled by the same where that works."""
    way = next((way for way in ways if way.family == by), ways[0])
    # Asked for by name only where a browser's question would give the other.
    return allocated(deployment, way, family=6 if by == 6 and deployment.turn.public_ip else None)


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


async def _open_to_us(
    deployment: Deployment, ways: Sequence[Way], relay: TurnClient, relayed: Peer, sockets: AsyncExitStack
) -> _Direct:
    """Open a plain socket towards `relayed`, and give it permission there. Raises `Unreachable`."""
    by = family(relayed[0])
    try:
        direct = await _Direct.open(relayed, sockets)
    except OSError as problem:
        if problem.errno not in UNREACHABLE:
            raise
        raise Unreachable(f"this machine has no IPv{by}") from None
    way = next((way for way in ways if way.family == by), None)
    if way is not None:
        async with dial(way.server, way.leg, tls=deployment.tls, name=deployment.turn.host) as client:
            own, _ = await client.bind()
    elif by == 6:
        # It is dialled by IPv4 alone, so nobody can tell how it sees our IPv6, which rarely has a NAT.
        own = direct.address
    else:
        raise Unreachable(
            "the server is dialled by IPv6 alone, so this machine's IPv4 address isn't known there"
        )
    if own in (relayed[0], str(deployment.turn.private_ip), way.server[0] if way else ""):
        # The guard lets coturn reach nothing of its own host but other relay ports.
        raise Unreachable("this machine is the relay's own, to which it rightly sends nothing")
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

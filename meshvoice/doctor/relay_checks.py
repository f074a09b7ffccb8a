"""Whether what is relayed arrives: the addresses that the relay offers, and what goes from one to another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address
from secrets import token_bytes
from typing import Protocol

from meshvoice.doctor import denial
from meshvoice.doctor.deployment import Deployment, Way, allocated, family
from meshvoice.doctor.findings import Cause, Check, Finding
from meshvoice.doctor.lookup import elsewhere, unreachable
from meshvoice.doctor.rejections import ASK, RENDER
from meshvoice.doctor.turn_client import Peer, Rejected, Unanswered
from meshvoice.turn.deny import denied

_TRIES = 3
_PATIENCE = 1.0
"""Seconds to wait for a datagram before it is sent again: one that is lost says nothing."""


class Receiver(Protocol):
    """Whatever datagrams come to."""

    async def receive(self, seconds: float) -> tuple[bytes, Peer]:
        """Wait for one, and from whom. Raises `Unanswered`."""
        ...


async def address(deployment: Deployment, way: Way, known: list[str]) -> Finding:
    """See that the relay offers the address by which others reach it, not its own behind the NAT."""
    turn = deployment.turn
    public = [str(each) for each in (turn.public_ip, turn.public_ip6) if each]
    # Where the name leads elsewhere, and that is told, what stands there offers its own.
    expected = [*public, *sorted(elsewhere(turn, known))] if public else known
    expect = f"; expect {' or '.join(public or known)}" if deployment.placed else ""
    tried = f"allocate by IPv{way.family}{expect}"
    check = Check(name="relay-address", ip=way.family, tried=tried)
    async with allocated(deployment, way) as (_, (offered, port)):
        pass
    if unreachable(offered, known) or (offered not in expected and denied(ip_address(offered))):
        return _private(deployment, check, offered)
    if deployment.others:
        return check.ok(offered)
    elsewhere_than_named = deployment.placed and offered not in expected
    if elsewhere_than_named or not turn.min_port <= port <= turn.max_port:
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
        unset = ", as COTURN_PUBLIC_IP6 is not set" if deployment.placed else ""
        return check.ok(f"coturn relays no IPv6{unset}")
    if (offered == str(turn.public_ip6) or not deployment.placed) and unreachable(offered, known):
        return _private(deployment, check, offered)
    # Where the file is rendered by an inventory's addresses these settings may name none of them.
    if not (turn.public_ip or turn.public_ip6) and offered in known:
        return check.ok(offered)
    if not deployment.placed:
        return check.skipped(
            f"{offered}; whether it is this host's COTURN_PUBLIC_IP6 these settings don't say",
            "run the doctor with the settings that its file was rendered from",
        )
    if offered not in {str(turn.public_ip6), *elsewhere(turn, known)}:
        if turn.public_ip6:
            mend = f"coturn runs with another configuration than the app: {RENDER}"
            return check.failed(f"{offered}, but COTURN_PUBLIC_IP6 is {turn.public_ip6}", mend)
        # Without listening-ip and relay-ip it takes any address of the host's, another one each time.
        return check.failed(
            "coturn relays IPv6, but COTURN_PUBLIC_IP6 is not set",
            "if the host shall relay IPv6, set COTURN_PUBLIC_IP6 to its address; else coturn's file must "
            f"name the others as listening-ip and relay-ip. In any case {RENDER}",
        )
    return check.ok(offered)


async def two_relays(deployment: Deployment, here: Way, there: Way, *, by: int | None = None) -> Finding:
    """Send from one allocation to another and back, as between two people who both need the relay.

    Between those that browsers are given, or those of the IP version `by`.
    """
    dialled = f"dialled by IPv{here.family}" + ("" if here == there else f" and by IPv{there.family}")
    one = "one allocation" if by is None else f"one IPv{by} allocation"
    check = Check(name="two-relays", ip=by or 0, tried=f"send from {one} to another and back, {dialled}")
    try:
        async with (
            allocated(deployment, here, family=by) as (ana, at_ana),
            allocated(deployment, there, family=by) as (bo, at_bo),
        ):
            relayed = family(at_ana[0])
            if relayed != family(at_bo[0]):
                return check.failed(
                    f"{at_ana[0]} and {at_bo[0]}, between which nothing can be sent",
                    "allocation-default-address-family must not be keep on a relay that has IPv4, which all "
                    f"can share: {deployment.mend}",
                )
            check = replace(check, ip=relayed)
            await bo.expect(at_ana)
            # What is lost one way is not waited for on its way back.
            arrived = (
                await arrives(lambda data: ana.send(data, at_bo), bo) is not None
                and await arrives(lambda data: bo.send(data, at_ana), ana) is not None
            )
    except Rejected as rejected:
        if rejected.code != 403:
            raise
        # Of somebody else's it is not asked where it may send.
        named = await denial.of_everybody(deployment, here, by) if not deployment.others else ""
        if named:
            return check.skipped(f"{rejected}: the relay must send to nobody", f"see `{named}`")
        return check.failed(
            f"{rejected}: the relay must not send to itself", _open_to_itself(deployment, check.ip)
        )
    if not arrived:
        return check.failed(
            "nothing arrived",
            "does a firewall of the host drop what it sends to itself? The guard must know its addresses: "
            "write it anew with `meshvoice coturn-conf --guard`, and load it with `nft -f`",
        )
    return check.ok("arrived both ways")


def _open_to_itself(deployment: Deployment, by: int) -> str:
    turn = deployment.turn
    if deployment.others:
        return f"it must be an allowed peer of itself, for two people who both need it; {ASK}"
    if by == 4:
        return (
            "behind NAT coturn's external-ip must be PUBLIC/PRIVATE (set COTURN_PRIVATE_IP to the host's own "
            "address); a relay for its own network alone must be an allowed peer of itself "
            f"(allowed-peer-ip): {RENDER}"
        )
    # IPv6 has no 1:1 NAT to be told of.
    if turn.public_ip6 and denied(turn.public_ip6):
        return (
            f"{turn.public_ip6} is no public address, and must be an allowed peer: {RENDER}. coturn 4.13.1 "
            "and newer heed that for IPv4 alone: give the relay a public IPv6 address, or an IPv4 one"
        )
    return f"no denied-peer-ip of coturn's file may hold the relay's own IPv6 address: {RENDER}"


async def arrives(send: Callable[[bytes], Awaitable[None]], receiver: Receiver) -> Peer | None:
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

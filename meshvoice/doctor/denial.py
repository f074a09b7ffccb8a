"""Whether the relay refuses what it must never reach. Asks for permissions only, and sends nothing there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from aioice.turn import TCP_TRANSPORT

from meshvoice.doctor.deployment import Deployment, Way, allocated, family
from meshvoice.doctor.findings import Check, Finding
from meshvoice.doctor.rejections import RENDER
from meshvoice.doctor.turn_client import Leg, Rejected, TurnClient, dial
from meshvoice.settings import Address
from meshvoice.turn import deny

_METADATA: tuple[Address, ...] = (IPv4Address("169.254.169.254"), IPv6Address("fd00:ec2::254"))
_PUBLIC = {4: ("8.8.8.8", "1.1.1.1"), 6: ("2606:4700::1111", "2001:4860:4860::8888")}


async def special(deployment: Deployment, way: Way, family: int) -> AsyncIterator[Finding]:
    """Ask for the first and last address of every special block, and for public ones."""
    denial = Check(name=f"denied-ipv{family}", tried=f"permissions for special IPv{family} addresses")
    control = Check(name=f"granted-ipv{family}", tried=f"permissions for {' and '.join(_PUBLIC[family])}")
    try:
        refused, public, asked = await _ask(deployment, way, family)
    except Rejected as rejected:
        if rejected.code != 440:
            raise
        yield denial.skipped(f"no IPv{family} relay, so none is reached")
        return
    granted = [str(address) for address, no in zip(asked, refused, strict=True) if not no]
    if granted:
        yield denial.failed(
            f"{granted[0]} granted, and {len(granted) - 1} more of {len(asked)}",
            f"anyone with a credential reaches your network through the relay: {RENDER}, and load the kernel "
            "guard (`meshvoice coturn-conf --guard`). In a file of your own: denied-peer-ip knows ranges "
            "(FIRST-LAST) alone, no CIDR",
        )
    else:
        yield denial.ok(f"all {len(asked)} refused")
    if any(public):
        yield control.failed("refused", f"coturn's deny list (denied-peer-ip) shuts everyone out: {RENDER}")
    else:
        yield control.ok("granted")


async def _ask(deployment: Deployment, way: Way, family: int) -> tuple[list[bool], list[bool], list[Address]]:
    """Tell which special and which public addresses are refused, and the special ones asked for."""
    async with allocated(deployment, way, family=family) as (relay, (own, _)):
        # The relay may reach itself: its own address, and the one behind external-ip.
        spared = {ip_address(own), deployment.turn.private_ip}
        ends = (end for block in deny.BLOCKS for end in (block[0], block[-1]))
        asked = [
            address
            for address in dict.fromkeys((*_METADATA, *ends))
            if address.version == family and address not in spared
        ]
        refused = await asyncio.gather(*(_refused(relay, deny.literal(address)) for address in asked))
        public = await asyncio.gather(*(_refused(relay, address) for address in _PUBLIC[family]))
    return refused, public, asked


async def of_everybody(deployment: Deployment, way: Way, by: int | None = None) -> str:
    """Name the check that tells that the relay refuses public addresses, too; empty where it doesn't."""
    async with allocated(deployment, way, family=by) as (relay, (own, _)):
        given = family(own)
        refused = await asyncio.gather(*(_refused(relay, address) for address in _PUBLIC[given]))
    return f"granted-ipv{given}" if all(refused) else ""


async def tcp_relay(deployment: Deployment, working: Sequence[Way]) -> Finding:
    """See that no TCP connection can be asked for: it would reach web services and databases."""
    check = Check(name="tcp-relay", tried="allocate a TCP relay")
    # RFC 6062, 4.1: only a client that came by TCP may ask for one.
    way = next((way for way in working if way.leg is not Leg.UDP), None)
    if way is None:
        return check.skipped("it is asked for by TCP, and no such leg works")
    async with dial(
        way.server, way.leg, deployment.credentials(), tls=deployment.tls, name=deployment.turn.host
    ) as relay:
        try:
            await relay.allocate(transport=TCP_TRANSPORT)
        except Rejected:
            return check.ok("refused")
    return check.failed("allocated", f"`no-tcp-relay` is missing: {RENDER}")


async def _refused(relay: TurnClient, address: str) -> bool:
    try:
        await relay.permit(address)
    except Rejected as rejected:
        if rejected.code != 403:
            raise
        return True
    return False

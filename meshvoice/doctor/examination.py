"""The order in which a deployment is examined: what can't be told after a failure is not asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from meshvoice.doctor import authority, denial, legs, relay_checks
from meshvoice.doctor.deployment import Deployment, Way
from meshvoice.doctor.findings import Check, Finding, Status
from meshvoice.doctor.turn_client import Leg, Rejected, Unanswered

_Examine = Callable[[], Awaitable[Finding | list[Finding]]]
_BY_ADDRESS = {"two-relays", "one-relay", "relay-range"}
"""What fails for sure where the relay offers an address that nobody reaches."""


async def examine(deployment: Deployment) -> AsyncIterator[Finding]:
    """Examine every leg, then through the first that works all that does not depend on the leg."""
    turn = deployment.turn
    name, addresses = await legs.resolve(deployment)
    yield name
    answering: list[Way] = []
    working: list[Way] = []
    if not turn.tls:
        yield Check(name="certificate", leg=Leg.TLS, tried="TLS").skipped(
            "COTURN_TLS_CERT is not set", "set it, for networks that let only TLS out"
        )
    ways = legs.ways(turn, addresses)
    # All at once, for a leg that does not answer takes seconds; told in order.
    tasks = [asyncio.create_task(_examine_way(deployment, way)) for way in ways]
    for way, task in zip(ways, tasks, strict=True):
        findings = {finding.check: finding for finding in await task}
        for finding in findings.values():
            yield finding
        if _good(findings, "stun"):
            answering.append(way)
        if _good(findings, "credential"):
            working.append(way)
    # IPv4 first: it is what a relay has unless it is asked otherwise.
    best = sorted(working or answering, key=lambda way: ":" in way.server[0])
    if best:
        async for finding in _through(deployment, best[0], addresses, working):
            yield finding


async def _examine_way(deployment: Deployment, way: Way) -> list[Finding]:
    findings = []
    steps = [legs.stun, legs.credential]
    if way.leg is Leg.TLS:
        steps.insert(0, legs.certificate)
    for step in steps:
        findings.append(await step(deployment, way))
        if findings[-1].status is not Status.OK:
            break
    return findings


def _good(findings: dict[str, Finding], check: str) -> bool:
    return check in findings and findings[check].status is Status.OK


async def _through(
    deployment: Deployment, way: Way, addresses: list[str], working: list[Way]
) -> AsyncIterator[Finding]:
    def special(family: int) -> _Examine:
        return lambda: denial.special(deployment, way, family)

    plan: list[tuple[str, _Examine]] = [
        ("secret", lambda: authority.secret(deployment, way)),
        ("clock", lambda: authority.clock(deployment, way)),
    ]
    if working:
        plan += [
            ("refusals", lambda: authority.refusals(deployment, way)),
            ("realm", lambda: authority.realm(deployment, way)),
            ("relay-address", lambda: relay_checks.address(deployment, way, addresses)),
            ("two-relays", lambda: relay_checks.two_relays(deployment, way)),
            ("one-relay", lambda: relay_checks.one_relay(deployment, way)),
            ("relay-range", lambda: relay_checks.port_range(deployment, way)),
            ("relay-ipv6", lambda: relay_checks.ipv6(deployment, way)),
            ("tcp-relay", lambda: denial.tcp_relay(deployment, working)),
            ("denied-ipv4", special(4)),
            ("denied-ipv6", special(6)),
        ]
    unreachable = False
    for name, check in plan:
        if unreachable and name in _BY_ADDRESS:
            continue
        for finding in await _settle(name, check()):
            unreachable |= name == "relay-address" and finding.status is not Status.OK
            yield finding


async def _settle(name: str, check: Awaitable[Finding | list[Finding]]) -> list[Finding]:
    """Wait for a check; what it did not expect is a finding too."""
    try:
        found = await check
    except (Rejected, Unanswered, OSError) as problem:
        unexpected = Check(name=name, tried="ask the relay")
        return [unexpected.failed(str(problem), "see coturn's log (journalctl -u coturn)")]
    return found if isinstance(found, list) else [found]

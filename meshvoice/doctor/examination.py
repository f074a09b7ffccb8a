"""The order in which a deployment is examined: what can't be told after a failure is not asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement

from meshvoice.doctor import authority, denial, legs, lookup, rejections, relay_checks, relay_range
from meshvoice.doctor.deployment import Deployment, Way, family
from meshvoice.doctor.findings import Check, Finding, Status
from meshvoice.doctor.turn_client import Leg, Rejected, Unanswered

_TROUBLE = (Rejected, Unanswered, OSError)


async def examine(deployment: Deployment) -> AsyncIterator[Finding]:
    """Examine each host in turn, as if it were the only one."""
    hosts = deployment.turn.hosts
    for number, host in enumerate(hosts, 1):
        async for finding in _examine_host(deployment.at(host), several=len(hosts) > 1):
            if len(hosts) > 1:
                finding = replace(finding, tried=f"{host}: {finding.tried}", host=number)
            yield finding


async def _examine_host(deployment: Deployment, *, several: bool) -> AsyncIterator[Finding]:
    """Examine every leg, then through those that work all that does not depend on the leg."""
    found = await lookup.look_up(deployment)
    turn = deployment.turn
    own = {str(each) for each in (turn.public_ip, turn.private_ip, turn.public_ip6)}
    if turn.others or (several and not own & {*found.addresses}):
        deployment = deployment.of_another(deployment.turn.others)
    addresses, answers = found.addresses, legs.Answers()
    elsewhere = lookup.elsewhere(deployment.turn, addresses)
    reached = _by_leg(deployment, legs.ways(deployment.turn, addresses), answers)
    private = lookup.inside(deployment.turn, addresses)
    if private:
        # Whether it is the network's own answer or a wrong record is told by whether anything answers there.
        reached, there = await _all_of(reached, private)
        if there and not found.here:
            found = replace(found, here=", ".join(addresses))
    if found.here:
        addresses = lookup.from_outside(deployment.turn, addresses)
        elsewhere = lookup.elsewhere(deployment.turn, addresses)
    yield lookup.name(deployment, found)
    if found.here and deployment.turn.private_ip and not deployment.turn.public_ip:
        # The name that COTURN_PUBLIC_IP is has no address now, which is told: there is none to hold against.
        deployment = deployment.of_another(deployment.others)
    if not deployment.turn.tls:
        yield Check(name="certificate", leg=Leg.TLS, tried="look for TURN by TLS").skipped(
            "COTURN_TLS_CERT is not set", "set it, for networks that let only TLS out"
        )
    answering: list[Way] = []
    working: list[Way] = []
    async for way, findings in reached:
        if way.server[0] in elsewhere and findings[-1].status is Status.FAILED:
            # Whatever stands there is none of ours: that the name leads there is the fault.
            for finding in findings:
                yield replace(finding, status=Status.SKIPPED, fix="see `name`")
            continue
        for finding in findings:
            yield finding
        good = {finding.check for finding in findings if finding.status is Status.OK}
        if "stun" in good:
            answering.append(way)
        if "credential" in good:
            working.append(way)
    deployment = _by_its_name(deployment, answers)
    if deployment.others:
        yield Check(name="own-file", tried="compare it with the file that we render").skipped(
            f"the relay is somebody else's: {deployment.others}",
            "its realm, its IPv6 and where it may send are for them to know",
        )
    # By each IP version that browsers dial, IPv4 first.
    best = _one_for_each_family(_freed_at_once(working)) or _one_for_each_family(answering)[:1]
    if not best:
        return
    async for finding in _settled(deployment, "secret", authority.examine(deployment, best[0])):
        yield finding
    if working:
        async for finding in _relayed(deployment, best, working, addresses):
            yield finding


async def _all_of(
    reached: AsyncIterator[tuple[Way, list[Finding]]], address: str
) -> tuple[AsyncIterator[tuple[Way, list[Finding]]], bool]:
    """Wait for all legs, and tell whether one answers at `address`."""
    ways = [each async for each in reached]

    async def again() -> AsyncIterator[tuple[Way, list[Finding]]]:
        for each in ways:
            yield each

    return again(), any(
        way.server[0] == address and finding.check == "stun" and finding.status is Status.OK
        for way, findings in ways
        for finding in findings
    )


def _freed_at_once(ways: Iterable[Way]) -> list[Way]:
    """Put UDP last: by it coturn counts an allocation a second longer than it lasts, one refused a minute."""
    return sorted(ways, key=lambda way: way.leg is Leg.UDP)


def _by_its_name(deployment: Deployment, answers: legs.Answers) -> Deployment:
    others = deployment.others or answers.no_coturn
    return deployment.of_another(others) if others else deployment


async def _by_leg(
    deployment: Deployment, ways: Sequence[Way], answers: legs.Answers
) -> AsyncIterator[tuple[Way, list[Finding]]]:
    # At once, for a leg that does not answer takes seconds; told in order.
    reached = await asyncio.gather(*(_reach(deployment, way, answers) for way in ways))
    deployment = _by_its_name(deployment, answers)
    for way, findings in zip(ways, reached, strict=True):
        if findings[-1].status is Status.OK:
            # One after the other: where a quota is nearly used up, which one is refused must not be chance.
            given = await _ask_for_a_relay(deployment, way, answers)
            findings[:] = [*(each for each in findings if each.check != given.check), given]
    answering = {
        (way.server[0], way.leg)
        for way, findings in zip(ways, reached, strict=True)
        if any(each.check == "stun" and each.status is Status.OK for each in findings)
    }
    other = {Leg.UDP: Leg.TCP, Leg.TCP: Leg.UDP}
    by_ipv6 = any(family(address) == 6 for address, _ in answering)
    for way, findings in zip(ways, reached, strict=True):
        silent = findings[-1].check == "stun" and findings[-1].answer in {legs.SILENCE, legs.REFUSED}
        if silent and way.leg in other and (way.server[0], other[way.leg]) in answering:
            findings[-1] = legs.shut(deployment, way, findings[-1], answers)
        if not by_ipv6:
            findings[-1] = legs.without_network(way, findings[-1])
        yield way, findings


async def _ask_for_a_relay(deployment: Deployment, way: Way, answers: legs.Answers) -> Finding:
    given = await legs.credential(deployment, way)
    if given.status is Status.FAILED and way.leg is Leg.UDP:
        again = await legs.stun(deployment, way, answers)
        if again.status is Status.FAILED:
            # Silent since it was asked for a relay, as it will be when it is asked the next time.
            return again
    return given


async def _reach(deployment: Deployment, way: Way, answers: legs.Answers) -> list[Finding]:
    if way.leg is not Leg.TLS:
        return [await legs.stun(deployment, way, answers)]
    shaken = await legs.certificate(deployment, way)
    if shaken.status is not Status.OK:
        return [shaken]
    return [shaken, await legs.stun(deployment, way, answers)]


def _one_for_each_family(ways: Iterable[Way]) -> list[Way]:
    first: dict[int, Way] = {}
    for way in ways:
        first.setdefault(way.family, way)
    return [first[family] for family in sorted(first)]


async def _relayed(
    deployment: Deployment, best: Sequence[Way], working: Sequence[Way], addresses: list[str]
) -> AsyncIterator[Finding]:
    turn, reachable, ipv6 = deployment.turn, True, False
    given: set[int] = set()
    # As most people do: by UDP, where it works.
    dialled = _one_for_each_family(working)
    for way in dialled:
        found = await _settle(deployment, "relay-address", relay_checks.address(deployment, way, addresses))
        reachable &= found.status is Status.OK
        given |= {family(found.answer)} if found.status is Status.OK else set()
        yield found
    if not deployment.others:
        found = await _settle(deployment, "relay-ipv6", relay_checks.ipv6(deployment, best[0], addresses))
        yield found
        ipv6 = turn.public_ip6 is not None and found.status is Status.OK
    # Those that browsers are given; where these are IPv4, also the IPv6 ones that the settings promise beside
    # them (nothing can be sent from one IP version to the other). Where nobody reaches the address that the
    # relay offers all of these fail for sure.
    pairs = list(combinations_with_replacement(dialled, 2))
    for by, asked in ((None, reachable), (6, ipv6 and turn.public_ip is not None)):
        for here, there in pairs if asked else ():
            tried = relay_checks.two_relays(deployment, here, there, by=by)
            yield await _settle(deployment, "two-relays", tried)
    if reachable:
        # A file rendered before TLS was set has the quota of fewer URLs: that is told as its TLS.
        by_tls = any(way.leg is Leg.TLS for way in working)
        tried_by = deployment if by_tls else deployment.without_tls()
        for by in (4, 6):
            promised = ipv6 if by == 6 else turn.public_ip is not None
            # Where the settings name no address what is given without being asked for is all that is known.
            if promised or (by in given and not (turn.public_ip or turn.public_ip6)):
                async for found in _settled(deployment, "one-relay", _outside(tried_by, best, dialled, by)):
                    yield found
    if deployment.others:
        # Where somebody else's relay may send is theirs to know.
        return
    yield await _settle(deployment, "tcp-relay", denial.tcp_relay(deployment, working))
    for by in (4, 6):
        async for found in _settled(deployment, f"denied-ipv{by}", denial.special(deployment, best[0], by)):
            yield found


async def _outside(
    deployment: Deployment, best: Sequence[Way], dialled: Sequence[Way], by: int
) -> AsyncIterator[Finding]:
    for found in await relay_range.from_outside(deployment, best, dialled, by):
        yield found


async def _settle(deployment: Deployment, name: str, check: Awaitable[Finding]) -> Finding:
    """Wait for a check; what it did not expect is a finding too."""
    try:
        return await check
    except _TROUBLE as problem:
        return _unexpected(deployment, name, problem)


async def _settled(
    deployment: Deployment, name: str, checks: AsyncIterator[Finding]
) -> AsyncIterator[Finding]:
    try:
        async for finding in checks:
            yield finding
    except _TROUBLE as problem:
        yield _unexpected(deployment, name, problem)


def _unexpected(deployment: Deployment, name: str, problem: Exception) -> Finding:
    check = Check(name=name, tried="ask the relay")
    if isinstance(problem, Rejected):
        fix = rejections.fix(problem, deployment.turn, others=bool(deployment.others))
        return check.failed(str(problem), fix, code=problem.code)
    return check.failed(str(problem), rejections.LOG)

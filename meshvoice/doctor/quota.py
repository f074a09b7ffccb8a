"""What one user of the relay gets: as many allocations as somebody in a full room takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.findings import Check, Finding
from meshvoice.doctor.rejections import USED_UP
from meshvoice.doctor.turn_client import Leg, Peer, Rejected, TurnClient, Unanswered
from meshvoice.turn.credentials import TurnCredentials

_AT_ONCE, _BREATH = 28, 0.35
"""Allocations asked for at once, and seconds between: of one address newer versions take 100 a second."""


def _counts(deployment: Deployment, by: int) -> bool:
    # A fixed user is everybody, so others may have used it up. By IPv4 it was asked before.
    return not (deployment.turn.fixed or (by == 6 and deployment.turn.public_ip))


def finding(deployment: Deployment, by: int, most: int, given: int | None) -> list[Finding]:
    """Tell of the quota: one user was given `most`, or `given` of those that a full room takes."""
    if not _counts(deployment, by):
        return []
    full = deployment.user_quota
    many = full if given else most
    check = Check(name="user-quota", tried=f"{many} allocations of one user's at once")
    if given is None or given >= full:
        return [check.ok("given")]
    answer, bites = "not all of them are given, and another user gets one", ""
    if given:
        # Each other person takes as many, while both sides begin anew.
        others = full // (deployment.seats - 1)
        answer = f"{given} are given, and another user gets one more"
        bites = f". It bites from {given // others + 2} people in a room on, while all of them reconnect"
    return [
        check.failed(
            answer,
            "coturn's user-quota is smaller than what one person takes in a full room: one for each of the "
            f"others, by each URL and IP version, and twice in a reconnect{bites}: {deployment.mend}",
        )
    ]


async def given(deployment: Deployment, ways: Sequence[Way], by: int, most: int) -> int | None:
    """Count what one user gets of the allocations that a full room takes of them; None where that isn't told.

    It isn't of somebody else's relay, of one that has fewer than four times as many ports, by UDP, by which
    coturn counts each for a second longer, and where another answer came than that it is used up.
    """
    wanted, user = deployment.user_quota, deployment.credentials()
    way = _way(ways, by)
    if not _counts(deployment, by) or deployment.others or wanted > most or way.leg is Leg.UDP:
        return None
    many = 0
    try:
        async with AsyncExitStack() as held:
            while many < wanted:
                if many:
                    await asyncio.sleep(_BREATH)
                relays = [relay(deployment, ways, by, user) for _ in range(min(_AT_ONCE, wanted - many))]
                asked = await asyncio.gather(*map(held.enter_async_context, relays), return_exceptions=True)
                refusals = [each for each in asked if isinstance(each, BaseException)]
                many += len(asked) - len(refusals)
                if any(not (isinstance(each, Rejected) and each.code in USED_UP) for each in refusals):
                    # So many at once are too much for this network, or this moment: no word on the quota.
                    return None
                if refusals:
                    # What another doesn't get, either, is no quota of a user's; nor what comes free.
                    async with relay(deployment, ways, by, deployment.credentials()):
                        pass
                    try:
                        async with relay(deployment, ways, by, user):
                            return None
                    except Rejected as rejected:
                        return many if rejected.code in USED_UP else None
            return many
    except (Rejected, Unanswered, OSError):
        return None


def _way(ways: Sequence[Way], by: int) -> Way:
    """Choose how an allocation of the IP version `by` is dialled: by the same where that works."""
    return next((way for way in ways if way.family == by), ways[0])


def relay(
    deployment: Deployment, ways: Sequence[Way], by: int, user: TurnCredentials
) -> AbstractAsyncContextManager[tuple[TurnClient, Peer]]:
    """Hold an allocation of the IP version `by`."""
    way = _way(ways, by)
    # Asked for by name only where a browser's question would give the other.
    asked = 6 if by == 6 and deployment.turn.public_ip else None
    return allocated(deployment, way, credentials=user, family=asked)

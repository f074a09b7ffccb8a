"""Whom the server believes: the clock it counts by, and what it must refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from secrets import token_urlsafe

from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.findings import Check, Finding, Status
from meshvoice.doctor.rejections import BELIEVED
from meshvoice.doctor.turn_client import Rejected
from meshvoice.turn.credentials import TurnCredentials

TOLERANCE = 60
"""Seconds by which the clocks may differ."""
_DECADE = 10 * 365 * 86400


async def examine(deployment: Deployment, way: Way) -> AsyncIterator[Finding]:
    """Tell secret, clock and open doors from each other: each is asked once the one before is known."""
    wrong = await _wrong_credential(deployment, way)
    if wrong.status is Status.FAILED:
        yield wrong
        for name in ("secret", "clock"):
            check = Check(name=name, tried="allocate")
            yield check.skipped("every credential is taken, so it can't be told", "see `wrong-credential`")
        return
    if deployment.turn.fixed:
        # Its user is known to everybody, ends never, and is believed: else none of this were asked.
        yield wrong
        return
    believed = await _secret(deployment, way)
    yield believed
    ticking = await _clock(deployment, way)
    yield ticking
    if believed.status is Status.FAILED:
        # Nothing of ours is believed, so that it refuses more says nothing.
        return
    yield wrong
    if ticking.status is Status.OK:
        yield await _expired(deployment, way)
    if not deployment.others:
        yield await _realm(deployment, way)


async def _clock(deployment: Deployment, way: Way) -> Finding:
    """Bracket coturn's clock by what it takes for expired: STUN tells no time."""
    check = Check(
        name="clock", tried=f"credentials that end {TOLERANCE} s ago, in {TOLERANCE} s and in years"
    )
    ntp = "set both clocks by NTP (timedatectl set-ntp true): too far apart, every credential is refused"
    if not await _taken(deployment, way, deployment.credentials(ttl=_DECADE)):
        return check.skipped("no credential is taken at all, so the clock can't be told", "see `secret`")
    if not await _taken(deployment, way, deployment.credentials(ttl=TOLERANCE)):
        return check.failed(f"coturn's clock is more than {TOLERANCE} s ahead of this machine's", ntp)
    if await _taken(deployment, way, deployment.credentials(ttl=-TOLERANCE)):
        return check.failed(f"coturn's clock is more than {TOLERANCE} s behind this machine's", ntp)
    return check.ok(f"coturn's and this machine's agree within {TOLERANCE} s")


async def _secret(deployment: Deployment, way: Way) -> Finding:
    """Tell a wrong secret from a wrong clock: try each secret with credentials that end in years."""
    secrets = deployment.turn.shared_secrets
    check = Check(name="secret", tried="allocate with each of COTURN_SHARED_SECRET")
    taken = [
        await _taken(deployment, way, deployment.credentials(ttl=_DECADE, secret=value)) for value in secrets
    ]
    if not any(taken):
        has = "coturn has as static-auth-secret"
        if deployment.others:
            has = "the relay has (coturn: static-auth-secret, eturnal: secret)"
        return check.failed(
            f"{'the relay' if deployment.others else 'coturn'} knows none of them",
            f"COTURN_SHARED_SECRET is not what {has}: {deployment.mend}",
        )
    if not taken[0]:
        return check.failed(
            "coturn does not know the first, which signs",
            f"the first of COTURN_SHARED_SECRET must be a static-auth-secret of coturn's: {deployment.mend}",
        )
    return check.ok("coturn knows the one that signs")


async def _wrong_credential(deployment: Deployment, way: Way) -> Finding:
    what = "password" if deployment.turn.fixed else "secret"
    check = Check(name="wrong-credential", tried=f"allocate with another {what}")
    if await _taken(deployment, way, deployment.credentials(secret=token_urlsafe(32))):
        danger = "anyone can relay here: is `no-auth` set?"
        return check.failed("accepted", f"{danger} {deployment.mend.capitalize()}")
    return check.ok("refused")


async def _expired(deployment: Deployment, way: Way) -> Finding:
    check = Check(name="expired-credential", tried="allocate with a credential that ended yesterday")
    if await _taken(deployment, way, deployment.credentials(ttl=-86400)):
        danger = "credentials never end: is `use-auth-secret` missing?"
        return check.failed("accepted", f"{danger} {deployment.mend.capitalize()}")
    return check.ok("refused")


async def _realm(deployment: Deployment, way: Way) -> Finding:
    """Compare the realm: live secrets (turnadmin -s) count for one realm, and another one is another file."""
    check = Check(name="realm", tried="the realm that coturn names")
    try:
        async with allocated(deployment, way) as (relay, _):
            found = relay.realm
    except Rejected as rejected:
        # It is named before anything is granted; who wasn't even asked to prove anything, was told why.
        if rejected.realm is None:
            raise
        found = rejected.realm
    if found != deployment.turn.realm:
        return check.failed(
            f"{found}, not {deployment.turn.realm}",
            f"coturn's realm is not COTURN_REALM, so it runs with another configuration: {deployment.mend}",
        )
    return check.ok(str(found))


async def _taken(deployment: Deployment, way: Way, credentials: TurnCredentials) -> bool:
    try:
        async with allocated(deployment, way, credentials=credentials):
            return True
    except Rejected as rejected:
        if rejected.code not in BELIEVED | {401}:
            raise
        return rejected.code != 401

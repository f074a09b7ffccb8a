"""Whom the server believes: the clock it counts by, and what it must refuse."""

from __future__ import annotations

from secrets import token_urlsafe

from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.findings import Check, Finding
from meshvoice.doctor.turn_client import Rejected
from meshvoice.turn.credentials import TurnCredentials

TOLERANCE = 60
"""Seconds by which the clocks may differ."""
_DECADE = 10 * 365 * 86400
_RENDER = "render anew with `meshvoice coturn-conf` and restart coturn"


async def clock(deployment: Deployment, way: Way) -> Finding:
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
    return check.ok(f"it agrees within {TOLERANCE} s")


async def secret(deployment: Deployment, way: Way) -> Finding:
    """Tell a wrong secret from a wrong clock: try each secret with credentials that end in years."""
    secrets = deployment.turn.shared_secrets
    check = Check(name="secret", tried=f"{len(secrets)} of COTURN_SHARED_SECRET")
    taken = [
        await _taken(deployment, way, deployment.credentials(ttl=_DECADE, secret=value)) for value in secrets
    ]
    if not any(taken):
        return check.failed(
            "coturn knows none of them", f"COTURN_SHARED_SECRET is not what coturn has: {_RENDER}"
        )
    if not taken[0]:
        return check.failed("coturn does not know the first, which signs", _RENDER)
    return check.ok("coturn knows the one that signs")


async def refusals(deployment: Deployment, way: Way) -> list[Finding]:
    """See that another secret and an expired credential are refused."""
    wrong = Check(name="wrong-credential", tried="allocate with another secret")
    expired = Check(name="expired-credential", tried="allocate with a credential that ended yesterday")
    cases = (
        (wrong, deployment.credentials(secret=token_urlsafe(32)), "anyone can relay here: is `no-auth` set?"),
        (expired, deployment.credentials(ttl=-86400), "credentials never end: is `use-auth-secret` missing?"),
    )
    return [
        check.failed("accepted", f"{danger} {_RENDER.capitalize()}")
        if await _taken(deployment, way, credentials)
        else check.ok("refused")
        for check, credentials, danger in cases
    ]


async def realm(deployment: Deployment, way: Way) -> Finding:
    """Compare the realm: live secrets (turnadmin -s) count for one realm, and another one is another file."""
    check = Check(name="realm", tried="the realm that coturn names")
    async with allocated(deployment, way) as (relay, _):
        found = relay.realm
    if found != deployment.turn.realm:
        return check.failed(
            f"{found}, not {deployment.turn.realm}", f"coturn runs with another configuration: {_RENDER}"
        )
    return check.ok(str(found))


async def _taken(deployment: Deployment, way: Way, credentials: TurnCredentials) -> bool:
    try:
        async with allocated(deployment, way, credentials=credentials):
            return True
    except Rejected as rejected:
        if rejected.code != 401:
            raise
        return False

"""The ways to the server: does its name resolve, does each leg answer, is each credential taken."""

from __future__ import annotations

import asyncio
import errno
import ssl

from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.findings import Check, Finding
from meshvoice.doctor.turn_client import Leg, Rejected, Unanswered, answered, dial
from meshvoice.settings import TurnSettings

CERTIFICATE_DAYS = 14
"""Renewal begins 30 days before the end, so fewer than this means that it does not happen."""
_DAY = 86400
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
# OpenSSL's X509_V_ERR_*: what a person should read instead.
_VERIFY = {
    10: ("it has expired", "renew it, and see that the deploy hook runs (conf/coturn-deploy-hook.sh)"),
    9: ("it is not valid yet", "set the clocks of both machines by NTP"),
    18: ("it is self-signed", "browsers refuse it: get one from an authority, as certbot does"),
    19: ("its chain ends in an unknown authority", "browsers refuse it: get one from a public authority"),
    20: ("its chain is incomplete", "point COTURN_TLS_CERT at the full chain (fullchain.pem)"),
    21: ("its chain is incomplete", "point COTURN_TLS_CERT at the full chain (fullchain.pem)"),
    62: ("it is for another name", "get one for COTURN_TURN_HOST"),
    64: ("it is for another address", "get one for COTURN_TURN_HOST"),
}


async def resolve(deployment: Deployment) -> tuple[Finding, list[str]]:
    """Look the host up; browsers try every address that it has."""
    turn = deployment.turn
    check = Check(name="name", tried=f"look up {turn.host}")
    try:
        addresses = await deployment.resolve(turn.host)
    except OSError as problem:
        return check.failed(str(problem), "give COTURN_TURN_HOST a name that resolves, or an address"), []
    ipv4 = [address for address in addresses if ":" not in address]
    if turn.public_ip and ipv4 and str(turn.public_ip) not in ipv4:
        return check.failed(
            f"{', '.join(addresses)}, but COTURN_PUBLIC_IP is {turn.public_ip}",
            "correct the name's A record, or COTURN_PUBLIC_IP",
        ), addresses
    return check.ok(", ".join(addresses)), addresses


def ways(turn: TurnSettings, addresses: list[str]) -> list[Way]:
    """List the ways that browsers are offered, for each address."""
    legs = [(Leg.UDP, turn.port), (Leg.TCP, turn.port)] + ([(Leg.TLS, turn.tls_port)] if turn.tls else [])
    return [Way(leg=leg, server=(address, port)) for address in addresses for leg, port in legs]


async def stun(deployment: Deployment, way: Way) -> Finding:
    """See whether the leg answers STUN."""
    check = Check(name="stun", leg=way.leg, tried=f"STUN to {way}")
    try:
        async with dial(way.server, way.leg, tls=deployment.tls, name=deployment.turn.host) as client:
            return check.ok(f"this machine is {(await client.bind())[0]}")
    except ConnectionRefusedError:
        return check.failed("refused: nothing listens there", _fix_refused(way))
    except Unanswered:
        return check.failed("no answer", _fix_silence(way))
    except OSError as problem:
        return _unopened(check, way, problem)
    except Rejected as rejected:
        return check.failed(str(rejected), "is another program on this port? See `ss -lunpt` on the host")


async def certificate(deployment: Deployment, way: Way) -> Finding:
    """Shake hands as a browser would."""
    check = Check(name="certificate", leg=Leg.TLS, tried=f"TLS handshake with {way}")
    try:
        opening = asyncio.open_connection(
            *way.server, ssl=deployment.tls, server_hostname=deployment.turn.host
        )
        _, writer = await answered(opening)
    except ssl.SSLCertVerificationError as problem:
        answer, fix = _VERIFY.get(
            problem.verify_code, (problem.verify_message, "get a certificate that browsers take")
        )
        return check.failed(answer, fix)
    except ConnectionRefusedError:
        return check.failed("refused: nothing listens there", _fix_refused(way))
    except Unanswered:
        return check.failed("no answer", _fix_silence(way))
    except OSError as problem:
        return _unopened(check, way, problem)
    end = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    writer.close()
    days = int((end - deployment.clock()) // _DAY)
    if days < CERTIFICATE_DAYS:
        return check.failed(
            f"it ends in {days} days",
            "renewal does not reach coturn: see certbot's log, and conf/coturn-deploy-hook.sh",
        )
    return check.ok(f"valid for {days} more days")


async def credential(deployment: Deployment, way: Way) -> Finding:
    """See whether coturn takes what the app signs."""
    check = Check(name="credential", leg=way.leg, tried=f"allocate at {way}")
    try:
        async with allocated(deployment, way) as (_, (address, port)):
            return check.ok(f"accepted, relay {address} port {port}")
    except Rejected as rejected:
        fixes = {
            401: "coturn does not take this secret, or the clocks differ (see `clock`): render anew with "
            "`meshvoice coturn-conf` and restart coturn",
            486: "the user's quota is used up: is COTURN_SHARED_SECRET known to others?",
            508: "all relay ports are taken: widen COTURN_MIN_PORT to COTURN_MAX_PORT",
        }
        return check.failed(
            str(rejected), fixes.get(rejected.code, "see coturn's log (journalctl -u coturn)")
        )
    except (Unanswered, OSError) as problem:
        return check.failed(
            str(problem), "STUN answered, this did not: see coturn's log (journalctl -u coturn)"
        )


def _unopened(check: Check, way: Way, problem: OSError) -> Finding:
    if problem.errno in _UNREACHABLE and ":" in way.server[0]:
        return check.skipped("this machine has no IPv6", "run the doctor from one that has")
    return check.failed(str(problem), _fix_silence(way))


def _fix_refused(way: Way) -> str:
    if way.leg is Leg.TLS:
        return (
            "coturn opens this port only when user turnserver can read certificate and key: "
            "see `cannot find certificate` in its log, and conf/coturn-deploy-hook.sh"
        )
    return (
        _IPV6 if ":" in way.server[0] else "start coturn: `systemctl status coturn` on the host says why not"
    )


def _fix_silence(way: Way) -> str:
    if ":" in way.server[0]:
        return _IPV6
    kind = "udp" if way.leg is Leg.UDP else "tcp"
    return f"open {way.server[1]}/{kind} in the firewalls of host and provider; see that coturn runs"


_IPV6 = (
    "the name has this IPv6 address, so browsers try it: set COTURN_PUBLIC_IP6 to it, or drop the AAAA record"
)

"""The ways to the server: does each leg answer, is each credential taken."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

from meshvoice.doctor import handshake, rejections
from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.findings import Cause, Check, Finding, Status
from meshvoice.doctor.lookup import public, unreachable
from meshvoice.doctor.turn_client import Leg, Peer, Rejected, Unanswered, answered, dial
from meshvoice.settings import TurnSettings
from meshvoice.turn import versions
from meshvoice.turn.deny import denied, literal
from meshvoice.values import is_address

CERTIFICATE_DAYS = 14
"""Renewal begins 30 days before the end, so fewer than this means that it does not happen."""
STARTING = 1.0
"""Seconds after which a port that nobody listens on is tried again."""
SILENCE = "no answer"
REFUSED = "refused: nothing listens there"
_DAY = 86400
UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def ways(turn: TurnSettings, addresses: list[str]) -> list[Way]:
    """List the ways that browsers are offered, for each address."""
    legs = [(Leg.UDP, turn.port), (Leg.TCP, turn.port)] + (
        [(Leg.TLS, turn.dialled_tls_port)] if turn.tls else []
    )
    return [Way(leg=leg, server=(address, port)) for address in addresses for leg, port in legs]


@dataclass(slots=True)
class Answers:
    """What is learned of a server while its legs are tried."""

    software: str = ""
    """What it calls itself; nothing where it is told not to."""

    def version(self, turn: TurnSettings) -> tuple[int, ...] | None:
        """Give coturn's version, as far as it can be known from here."""
        named = re.match(r"Coturn-(\d+)\.(\d+)\.(\d+)", self.software)
        return tuple(map(int, named.groups())) if named else turn.version

    @property
    def no_coturn(self) -> str:
        """Say that it is none; empty where it is, or doesn't tell."""
        # Ours is told not to name itself.
        told = self.software and not self.software.startswith("Coturn")
        return "it calls itself something else than coturn" if told else ""


async def stun(deployment: Deployment, way: Way, answers: Answers) -> Finding:
    """See whether the leg answers STUN."""
    check = Check(name="stun", leg=way.leg, ip=way.family, tried=f"STUN to {way}")
    try:
        try:
            own, software = await _bind(deployment, way)
        except ConnectionRefusedError:
            # A coturn that is just starting opens its ports one after the other.
            await asyncio.sleep(STARTING)
            own, software = await _bind(deployment, way)
    except ConnectionRefusedError:
        return check.failed(REFUSED, _fix_refused(deployment, way))
    except _Mute:
        return check.failed("it opens, and answers no STUN", _fix_mute(way), cause=Cause.NO_TURN)
    except Unanswered:
        return check.failed(SILENCE, _fix_silence(deployment.turn, way))
    except OSError as problem:
        return _unopened(deployment.turn, check, way, problem)
    except Rejected as rejected:
        fix = "is another program on this port? See `ss -lunpt` on the host"
        if rejected.code == 401:
            fix = f"browsers ask STUN without credentials: take `secure-stun` out; {deployment.mend}"
        return check.failed(str(rejected), fix, code=rejected.code)
    answers.software = answers.software or software
    mapped = ip_address(own)
    if isinstance(mapped, IPv6Address) and mapped.ipv4_mapped:
        return check.failed(
            f"this machine is {literal(mapped)}, which is no address",
            "coturn takes IPv4 for IPv6, as it does by `listening-ip=::`, and tells people no address by "
            f"which others reach them: its file must name each address of the relay; {deployment.mend}",
            cause=Cause.MAPPED,
        )
    return check.ok(f"this machine is {own}")


class _Mute(Unanswered):
    """It let us in, which is no firewall's doing, and said nothing that is STUN."""


async def _bind(deployment: Deployment, way: Way) -> tuple[str, str]:
    async with dial(way.server, way.leg, tls=deployment.tls, name=deployment.turn.host) as client:
        try:
            own, _ = await client.bind()
        except Unanswered as silence:
            if way.leg is Leg.UDP:
                raise
            raise _Mute(str(silence)) from None
        return own, client.software


def shut(deployment: Deployment, way: Way, found: Finding, answers: Answers) -> Finding:
    """Say why this leg may be silent, or refuse, where coturn answers by another, and so runs."""
    check = Check(name="stun", leg=way.leg, ip=way.family, tried=found.tried)
    kind = "udp" if way.leg is Leg.UDP else "tcp"
    if found.answer == REFUSED:
        by = ", for IPv6 too," if way.family == 6 else ""
        return check.failed(
            "refused, and by another leg coturn answers",
            f"open {way.server[1]}/{kind}{by} in the firewalls of host and provider, and see that "
            f"coturn's file has no `no-{kind}`",
        )
    if way.leg is not Leg.UDP:
        return found
    answer, mend = f"{SILENCE}, and by TCP there is one", _fix_silence(deployment.turn, way)
    version = answers.version(deployment.turn)
    guard = (
        "load the kernel guard (`meshvoice coturn-conf --guard`) anew, which mends it, or take another coturn"
    )
    hops = "by UDP with a hop limit of 1 from its first allocation on, so that no answer gets beyond a router"
    if version is not None and version in versions.ONE_HOP:
        return check.failed(answer, f"coturn {'.'.join(map(str, version))} sends {hops}: {guard}")
    if version is None:
        # No packet tells one from the other: the server's answers die on their way here.
        mend += f". If `turnserver --version` says 4.17.0 or 4.17.1, it sends {hops}: {guard}"
    return check.failed(answer, mend)


async def certificate(deployment: Deployment, way: Way) -> Finding:
    """Shake hands as a browser would."""
    check = Check(name="certificate", leg=Leg.TLS, ip=way.family, tried=f"TLS handshake with {way}")
    try:
        _, writer = await answered(asyncio.open_connection(*way.server))
    except ConnectionRefusedError:
        return check.failed(REFUSED, _fix_refused(deployment, way), cause=Cause.REFUSED)
    except Unanswered:
        return check.failed(SILENCE, _fix_silence(deployment.turn, way), cause=Cause.SILENT)
    except OSError as problem:
        return _unopened(deployment.turn, check, way, problem)
    # It let us in, so what fails from here on is TLS, and no firewall.
    try:
        await answered(writer.start_tls(deployment.tls, server_hostname=deployment.turn.host))
        end = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    except ssl.SSLCertVerificationError as problem:
        return handshake.untrusted(check, problem)
    except ssl.SSLError as problem:
        return handshake.broken(check, problem, fronted=deployment.turn.public_tls_port is not None)
    except (Unanswered, OSError):
        # Whether it hangs up or keeps silent is chance where it waits for something else.
        return handshake.plain(check) if await _answers_plainly(way) else handshake.unanswered(check)
    finally:
        writer.transport.abort()
    days = int((end - deployment.clock()) // _DAY)
    if days < CERTIFICATE_DAYS:
        return check.failed(
            f"it ends in {days} days",
            "renewal does not reach coturn: see certbot's log, and conf/coturn-deploy-hook.sh",
            cause=Cause.ENDING,
        )
    return check.ok(f"valid for {days} more days")


async def _answers_plainly(way: Way) -> bool:
    """Tell whether STUN is answered there as it is on the plain port."""
    try:
        async with dial(way.server, Leg.TCP) as client:
            await client.bind()
    except Rejected:
        return True
    except (Unanswered, OSError):
        return False
    return True


async def credential(deployment: Deployment, way: Way) -> Finding:
    """See whether coturn takes what the app signs, and gives an address to those who ask as browsers do."""
    check = Check(name="credential", leg=way.leg, ip=way.family, tried=f"allocate at {way}")
    try:
        async with allocated(deployment, way, again=False) as (_, (address, _)):
            return check.ok(f"accepted, relay {address}")
    except Rejected as rejected:
        fix = rejections.fix(rejected, deployment.turn, others=bool(deployment.others))
        return check.failed(str(rejected), fix, code=rejected.code)
    except (Unanswered, OSError) as problem:
        return check.failed(str(problem), f"STUN answered, this did not: {rejections.LOG}")


def _unopened(turn: TurnSettings, check: Check, way: Way, problem: OSError) -> Finding:
    if isinstance(problem, ssl.SSLError):
        return handshake.broken(check, problem, fronted=turn.public_tls_port is not None)
    if problem.errno in UNREACHABLE and (way.family == 6 or not _routed(way.server)):
        return check.skipped(
            f"this machine has no IPv{way.family}", "run the doctor from one that has", cause=Cause.NO_NETWORK
        )
    return check.failed(str(problem), _fix_silence(turn, way))


def without_network(way: Way, found: Finding) -> Finding:
    """Blame nobody for silence by IPv6 where this machine's own address is one that only its network reaches.

    Some homes give such addresses, and a way out that leads nowhere; by others a translation leads out.
    """
    if way.family == 4 or found.answer != SILENCE or denied(ip_address(way.server[0])):
        return found
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        # As in `_routed`, nothing is sent.
        probe.connect(way.server)
        own = ip_address(probe.getsockname()[0])
        if denied(own):
            return replace(
                found,
                status=Status.SKIPPED,
                answer=f"{SILENCE}, and this machine's own IPv6 is {own}, which nobody outside reaches",
                fix="run the doctor from one that has another",
                cause=Cause.NO_NETWORK,
            )
    return found


def _routed(server: Peer) -> bool:
    """Tell whether this machine knows a way there: a router that refuses gives TCP the same error."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # Connecting a UDP socket sends nothing: the kernel only chooses the route.
            probe.connect(server)
    except OSError as problem:
        return problem.errno not in UNREACHABLE
    return True


def _fix_refused(deployment: Deployment, way: Way) -> str:
    turn = deployment.turn
    if deployment.others:
        port = "COTURN_PUBLIC_TLS_PORT" if way.leg is Leg.TLS else "COTURN_PORT"
        return f"does the relay run, and is its port {way.server[1]}? Else correct {port}; {rejections.ASK}"
    if way.leg is Leg.TLS and turn.public_tls_port:
        return "start what holds COTURN_PUBLIC_TLS_PORT before coturn (`ss -lntp` there), or correct the port"
    if way.leg is Leg.TLS:
        return (
            "coturn opens this port only when its file names certificate and key (if it was rendered before "
            f"COTURN_TLS_CERT was set, {rejections.RENDER}), and when user turnserver can read certificate "
            "and key: see `cannot find certificate` in its log, and conf/coturn-deploy-hook.sh"
        )
    if _strange(turn, way):
        return _strange(turn, way)
    return (
        "start coturn: `systemctl status coturn` on the host says why not. If it runs, it listens elsewhere "
        f"than on COTURN_PORT: {rejections.RENDER}"
    )


def _fix_mute(way: Way) -> str:
    port = "COTURN_PORT"
    if way.leg is Leg.TLS:
        port = "COTURN_TLS_PORT, or COTURN_PUBLIC_TLS_PORT where that is set,"
    return (
        "what listens there speaks no TURN, or passes on to a coturn that doesn't run: "
        f"{port} must lead to coturn; `ss -lntp` on the host shows what listens there"
    )


def _fix_silence(turn: TurnSettings, way: Way) -> str:
    if _strange(turn, way):
        return _strange(turn, way)
    kind = "udp" if way.leg is Leg.UDP else "tcp"
    by = ", for IPv6 too," if way.family == 6 else ""
    port, forward = f"{way.server[1]}/{kind}{by}", rejections.forwarded(way.family)
    own = ip_address(way.server[0])
    if way.family == 6 and not public(turn, 6) and not is_address(turn.host):
        # No address is named at all: an inventory's host may have IPv6 alone.
        forward = "; drop the name's AAAA record where the relay has no IPv6"
    near = f". Only its own network reaches {own}: is this machine in it?" * (
        denied(own) and not own.is_loopback
    )
    return f"open {port} in the firewalls of host and provider{forward}; see that coturn runs{near}"


def _strange(turn: TurnSettings, way: Way) -> str:
    """Say what to do about an address that the settings don't name; empty where they do, or name none."""
    named = public(turn, way.family)
    if way.server[0] == str(turn.private_ip):
        return ""
    if way.family == 6 and turn.public_ip and not named:
        return (
            "the name has this IPv6 address, so browsers try it: set COTURN_PUBLIC_IP6 to it, or drop the "
            "AAAA record"
        )
    if named and named != way.server[0] and not unreachable(named, [way.server[0]]):
        return (
            f"the name leads there, too, so browsers may try it, and the relay is at {named}: drop the "
            f"record of {way.server[0]}"
        )
    return ""

"""Deployments on a bench: coturn on one machine, the doctor on another, packets and firewall real."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from meshvoice import assets
from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.examination import examine
from meshvoice.doctor.findings import Finding, Status
from meshvoice.doctor.turn_client import Leg
from meshvoice.settings import TurnSettings
from tests.doctor.authority import Authority
from tests.turn.coturn_server import SECRET, running
from tests.turn.lab import Lab

OTHER = "pR4tW8xK2mV6bN0cJ5hL9gF3dS7aQ1zE"
HOST = "turn.example.org"
PUBLIC, PRIVATE, LAN = IPv4Address("45.76.0.10"), IPv4Address("10.0.0.5"), IPv4Address("192.168.7.2")
PUBLIC6, LAN6 = IPv6Address("2a01:4f8::10"), IPv6Address("fd00:7::2")
CLIENT, CLIENT6 = "45.77.0.2/32", "2a01:4f9::2/128"
RANGE = "50000-50999"
GUARD = (assets.find("conf") / "nftables-turn.conf.j2").read_text()
BASE = TurnSettings(
    shared_secrets=(SECRET,), hosts=(HOST,), realm=HOST, min_port=50000, max_port=50999, ttl=3600
)
DIRECT = replace(BASE, public_ip=PUBLIC)
NAT = replace(DIRECT, private_ip=PRIVATE)
DUAL = replace(DIRECT, public_ip6=PUBLIC6)
ONE_TO_ONE = f"""
table ip nat {{
  chain prerouting {{ type nat hook prerouting priority -100; ip daddr {PUBLIC} dnat to {PRIVATE}; }}
}}
"""
NO_WAY_INSIDE = f"""
table ip inside {{
  chain forward {{ type filter hook forward priority 0; ip daddr {PRIVATE} drop; }}
}}
"""
"""For a router: nobody outside knows a way to an address behind a NAT."""


@dataclass
class Bench:
    """Runs a coturn on the server, and the doctor on the other machine."""

    lab: Lab
    folder: Path
    authority: Authority
    user: str | None = None
    examiner: str = "client"
    """The machine on which the doctor runs."""

    async def examine(
        self,
        turn: TurnSettings,
        conf: str | None,
        *,
        addresses: list[str] | None = None,
        held: int = 0,
        runs: int = 1,
        **options: Any,
    ) -> list[Finding]:
        """Give what the doctor finds, which must be the same each time; others hold allocations meanwhile."""
        async with self.standing(turn, conf, addresses=addresses, held=held, **options) as deployment:
            findings = [finding async for finding in examine(deployment)]
            for _ in range(runs - 1):
                again = [finding async for finding in examine(deployment)]
                said, then = ([each.line() for each in run] for run in (findings, again))
                assert said == then, "\n".join(sorted({*said} ^ {*then}))
            return findings

    @asynccontextmanager
    async def standing(
        self,
        turn: TurnSettings,
        conf: str | None,
        *,
        addresses: list[str] | None = None,
        held: int = 0,
        web: bool = False,
        **options: Any,
    ) -> AsyncIterator[Deployment]:
        """Run coturn, perhaps a web server on its TLS port, and move to the examiner for as long."""

        async def resolve(host: str) -> list[str]:
            if addresses == []:
                raise OSError("Name or service not known")
            literal = [] if host == HOST else [host]
            return addresses or literal or [str(turn.public_ip or LAN)]

        async with AsyncExitStack() as machines:
            at = str(turn.public_ip or LAN)
            if conf is not None:
                with self.lab.on("server"):
                    machines.enter_context(running(conf, self.folder, user=self.user, at=at))
            if web:
                with self.lab.on("server"):
                    await machines.enter_async_context(await serve_web(turn))
            machines.enter_context(self.lab.on(self.examiner))
            deployment = Deployment(turn=turn, tls=self.authority.trust(), resolve=resolve, **options)
            for _ in range(held):
                # By TCP: one by UDP counts a second longer than it lasts.
                way = Way(leg=Leg.TCP, server=(str(turn.public_ip), turn.port))
                await machines.enter_async_context(allocated(deployment, way))
            yield deployment


async def serve_web(turn: TurnSettings, host: str = "0.0.0.0") -> asyncio.Server:
    """Serve HTTP where TURN by TLS should be."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(turn.tls_cert, turn.tls_key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # Whoever only shakes hands hangs up.
            with suppress(OSError):
                await reader.read(1500)
                writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    return await asyncio.start_server(answer, host, turn.tls_port, ssl=tls)


def failed(findings: list[Finding]) -> set[str]:
    """Name what failed, as `check` or `check/leg`, each with what to do."""
    wrong = [finding for finding in findings if finding.status is Status.FAILED]
    assert all(finding.fix for finding in wrong)
    return {finding.check + (f"/{finding.leg}" if finding.leg else "") for finding in wrong}


def fix(findings: list[Finding], check: str) -> str:
    return next(finding.fix for finding in findings if finding.check == check and finding.fix)


def secured(turn: TurnSettings, files: tuple[Path, Path]) -> TurnSettings:
    return replace(turn, tls_cert=str(files[0]), tls_key=str(files[1]))


def dropping(match: str) -> str:
    return (
        f"table inet test {{ chain input {{ type filter hook input priority 0; iif wire {match} drop; }}; }}"
    )


def without(text: str, start: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))

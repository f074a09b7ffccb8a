"""The command `meshvoice doctor`: a line for each check, or JSON, and an exit code for scripts."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from ssl import SSLContext

from meshvoice.doctor import lookup, rotation
from meshvoice.doctor.deployment import Deployment
from meshvoice.doctor.examination import examine
from meshvoice.doctor.findings import Check, Finding, Status, missed
from meshvoice.doctor.rejections import RENDER
from meshvoice.doctor.turn_client import trust
from meshvoice.settings import Settings
from meshvoice.turn import installed
from meshvoice.turn.commands import seats
from meshvoice.turn.errors import Refused

_TERMINATED = 128 + signal.SIGTERM
_PRESUMED = (
    "The relay was taken for one whose file you render. If it is somebody else's, set COTURN_OURS=0, "
    "and ask again."
)


def run(settings: Settings, *, as_json: bool, tls: SSLContext | None = None) -> int:
    """Examine the TURN path: 0 all is well, 1 something failed or nothing could be seen, 2 there is no path.

    `tls` is what certificates are trusted by, unlike what browsers are.
    """
    if not settings.turn.offered:
        sys.stderr.write(
            "No TURN host is set, so people hear each other only where their networks let them.\n"
            "Set COTURN_TURN_HOST and COTURN_SHARED_SECRET (`make coturn` does, for this machine).\n"
        )
        return 2
    turn, problems = settings.turn, []
    try:
        turn = installed.looked_up(turn)
    except Refused as problem:
        check = Check(name="public-ip", tried=f"look up {turn.public_ip}")
        if lookup.unheard(problem.__cause__):
            problems.append(lookup.no_name_server(check))
        else:
            none = "it has no IPv4 address now" if problem.__cause__ else "it leads to no relay's address"
            problems.append(check.failed(none, str(problem)))
        turn = replace(turn, public_ip=None)
    deployment = Deployment(turn=turn, tls=tls or trust(), seats=seats(settings))
    try:
        findings = asyncio.run(_report(problems, examine(deployment), as_json=as_json))
    except asyncio.CancelledError:
        return _TERMINATED
    return 0 if _well(findings) else 1


def rotate(settings: Settings, *, database: str, check: bool) -> int:
    """Tell a running coturn the secrets, or only prove that it takes them: `rotation.run`."""
    return rotation.run(settings, check=check, **({"database": database} if database else {}))


def _well(findings: list[Finding]) -> bool:
    return not missed(findings) and all(finding.status != "failed" for finding in findings)


def _conclusion(findings: list[Finding]) -> str:
    failed = [finding.name() for finding in findings if finding.status is Status.FAILED]
    if failed:
        told = f"To mend: {', '.join(dict.fromkeys(failed))}. What to do stands above, after each ->."
        if any(RENDER in finding.fix for finding in findings):
            # Nothing that it answers tells a coturn with a strong secret of theirs from one of ours.
            told = f"{_PRESUMED}\n{told}"
        return told
    if missed(findings):
        return f"Nothing was learned of the relay: {missed(findings)}."
    return "All is well, as far as it can be seen from here."


def _end_by_sigterm() -> None:
    """Let SIGTERM, as a server that stops sends it, cancel this task, which gives back what it allocated."""
    task = asyncio.current_task()
    # Signals come to the main thread alone.
    if task is not None and threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _report(
    problems: list[Finding], findings: AsyncIterator[Finding], *, as_json: bool
) -> list[Finding]:
    found = []
    _end_by_sigterm()

    def tell(finding: Finding) -> None:
        found.append(finding)
        if not as_json:
            # Each one as it comes: a leg that does not answer takes seconds.
            sys.stdout.write(finding.line() + "\n")
            sys.stdout.flush()

    for problem in problems:
        tell(problem)
    async for finding in findings:
        tell(finding)
    if not as_json:
        sys.stdout.write(f"\n{_conclusion(found)}\n")
    if as_json:
        report = {
            "ok": _well(found),
            "missed": missed(found),
            "findings": [finding.as_json() for finding in found],
        }
        json.dump(report, sys.stdout, indent=2)
        sys.stdout.write("\n")
    return found

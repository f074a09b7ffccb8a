"""The command `meshvoice coturn-rotate`: a running coturn is told the secrets, and proved to take them."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress

from meshvoice.doctor import lookup
from meshvoice.doctor.deployment import Deployment, Way, allocated
from meshvoice.doctor.rejections import BELIEVED
from meshvoice.doctor.turn_client import Leg, Rejected, Unanswered
from meshvoice.settings import Settings, TurnSettings
from meshvoice.turn import coturn, installed
from meshvoice.turn.errors import Refused

_TRIES, _PAUSE = 10, 0.2
"""turnadmin waits for no lock of coturn's on the database, and ends well all the same."""
_STOP = "don't let the app sign with it: whoever comes would be refused by the relay"


def run(settings: Settings, *, database: str = coturn.DATABASE, check: bool = False) -> int:
    """Rotate: 0 the relay takes every secret, 1 it doesn't, 2 there is nothing to rotate.

    With `check` nobody is told anything, so it may run on any machine.
    """
    turn = settings.turn
    if turn.fixed or not (turn.hosts and turn.shared_secrets):
        sys.stderr.write("COTURN_TURN_HOST and COTURN_SHARED_SECRET are needed: no secret is used without.\n")
        return 2
    if check:
        return asyncio.run(_prove(turn))
    turnadmin = shutil.which("turnadmin")
    if turnadmin is None:
        sys.stderr.write("no turnadmin here: run this on coturn's host, or with --check anywhere\n")
        return 2
    admin = [turnadmin, "-b", database, "-r", turn.realm]
    known = _known(admin, turn.realm)
    _tell(admin, turn)
    code = asyncio.run(_prove(turn))
    if code == 0:
        for secret in known:
            if secret not in turn.shared_secrets:
                _say(admin, f"--delete-secret={secret}")
    return code


def _tell(admin: list[str], turn: TurnSettings) -> None:
    for _ in range(_TRIES):
        missing = [secret for secret in turn.shared_secrets if secret not in _known(admin, turn.realm)]
        if not missing:
            return
        for secret in missing:
            _say(admin, f"--set-secret={secret}")
        time.sleep(_PAUSE)


def _known(admin: list[str], realm: str) -> list[str]:
    """List what coturn was told while it ran."""
    return re.findall(rf"(?m)^(\S+)\[{re.escape(realm)}\]$", _say(admin, "--show-secret"))


def _say(admin: list[str], what: str) -> str:
    done = subprocess.run(  # noqa: S603  # a fixed argument list
        [*admin, what], capture_output=True, text=True, timeout=20, check=False
    )
    # It logs to where its answers go, and ends with 0 whatever became of the row.
    return done.stdout


async def _prove(turn: TurnSettings) -> int:
    with suppress(Refused):
        # A name in COTURN_PUBLIC_IP that has no address now is not what is asked.
        turn = installed.looked_up(turn)
    deployment = Deployment(turn=turn)
    code = 0
    for host in turn.hosts:
        refused, trouble = await _refused(deployment, host)
        if trouble:
            sys.stderr.write(f"{host}: {trouble}: nothing is proven\n")
            code = 1
        elif refused:
            named = " and ".join(f"number {number}" for number in refused)
            sys.stderr.write(f"{host} does not take {named} of COTURN_SHARED_SECRET: {_STOP}\n")
            code = 1
        else:
            sys.stdout.write(f"{host} takes every secret of COTURN_SHARED_SECRET\n")
    return code


async def _refused(deployment: Deployment, host: str) -> tuple[list[int], str]:
    """Try each secret by the first way that answers; gives the numbers refused, or what went wrong."""
    turn, trouble = deployment.turn, ""
    found = await lookup.look_up(deployment.at(host))
    if found.problem:
        return [], found.problem
    for address in found.addresses:
        for leg in (Leg.UDP, Leg.TCP):
            way = Way(leg=leg, server=(address, turn.port))
            try:
                taken = [await _takes(deployment, way, secret) for secret in turn.shared_secrets]
            except (Rejected, Unanswered, OSError) as problem:
                trouble = f"{way}: {problem}"
            else:
                return [number for number, took in enumerate(taken, 1) if not took], ""
    return [], trouble


async def _takes(deployment: Deployment, way: Way, secret: str) -> bool:
    try:
        async with allocated(deployment, way, credentials=deployment.credentials(secret=secret)):
            return True
    except Rejected as rejected:
        if rejected.code not in BELIEVED | {401}:
            raise
        # A relay that is full says so to those alone whom it believes.
        return rejected.code != 401

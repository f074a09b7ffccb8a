"""Somebody else's relay is examined as one that is dialled: its own file is nobody's to blame here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aioice import stun

from meshvoice.doctor.deployment import Deployment
from meshvoice.doctor.examination import examine
from meshvoice.doctor.findings import Finding, Status
from meshvoice.settings import TurnSettings
from tests.doctor.bench import failed
from tests.turn.coturn_server import SECRET
from tests.turn.eturnal_like import REALM, Relay

SHORT = "c2hvcnQ/+A=="
HOST = "127.0.0.1"
TURN = TurnSettings(shared_secrets=(SHORT,), hosts=(HOST,), realm=HOST)
FIXED = TurnSettings(hosts=(HOST,), username="ana", password="pears and plums")


class OfUsers(Relay):
    """Believes one user and a password, as eturnal does with `credentials:`."""

    def _key(self, asked: stun.Message) -> bytes | None:
        key = hashlib.md5(f"ana:{REALM}:{FIXED.password}".encode()).digest()
        believed = asked.attributes.get("USERNAME") == "ana" and asked.check_message_integrity(key)
        return key if believed else None


class Unnamed(Relay):
    """Doesn't tell what it is: neither does a coturn of theirs with a long secret."""

    SOFTWARE: Mapping[str, object] = {}


@asynccontextmanager
async def standing(relay: Relay) -> AsyncIterator[int]:
    """Let it listen, and give its port."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: relay, local_addr=(HOST, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        relay.close()


async def found(relay: Relay, turn: TurnSettings) -> list[Finding]:
    async with standing(relay) as port:
        return [finding async for finding in examine(Deployment(turn=replace(turn, port=port)))]


@pytest.mark.parametrize(
    ("relay", "turn", "why"),
    [
        (lambda: Relay(HOST, ["another", SHORT]), TURN, "COTURN_SHARED_SECRET"),
        (
            lambda: Relay(HOST, [SECRET]),
            replace(TURN, shared_secrets=(SECRET,)),
            "something else than coturn",
        ),
        (lambda: OfUsers(HOST, []), FIXED, "COTURN_USERNAME"),
        (
            lambda: Unnamed(HOST, [SECRET]),
            replace(TURN, shared_secrets=(SECRET,), ours=False),
            "COTURN_OURS",
        ),
    ],
    ids=["by a short secret", "by what it calls itself", "by a fixed user", "by the setting"],
)
async def test_what_presupposes_our_own_file_is_left_out_and_said(
    relay: type[Relay], turn: TurnSettings, why: str
) -> None:
    findings = await found(relay(), turn)  # type: ignore[call-arg]
    # The stand-in takes UDP alone.
    assert failed(findings) == {"stun/tcp"}
    [said] = [finding for finding in findings if finding.check == "own-file"]
    assert said.status is Status.SKIPPED
    assert why in said.answer
    assert {"realm", "relay-ipv6", "denied-ipv4", "tcp-relay"}.isdisjoint({each.check for each in findings})
    well = {finding.check for finding in findings if finding.status is Status.OK}
    assert {"credential", "wrong-credential", "relay-address", "two-relays"} <= well


@pytest.mark.parametrize(
    ("relay", "secret", "ours"), [(Relay, SHORT, True), (Relay, SECRET, True), (Unnamed, SECRET, False)]
)
async def test_nobody_is_told_to_render_a_file_that_is_not_theirs(
    relay: type[Relay], secret: str, ours: bool
) -> None:
    turn = replace(TURN, shared_secrets=(secret,), ours=ours)
    findings = await found(relay(HOST, ["another"]), turn)
    assert failed(findings) == {"stun/tcp", "credential/udp", "secret"}
    assert not [each.line() for each in findings if "coturn-conf" in each.fix]

"""Calls through the relay in real Chromium, by every transport and out of every network that needs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import Person, all_hear_each_other, until
from tests.browser.homes import Homes, at_home
from tests.doctor.authority import Authority
from tests.nat_lab import SERVER

pytestmark = [pytest.mark.coturn, pytest.mark.lab]

_LOCAL_CANDIDATES = """async () => {
  const found = [];
  for (const connection of globalThis.seen.connections) {
    const stats = await connection.getStats().catch(() => new Map());
    for (const pair of stats.values()) {
      if (pair.type !== "candidate-pair" || pair.state !== "succeeded" || !pair.nominated) continue;
      const { candidateType, relayProtocol } = stats.get(pair.localCandidateId);
      found.push(relayProtocol ? `${candidateType}/${relayProtocol}` : candidateType);
    }
  }
  return found;
}"""


# Where they are used: credentials come by HTTP and, anew, over the socket.
_OFFER = """() => {
  const isLeft = (url) => url === globalThis.offered;
  const left = (configuration) => ({
    ...configuration,
    iceServers: configuration.iceServers
      .map((server) => ({ ...server, urls: [server.urls].flat().filter(isLeft) }))
      .filter(({ urls }) => urls.length > 0),
  });
  globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
    constructor(configuration) {
      super(left(configuration));
    }
    setConfiguration(configuration) {
      super.setConfiguration(left(configuration));
    }
  };
}"""
_STUN = f"stun:{SERVER}:3478"


@asynccontextmanager
async def relay(folder: Path, *names: str, **options: Any) -> AsyncIterator[Homes]:
    """Run a deployment with UDP, TCP and TLS, and people at home who trust its certificate."""
    authority = Authority(folder)
    cert, key = authority.issue(SERVER)
    tls: Any = {"COTURN_TLS_CERT": str(cert), "COTURN_TLS_KEY": str(key)}
    async with at_home(folder, *names, turn=True, trust=authority.write(), **tls, **options) as homes:
        yield homes


async def only(person: Person, url: str) -> None:
    """Leave this person's browser one of the deployment's URLs, as if the others were not offered."""
    await person.page.context.add_init_script(f"globalThis.offered = {json.dumps(url)}; ({_OFFER})();")
    await person.page.reload()


async def talk(*people: Person) -> None:
    """Join one after the other, and wait until all hear each other."""
    for person in people:
        await person.join()
    await all_hear_each_other(list(people), seconds=40)


async def goes_by(person: Person, candidate: str) -> None:
    """Wait until all of a person's links go out by this candidate: a type, and for a relay its transport."""

    async def told() -> bool:
        found: list[str] = await person.page.evaluate(_LOCAL_CANDIDATES)
        return set(found) == {candidate}

    await until(f"{person.name} sends by {candidate}", told)


# By TCP and TLS people talk below, too, for want of another way.
@pytest.mark.parametrize(
    ("url", "transport"),
    [
        (f"turn:{SERVER}:3478?transport=udp", "udp"),
        pytest.param(f"turn:{SERVER}:3478?transport=tcp", "tcp", marks=pytest.mark.slow),
        pytest.param(f"turns:{SERVER}:5349?transport=tcp", "tls", marks=pytest.mark.slow),
    ],
)
async def test_a_relay_only_call_is_heard(tmp_path: Path, url: str, transport: str) -> None:
    async with relay(tmp_path, "Ana", "Bo", MESHVOICE_RELAY_ONLY="1") as homes:
        for person in homes.people:
            await only(person, url)
        await talk(*homes.people)
        for person in homes.people:
            await goes_by(person, f"relay/{transport}")
            assert {other["path"] for other in (await person.people())[1:]} == {"relay"}


@pytest.mark.long
@pytest.mark.parametrize("transport", ["udp", pytest.param("tcp", marks=pytest.mark.slow)])
async def test_behind_1_to_1_nat_one_side_alone_needs_the_relay(tmp_path: Path, transport: str) -> None:
    """Bo's network lets nothing of Ana's in or out, nor UDP at all where the transport is TCP."""
    async with relay(tmp_path, "Ana", "Bo", server_behind_nat=True) as homes:
        ana, bo = homes.people
        homes.lab.nat(2, "symmetric" if transport == "udp" else "udp-blocked")
        homes.lab.block_pair(1, 2)
        await only(ana, _STUN)
        await talk(ana, bo)
        await goes_by(bo, f"relay/{transport}")
        found: list[str] = await ana.page.evaluate(_LOCAL_CANDIDATES)
        assert not {kind for kind in found if kind.startswith("relay")}


@pytest.mark.long
async def test_behind_1_to_1_nat_two_who_both_need_the_relay_hear_each_other(tmp_path: Path) -> None:
    async with relay(tmp_path, "Ana", "Bo", server_behind_nat=True, MESHVOICE_RELAY_ONLY="1") as homes:
        await talk(*homes.people)


async def test_two_symmetric_nats_meet_at_the_relay(tmp_path: Path) -> None:
    async with relay(tmp_path, "Ana", "Bo") as homes:
        for home in homes.lab.homes:
            homes.lab.nat(home, "symmetric")
        await talk(*homes.people)
        paths = [{other["path"] for other in (await person.people())[1:]} for person in homes.people]
        assert paths == [{"relay"}, {"relay"}]


@pytest.mark.long
async def test_with_udp_blocked_on_both_sides_the_relay_by_tcp_carries_the_call(tmp_path: Path) -> None:
    async with relay(tmp_path, "Ana", "Bo") as homes:
        for home in homes.lab.homes:
            homes.lab.nat(home, "udp-blocked")
        await talk(*homes.people)
        for person in homes.people:
            await goes_by(person, "relay/tcp")


@pytest.mark.long
async def test_with_only_port_443_open_the_relay_by_tls_carries_the_call(tmp_path: Path) -> None:
    async with relay(tmp_path, "Ana", "Bo", COTURN_TLS_PORT="443") as homes:
        for home in homes.lab.homes:
            homes.lab.nat(home, "only-443")
        await talk(*homes.people)
        for person in homes.people:
            await goes_by(person, "relay/tls")


@pytest.mark.long
async def test_somebody_behind_port_443_talks_with_somebody_who_is_free(tmp_path: Path) -> None:
    async with relay(tmp_path, "Ana", "Bo", COTURN_TLS_PORT="443") as homes:
        ana, bo = homes.people
        homes.lab.nat(2, "only-443")
        await talk(ana, bo)
        await goes_by(bo, "relay/tls")
        mark = await ana.mark()
        # The span of time is the test's input.
        await asyncio.sleep(5)
        gap = await ana.gap(bo, mark)
        print(f"\nlongest gap in 5 s by TLS: {gap:.0f} ms")
        assert gap <= 300


SHARED_443 = f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend shared
    bind {SERVER}:443
    tcp-request inspect-delay 5s
    tcp-request content accept if {{ req_ssl_hello_type 1 }}
    use_backend pages if {{ req_ssl_sni -i voice.example.org }}
    default_backend relay
backend pages
    server pages {SERVER}:8443
backend relay
    server relay {SERVER}:5349
"""


@pytest.mark.slow
async def test_a_port_443_that_is_shared_by_name_carries_the_call(tmp_path: Path) -> None:
    """A proxy passes TLS on by its name; coturn's own port is another."""
    async with AsyncExitStack() as stack:
        homes = await stack.enter_async_context(relay(tmp_path, "Ana", "Bo", COTURN_PUBLIC_TLS_PORT="443"))
        (tmp_path / "haproxy.cfg").write_text(SHARED_443)
        proxy = await asyncio.create_subprocess_exec(
            *homes.server.prefix, "haproxy", "-db", "-f", str(tmp_path / "haproxy.cfg")
        )
        stack.push_async_callback(proxy.wait)
        stack.callback(proxy.terminate)
        for home in homes.lab.homes:
            homes.lab.nat(home, "only-443")
        await talk(*homes.people)
        for person in homes.people:
            await goes_by(person, "relay/tls")

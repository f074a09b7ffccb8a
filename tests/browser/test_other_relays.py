"""Relay-only calls in real Chromium by relays that aren't the usual coturn: without IPv4, two, of others."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from meshvoice.turn.credentials import bracketed
from tests.browser.harness import CHROMIUM, TONES, Person, Stage, all_hear_each_other, invite
from tests.browser.homes import coturn_beside, need_lab
from tests.deploy.machine import lone
from tests.process import MESHVOICE, Server, started
from tests.turn.coturn_server import shipped_database
from tests.turn.lab import two_machines

pytestmark = [pytest.mark.coturn, pytest.mark.lab]

SERVER, CLIENT, DEAD = "45.76.0.10", "45.77.0.2", "45.76.0.99"
SERVER6, CLIENT6 = "2a0c:b641::10", "2a0c:b641::1"
RELAY = "turn.example.org"
AT_THE_SERVER = f"""
table inet at_the_server {{
    chain input {{
        type filter hook input priority -10
        ip daddr {DEAD} drop
        ip saddr {CLIENT} udp dport 3478 counter
        ip6 saddr {CLIENT6} udp dport 3478 counter
    }}
}}
"""
"""Who is dead answers nothing; how many packets came to the relay by each family."""


@asynccontextmanager
async def by_relay(
    folder: Path,
    *,
    server: str = SERVER,
    client: str = CLIENT,
    edit: Callable[[str], str] = str,
    eturnal: bool = False,
    dialled: tuple[str, ...] = (),
    **env: str,
) -> AsyncIterator[list[Person]]:
    """Bring two into a sea, on one machine, that hear each other by the relay on the other one alone.

    Where `dialled` is given all have both families, and for each address of the relay's in it one browser
    dials the relay by that.
    """
    need_lab()
    addresses = {(SERVER, CLIENT), (SERVER6, CLIENT6)} if dialled else {(server, client)}
    async with AsyncExitStack() as stack:
        lab = stack.enter_context(
            two_machines(
                server=lone(*(there for there, _ in addresses)), client=lone(*(here for _, here in addresses))
            )
        )
        lab.firewall("server", AT_THE_SERVER)
        prefix = ("ip", "netns", "exec", lab.name("server"))
        origin = f"http://{bracketed(server)}:8080"
        site = Server(
            folder,
            prefix=prefix,
            **{
                "MESHVOICE_HOST": f"localhost,{server}",
                "MESHVOICE_PORT": "8080",
                "MESHVOICE_ORIGIN": origin,
                "MESHVOICE_RELAY_ONLY": "1",
                "COTURN_TURN_HOST": RELAY if dialled else server,
                **{
                    "COTURN_PUBLIC_IP6" if ":" in address else "COTURN_PUBLIC_IP": address
                    for address, _ in addresses
                },
                **env,
            },
        )
        if eturnal:
            await stack.enter_async_context(eturnal_like(prefix, server, site.secret, folder))
        else:
            of_coturn = {"COTURN_USERNAME": "", "COTURN_PASSWORD": "", "COTURN_TURN_HOST": server}
            await stack.enter_async_context(coturn_beside(folder, site, of_coturn, edit))
        await stack.enter_async_context(started(site))
        flag = f"--unsafely-treat-insecure-origin-as-secure={origin}"
        stages = []
        for number, address in enumerate(dialled or [server]):
            browser = chromium_that_knows(address, lab.name("client"), folder / f"chromium{number}")
            stages.append(await stack.enter_async_context(Stage(site, flag, executable=str(browser))))
        people = [await stages[0].person("Ana", tone=TONES[0]), await stages[-1].person("Bo", tone=TONES[1])]
        await invite(*people)
        yield people
        assert [problem for stage in stages for problem in stage.problems] == []


def chromium_that_knows(address: str, namespace: str, path: Path) -> Path:
    """Write a command that runs Chromium in a namespace, where the relay's name has this address alone."""
    hosts = path.with_suffix(".hosts")
    # Chromium asks for a relay's name with the dot that ends a whole one.
    hosts.write_text(f"127.0.0.1 localhost\n{address} {RELAY} {RELAY}.\n")
    # What is mounted in `ip netns exec` is seen there alone. No name server either: none here would answer.
    mounts = f"mount --bind {hosts} /etc/hosts && mount --bind /dev/null /etc/resolv.conf"
    inside = f'{mounts} && exec {CHROMIUM} "$@"'
    path.write_text(f"#!/bin/sh\nexec ip netns exec {namespace} sh -c '{inside}' sh \"$@\"\n")
    path.chmod(0o700)
    return path


@asynccontextmanager
async def eturnal_like(
    prefix: tuple[str, ...], address: str, secret: str, folder: Path
) -> AsyncIterator[None]:
    """Run a relay by eturnal's rules beside the server."""
    with (folder / "eturnal.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(*prefix, sys.executable, "-m", "tests.turn.eturnal_like", address, "another", secret),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"listening\n"
        yield
        process.terminate()
        allocated = (await process.stdout.read()).decode()
        # eturnal takes what stands behind the colon for a suffix, and asks nothing of it.
        assert allocated.count("allocated ") >= 2
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def talk(people: list[Person], *, seconds: float = 20) -> float:
    """Let both join, and wait until they hear each other; gives the ms from the last click to being heard."""
    ana, bo = people
    await ana.join()
    await bo.join()
    await all_hear_each_other(people, seconds=seconds)
    for person in people:
        assert {other["path"] for other in (await person.people())[1:]} == {"relay"}
    audible = await bo.click_to_audible(ana)
    assert audible is not None
    print(f"\nheard {audible:.0f} ms after the click")
    return audible


@pytest.mark.slow
async def test_by_a_relay_without_ipv4_two_hear_each_other(tmp_path: Path) -> None:
    """coturn takes the missing family of a browser's question for IPv4, unless it is told otherwise."""
    async with by_relay(tmp_path, server=SERVER6, client=CLIENT6) as people:
        await talk(people)


@pytest.mark.long
async def test_by_a_relay_of_both_families_two_hear_each_other_who_dial_it_by_one_each(
    tmp_path: Path,
) -> None:
    async with by_relay(tmp_path, dialled=(SERVER, SERVER6)) as people:
        await talk(people)
        listing = await asyncio.create_subprocess_exec(
            *(*people[0].server.prefix, "nft", "list", "table", "inet", "at_the_server"),
            stdout=asyncio.subprocess.PIPE,
        )
        rules, _ = await listing.communicate()
        by_ipv4, by_ipv6 = map(int, re.findall(r"packets (\d+)", rules.decode()))
        assert min(by_ipv4, by_ipv6) > 10, rules


@pytest.mark.slow
async def test_with_the_first_of_two_relays_dead_two_hear_each_other_within_five_seconds(
    tmp_path: Path,
) -> None:
    async with by_relay(tmp_path, COTURN_TURN_HOST=f"{DEAD},{SERVER}") as people:
        assert await talk(people) <= 5000


RECEIVED = """async () => {
  const found = [];
  for (const connection of globalThis.seen.connections) {
    if (connection.connectionState !== "connected") continue;
    for (const each of (await connection.getStats()).values()) {
      if (each.type !== "inbound-rtp" || each.kind !== "audio") continue;
      // One that is asked for again, and then comes, was lost as well.
      const lost = each.packetsLost + (each.nackCount ?? 0) + (each.retransmittedPacketsReceived ?? 0);
      found.push({ stream: each.ssrc, lost, came: each.packetsReceived });
    }
  }
  return found;
}"""


async def received(person: Person) -> tuple[dict[int, int], int]:
    """Give the packets lost of each stream that comes in, and how many came in all."""
    found = await person.page.evaluate(RECEIVED)
    return {each["stream"]: each["lost"] for each in found}, sum(each["came"] for each in found)


@pytest.mark.slow
async def test_a_rotation_takes_no_word_from_a_relayed_call(tmp_path: Path) -> None:
    """By the database as Debian ships it, with each step as a host takes it.

    What it takes from a call are packets, and the streams if links are made anew: none, and the same. The ear
    hears in blocks of 21 ms, of which a browser that waits for the processor misses some by itself.
    """
    shipped_database(tmp_path)
    async with by_relay(tmp_path) as people:
        await talk(people)
        ana, bo = people
        before = [await received(person) for person in people]
        assert all(streams for streams, _ in before)
        since = [await person.mark() for person in people]
        site = ana.server
        rotating = await asyncio.create_subprocess_exec(
            *(*site.prefix, *MESHVOICE, "coturn-rotate", "--userdb", str(tmp_path / "turndb")),
            env={**site.environment(), "COTURN_SHARED_SECRET": f"{token_hex(32)},{site.secret}"},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await rotating.communicate()
        assert said.decode() == f"{SERVER} takes every secret of COTURN_SHARED_SECRET\n"
        # The span of time is the test's input.
        await asyncio.sleep(3)
        gaps = [await ana.gap(bo, since[0]), await bo.gap(ana, since[1])]
        print(f"\nlongest silence over a rotation: {max(gaps):.0f} ms")
        assert max(gaps) <= 100
        after = [await received(person) for person in people]
        assert [lost for lost, _ in after] == [lost for lost, _ in before]
        # 50 a second, over three and the rotation's own.
        assert all(later - came >= 150 for (_, came), (_, later) in zip(before, after, strict=True))


def by_password(conf: str) -> str:
    """Make a coturn's configuration that of one with fixed users."""
    lines = [line for line in conf.splitlines() if not line.startswith(("use-auth-secret", "static-auth-"))]
    return "\n".join([*lines, "lt-cred-mech", "user=voice:four-plain-words", ""])


@pytest.mark.slow
async def test_by_a_relay_with_a_fixed_user_two_hear_each_other(tmp_path: Path) -> None:
    user: Any = {"COTURN_USERNAME": "voice", "COTURN_PASSWORD": "four-plain-words"}
    async with by_relay(tmp_path, edit=by_password, **user) as people:
        await talk(people)


@pytest.mark.slow
async def test_by_eturnals_rules_and_a_secret_of_its_own_two_hear_each_other(tmp_path: Path) -> None:
    async with by_relay(tmp_path, eturnal=True, COTURN_SHARED_SECRET="c2hvcnQ/+A==") as people:
        await talk(people)

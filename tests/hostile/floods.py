"""Strategies of too much: each type of message as often as it is borne, and more often; sizes; lies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.hostile.descriptions import ANSWER, OFFER, offer, trickle
from tests.hostile.guest import Guest

BURST = 100
"""Messages between two choices of a target."""
LONG = f"candidate:1 1 udp 1 192.0.2.1 9 typ host {'x' * 980}"


async def offers(guest: Guest) -> None:
    """Offer good connections to everyone, one after another."""
    for peer in await guest.others():
        await offer(guest, OFFER, peer)


async def answers_unasked(guest: Guest) -> None:
    """Answer offers that nobody made."""
    for peer in await guest.others():
        await guest.say(type="answer", target=peer, gen=guest.rng.randrange(1, 60), sdp=ANSWER)


async def long_candidates(guest: Guest) -> None:
    """Send as many candidates of 1 KB as fit into a frame."""
    await trickle(guest, await guest.other(), [LONG] * 57)


async def many_hosts(guest: Guest) -> None:
    """Offer everyone a connection, and name 150 addresses at which nobody is, in three messages."""
    for peer in await guest.others():
        await offer(guest, OFFER, peer)
        for at in range(0, 150, 50):
            ports = range(10_000 + at, 10_050 + at)
            await trickle(
                guest, peer, [f"candidate:{port} 1 udp 1 192.0.2.1 {port} typ host" for port in ports]
            )


async def repairs(guest: Guest) -> None:
    """Ask everyone for repairs, all the time."""
    for peer in await guest.others():
        await guest.say(type="repair", target=peer, gen=guest.gens[peer], why="stalled")


async def aborts(guest: Guest) -> None:
    """Offer and take it back at once."""
    for peer in await guest.others():
        await offer(guest, OFFER, peer)
        await guest.say(type="abort", target=peer, gen=guest.gens[peer])


async def states(guest: Guest) -> None:
    """Mute and unmute as fast as is borne."""
    await guest.say(type="state", muted=True, deafened=True)
    await guest.say(type="state", muted=False, deafened=False)


async def links(guest: Guest) -> None:
    """Report on thirty-two links, most of them to nobody, as fast as is borne."""
    report = {
        "state": guest.rng.choice(["up", "stalled", "connecting"]),
        "path": "relay",
        "rtt": 60_000,
        "loss": 1,
    }
    await guest.say(type="links", links={str(n): report for n in range(27)} | _reports(guest, report))


async def pings(guest: Guest) -> None:
    """Ping without any regard, until the server has enough."""
    await guest.say(paced=False, type="ping", t=guest.rng.random())


async def hellos_again(guest: Guest) -> None:
    """Say hello again and again."""
    await guest.say(type="hello", name=f"Guest {guest.rng.random()}", muted=False)


async def removals(guest: Guest) -> None:
    """Remove everyone, though it is nobody's host."""
    for peer in await guest.others():
        await guest.say(type="remove", target=peer)


async def everything_at_once(guest: Guest) -> None:
    """Send everything without any regard."""
    peer = await guest.other()
    for at in range(BURST):
        gen = guest.next_gen(peer) if at % 20 == 0 else max(1, guest.gens[peer])
        message = guest.rng.choice(
            (
                {"type": "offer", "target": peer, "gen": gen, "sdp": OFFER},
                {"type": "answer", "target": peer, "gen": gen, "sdp": ANSWER},
                {"type": "ice", "target": peer, "gen": gen, "candidates": [{"candidate": LONG}] * 20},
                {"type": "repair", "target": peer, "gen": gen},
                {"type": "abort", "target": peer, "gen": gen},
                {"type": "state", "muted": at % 2 == 0},
                {"type": "links", "links": {peer: {"state": "stalled"}}},
            )
        )
        await guest.say(paced=False, **message)


# Sizes


async def frames_of_63_kb(guest: Guest) -> None:
    """Send small messages in large frames: blanks are JSON, too."""
    await guest.say_text('{"type":"state","muted":true' + " " * 63_000 + "}", paced=False)


async def frames_over_64_kb(guest: Guest) -> None:
    """Send more than a frame may hold."""
    await guest.say_text('{"type":"state","muted":true' + " " * 70_000 + "}", paced=False)


async def candidates_of_60_kb(guest: Guest) -> None:
    """Send 60 KB of candidates as often as messages are borne, whatever the bytes."""
    peer = await guest.other()
    message = {
        "type": "ice",
        "target": peer,
        "gen": max(1, guest.gens[peer]),
        "candidates": [{"candidate": LONG}] * 57,
    }
    for _ in range(BURST):
        await guest.say(paced=False, **message)


async def bad_json(guest: Guest) -> None:
    """Send what is no JSON, or nested deeply, or has a key twice."""
    texts = (
        "",
        "{",
        "[" * 30_000,
        '{"type":"state","muted":true,"muted":false}',
        '{"type":"\ud800"}'.encode("utf-8", "replace").decode(),
        "NaN",
        '{"type":"ping","t":1e999}',
        json.dumps({"type": "state", "muted": True, "source": "x"}),
    )
    await guest.say_text(guest.rng.choice(texts))


async def binary_frames(guest: Guest) -> None:
    """Send binary frames, small and large."""
    await guest.say_bytes(guest.rng.randbytes(guest.rng.choice((1, 1000, 60_000))))


# Lies


async def everyone_is_stalled(guest: Guest) -> None:
    """Report that it hears nobody, and that everybody's links are bad."""
    report = {"state": "stalled", "path": None, "rtt": None, "loss": 1}
    await guest.others()
    await guest.say(type="links", links=_reports(guest, report))
    await guest.say(type="links", links=_reports(guest, {**report, "state": "up"}))


def _reports(guest: Guest, report: Mapping[str, Any]) -> dict[str, Any]:
    return {peer: report for peer in guest.peers}


FLOODING = (
    offers,
    answers_unasked,
    long_candidates,
    many_hosts,
    repairs,
    aborts,
    states,
    links,
    pings,
    hellos_again,
    removals,
    everything_at_once,
    frames_of_63_kb,
    frames_over_64_kb,
    candidates_of_60_kb,
    bad_json,
    binary_frames,
    everyone_is_stalled,
)

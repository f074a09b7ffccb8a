"""Some minutes of a small server's life: calls in several networks, with what happens in years."""

from __future__ import annotations

import asyncio
import signal
from functools import partial

from tests.browser.harness import Person, all_hear_each_other, until
from tests.browser.homes import Homes
from tests.lossy_wire import Nature
from tests.nat_lab import NatLab

NAMES = ("Ana", "Bo", "Cleo")
WIRE = 2
"""Whose home stands on a wire that loses."""
OUT = 8.0
"""Seconds without a network: a socket is given up after fewer, a seat after more."""


async def live(homes: Homes, *, breath: float) -> None:
    """Have people come, talk, drop out and be refused, with a breath (in s) between two events."""
    ana, bo, cleo = homes.people
    lab, server = homes.lab, homes.server
    # What keeps two of them apart is there from the beginning: they talk through the relay.
    lab.block_pair(1, 3)
    for person in homes.people:
        await person.join()
        await asyncio.sleep(breath / 2)
    await all_hear_each_other(homes.people, seconds=60)
    await asyncio.sleep(breath)
    await _drops_out(lab, 3)
    await _comes_and_goes(bo, breath)
    lab.become(WIRE, Nature(delay=60, jitter=8, loss=0.15))
    await asyncio.sleep(breath)
    await _strange_words(cleo)
    lab.change_address(WIRE)
    await asyncio.sleep(2 * breath)
    await server.restart(signal.SIGTERM)
    for person in homes.people:
        await until(f"{person.name} is back", person.joined, seconds=60)
    await asyncio.sleep(breath)
    await _drops_out(lab, WIRE)
    await asyncio.sleep(breath)
    await _is_sent_away(ana, cleo)
    await asyncio.sleep(breath)
    await _comes_and_goes(bo, breath)
    await asyncio.sleep(breath)
    for person in (bo, ana):
        await person.leave()
        await asyncio.sleep(breath / 2)


async def _drops_out(lab: NatLab, home: int) -> None:
    lab.cut(home)
    await asyncio.sleep(OUT)
    lab.heal(home)


async def _comes_and_goes(person: Person, breath: float) -> None:
    await person.leave()
    await asyncio.sleep(breath / 2)
    await person.join()
    await asyncio.sleep(breath)


async def _strange_words(person: Person) -> None:
    """Say what no client of ours says, as somebody's own might."""
    for word in ('{"type":"knock-knock"}', '{"type":"mute"}', "hello?"):
        for _ in range(4):
            await person.page.evaluate("word => seen.sockets.at(-1).send(word)", word)
            await asyncio.sleep(0.5)


async def _is_sent_away(owner: Person, guest: Person) -> None:
    await owner.post(f"/my-sea/guests/{guest.user_id}/remove")
    await until(f"{guest.name} is out", partial(_is_out, guest))
    for _ in range(6):
        await guest.page.evaluate(
            "() => { const again = new WebSocket(seen.sockets.at(-1).url);"
            ' again.onopen = () => again.send(\'{"type":"hello","name":"Cleo","muted":true}\'); }'
        )
        await asyncio.sleep(2)


async def _is_out(person: Person) -> bool:
    return not await person.joined()

"""Six people come and go, reload and drop out, by a seeded script: afterwards everyone hears everyone."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter

import pytest

from tests.browser.harness import Person, Stage, all_hear_each_other, until
from tests.process import METRICS_TOKEN, numbers

NAMES = ("Ana", "Bo", "Cleo", "Dee", "Eli", "Fay")


async def act(chance: random.Random, person: Person, stage: Stage) -> str:
    """Let one person do one thing that people do."""
    state = await person.page.evaluate("globalThis.seen.room?.state ?? 'idle'")
    if state in ("idle", "left"):
        await person.click_voice()
        return "join"
    what = chance.choice(["leave", "reload", "drop", "drop"])
    if what == "leave":
        await person.leave()
    elif what == "reload":
        await person.page.reload()
    else:
        stage.server.wire.cut(await person.cookie())
    return what


async def metric(server_stage: Stage, name: str) -> float:
    """Read one of the server's gauges."""
    text = await server_stage.people[0].page.evaluate(
        "(headers) => fetch('/metrics', {headers}).then((answer) => answer.text())",
        {"Authorization": f"Bearer {METRICS_TOKEN}"},
    )
    return numbers(text)[name]


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [20, 200])
async def test_after_rounds_of_coming_and_going_every_pair_hears_each_other(
    own_stage: Stage, rounds: int
) -> None:
    people = await own_stage.sea(*NAMES)
    seed = int(os.environ.get("SEED", "5"))
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    for _ in range(rounds):
        done[await act(chance, chance.choice(people), own_stage)] += 1
        # The time between two acts is the script's input.
        await asyncio.sleep(chance.choice([0.0, 0.1, 0.3, 0.8]))
    print(f"\nseed {seed}: {dict(done)}")
    for person in people:
        if not await person.joined():
            state = await person.page.evaluate("globalThis.seen.room?.state ?? 'idle'")
            if state in ("idle", "left"):
                await person.click_voice()
    await all_hear_each_other(people, seconds=60)
    for person in people:
        assert sorted(await person.names()) == sorted(NAMES), "no ghost in any roster"

    for person in people:
        await person.leave()

    async def empty() -> bool:
        gauges = ("meshvoice_rooms", 'meshvoice_peers{state="connected"}', "meshvoice_sockets")
        return [await metric(own_stage, gauge) for gauge in gauges] == [0, 0, 0]

    await until("the server's registries are empty", empty, seconds=10)

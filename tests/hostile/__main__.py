"""The hostile guest as a program: `python -m tests.hostile URL ORIGIN`.

Each line of its input is an attack: `{"strategy": "offers", "seed": 1, "seconds": 4, "invitation": "..."}`.
It answers `"ready"` when the guest has a seat, and at the end what was sent and what came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections import Counter
from typing import Any

from tests.hostile.guest import Guest
from tests.hostile.seats import dropping_and_resuming
from tests.hostile.strategies import named


async def attack(
    url: str, origin: str, *, strategy: str, seed: int, seconds: float, invitation: str
) -> Counter[str]:
    """Come in as somebody new, and play one strategy over and over until the time is up."""
    play, rng = named(strategy), random.Random(seed)
    async with Guest.entering(url, origin, invitation, name=f"Guest {seed}", rng=rng) as guest:
        staying = asyncio.create_task(guest.stay(resuming=play is dropping_and_resuming))
        await guest.seated.wait()
        say("ready")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    await play(guest)
                    await asyncio.sleep(0)
        staying.cancel()
        return guest.told


def say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


async def main() -> None:
    url, origin = sys.argv[1:]
    while line := await asyncio.to_thread(sys.stdin.readline):
        say(await attack(url, origin, **json.loads(line)))


if __name__ == "__main__":
    asyncio.run(main())

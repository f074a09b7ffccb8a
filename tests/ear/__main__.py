"""What the listener's ear gets over a bad network, beside what others give it: `make ear` prints the table.

Three calls run at once over one wire with 60 ms each way, and each says the same: ours, a plain page's, and
one that sends everything twice. A row is one loss, a figure the median over the rounds. An otherwise idle
machine is asked for: a busy one takes as much from the ear as a bad network.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from tests.browser.homes import Homes
from tests.ear.calls import OURS, PLAIN, RED, Call, Heard, home_with_a_wire, listen, ours, plain, script
from tests.ear.score import SLACK, Score, score
from tests.ear.speech import SECONDS, Samples, speech
from tests.lossy_wire import Nature

LOSSES = {
    "0 %": (0.0, 1.0),
    "5 %": (0.05, 1.0),
    "10 %": (0.10, 1.0),
    "10 % in bursts of 3": (0.10, 3.0),
    "20 %": (0.20, 1.0),
}
DELAY, JITTER = 60.0, 5.0
SETTLE = 16.0
"""Seconds until what adapts has adapted: reports of loss come each five."""
ALLOWED = 0.1
"""Of PESQ, below the better of the two others."""

Maker = Callable[[Homes, str, str], Awaitable[Call]]
Result = dict[tuple[str, str], list[tuple[Score, Heard]]]


async def one_round(said: Samples, seed: int, losses: list[str], found: Result) -> None:
    """Make the three calls anew, and listen to them at each loss."""
    with tempfile.TemporaryDirectory() as folder:
        async with home_with_a_wire(Path(folder)) as homes:
            homes.lab.become(2, Nature(delay=DELAY, jitter=JITTER))
            ana, bo = script("speech", said), script("silence")
            # Whoever is first has a jitter buffer that remembers how the others' pages were loaded.
            makers: list[Maker] = [ours, partial(plain, red=False), partial(plain, red=True)]
            turn = seed % len(makers)
            calls = [await make(homes, ana, bo) for make in makers[turn:] + makers[:turn]]
            for name in losses:
                loss, burst = LOSSES[name]
                homes.lab.become(2, Nature(delay=DELAY, jitter=JITTER, loss=loss, burst=burst, seed=seed))
                await asyncio.sleep(SETTLE)
                all_heard = await asyncio.gather(*(listen(call, SECONDS + 2 * SLACK) for call in calls))
                for call, heard in zip(calls, all_heard, strict=True):
                    result = score(said, heard.samples)
                    found.setdefault((name, call.name), []).append((result, heard))
                    marks = f"PESQ {result.pesq:.2f}  STOI {result.stoi:.3f}  made up {heard.concealed:6.2%}"
                    marks += f"  stretched {heard.stretched:6.2%}"
                    state = f"buffer {heard.delay:4.0f} ms  load {os.getloadavg()[0]:.1f}"
                    print(f"  round {seed}, {name:20} {call.name:16} {marks}  {state}", flush=True)


def table(found: Result) -> tuple[str, bool]:
    """Give the table, and whether ours is nowhere worse than allowed."""
    names = (OURS, PLAIN, RED)
    lines = [f"{'PESQ-WB (STOI, made up)':24}" + "".join(f"{name:>30}" for name in names)]
    holds = bool(found)
    for loss in dict.fromkeys(loss for loss, _ in found):
        medians = {}
        cells = []
        for name in names:
            runs = found[loss, name]
            medians[name] = statistics.median(each.pesq for each, _ in runs)
            clear = statistics.median(each.stoi for each, _ in runs)
            made_up = statistics.median(heard.concealed for _, heard in runs)
            cells.append(f"{medians[name]:.2f} ({clear:.3f}, {made_up:.1%})")
        best = max(value for name, value in medians.items() if name != OURS)
        good = medians[OURS] >= best - ALLOWED
        holds = holds and good
        lines.append(f"{loss:24}" + "".join(f"{cell:>30}" for cell in cells) + ("" if good else "   worse"))
    return "\n".join(lines), holds


async def main() -> bool:
    """Print the table, and tell whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loss", choices=list(LOSSES), nargs="+", default=list(LOSSES), help="which rows")
    said = speech()
    found: Result = {}
    chosen = parser.parse_args()
    rounds: int = chosen.rounds
    for seed in range(1, rounds + 1):
        await one_round(said, seed, chosen.loss, found)
    text, holds = table(found)
    print(f"\n{text}\n\nmedian of {rounds} rounds, 60 ms each way, {JITTER:.0f} ms of jitter")
    print("ours is nowhere worse than the better of the others by more than", ALLOWED, "-", holds)
    return holds


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)

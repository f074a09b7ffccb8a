"""How long it takes from the click to the first audible packet, beside a plain page: `make bench-join`.

In each round both systems take turns. Two people: one is in the call, the other clicks, with an empty
browser (cold) or one that was there before (warm). Six: all click at the same moment, and the last of the
thirty links counts. `far`: two people, one of them 50 ms of round trip from everybody, over TLS.
A figure is the median over the rounds, a ratio that of the two medians.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.join.calls import Marks, System, beside, measure, our_system, plain_system
from benchmarks.join.far import far_systems
from tests.browser.harness import chromium
from tests.process import free_port, serving

GOALS = {"cold": 1.6, "warm": 1.3}
MARKS = (
    ("getUserMedia is asked", "asked"),
    ("socket dialed", "dialed"),
    ("credentials asked", "asking"),
    ("credentials there", "credentials"),
    ("socket open", "opened"),
    ("welcome", "welcome"),
    ("connection made", "connection"),
    ("microphone there", "microphone"),
    ("offer sent", "offer"),
    ("offer there", "their offered"),
    ("answer sent", "their answering"),
    ("answer there", "answer"),
    ("answer taken", "described"),
    ("voice played", "played"),
    ("first candidate there", "candidate"),
    ("theirs there", "their candidate"),
    ("ICE connected", "ice"),
    ("ICE connected, there", "their ice"),
    ("DTLS connected", "dtls"),
    ("DTLS connected, there", "their dtls"),
    ("first packet", "packet"),
    ("audible", "audible"),
)
"""What is noted on the way, about in its order; "there" is the page of the one who is in the call already."""

Found = dict[tuple[str, str], dict[str, list[Marks]]]
"""By situation and heat: the marks of each system's measured pages, one list of a round after the other."""


async def two(systems: Sequence[System], situation: str, found: Found) -> None:
    """One round of two people, in each system and heat."""
    for heat in ("cold", "warm"):
        for system in systems:
            async with system.about_to_click(0, cold=True) as ana:
                await measure([ana], 0)
                async with system.about_to_click(1, cold=heat == "cold") as bo:
                    await ana.evaluate("globalThis.probe.forget()")
                    [marks] = await measure([bo], 1)
                    note(found, situation, heat, system, await beside(marks, ana))


async def six(systems: Sequence[System], found: Found) -> None:
    """One round of six who click at once, in each system and heat."""
    for heat in ("cold", "warm"):
        for system in systems:
            async with AsyncExitStack() as stack:
                pages = await asyncio.gather(
                    *(
                        stack.enter_async_context(system.about_to_click(n, cold=heat == "cold"))
                        for n in range(6)
                    )
                )
                marks = await measure(pages, 5)
                note(found, "six", heat, system, max(marks, key=_took))


def note(found: Found, situation: str, heat: str, system: System, marks: Marks) -> None:
    """Keep one measurement, and say it."""
    found.setdefault((situation, heat), {}).setdefault(system.name, []).append(marks)
    load = os.getloadavg()[0]
    print(f"  {situation:5}{heat:6}{system.name:7}{_took(marks):6.0f} ms   load {load:.1f}", flush=True)


def _took(marks: Marks) -> float:
    return marks["audible"] - marks["click"]


def table(found: Found) -> Iterator[str]:
    """Give the lines of the table, then those of its parts."""
    yield f"{'click to first audible, ms':28}{'ours':>8}{'plain':>8}{'ratio':>8}{'goal':>8}"
    for (situation, heat), by in found.items():
        ours, plain = (statistics.median(map(_took, by[name])) for name in ("ours", "plain"))
        ratio, goal = ours / plain, GOALS[heat]
        holds = "holds" if ratio <= goal else "does not hold"
        yield f"{situation + ', ' + heat:28}{ours:8.0f}{plain:8.0f}{ratio:8.2f}{goal:8.1f}   {holds}"
    yield ""
    columns = [(*key, name) for key, by in found.items() for name in by]
    yield f"{'ms since the click':24}" + "".join(f"{' '.join(column):>18}" for column in columns)
    for words, mark in MARKS:
        cells = []
        for situation, heat, name in columns:
            at = [each[mark] - each["click"] for each in found[situation, heat][name] if mark in each]
            cells.append(f"{statistics.median(at):18.0f}" if at else f"{'-':>18}")
        yield f"{words:24}" + "".join(cells)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--what", choices=("two", "six", "far"), nargs="+", default=["two", "six", "far"])
    chosen = parser.parse_args()
    found: Found = {}
    if {"two", "six"} & {*chosen.what}:
        await here(chosen.rounds, chosen.what, found)
    if "far" in chosen.what:
        with tempfile.TemporaryDirectory() as folder:
            async with far_systems(Path(folder)) as systems:
                for _ in range(chosen.rounds):
                    await two(systems, "far", found)
    print("\n" + "\n".join(table(found)))
    print(f"\nmedians of {chosen.rounds} rounds; the pages have one clock")


async def here(rounds: int, what: Sequence[str], found: Found) -> None:
    """Measure on this machine's own loopback."""
    port, our_port = free_port(), free_port()
    # Past the wire that tests cut: what it carries goes through this process, which is busy asking.
    straight = {"MESHVOICE_PORT": str(our_port), "MESHVOICE_ORIGIN": f"http://localhost:{our_port}"}
    with tempfile.TemporaryDirectory() as folder:
        async with serving(Path(folder), **straight) as server, chromium() as browser:
            ours = await our_system(server, [browser], 6)
            async with plain_system(
                f"http://localhost:{port}", "127.0.0.1", port, [browser], 6, ice=ours.ice
            ) as plain:
                for _ in range(rounds):
                    if "two" in what:
                        await two((ours, plain), "two", found)
                    if "six" in what:
                        await six((ours, plain), found)
            await ours.close()


if __name__ == "__main__":
    asyncio.run(main())

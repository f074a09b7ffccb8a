"""How long it takes from the click to the first audible packet, beside a plain page: `make bench-join`.

In each round both systems take turns. Two people: one is in the call, the other clicks, with an empty
browser (cold) or one that was there before (warm). Six: all click at the same moment, and the last of the
thirty links counts. `far`: two people, one of them 50 ms of round trip from everybody, over TLS.
A figure is the median over the rounds, a ratio that of the two medians. A whole run, with nothing left out
and nine rounds or more, is written into docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.join.calls import Marks, System, beside, measure, our_system, plain_system
from benchmarks.join.far import far_systems
from benchmarks.report import Report
from benchmarks.systems import ROOT, machine
from tests.browser.harness import chromium
from tests.process import free_port, serving

PAGE = ROOT / "docs" / "performance.md"
GOALS = {"cold": 1.6, "warm": 1.3}
SITUATIONS = ("two", "six", "far")
WHOLE = 9
"""Rounds of a run that is quoted."""
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


def tell(told: Report, found: Found) -> None:
    """Add the ratios with their verdicts, and where the time goes."""
    told.table(
        "join",
        ("click to first audible, ms", "ours", "plain", "ratio", ""),
        (_verdict(told, *key, by) for key, by in found.items()),
    )
    for situation in dict.fromkeys(situation for situation, _ in found):
        columns = [(heat, name) for at, heat in found if at == situation for name in found[at, heat]]
        told.table(
            f"join of {situation}",
            ("ms since the click", *(f"{heat}: {name}" for heat, name in columns)),
            (
                (words, *(_median(found[situation, heat][name], mark) for heat, name in columns))
                for words, mark in MARKS
            ),
        )


def _verdict(told: Report, situation: str, heat: str, by: dict[str, list[Marks]]) -> tuple[str, ...]:
    ours, plain = (statistics.median(map(_took, by[name])) for name in ("ours", "plain"))
    what, ratio = f"{situation}, {heat}", ours / plain
    return what, f"{ours:.0f}", f"{plain:.0f}", f"{ratio:.2f}", told.holds(what, ratio, GOALS[heat])


def _median(all_of: list[Marks], mark: str) -> str:
    at = [marks[mark] - marks["click"] for marks in all_of if mark in marks]
    return f"{statistics.median(at):.0f}" if at else ""


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=WHOLE)
    parser.add_argument("--what", choices=SITUATIONS, nargs="+", default=SITUATIONS)
    chosen = parser.parse_args()
    found: Found = {}
    if {"two", "six"} & {*chosen.what}:
        await here(chosen.rounds, chosen.what, found)
    if "far" in chosen.what:
        with tempfile.TemporaryDirectory() as folder:
            async with far_systems(Path(folder)) as systems:
                for _ in range(chosen.rounds):
                    await two(systems, "far", found)
    told = Report()
    tell(told, found)
    today = time.strftime("%d %B %Y")
    told.text("join machine", f"{today}, {machine()}; medians of {chosen.rounds} rounds.")
    if chosen.rounds >= WHOLE and {*chosen.what} == {*SITUATIONS}:
        told.write_into(PAGE)
    print(*(f"missed: {one}" for one in told.missed), sep="\n")
    return 1 if told.missed else 0


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
    sys.exit(asyncio.run(main()))

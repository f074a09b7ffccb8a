"""The relay, its pages and its guest book measured, the relay beside others: `make bench`.

Everything that is compared is up at one time and measured in turn, round by round: what the machine does
besides meets all of them, so that ratios hold where single figures don't. `--quick` takes two minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import house, measures, report
from benchmarks.measures import QUICK, Effort
from benchmarks.running import Failed
from benchmarks.systems import CHURN, ROOT, TABLES, machine, releases

PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"
PARTS = ("messages", "lives", "crowd", "growth", "pages", "book")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and nothing is written")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; nothing is written")
    chosen = parser.parse_args()
    effort, parts = (QUICK if chosen.quick else Effort()), chosen.only or PARTS
    told = report.Report()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        house.fill(home, TABLES + CHURN)
        try:
            _measure(told, home, effort, parts, PLOT if not chosen.quick else home / "plot.svg")
        except Failed as problem:
            print(problem, file=sys.stderr)
            print((home / "server.log").read_text()[-2000:], file=sys.stderr)
            return 2
    took = (time.monotonic() - began) / 60
    versions = ", ".join(f"{name} {number}" for name, number in releases().items())
    told.text(
        "machine", f"{time.strftime('%d %B %Y')}, {machine()}; {versions}. The run took {took:.0f} minutes."
    )
    if not chosen.quick and not chosen.only:
        told.write_into(PAGE)
    print(*(f"missed: {one}" for one in told.missed), sep="\n")
    return 1 if told.missed else 0


def _measure(told: report.Report, home: Path, effort: Effort, parts: tuple[str, ...], plot: Path) -> None:
    if "messages" in parts:
        report.relaying(told, measures.relaying(home, effort))
    if "lives" in parts:
        report.lives(told, measures.lives(home, effort), measures.life_by_parts(home))
    if "crowd" in parts:
        report.crowd(told, measures.crowd(home, effort))
    if "growth" in parts:
        report.growth(told, measures.growth(home, effort), effort, plot)
    if "pages" in parts:
        report.pages(told, measures.pages(home, effort))
    if "book" in parts:
        report.book(told, measures.book(effort), effort)


if __name__ == "__main__":
    sys.exit(main())

"""What `make bench` found: tables with a verdict each, a plot, and the page of docs/ that quotes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.measures import MANY, Crowd, Effort, Growth, Rounds, Spread
from benchmarks.systems import BARE, CHANNELS_RELAY, OURS, PEERJS, SOCKETIO, STILL, WS

KB = 1000


class Report:
    """Tables by the names that mark their places in the page, and how many goals were missed."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.missed: list[str] = []

    def holds(self, what: str, found: float, most: float) -> str:
        """Judge one figure."""
        if found <= most:
            return f"holds (<= {most:g})"
        self.missed.append(f"{what}: {found:.3g}, not {most:g}")
        return f"**missed** (<= {most:g})"

    def table(self, name: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        """Add a table, and print it."""
        head = list(head)
        lines = [head, ["---"] * len(head), *map(list, rows)]
        self.parts[name] = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        print(f"\n{self.parts[name]}", flush=True)

    def text(self, name: str, text: str) -> None:
        """Add a paragraph, and print it."""
        self.parts[name] = text
        print(f"\n{text}", flush=True)

    def write_into(self, page: Path) -> None:
        """Put all of it between the page's `<!-- bench: NAME -->` and `<!-- end -->`."""
        text = page.read_text(encoding="utf-8")
        for name, part in self.parts.items():
            before, mark, rest = text.partition(f"<!-- bench: {name} -->\n")
            _, end, after = rest.partition("<!-- end -->")
            if not end:
                raise SystemExit(f"{page} has no place for {name}")
            text = before + mark + part + "\n" + end + after
        page.write_text(text, encoding="utf-8")


def _spread(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.low:.2f} to {spread.high:.2f})"


def relaying(report: Report, found: Mapping[str, Rounds]) -> None:
    """Tell what a message costs."""
    bare = found[BARE.name]
    report.table(
        "messages",
        (
            *("system", "closed loop, µs", "to bare", "at 2,000 a second, µs", "to bare"),
            *("messages a second", "p50, p99 µs", "client µs", "verified"),
        ),
        (
            (
                name,
                f"{rounds.spread('closed').median:.1f}",
                _spread(rounds.to(bare, "closed")),
                f"{rounds.spread('paced').median:.1f}",
                _spread(rounds.to(bare, "paced")),
                f"{rounds.spread('rate').median:,.0f}",
                f"{rounds.spread('p50').median:.0f}, {rounds.spread('p99').median:.0f}",
                f"{rounds.spread('client').median:.1f}",
                str(rounds.verified),
            )
            for name, rounds in found.items()
        ),
    )
    ours = found[OURS.name]
    goals = [
        (BARE, 1.25, 1.15),
        (WS, 1.0, 1.05),
        (PEERJS, 1.0, 1.05),
        (SOCKETIO, 1.0, 1.0),
        (CHANNELS_RELAY, 0.1, 0.5),
    ]
    rows = []
    for other, closed, paced in goals:
        row = [f"to {other.name}"]
        for what, most in (("closed", closed), ("paced", paced)):
            ratio = ours.to(found[other.name], what)
            row += [_spread(ratio), report.holds(f"{what} to {other.name}", ratio.median, most)]
        rows.append(row)
    report.table("ratios", ("meshvoice", "closed loop", "", "at 2,000 a second", ""), rows)


def lives(report: Report, found: Mapping[str, Rounds], parts: Mapping[str, float]) -> None:
    """Tell what coming and going costs."""
    rows = []
    for name, rounds in found.items():
        spread = rounds.spread("life")
        verdict = report.holds("a life", spread.median / 1000, 1.0) if name == OURS.name else ""
        shown = f"{spread.median / 1000:.2f} ({spread.low / 1000:.2f} to {spread.high / 1000:.2f})"
        rows.append((name, shown, verdict))
    report.table("lives", ("system", "connect, join and leave, ms", ""), rows)
    largest = sorted(parts.items(), key=lambda part: -part[1])
    report.table("life by parts", ("part", "µs"), ((name, f"{spent:.0f}") for name, spent in largest))


def crowd(report: Report, found: Crowd) -> None:
    """Tell what idle peers cost."""
    rows = []
    for name, each in found.memory.items():
        row = [name]
        for size, bytes in zip(MANY, each, strict=True):
            row.append(f"{bytes / KB:.1f}")
            goal = name == OURS.name
            row.append(report.holds(f"KB of one of {size}", bytes / KB, 22) if goal else "")
        rows.append(row)
    report.table("memory", ("system", "KB of each of 1,000", "", "KB of each of 5,000", ""), rows)
    report.text(
        "pauses",
        f"With 5,118 peers, at 2,000 messages a second and then idle, the loop's longest pause was "
        f"{found.late:.0f} ms, of which the process itself worked {found.worked:.0f} ms: "
        f"{report.holds('a pause of the loop, ms', found.worked, 50)}. "
        f"So many idle ones, who ping every 10 s, take {100 * found.idle:.1f} % of a core.",
    )


def growth(report: Report, found: Growth, effort: Effort, plot: Path) -> None:
    """Tell, and draw, what a message costs with more and more peers."""
    rows = []
    for name, costs in found.costs.items():
        verdict = ""
        if name == OURS.name:
            verdict = report.holds("from 120 to 5,118 peers", found.last_to_first.median, 1.2)
        ratio = _spread(found.last_to_first) if name == OURS.name else f"{costs[-1] / costs[0]:.2f}"
        rows.append((name, *(f"{cost:.1f}" for cost in costs), ratio, verdict))
    head = ("system, µs a message", *(f"{peers:,} peers" for peers in effort.steps), "last to first", "")
    report.table("growth", head, rows)
    drawn = {name: costs for name, costs in found.costs.items() if name != STILL.name}
    plot.write_text(draw(drawn, effort.steps), encoding="utf-8")


PAGES_MS = {"home page, signed in": 0.8, "TURN credentials": 0.5, "a static file": 0.5}


def pages(report: Report, found: Mapping[str, tuple[float, float]]) -> None:
    """Tell what pages cost."""
    report.table(
        "pages",
        ("asked for", "a second", "ms of CPU", ""),
        (
            (
                name,
                f"{rate:,.0f}",
                f"{spent:.2f}",
                report.holds(name, spent, PAGES_MS[name]) if name in PAGES_MS else "",
            )
            for name, (rate, spent) in found.items()
        ),
    )


def book(report: Report, printed: str, effort: Effort) -> None:
    """Tell how long a large guest book holds the loop."""
    held = [
        (line[:34].strip(), float(numbers[1]), float(numbers[2]))
        for line in printed.splitlines()[1:]
        if len(numbers := line[34:].split()) >= 3
    ]
    whole = [one for one in held if one[0].startswith(("request", "tick"))]
    parts = [one for one in held if one not in whole]
    longest = sorted(whole, key=lambda one: -one[2]) + sorted(parts, key=lambda one: -one[2])[:5]
    report.table(
        "book",
        (f"with {effort.people:,} people in the book", "longest, ms", "longest work, ms", ""),
        (
            (name, f"{took:.1f}", f"{worked:.1f}", report.holds(f"the book: {name}", worked, 50))
            for name, took, worked in longest
        ),
    )


COLOURS = ("#0b7285", "#868e96", "#e8590c")


def draw(found: Mapping[str, list[float]], steps: tuple[int, ...]) -> str:
    """Draw cost against peers, for light pages and dark ones."""
    width, height, left, bottom = 640, 300, 52, 40
    top = 1.15 * max(max(costs) for costs in found.values())

    def x(peers: float) -> float:
        return left + (width - left - 150) * peers / steps[-1]

    def y(cost: float) -> float:
        return height - bottom - (height - bottom - 16) * cost / top

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#868e96">',
        "<title>CPU of one relayed message, in microseconds, against connected peers</title>",
    ]
    for tick in range(0, int(top) + 1, max(10, round(top / 50) * 10)):
        lines += [
            f'<path d="M{left} {y(tick):.1f}H{x(steps[-1]):.1f}" stroke="#868e96" stroke-opacity=".3"/>',
            f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick}</text>',
        ]
    for peers in steps:
        lines.append(
            f'<text x="{x(peers):.1f}" y="{height - bottom + 18}" text-anchor="middle">{peers:,}</text>'
        )
    lines.append(f'<text x="{x(steps[-1]) / 2 + 26:.1f}" y="{height - 4}" text-anchor="middle">peers</text>')
    lines.append(f'<text x="4" y="12">µs a message, {steps[0]} to {steps[-1]:,} peers</text>')
    for (name, costs), colour in zip(found.items(), COLOURS, strict=True):
        way = "L".join(f"{x(peers):.1f} {y(cost):.1f}" for peers, cost in zip(steps, costs, strict=True))
        lines.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for peers, cost in zip(steps, costs, strict=True):
            lines.append(f'<circle cx="{x(peers):.1f}" cy="{y(cost):.1f}" r="3" fill="{colour}"/>')
        lines.append(
            f'<text x="{x(steps[-1]) + 10:.1f}" y="{y(costs[-1]) + 4:.1f}" fill="{colour}">{name}</text>'
        )
    return "\n".join([*lines, "</svg>\n"])

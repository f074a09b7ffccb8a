"""Draws a dashboard's panels as SVG, from the series that their expressions gave; pure."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

COLUMN, ROW, GAP = 50, 25, 8
"""Pixels: of one unit of the grid each way, and between panels."""
COLUMNS = 24
# Told apart by those who see red and green alike, too.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#3b8ec2", "#7a4fa3", "#555555")
_LEFT, _RIGHT, _TOP, _LINE = 52, 12, 34, 16
_TIMES, _FOOT = 15, 10
"""Below the lowest line: where the times stand; and what is free below the legend."""
_LETTER = 5.9
"""The width of one in a legend, about."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a panel."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Each a time (s since 1970) and a value."""


def draw(panels: Sequence[tuple[dict[str, Any], Sequence[Series]]], *, start: float, end: float) -> str:
    """Draw all panels where the dashboard's grid has them."""
    width = COLUMNS * COLUMN + GAP
    height = GAP + ROW * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel, _ in panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="Inter, sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#eef1f2"/>',
    ]
    for panel, series in panels:
        parts += _panel(panel, series, start, end)
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: dict[str, Any], series: Sequence[Series], start: float, end: float) -> list[str]:
    grid = panel["gridPos"]
    width, height = grid["w"] * COLUMN - GAP, grid["h"] * ROW - GAP
    body = _stat if panel["type"] == "stat" else _lines
    return [
        f'<g transform="translate({GAP + grid["x"] * COLUMN} {GAP + grid["y"] * ROW})">',
        f'<rect width="{width}" height="{height}" rx="4" fill="#fff" stroke="#d3dbde"/>',
        '<text x="12" y="21" font-size="12.5" font-weight="600" fill="#1d2b30">',
        f"{escape(panel['title'])}</text>",
        *body(panel, series, width, height, start, end),
        "</g>",
    ]


def _stat(
    panel: dict[str, Any], series: Sequence[Series], width: int, height: int, start: float, end: float
) -> list[str]:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    ground = {"green": "#2f7d4f", "red": "#b3261e"}
    parts = []
    each = (width - 12) / max(1, len(series))
    for at, line in enumerate(series):
        value = line.points[-1][1]
        colour = [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]
        x = 10 + at * each
        parts += [
            f'<rect x="{x:.1f}" y="{_TOP}" width="{each - 6:.1f}" height="{height - _TOP - 10}" rx="3" '
            f'fill="{ground[colour]}"/>',
            f'<text x="{x + each / 2 - 3:.1f}" y="{_TOP + 24}" fill="#fff" text-anchor="middle">'
            f"{escape(line.name)}</text>",
            f'<text x="{x + each / 2 - 3:.1f}" y="{height / 2 + 32:.1f}" fill="#fff" font-size="30" '
            f'font-weight="600" text-anchor="middle">{value:g}</text>',
        ]
    return parts


def _lines(
    panel: dict[str, Any], series: Sequence[Series], width: int, height: int, start: float, end: float
) -> list[str]:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    legend, rows = _legend(series, width)
    bottom = height - _FOOT - _LINE * rows - _TIMES - 3
    values = [value for line in series for _, value in line.points if not math.isnan(value)]
    ticks = ladder(max(values, default=0.0), of=unit)
    top = ticks[-1]

    def x(when: float) -> float:
        return _LEFT + (when - start) / (end - start) * (width - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return bottom - value / top * (bottom - _TOP)

    parts = []
    for tick in ticks:
        parts.append(f'<path d="M{_LEFT} {y(tick):.1f}H{width - _RIGHT}" stroke="#e4e9eb"/>')
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" fill="#5a6b71" text-anchor="end">'
            f"{worded(tick, unit)}</text>"
        )
    minute = 60 * math.ceil(start / 60)
    for when in range(minute, int(end) + 1, 60 if end - start < 480 else 120):
        parts.append(
            f'<text x="{x(when):.1f}" y="{bottom + _TIMES}" fill="#5a6b71" text-anchor="middle">'
            f"{time.strftime('%H:%M', time.gmtime(when))}</text>"
        )
    if not values:
        parts.append(
            f'<text x="{width / 2}" y="{(_TOP + bottom) / 2}" fill="#5a6b71" '
            'text-anchor="middle">No data</text>'
        )
    for at, line in enumerate(series):
        parts.append(
            f'<path d="{path(line, x, y)}" fill="none" stroke="{_COLOURS[at % len(_COLOURS)]}" '
            'stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"/>'
        )
    return [*parts, f'<g transform="translate(0 {bottom + _TIMES + _LINE + 3})">', *legend, "</g>"]


def path(line: Series, x: Any, y: Any) -> str:
    """Give a line's way, which is broken where there is no number."""
    parts, pen = [], "M"
    for when, value in line.points:
        if math.isnan(value):
            pen = "M"
            continue
        parts.append(f"{pen}{x(when):.1f} {y(value):.1f}")
        pen = "L"
    # One point alone is a dot.
    return "".join(parts) + ("h0" if len(parts) == 1 else "")


def _legend(series: Sequence[Series], width: int) -> tuple[list[str], int]:
    parts, left, row = [], 12.0, 0
    for at, line in enumerate(series):
        needs = 22 + _LETTER * len(line.name) + 10
        if left > 12 and left + needs > width:
            left, row = 12.0, row + 1
        parts.append(
            f'<path d="M{left:.1f} {_LINE * row - 4}h12" stroke="{_COLOURS[at % len(_COLOURS)]}" '
            'stroke-width="3"/>'
            f'<text x="{left + 17:.1f}" y="{_LINE * row}" fill="#33444a">{escape(line.name)}</text>'
        )
        left += needs
    return parts, row + 1


def ladder(most: float, *, of: str = "short") -> list[float]:
    """Give the values at which lines are drawn: from 0 to the most or above, in steps easily read."""
    if most <= 0:
        return [0.0, 1.0]
    if of == "bytes" and most >= 1024:
        part = 1024 ** int(math.log(most, 1024))
        return [step * part for step in ladder(most / part)]
    rough = most / 3
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [step * at for at in range(math.ceil(most / step - 1e-9) + 1)]


def worded(value: float, unit: str) -> str:
    """Say a value in its unit."""
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "bytes":
        power = 0 if value < 1024 else min(3, int(math.log(value, 1024)))
        return f"{value / 1024**power:.3g} {('B', 'KiB', 'MiB', 'GiB')[power]}"
    if unit == "s":
        return f"{value:.3g} s" if value >= 1 or value == 0 else f"{1000 * value:.3g} ms"
    return f"{value:.3g}" + ("/s" if unit == "ops" else "")

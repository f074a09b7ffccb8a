"""The pictures under docs/: those that are kept, small, and all shown; and how a dashboard is drawn."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from tools.dashboard.drawing import Series, draw, ladder, worded
from tools.pictures import gallery
from tools.pictures.looks import LOOKS
from tools.pictures.states import MOST_BYTES, STATES

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def test_each_state_is_kept_in_its_looks_and_nothing_else_is() -> None:
    wanted = {f"{name}-{look}.png" for name, state in STATES.items() for look in state.looks}
    assert {path.name for path in PICTURES.glob("*.png")} == wanted
    assert {look for state in STATES.values() for look in state.looks} == set(LOOKS)


def test_no_picture_is_large() -> None:
    sizes = {path.name: path.stat().st_size for path in PICTURES.glob("*.png")}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_the_page_of_pictures_shows_all_of_them() -> None:
    kept = {path.name for path in PICTURES.glob("*.png")}
    text = (PICTURES / "README.md").read_text(encoding="utf-8")
    assert text == gallery.page(kept)
    assert [name for name in kept if f'src="{name}"' not in text] == []


def test_every_panel_of_the_dashboard_is_drawn_with_its_lines() -> None:
    panels = json.loads((ROOT / "conf/grafana-dashboard.json").read_text())["panels"]
    points = tuple((float(at), float(at)) for at in range(0, 600, 5))
    drawing = draw([(panel, [Series("a <b>", points)]) for panel in panels], start=0, end=600)
    for panel in panels:
        assert f">\n{panel['title']}<" in drawing
    assert drawing.count("a &lt;b&gt;") == len(panels)


def test_a_panel_without_numbers_says_so_and_a_line_is_broken_where_one_is_missing() -> None:
    panel = {
        "type": "timeseries",
        "title": "Lag",
        "gridPos": {"x": 0, "y": 0, "w": 8, "h": 7},
        "fieldConfig": {"defaults": {"unit": "s"}},
    }
    assert "No data" in draw([(panel, [])], start=0, end=600)
    broken = Series("median", ((0, 1.0), (5, math.nan), (10, 1.0), (15, 2.0)))
    [line] = [
        part for part in draw([(panel, [broken])], start=0, end=600).splitlines() if 'fill="none"' in part
    ]
    assert line.partition('d="')[2].partition('"')[0].count("M") == 2


def test_a_legend_of_several_lines_stays_within_its_panel() -> None:
    panel = {
        "type": "timeseries",
        "title": "Sockets",
        "gridPos": {"x": 0, "y": 0, "w": 8, "h": 7},
        "fieldConfig": {"defaults": {"unit": "ops"}},
    }
    many = [Series(f"code {number}", ((0, 1.0), (5, 2.0))) for number in range(18)]
    drawing = draw([(panel, many)], start=0, end=600)
    height = int(re.findall(r'height="(\d+)" rx="4"', drawing)[0])
    [down] = re.findall(r"translate\(0 (\d+)\)", drawing)
    lowest = max(int(y) for y in re.findall(r'y="(\d+)" fill="#33444a"', drawing))
    assert lowest >= 16
    assert height - 12 <= int(down) + lowest <= height - 8


@pytest.mark.parametrize(
    ("most", "steps"), [(0, [0, 1]), (6, [0, 2, 4, 6]), (0.07, [0, 0.025, 0.05, 0.075]), (1, [0, 0.5, 1])]
)
def test_a_ladder_reaches_the_most_in_steps_that_are_easily_read(most: float, steps: list[float]) -> None:
    assert ladder(most) == pytest.approx(steps)
    mebi = [step * 2**20 for step in steps]
    assert most < 1 or ladder(most * 2**20, of="bytes") == pytest.approx(mebi)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.004, "s", "4 ms"),
        (2.5, "s", "2.5 s"),
        (0.25, "percentunit", "25 %"),
        (50 * 2**20, "bytes", "50 MiB"),
        (3, "ops", "3/s"),
        (6, "short", "6"),
    ],
)
def test_a_value_is_said_in_its_unit(value: float, unit: str, words: str) -> None:
    assert worded(value, unit) == words

"""Take the picture of conf/grafana-dashboard.json over some minutes of calls: docs/operations/dashboard.png.

A real Prometheus reads a real server, and gives what each panel's expressions ask for, as Grafana would ask.
Needs network namespaces: root.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.browser.checking import deployment
from tests.browser.harness import chromium
from tests.nat_lab import SERVER
from tests.process import METRICS_TOKEN
from tests.web.prometheus_server import CONF, prometheus
from tools.dashboard.drawing import Series, draw
from tools.dashboard.load import NAMES, WIRE, live
from tools.pictures.album import packed
from tools.pictures.fonts import same_fonts

PICTURE = Path(__file__).parents[2] / "docs" / "operations" / "dashboard.png"
SCRAPE = 5
"""Seconds between two readings, and between two points of a line."""
BREATH = 15.0
"""Seconds between two events of the load."""
# Grafana's own rule: four readings.
VARIABLES = {"$__rate_interval": f"{4 * SCRAPE}s", "$instance": ".*", "$job": ".*"}


def series_of(url: str, target: dict[str, Any], start: float, end: float) -> list[Series]:
    """Ask for one expression's series, each named as its panel names it."""
    expression = target["expr"]
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    query = urllib.parse.urlencode({"query": expression, "start": start, "end": end, "step": SCRAPE})
    # Nothing but our own Prometheus.
    with urllib.request.urlopen(f"{url}/query_range?{query}") as answer:  # noqa: S310
        told = json.load(answer)["data"]["result"]
    named = []
    for each in told:
        name = target["legendFormat"]
        for label, value in each["metric"].items():
            name = name.replace("{{" + label + "}}", value)
        named.append(Series(name, tuple((float(when), float(value)) for when, value in each["values"])))
    return sorted(named, key=lambda line: line.name)


async def drawn(folder: Path) -> str:
    """Run everything, and give the dashboard's drawing."""
    dashboard = json.loads((CONF / "grafana-dashboard.json").read_text())
    async with deployment(folder, *NAMES, wires=[WIRE]) as homes:
        prefix = homes.server.prefix
        target = (SERVER, homes.server.port)
        async with prometheus(
            folder, target, token=METRICS_TOKEN, every=f"{SCRAPE}s", prefix=prefix
        ) as reader:
            await asyncio.sleep(2 * SCRAPE)
            start = time.time()
            await live(homes, breath=BREATH)
            await asyncio.sleep(2 * SCRAPE)
            end = time.time()
            # The interface of a Prometheus in a namespace is found from there alone.
            with homes.lab.inside("srv"):
                panels = [
                    (
                        panel,
                        [
                            line
                            for each in panel["targets"]
                            for line in series_of(reader.url, each, start, end)
                        ],
                    )
                    for panel in dashboard["panels"]
                ]
    return draw(panels, start=start, end=end)


async def main() -> None:
    """Take the picture."""
    with tempfile.TemporaryDirectory() as home:
        same_fonts(Path(home))
        svg = await drawn(Path(home))
        async with chromium() as browser:
            page = await browser.new_page(viewport={"width": 1240, "height": 800})
            await page.set_content(f'<body style="margin:0;line-height:0">{svg}</body>')
            PICTURE.write_bytes(packed(await page.locator("svg").screenshot()))


if __name__ == "__main__":
    asyncio.run(main())

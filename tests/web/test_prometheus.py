"""A real Prometheus reads `/metrics`; each expression of the dashboard gives numbers; each alert fires."""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.process import free_port
from tests.turn.coturn_server import missing
from tests.web.house import METRICS_TOKEN
from tests.web.person import Person
from tests.web.rooms import pair
from tests.web.running import Outside, serving, usual

CONF = Path(__file__).parents[2] / "conf"
DASHBOARD = json.loads((CONF / "grafana-dashboard.json").read_text())
RULES = CONF / "meshvoice-alerts.yaml"
ALERTS = {rule["alert"]: rule for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
PANELS = {
    f"{panel['title']}-{target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}
SECONDS = 20
"""For Prometheus to start and to read a few times, on a busy machine."""
_SELECTOR = re.compile(r"\b(?:meshvoice_\w+|process_\w+|up)\b(?:\{[^}]*\})?")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(name)
        raise AssertionError(name)
    return found


class Prometheus:
    """One that runs, and is asked by its own interface."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self._url = f"http://127.0.0.1:{port}/api/v1/query"

    async def ask(self, expression: str) -> list[Any]:
        """Evaluate now; gives the series with their values. Fails where the expression is none."""
        async with self._http.get(self._url, params={"query": expression}) as answer:
            told = await answer.json()
        assert told["status"] == "success", (expression, told)
        series: list[Any] = told["data"]["result"]
        return series

    async def until(self, expression: str) -> None:
        """Wait until an expression holds."""
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    if await self.ask(expression):
                        return
                except aiohttp.ClientError:
                    pass  # it is starting
                await asyncio.sleep(0.1)


@asynccontextmanager
async def prometheus(folder: Path, target: tuple[str, int]) -> AsyncIterator[Prometheus]:
    """Start one that reads a server as conf/prometheus.yaml.example has it, but far more often."""
    conf = yaml.safe_load((CONF / "prometheus.yaml.example").read_text())
    (folder / "token").write_text(METRICS_TOKEN)
    conf["global"] = {"scrape_interval": "250ms"}
    conf["rule_files"] = [str(RULES)]
    (job,) = conf["scrape_configs"]
    job["authorization"]["credentials_file"] = str(folder / "token")
    job["static_configs"] = [{"targets": [f"{target[0]}:{target[1]}"]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(conf))
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(program("prometheus"), f"--config.file={folder / 'prometheus.yaml'}"),
            *(f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"),
            stdout=log,
            stderr=log,
        )
    try:
        async with aiohttp.ClientSession() as http:
            yield Prometheus(http, port)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def spelled(expression: str) -> str:
    """Put what Grafana would in its variables' places."""
    for name, value in (("$__rate_interval", "5s"), ("$instance", ".*"), ("$job", ".*")):
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


async def test_every_expression_gives_numbers_from_a_server_that_runs(tmp_path: Path) -> None:
    """Of the dashboard as they stand; of the alerts, which are silent here, each series that they name."""
    values = {**usual(tmp_path), "MESHVOICE_METRICS_TOKEN": METRICS_TOKEN}
    async with (
        serving(tmp_path, values) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        house = Outside(running, http, values)
        async with prometheus(tmp_path, house.address) as asked:
            await asked.until('count_over_time(up{job="meshvoice"}[1m]) >= 2')
            hers, his = await pair(await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo"))
            links = {his.peer: {"state": "up", "path": "direct"}}
            await hers.say(type="links", links=links, first=[412], repairs={"stalled": 1})
            await hers.caught_up()
            await asked.until("increase(meshvoice_first_audio_seconds_count[5s]) > 0")
            silent = [
                name
                for name, expression in PANELS.items()
                if not any(
                    not math.isnan(float(each["value"][1])) for each in await asked.ask(spelled(expression))
                )
            ]
            assert silent == []
            for rule in ALERTS.values():
                await asked.ask(rule["expr"])
                for selector in _SELECTOR.findall(rule["expr"]):
                    assert await asked.ask(selector), selector
            assert [
                each["metric"]["state"] for each in await asked.ask('meshvoice_pairs{path="direct"} == 1')
            ] == ["up"]


# Each alert, by what makes it fire; "x y" repeats as promtool writes it.
FIRES: dict[str, dict[str, str]] = {
    "MeshvoiceDown": {'up{job="meshvoice"}': "0x60"},
    "MeshvoiceTrouble": {'meshvoice_trouble{check="disk"}': "1x60"},
    "MeshvoicePairsUnheard": {
        'meshvoice_pairs{path="direct",state="up"}': "20x60",
        'meshvoice_pairs{path="relay",state="stalled"}': "3x60",
    },
    "MeshvoiceFirstAudioSlow": {
        'meshvoice_first_audio_seconds_bucket{le="4.0"}': "0+8x90",
        'meshvoice_first_audio_seconds_bucket{le="8.0"}': "0+10x90",
        'meshvoice_first_audio_seconds_bucket{le="+Inf"}': "0+10x90",
    },
    "MeshvoiceLoopHeldUp": {
        'meshvoice_loop_lag_seconds_bucket{le="0.1"}': "0+58x60",
        'meshvoice_loop_lag_seconds_bucket{le="0.25"}': "0+60x60",
        'meshvoice_loop_lag_seconds_bucket{le="+Inf"}': "0+60x60",
    },
    "MeshvoiceBookSlow": {
        'meshvoice_book_write_seconds_bucket{le="0.1"}': "0+5x60",
        'meshvoice_book_write_seconds_bucket{le="0.25"}': "0+10x60",
        'meshvoice_book_write_seconds_bucket{le="+Inf"}': "0+10x60",
    },
    "MeshvoiceSlowReaders": {"meshvoice_outbox_overflows_total": "0+1x60"},
    "MeshvoiceErrorsOften": {'meshvoice_refused_messages_total{code="bad-message"}': "0+60x60"},
    "MeshvoiceSeatsLost": {'meshvoice_returns_total{outcome="newcomer"}': "0+2x60"},
    "MeshvoiceFilesUsedUp": {
        'process_open_fds{job="meshvoice"}': "900x60",
        'process_max_fds{job="meshvoice"}': "1000x60",
    },
}


async def promtool(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(program("promtool"), *arguments),
        env={**os.environ, "TZ": "UTC"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def test_each_alert_fires_for_its_own_reason_alone(tmp_path: Path) -> None:
    """An hour of each in turn, by promtool."""
    assert set(FIRES) == set(ALERTS)
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": "70m" if "First" in alert else "50m",
                    "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}],
                }
            ],
        }
        for alert, series in FIRES.items()
    ]
    path = tmp_path / "tests.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests}))
    assert "SUCCESS" in await promtool("test", "rules", str(path))


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_each_alert_says_what_it_means(name: str) -> None:
    summary = ALERTS[name]["annotations"]["summary"]
    assert "{{ $labels.instance }}" in summary
    assert name in (CONF.parent / "docs/operations/dashboard.md").read_text()

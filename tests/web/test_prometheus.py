"""A real Prometheus reads `/metrics`; each expression of the dashboard gives numbers; each alert fires."""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.web.house import METRICS_TOKEN
from tests.web.person import Person
from tests.web.prometheus_server import CONF, RULES, program, prometheus
from tests.web.rooms import pair
from tests.web.running import Outside, serving, usual

DASHBOARD = json.loads((CONF / "grafana-dashboard.json").read_text())
ALERTS = {rule["alert"]: rule for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
PANELS = {
    f"{panel['title']}-{target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}
_SELECTOR = re.compile(r"\b(?:meshvoice_\w+|process_\w+|up)\b(?:\{[^}]*\})?")


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
        async with prometheus(tmp_path, house.address, token=METRICS_TOKEN) as asked:
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
        'meshvoice_pairs{path="direct",state="up"}': "5x60",
        # One is enough, whether it was heard once or never; a small group has few.
        'meshvoice_pairs{path="",state="connecting"}': "1x60",
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
    "MeshvoiceRelayUnexamined": {"meshvoice_relay_word_age_seconds": "4000+60x60"},
    "MeshvoiceConnectionsRefused": {'meshvoice_refused_connections_total{full="address"}': "0+5x60"},
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

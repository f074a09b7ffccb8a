"""What whoever runs the server sees of a call in its metrics, as the pages tell it."""

from __future__ import annotations

import aiohttp
import pytest

from tests.browser.harness import Stage, all_hear_each_other, until
from tests.process import METRICS_TOKEN


async def told(stage: Stage) -> dict[str, float]:
    """Read the metrics."""
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    url = f"http://127.0.0.1:{stage.server.port}/metrics"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        lines = (await answer.text()).splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


@pytest.mark.long
async def test_a_call_is_counted_by_its_pair_and_by_how_soon_it_was_heard(own_stage: Stage) -> None:
    ana, bo = await own_stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])

    async def counted() -> bool:
        metrics = await told(own_stage)
        both = metrics["meshvoice_first_audio_seconds_count"] == 2
        return both and metrics['meshvoice_pairs{path="direct",state="up"}'] == 1

    await until("both ends told of their link", counted, seconds=10)
    metrics = await told(own_stage)
    assert 0 < metrics["meshvoice_first_audio_seconds_sum"] < 10
    assert sum(number for name, number in metrics.items() if name.startswith("meshvoice_repairs_total")) == 0

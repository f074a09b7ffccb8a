"""A real Prometheus that reads a server, far more often than one does that runs for years."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.process import free_port
from tests.turn.coturn_server import missing

CONF = Path(__file__).parents[2] / "conf"
RULES = CONF / "meshvoice-alerts.yaml"
SECONDS = 20
"""For Prometheus to start and to read a few times, on a busy machine."""


def program(name: str) -> str:
    """Find one of Debian's `prometheus`."""
    found = shutil.which(name)
    if found is None:
        missing(name)
        raise AssertionError(name)
    return found


class Prometheus:
    """One that runs, and is asked by its own interface."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self.url = f"http://127.0.0.1:{port}/api/v1"

    async def ask(self, expression: str) -> list[Any]:
        """Evaluate now; gives the series with their values. Fails where the expression is none."""
        async with self._http.get(f"{self.url}/query", params={"query": expression}) as answer:
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
async def prometheus(
    folder: Path,
    target: tuple[str, int],
    *,
    token: str,
    every: str = "250ms",
    prefix: Sequence[str] = (),
) -> AsyncIterator[Prometheus]:
    """Start one that reads a server as conf/prometheus.yaml.example has it, but more often.

    `prefix` is a command that runs others in a place of their own, such as a network namespace.
    """
    conf = yaml.safe_load((CONF / "prometheus.yaml.example").read_text())
    (folder / "token").write_text(token)
    conf["global"] = {"scrape_interval": every}
    conf["rule_files"] = [str(RULES)]
    (job,) = conf["scrape_configs"]
    job["authorization"]["credentials_file"] = str(folder / "token")
    job["static_configs"] = [{"targets": [f"{target[0]}:{target[1]}"]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(conf))
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(*prefix, program("prometheus"), f"--config.file={folder / 'prometheus.yaml'}"),
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

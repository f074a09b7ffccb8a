"""Thousands of peers in rooms of six, held by the benchmarks' load generator: they sit there, and ping."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks import house
from benchmarks.systems import LOADGEN
from tests.browser.conftest import need_file
from tests.process import Server, free_port

SEATS = house.SEATS
AT_ONCE = 12
PATIENCE = 240.0


def server_for(folder: Path, rooms: int) -> Server:
    """Give a server, not yet started, with so many rooms in its book, for people behind a proxy on loopback.

    What an operator would raise is raised by a setting; each limit by address, user and room is the usual.
    """
    house.fill(folder, rooms)
    port = free_port()
    return Server(
        folder,
        MESHVOICE_PORT=str(port),
        # As the load generator writes it.
        MESHVOICE_ORIGIN=f"http://127.0.0.1:{port}",
        MESHVOICE_DATABASE=str(folder / "book.db"),
        MESHVOICE_SECRET_KEY=house.SECRETS["MESHVOICE_SECRET_KEY"],
        MESHVOICE_TRUSTED_PROXIES="127.0.0.1",
        MESHVOICE_SOCKETS=str(SEATS * rooms + 100),
    )


class Crowd:
    """The load generator."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def come(self, peers: int) -> dict[str, Any]:
        """Let so many join."""
        return await self._tell(f"connect {peers} {AT_ONCE}")

    async def sit(self, seconds: float) -> dict[str, Any]:
        """Ping every 10 s, as browsers do."""
        return await self._tell(f"idle {seconds}")

    def vanish(self) -> None:
        """Lose all connections at once."""
        self._process.kill()

    async def _tell(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n".encode())
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        answer: dict[str, Any] = json.loads(line or '{"error": "the load generator ended"}')
        assert "error" not in answer, answer
        return answer


@asynccontextmanager
async def crowd(server: Server) -> AsyncIterator[Crowd]:
    """Start the load generator before a server that `server_for` made."""
    need_file(LOADGEN, "make build/bench/loadgen")
    people = {"USERS": str(server.folder / "cookies"), "CHURN": "0", "FORWARDED": "1"}
    process = await asyncio.create_subprocess_exec(
        *(str(LOADGEN), "meshvoice", "127.0.0.1", str(server.port)),
        env={**os.environ, **people},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Crowd(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

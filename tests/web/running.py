"""`meshvoice serve` as a process of its own, with an env file and a guest book in a folder of its own."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.process import free_port
from tests.web.house import DEADLINE, House, settings

SECRET_KEY = base64.urlsafe_b64encode(bytes(range(64, 96))).decode()
TURN_SECRET = "Xq7fT2kLw9RzV4bN8mYc3HsJ6gPd5AeU"
START_SECONDS = 30.0
"""A Python that imports aiohttp on a busy machine of two cores."""


def usual(folder: Path) -> dict[str, str]:
    """Settings with which the server starts."""
    return {
        "MESHVOICE_SECRET_KEY": SECRET_KEY,
        "COTURN_SHARED_SECRET": TURN_SECRET,
        "MESHVOICE_PORT": str(free_port()),
        "MESHVOICE_DATABASE": str(folder / "var" / "meshvoice.db"),
    }


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of meshvoice."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("MESHVOICE_", "COTURN_"))
    }
    return {**own, **(more or {})}


def write_env_file(path: Path, values: Mapping[str, str], *, mode: int = 0o600) -> Path:
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    path.chmod(mode)
    return path


class Running:
    """A started server and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = b""
        self._listens = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.log += line
            if b"serving on" in line:
                self._listens.set()

    async def listens(self) -> None:
        """Wait for the line that says so."""
        waiting = asyncio.create_task(self._listens.wait())
        async with asyncio.timeout(START_SECONDS):
            await asyncio.wait([waiting, self._reading], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert self._listens.is_set(), self.log.decode()

    async def ends(self, with_signal: signal.Signals | None = None) -> int:
        """Wait for its end, after a signal if one is given; gives the exit code."""
        if with_signal is not None and self.process.returncode is None:
            self.process.send_signal(with_signal)
        async with asyncio.timeout(DEADLINE):
            code = await self.process.wait()
            await self._reading
        return code


class Outside(House):
    """A process in a house's place, for people to go to; it starts and ends by itself."""

    def __init__(self, running: Running, http: aiohttp.ClientSession, values: Mapping[str, str]) -> None:
        self._port = int(values["MESHVOICE_PORT"])
        database = Path(values["MESHVOICE_DATABASE"])
        super().__init__(settings(database, origins=(f"http://localhost:{self._port}",)))
        self.running = running
        self.http = http

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._port


async def launch(
    folder: Path, env_file: Path, *, more: Mapping[str, str] | None = None, files: int | None = None
) -> Running:
    """Start the real command, which may open so many files; what it answers is the caller's to wait for."""
    command = [sys.executable, "-m", "meshvoice", "--env-file", str(env_file), "serve"]
    if files is not None:
        command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
    process = await asyncio.create_subprocess_exec(
        *command, env=clean_environment(more), cwd=folder, stderr=asyncio.subprocess.PIPE
    )
    return Running(process)


@asynccontextmanager
async def serving(folder: Path, values: Mapping[str, str]) -> AsyncIterator[Running]:
    """A server that listens, killed at the end if it still runs."""
    running = await launch(folder, write_env_file(folder / "meshvoice.env", values))
    try:
        await running.listens()
        yield running
    finally:
        await running.ends(signal.SIGKILL)

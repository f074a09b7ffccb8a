"""Who holds a listening socket and starts the server behind it, as systemd does; visitors who try once."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.web.running import Running, clean_environment, write_env_file

_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})
"""


class Holder:
    """Holds a listening socket, and starts the server with it, as systemd does."""

    def __init__(self, folder: Path, held: socket.socket, values: Mapping[str, str], *arguments: str) -> None:
        self._folder = folder
        self._held = held
        self._arguments = arguments
        self._env_file = write_env_file(folder / "meshvoice.env", values)

    async def start(self, release: Path | None = None) -> Running:
        """Start it, by the code of a release where one is given."""
        number = self._held.fileno()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _HAND_OVER, str(number)),
            *(
                sys.executable,
                "-m",
                "meshvoice",
                "--env-file",
                str(self._env_file),
                "serve",
                *self._arguments,
            ),
            env=clean_environment(),
            cwd=release or self._folder,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(number,),
        )
        return Running(process)


@asynccontextmanager
async def started(holder: Holder) -> AsyncIterator[Running]:
    running = await holder.start()
    try:
        yield running
    finally:
        await running.ends(signal.SIGKILL)


async def ask(port: int, path: str = "/healthz") -> bytes:
    """Dial, ask, and read to the end: one visitor who doesn't try again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode())
        return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

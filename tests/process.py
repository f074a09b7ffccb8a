"""The real server as a process of its own, and a wire in front of it that a test can cut."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import random
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

READY_SECONDS = 20
METRICS_TOKEN = "pX7rK3mQz9Lt5Wd1"
MESHVOICE = (sys.executable, "-m", "meshvoice", "--env-file", "/nonexistent")
_PROBE = """
import sys, time, urllib.request
while True:
    try:
        sys.exit(urllib.request.urlopen(sys.argv[1]).status != 200)
    except OSError:
        time.sleep(0.02)
"""


def numbers(text: str) -> dict[str, float]:
    """Read what `/metrics` tells, by series."""
    told = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in told}


def _ports() -> Iterator[int]:
    """Name ports in turn: below those that the kernel gives out, and others in each of pytest's workers.

    One that the kernel named free could be taken by another worker before its server listens; Caddy even
    shares a port with whoever else does (SO_REUSEPORT), and answers there.
    """
    span, worker = 2500, int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, start = 12_000 + worker % 8 * span, random.randrange(span)
    for step in itertools.count():
        yield first + (start + step) % span


_PORTS = _ports()


def free_port() -> int:
    """Find a TCP port on loopback that nobody listens on, and nobody else here is given soon."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Wire:
    """A TCP relay on loopback: what browsers dial in place of the server.

    It knows whose a connection is by a part of its first request, such as a cookie.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], tuple[bytes, list[asyncio.StreamWriter]]] = {}
        self.refused: set[bytes] = set()
        """Whose connections end at once."""
        self.source = ""
        """The address of loopback from which it dials; empty: the usual one."""
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and cut what is open."""
        if self._server is None:
            return
        self._server.close()
        self.cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    def cut(self, whose: bytes = b"") -> int:
        """Abort every connection, or those whose first request holds `whose`; gives how many."""
        found = [writers for head, writers in self._open.values() if whose in head]
        for writers in found:
            for writer in writers:
                writer.transport.abort()
        return len(found)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = [writer]
        self._open[task] = (b"", writers)
        try:
            head = await reader.read(65536)
            self._open[task] = (head, writers)
            if any(whose in head for whose in self.refused):
                return
            source = (self.source, 0) if self.source else None
            far_reader, far_writer = await asyncio.open_connection(*self._target, local_addr=source)
            writers.append(far_writer)
            far_writer.write(head)
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        except OSError:
            pass  # one end is gone: so is the other, below
        finally:
            for end in writers:
                end.transport.abort()
            del self._open[task]

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        # What was written must get there before the other end is aborted.
        await sink.drain()
        raise ConnectionResetError


class Server:
    """`meshvoice serve` with settings of its own, on a file of its own."""

    arguments: tuple[str, ...] = ()
    """Of the command."""

    def __init__(self, folder: Path, *, prefix: Sequence[str] = (), **env: str) -> None:
        self.folder = folder
        self.prefix = list(prefix)
        """A command that runs others in a place of their own, such as a network namespace."""
        self.port = int(env.get("MESHVOICE_PORT", 0)) or free_port()
        self.wire = Wire("127.0.0.1", self.port)
        self._env = env
        self._secrets = {
            "MESHVOICE_SECRET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "COTURN_SHARED_SECRET": secrets.token_urlsafe(32),
        }
        self.process: asyncio.subprocess.Process | None = None
        self.log = folder / "server.log"

    @property
    def origin(self) -> str:
        """Where browsers find the server: the wire."""
        return self._env.get("MESHVOICE_ORIGIN", f"http://localhost:{self.wire.port}")

    @property
    def secret(self) -> str:
        """The secret shared with coturn."""
        return self._env.get("COTURN_SHARED_SECRET", self._secrets["COTURN_SHARED_SECRET"])

    def environment(self) -> dict[str, str]:
        """Build the process's environment: nothing of ours but what the test says."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MESHVOICE_", "COTURN_"))}
        return {
            **clean,
            **self._secrets,
            "MESHVOICE_ORIGIN": self.origin,
            "MESHVOICE_PORT": str(self.port),
            "MESHVOICE_METRICS_TOKEN": METRICS_TOKEN,
            "MESHVOICE_DATABASE": str(self.folder / "meshvoice.db"),
            **self._env,
        }

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        if not self.wire.port:
            await self.wire.start()
        command = [*self.prefix, *MESHVOICE, "serve", *self.arguments]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, env=self.environment(), cwd=self.folder, stdout=log, stderr=log
            )
        await self.ready()

    async def ready(self) -> None:
        """Wait until the server answers."""
        assert self.process is not None
        host = self._env.get("MESHVOICE_HOST", "127.0.0.1").partition(",")[0]
        probe = [*self.prefix, sys.executable, "-c", _PROBE, f"http://{host}:{self.port}/healthz"]
        asking = await asyncio.create_subprocess_exec(*probe)
        ended = asyncio.create_task(self.process.wait())
        answered = asyncio.create_task(asking.wait())
        await asyncio.wait([ended, answered], timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not answered.done():
            asking.kill()
            await answered
            raise AssertionError(self.log.read_text())

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process; gives its exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.process.wait()

    async def restart(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and start it again, on the same file and port."""
        await self.end(how)
        await self.start()


@asynccontextmanager
async def serving(folder: Path, *, prefix: Sequence[str] = (), **env: str) -> AsyncIterator[Server]:
    """Run a server for the length of a test."""
    async with started(Server(folder, prefix=prefix, **env)) as server:
        yield server


@asynccontextmanager
async def started(server: Server) -> AsyncIterator[Server]:
    """Start a server, and end it at the end."""
    try:
        await server.start()
        yield server
    finally:
        if server.process is not None:
            await server.end(signal.SIGKILL)
        await server.wire.stop()

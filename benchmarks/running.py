"""One system under load: its process on one core, the load generator on another, and what both cost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.systems import LOADGEN, ROOT, TABLES, System
from tests.process import free_port

READY_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one command took."""

    n: int
    lost: int
    bad: int
    seconds: float
    cpu: float
    """Of the server, seconds."""
    client_cpu: float
    p50: float
    p99: float
    max: float
    """Latencies, microseconds."""

    @property
    def each(self) -> float:
        """CPU of the server for one message, life or page, in microseconds."""
        return 1e6 * self.cpu / self.n

    @property
    def client_each(self) -> float:
        return 1e6 * self.client_cpu / self.n


class Failed(Exception):
    """A measurement that means nothing: the sentence says why."""


class Running:
    """A server and its load generator."""

    def __init__(self, system: System, house: Path, *, churn: int = 6 * TABLES) -> None:
        """`churn`: from which line of `cookies` on people come and go."""
        self.system = system
        self.peers = 0
        self._log = (house / "server.log").open("ab")
        self.port = port = free_port()
        self._server = subprocess.Popen(  # noqa: S603  # our own
            [*on_core(0), *system.command(port, house)],
            cwd=ROOT,
            env={**os.environ, **system.environ},
            stdout=self._log,
            stderr=self._log,
        )
        self._wait_for(port)
        self._client = subprocess.Popen(  # noqa: S603  # our own
            [*on_core(1), str(LOADGEN), system.protocol, "127.0.0.1", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "USERS": str(house / "cookies"), "CHURN": str(churn)},
            text=True,
        )

    def _wait_for(self, port: int) -> None:
        for _ in range(READY_SECONDS * 20):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self._server.poll() is not None:
                    break
                time.sleep(0.05)
        self.stop()
        raise Failed(f"{self.system.name} doesn't start")

    def tell(self, command: str) -> Reading:
        """Have a command done. Raises `Failed`, and where a message was lost or came otherwise."""
        before = self.cpu()
        found = self._ask(command)
        reading = Reading(**found, cpu=self.cpu() - before)
        if reading.bad or (reading.lost > 0 and command.startswith(("relay", "rate"))):
            raise Failed(f"{self.system.name}: {command!r} lost {reading.lost}, {reading.bad} came otherwise")
        return reading

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._client.stdin is not None  # noqa: S101
        assert self._client.stdout is not None  # noqa: S101
        self._client.stdin.write(command + "\n")
        self._client.stdin.flush()
        line = self._client.stdout.readline()
        found = json.loads(line) if line else {"error": "the load generator ended"}
        if "error" in found:
            raise Failed(f"{self.system.name}: {command!r}: {found}")
        return dict(found)

    def grow(self, peers: int) -> Reading:
        """Let peers come until there are so many, and get everybody's frames ready."""
        reading = self.tell(f"connect {peers - self.peers} 12")
        self.peers = peers
        self._ask("build")
        return reading

    def verify(self) -> int:
        """Have a frame of each kind of each peer compared where it arrives; gives how many."""
        reading = self.tell("verify")
        if reading.n != 2 * self.peers:
            raise Failed(
                f"{self.system.name}: {reading.n} of {2 * self.peers} frames arrived as they were sent"
            )
        return reading.n

    def cpu(self) -> float:
        """Seconds of CPU that the server took up to now, all its threads."""
        return time.clock_gettime((~self._server.pid << 3) | 2)

    def resident(self) -> int:
        """Bytes of memory."""
        return int(Path(f"/proc/{self._server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    def signal_and_read(self, file: Path) -> dict[str, float]:
        """Have the server write what it watched."""
        file.unlink(missing_ok=True)
        self.signal()
        for _ in range(200):
            if file.exists():
                return dict(json.loads(file.read_text()))
            time.sleep(0.05)
        raise Failed(f"{self.system.name} wrote nothing")

    def signal(self) -> None:
        self._server.send_signal(signal.SIGUSR1)

    def stop(self) -> None:
        for process in (getattr(self, "_client", None), self._server):
            if process is not None:
                process.kill()
                process.wait()
        self._log.close()


def on_core(core: int) -> list[str]:
    """Begin a command that is to stay on one core."""
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 else []


@contextmanager
def running(systems: tuple[System, ...], house: Path) -> Iterator[list[Running]]:
    """Have all of these up at one time."""
    with ExitStack() as stack:
        up = []
        for system in systems:
            up.append(Running(system, house))
            stack.callback(up[-1].stop)
        yield up

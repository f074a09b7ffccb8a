"""What is compared: each system's program, the load generator's way to speak to it, and its release."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "bench"
LOADGEN = BUILD / "loadgen"
CHANNELS = BUILD / "channels"
"""An environment of its own: nothing of it may come into the application's."""
TABLES = 900
"""Of six people each, so that 5,000 peers have a room; `CHURN` more are for comings and goings."""
CHURN = 10


@dataclass(frozen=True, kw_only=True)
class System:
    """`argv` holds `{port}`, `{house}` where those are wanted."""

    name: str
    argv: tuple[str, ...]
    protocol: str = "plain"
    environ: dict[str, str] = field(default_factory=dict)

    def command(self, port: int, house: Path) -> list[str]:
        return [part.format(port=port, house=house) for part in self.argv]


def _ours(name: str, *more: str) -> System:
    argv = (sys.executable, "-m", "benchmarks.servers.ours", "{port}", "{house}", *more)
    return System(name=name, argv=argv, protocol="meshvoice")


def _node(name: str, script: str, protocol: str = "plain") -> System:
    return System(name=name, argv=("node", str(HERE / "servers" / script), "{port}"), protocol=protocol)


OURS = _ours("meshvoice")
STILL = _ours("meshvoice, with 120 all along")
QUEUED = _ours("meshvoice, by aiohttp's queue", "--queued")
PARTS = _ours("meshvoice, under a stopwatch", "--parts", "{house}/parts.json")
PAUSES = _ours("meshvoice, watched for pauses", "--pauses", "{house}/pauses.json")
BARE = System(name="bare aiohttp", argv=(sys.executable, "-m", "benchmarks.servers.bare", "{port}"))
WS = _node("ws (Node)", "ws_relay.mjs")
PEERJS = _node("PeerJS", "peerjs.mjs", "peerjs")
SOCKETIO = _node("socket.io", "socketio_relay.mjs", "socketio")
CHANNELS_RELAY = System(
    name="Django Channels",
    argv=(
        str(CHANNELS / "bin" / "uvicorn"),
        *("--app-dir", str(HERE / "servers"), "--port", "{port}", "--loop", "uvloop", "--ws", "wsproto"),
        *("--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "critical"),
        "channels_relay:application",
    ),
)
ALL = (OURS, QUEUED, BARE, WS, PEERJS, SOCKETIO, CHANNELS_RELAY)


def releases() -> dict[str, str]:
    """Name the releases of all that is compared."""
    found = {name: version(name) for name in ("aiohttp", "uvloop", "msgspec", "cryptography")}
    found["Python"] = sys.version.split()[0]
    for name in ("ws", "peer", "socket.io"):
        package = json.loads((HERE / "node_modules" / name / "package.json").read_text())
        found[name] = package["version"]
    for line in (HERE / "channels.txt").read_text().splitlines():
        name, equals, number = line.split(" ")[0].partition("==")
        if equals and name in ("channels", "django", "uvicorn"):
            found[name] = number
    return found


def machine() -> str:
    """Say on what this runs."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line), "?")
    return f"{model}, {os.cpu_count()} cores, Linux {os.uname().release}"

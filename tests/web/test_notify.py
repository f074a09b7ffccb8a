"""The service manager is told when visitors are served, that the loop lives, and when the process ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshvoice.web.notify import Notifier
from tests.web.running import START_SECONDS, launch, usual, write_env_file


class Manager:
    """The end of the wire that systemd holds."""

    def __init__(self, path: Path) -> None:
        self._wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._wire.bind(str(path))
        self._wire.setblocking(False)

    async def told(self, *, within: float = START_SECONDS) -> str:
        async with asyncio.timeout(within):
            return (await asyncio.get_running_loop().sock_recv(self._wire, 4096)).decode()

    async def until(self, text: str) -> None:
        while not (await self.told()).startswith(text):
            continue

    def drain(self) -> None:
        """Forget what has come."""
        try:
            while True:
                self._wire.recv(4096)
        except BlockingIOError:
            return

    def close(self) -> None:
        self._wire.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify.sock")
    yield manager
    manager.close()


async def test_a_server_tells_of_its_whole_life(tmp_path: Path, manager: Manager) -> None:
    """Ready once it listens; alive while its loop is; ending before it ends."""
    watched = {"NOTIFY_SOCKET": str(tmp_path / "notify.sock"), "WATCHDOG_USEC": "200000"}
    values = usual(tmp_path)
    running = await launch(tmp_path, write_env_file(tmp_path / "meshvoice.env", values), more=watched)
    try:
        said = f"READY=1\nSTATUS=serving on http://localhost:{values['MESHVOICE_PORT']}"
        assert await manager.told() == said
        _, writer = await asyncio.open_connection("127.0.0.1", int(values["MESHVOICE_PORT"]))
        writer.close()
        for _ in range(3):
            assert await manager.told() == "WATCHDOG=1"
        running.process.send_signal(signal.SIGSTOP)
        # What was on its way when it stopped has come by the time that a later word would be due.
        with contextlib.suppress(TimeoutError):
            for _ in range(10):
                await manager.told(within=0.5)
            pytest.fail("a process that stands still gives signs of life")
        running.process.send_signal(signal.SIGCONT)
        await manager.until("WATCHDOG=1")
        running.process.send_signal(signal.SIGTERM)
        await manager.until("STOPPING=1")
        assert await running.ends() == 0
    finally:
        await running.ends(signal.SIGKILL)


async def test_a_place_without_a_file_is_told_too() -> None:
    """An abstract socket, whose name begins with @ (sd_notify(3))."""
    name = f"meshvoice-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ending()
        assert wire.recv(64) == b"STOPPING=1"


@pytest.mark.parametrize(
    ("environ", "every"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, None),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "often"}, None),
    ],
)
def test_signs_of_life_are_for_whoever_waits_for_ours(environ: dict[str, str], every: float | None) -> None:
    """And the variables are gone, so that no child takes them."""
    assert Notifier(environ).every == every
    assert environ == {}


async def test_where_nobody_listens_nothing_happens(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("all is well")
    Notifier({}).ending()
    await Notifier({}).live()

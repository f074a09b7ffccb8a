"""A desktop as far as its media keys reach: a message bus, on which a browser shows what it plays."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

BUS = """
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
"""Nothing is started on it by itself: a desktop's own services are no part of a test."""
PLAYER = "org.mpris.MediaPlayer2"
"""MPRIS, by which a Linux desktop hands its media keys on."""


class Desktop:
    """Presses keys, and sees what plays."""

    def __init__(self, address: str) -> None:
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": address}
        """What the one browser on it is started with."""
        self._bus = address

    async def press(self, key: str) -> None:
        """Press `Play`, `Pause` or `PlayPause`: the button of a headset, too."""
        await self._call(await self._player(), f"{PLAYER}.Player.{key}")

    async def shows(self) -> str:
        """Give what it shows of the browser: `Playing`, `Paused`, `Stopped`; "" before it is there."""
        player = await self._player()
        if not player:
            return ""
        told = await self._call(player, "org.freedesktop.DBus.Properties.GetAll", f"string:{PLAYER}.Player")
        found = re.search(r'"PlaybackStatus"\s+variant\s+string "(\w+)"', told)
        assert found, told
        return found[1]

    async def _player(self) -> str:
        found = re.search(
            rf'"({PLAYER}\.[^"]+)"',
            await self._call("org.freedesktop.DBus", "org.freedesktop.DBus.ListNames"),
        )
        return found[1] if found else ""

    async def _call(self, destination: str, method: str, *arguments: str) -> str:
        asking = await asyncio.create_subprocess_exec(
            *("dbus-send", f"--bus={self._bus}", "--print-reply", f"--dest={destination}"),
            *("/org/mpris/MediaPlayer2", method, *arguments),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asking.communicate()
        assert asking.returncode == 0, method
        return said.decode()


@asynccontextmanager
async def desktop(folder: Path) -> AsyncIterator[Desktop]:
    """Run a message bus that nobody else is on."""
    configuration = folder / "bus.conf"
    configuration.write_text(BUS, encoding="utf-8")
    daemon = await asyncio.create_subprocess_exec(
        *("dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address=1"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert daemon.stdout is not None
        yield Desktop((await daemon.stdout.readline()).decode().strip())
    finally:
        daemon.terminate()
        await daemon.wait()

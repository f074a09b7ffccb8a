"""What systemd is told of this process (sd_notify(3)): that it serves, that it ends, and that it is alive."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import MutableMapping


class Notifier:
    """Tells the service manager, where there is one that wants to know; else does nothing."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        # Taken out of the environment, as sd_notify can: they are meant for no child of ours.
        place, every, pid = [
            environ.pop(each, "") for each in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        ]
        self._place = f"\0{place[1:]}" if place.startswith("@") else place
        watched = bool(place) and every.isdecimal() and pid in ("", str(os.getpid()))
        self.every = int(every) / 1_000_000 if watched else None
        """Seconds within which a sign of life is due; None: nobody waits for one."""

    def ready(self, said: str) -> None:
        """Say that visitors are served; `said` stands in `systemctl status`."""
        self._tell(f"READY=1\nSTATUS={said}")

    def ending(self) -> None:
        """Say that no more of them are."""
        self._tell("STOPPING=1")

    async def live(self) -> None:
        """Give signs of life until cancelled: a loop that is held up gives none, and is started anew."""
        while self.every is not None:
            self._tell("WATCHDOG=1")
            # sd_watchdog_enabled(3) recommends half of it.
            await asyncio.sleep(self.every / 2)

    def _tell(self, text: str) -> None:
        if not self._place:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire:
                wire.setblocking(False)
                wire.sendto(text.encode(), self._place)
        except OSError:
            # Nobody reads it now: whoever waits for it starts us anew, which is theirs to decide.
            return

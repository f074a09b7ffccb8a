"""Who comes and goes all the time waits for a turn: arrivals counted by user and room, hellos held back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeAlias

from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.limits import Buckets
from meshvoice.signaling.registry import SocketId

Who: TypeAlias = tuple[RoomId, UserId]


class NotYet(Exception):
    """Somebody came too often in a row: the hello is good, and is to wait."""


@dataclass(slots=True)
class Held:
    """A hello that waits; its socket's reader waits for `over`, and lets it in if it was `counted`."""

    socket: SocketId
    hello: Hello
    counted: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Arrivals:
    """At most one hello waits for each user and room, for no longer than one more takes.

    Nobody is refused: on a bad network a browser may have to come anew again and again before it is in.
    """

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._held: dict[Who, Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def count(self, who: Who, now: float) -> None:
        """Count somebody who comes anew, of whom everyone in the room will hear. Raises `NotYet`."""
        if not self._buckets.take(who, now):
            raise NotYet

    def hold(self, who: Who, socket: SocketId, hello: Hello) -> SocketId | None:
        """Let a hello wait, of two sockets of a user that of the newer; gives the older, to be closed."""
        before = self._held.get(who)
        if before is not None and socket < before.socket:
            return socket
        self._held[who] = Held(socket, hello)
        if before is None:
            return None
        before.over.set()
        return before.socket

    def forget(self, who: Who, socket: SocketId) -> None:
        """Hold a socket's hello no longer, if it was held."""
        held = self._held.get(who)
        if held is not None and held.socket == socket:
            del self._held[who]
            held.over.set()

    def tick(self, now: float) -> None:
        """Count those whose turn it is, and wake them."""
        for who, held in list(self._held.items()):
            if self._buckets.take(who, now):
                held.counted = True
                self.forget(who, held.socket)

    async def turn(self, who: Who, socket: SocketId) -> Hello | None:
        """Wait while a socket's hello is held; gives it if its turn came. At once, where none is held."""
        held = self._held.get(who)
        if held is None or held.socket != socket:
            return None
        await held.over.wait()
        return held.hello if held.counted else None

"""Strategies of real media: connections that come about, and then do what the messages deny."""

from __future__ import annotations

import asyncio
import contextlib

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidStateError

from tests.browser.aiortc_peer import RATE, Sound
from tests.hostile.guest import Guest

FREQUENCIES = np.arange(6000, 9000, 75)
"""A hiss above every tone that the honest ones speak in."""
ANSWER_SECONDS = 3.0
CLOSING_SECONDS = 5.0


class Noise(Sound):
    """A hiss as loud as it can be."""

    def __init__(self) -> None:
        phases = np.random.default_rng(1).uniform(0, 2 * np.pi, len(FREQUENCIES))
        # All of them are multiples of 75 Hz, so this comes round.
        at = np.arange(RATE // 75) / RATE
        hiss = np.sin(2 * np.pi * np.outer(at, FREQUENCIES) + phases).sum(axis=1)
        # Not clipped: that would spread into the tones of the others.
        super().__init__(np.tile(hiss / np.abs(hiss).max(), 75))


class Call:
    """Real connections to everyone, which hiss."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._connections: dict[str, RTCPeerConnection] = {}

    async def offer(self, peer: str) -> None:
        """Make a connection, in place of one that there may be."""
        await self._close(peer)
        connection = self._connections[peer] = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connection.addTrack(Noise())
        await connection.setLocalDescription(await connection.createOffer())
        gen, sdp = self._guest.next_gen(peer), connection.localDescription.sdp
        await self._guest.say(type="offer", target=peer, gen=gen, sdp=sdp)
        await self._guest.say(type="ice", target=peer, gen=gen, candidates=[None])

    async def take_answers(self) -> None:
        """Apply the answers that come, for as long as one comes now and then."""
        with contextlib.suppress(TimeoutError):
            while True:
                message = await asyncio.wait_for(self._guest.inbox.get(), ANSWER_SECONDS)
                connection = self._connections.get(message["source"])
                current = message.get("gen") == self._guest.gens[message["source"]]
                if connection is None or message["type"] != "answer" or not current:
                    continue
                with contextlib.suppress(ValueError, InvalidStateError):
                    await connection.setRemoteDescription(RTCSessionDescription(message["sdp"], "answer"))

    async def close(self) -> None:
        for peer in list(self._connections):
            await self._close(peer)

    async def _close(self, peer: str) -> None:
        connection = self._connections.pop(peer, None)
        if connection is None:
            return
        # aiortc waits for its own tasks, and an attack that ends may have cancelled one of them.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection.close(), CLOSING_SECONDS)


async def loud_while_muted(guest: Guest) -> None:
    """Say that it is muted, and hiss at everyone."""
    call = Call(guest)
    try:
        await guest.say(type="state", muted=True)
        for peer in await guest.others():
            await call.offer(peer)
        await call.take_answers()
    finally:
        await call.close()


async def real_generations(guest: Guest) -> None:
    """Make connections that come about, one after another, as often as is borne."""
    call = Call(guest)
    taking = asyncio.create_task(call.take_answers())
    try:
        for _ in range(3):
            for peer in await guest.others():
                await call.offer(peer)
            await asyncio.sleep(0.5)
    finally:
        taking.cancel()
        await call.close()


SOUNDING = (loud_while_muted, real_generations)

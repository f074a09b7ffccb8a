"""A peer that is no browser: aiortc, speaking the protocol as PROTOCOL.md tells it, with a tone."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame

RATE = 48000
SAMPLES = 960  # 20 ms


class Pace:
    """Frames, each when it is due."""

    def __init__(self) -> None:
        self._number = -1
        self._start: float | None = None

    async def next(self) -> int:
        """Wait for the next frame's time; gives its number, from 0."""
        loop = asyncio.get_running_loop()
        self._start = self._start or loop.time()
        self._number += 1
        await asyncio.sleep(max(0.0, self._start + self._number * SAMPLES / RATE - loop.time()))
        return self._number


class Sound(MediaStreamTrack):
    """One second of sound, over and over, in place of a microphone and paced as one."""

    kind = "audio"

    def __init__(self, second: Any) -> None:
        """Take `RATE` samples, of 1 at most."""
        super().__init__()
        self._second = (32767 * second).astype(np.int16).reshape(1, RATE)
        self._pace = Pace()

    async def recv(self) -> AudioFrame:
        return self.frame(await self._pace.next())

    def frame(self, number: int) -> AudioFrame:
        """Give the frame of that number, from 0."""
        start = number * SAMPLES % RATE
        wave = self._second[:, start : start + SAMPLES]
        frame = AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * SAMPLES, fractions.Fraction(1, RATE)
        return frame


class Tone(Sound):
    """A sine, of a whole number of Hz."""

    def __init__(self, frequency: int) -> None:
        super().__init__(0.3 * np.sin(2 * np.pi * frequency / RATE * np.arange(RATE)))


class Link:
    """One peer: its order, and the connection of the generation that runs."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.gen = 0
        self.connection: RTCPeerConnection | None = None
        self.early: dict[int, list[Any]] = {}
        self.theirs = ""
        """The SDP that the other end's candidates belong to."""
        self.heard = np.zeros(0)
        self.heard_at = 0.0
        self.asked_at = 0.0
        self.task: asyncio.Task[None] | None = None
        self.lock = asyncio.Lock()
        """Held while a connection is made or closed: one that is left in between keeps its sockets."""


class AiortcPeer:
    """Joins a room, offers as the newcomer and as the owner of a link, answers otherwise."""

    def __init__(self, name: str, tone: int, stun: str | None = None) -> None:
        self.name = name
        self.tone = tone
        self._servers = [RTCIceServer(urls=stun)] if stun else []
        self.links: dict[str, Link] = {}
        self.me = ""
        self.order = 0
        self.errors: list[Any] = []
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._ticket = ""
        self._seen = 0

    @asynccontextmanager
    async def in_room(self, origin: str, invitation: str) -> AsyncIterator[AiortcPeer]:
        """Sign in by the invitation, join its room, and stay for the length of the block."""
        headers = {"Origin": origin, "Accept": "application/json"}
        async with aiohttp.ClientSession(
            headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True)
        ) as session:
            fields = {"token": invitation.partition("#")[2], "name": self.name}
            async with session.post(f"{origin}/invitations/accept", data=fields) as answer:
                assert answer.status == 200, await answer.text()
                room = (await answer.json())["room_id"]
            staying = asyncio.gather(self._stay(session, f"{origin}/ws/voice/{room}/"), self._watch())
            try:
                yield self
                await self._send(type="bye")
            finally:
                async with contextlib.AsyncExitStack() as quiet:
                    for link in list(self.links.values()):
                        await quiet.enter_async_context(link.lock)
                    staying.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await staying
                    for link in self.links.values():
                        await self._close(link)

    async def _stay(self, session: aiohttp.ClientSession, url: str) -> None:
        """Keep the seat: whenever the socket ends, come back with the ticket and the last `seq`."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with session.ws_connect(url, protocols=("meshvoice.v1",), heartbeat=4) as ws:
                    assert ws.protocol == "meshvoice.v1"
                    back = {"ticket": self._ticket, "seen": self._seen} if self._ticket else {}
                    await ws.send_str(
                        json.dumps({"type": "hello", "name": self.name, "muted": False, **back})
                    )
                    self._ws = ws
                    async for frame in ws:
                        message = json.loads(frame.data)
                        self._seen = message["seq"]
                        await self._take(message)
            self._ws = None
            await asyncio.sleep(0.3)

    def _speak(self, connection: RTCPeerConnection) -> None:
        connection.addTrack(Tone(self.tone))

    def tones(self) -> dict[str, int]:
        """Give the strongest tone in the last 0.4 s of each peer that is heard, in Hz."""
        found = {}
        for peer, link in self.links.items():
            if len(link.heard) and np.abs(link.heard).max() > 300:
                spectrum = np.abs(np.fft.rfft(link.heard * np.hanning(len(link.heard))))
                found[peer] = round(int(spectrum.argmax()) * RATE / len(link.heard) / 100) * 100
        return found

    def forget_heard(self) -> None:
        """Start to listen anew."""
        for link in self.links.values():
            link.heard = np.zeros(0)

    async def regenerate(self, peer: str) -> None:
        """Make a new generation of a link that is ours."""
        await self._offer(peer)

    async def ask_repair(self, peer: str) -> None:
        """Ask the owner of a link for a new generation."""
        await self._send(type="repair", target=peer, gen=self.links[peer].gen, why="stalled")

    async def _send(self, **message: Any) -> None:
        # What is lost with a socket is said again: a repair by the next look, an offer by the repair.
        if self._ws is not None:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await self._ws.send_str(json.dumps(message))

    async def _watch(self) -> None:
        """Repair by what is heard: 4 s of silence, and not more often than each 5 s."""
        while True:
            await asyncio.sleep(0.5)
            now = asyncio.get_running_loop().time()
            for peer, link in list(self.links.items()):
                if link.connection is None or now - link.heard_at < 4 or now - link.asked_at < 5:
                    continue
                link.asked_at = now
                if self.order > link.order:
                    await self.regenerate(peer)
                else:
                    await self.ask_repair(peer)

    async def _take(self, message: dict[str, Any]) -> None:
        source = message.get("source", "")
        match message["type"]:
            case "welcome":
                self.me, self.order, self._ticket = source, message["order"], message["ticket"]
            case "present" if source not in self.links:
                self.links[source] = Link(message["order"])
                await self._offer(source)
            case "hello":
                self.links.setdefault(source, Link(message["order"]))
            case "left":
                link = self.links.get(source)
                if link:
                    async with link.lock:
                        await self._close(link)
                    self.links.pop(source, None)
            case "offer" if message["gen"] > self.links[source].gen:
                await self._answer(source, message)
            case "answer" if message["gen"] == self.links[source].gen:
                await self._describe(self.links[source], message["sdp"], "answer")
            case "ice":
                await self._candidates(self.links[source], message["gen"], message["candidates"])
            case "repair" if (
                self.order > self.links[source].order and message["gen"] >= self.links[source].gen
            ):
                await self._offer(source)
            case "error":
                self.errors.append(message)

    async def _offer(self, peer: str) -> None:
        link = self.links[peer]
        async with link.lock:
            connection = await self._renew(link, link.gen + 1)
            self._speak(connection)
            await connection.setLocalDescription(await connection.createOffer())
        sdp = connection.localDescription.sdp
        await self._send(type="offer", target=peer, gen=link.gen, sdp=sdp)
        # aiortc gathers before it offers: its candidates stand in the SDP, and this is their end.
        await self._send(type="ice", target=peer, gen=link.gen, candidates=[None])

    async def _answer(self, peer: str, message: dict[str, Any]) -> None:
        link = self.links[peer]
        async with link.lock:
            connection = await self._renew(link, message["gen"])
            await self._describe(link, message["sdp"], "offer")
            self._speak(connection)
            await connection.setLocalDescription(await connection.createAnswer())
        sdp = connection.localDescription.sdp
        await self._send(type="answer", target=peer, gen=link.gen, sdp=sdp)
        await self._send(type="ice", target=peer, gen=link.gen, candidates=[None])
        await self._candidates(link, link.gen, link.early.pop(link.gen, []))

    async def _describe(self, link: Link, sdp: str, kind: str) -> None:
        assert link.connection is not None
        await link.connection.setRemoteDescription(RTCSessionDescription(sdp, kind))
        link.theirs = sdp

    async def _renew(self, link: Link, gen: int) -> RTCPeerConnection:
        await self._close(link)
        link.gen = gen
        link.heard_at = asyncio.get_running_loop().time()
        connection = link.connection = RTCPeerConnection(RTCConfiguration(iceServers=self._servers))

        @connection.on("track")
        def heard(track: MediaStreamTrack) -> None:
            link.task = asyncio.create_task(self._listen(link, track))

        return connection

    async def _candidates(self, link: Link, gen: int, candidates: list[Any]) -> None:
        if gen != link.gen or link.connection is None or link.connection.remoteDescription is None:
            link.early.setdefault(gen, []).extend(candidates)
            return
        for said in candidates:
            if said is None or not said["candidate"]:
                continue
            # As W3C's addIceCandidate does.
            fragment = said.get("usernameFragment")
            if fragment and f"a=ice-ufrag:{fragment}" not in link.theirs.splitlines():
                continue
            candidate = candidate_from_sdp(said["candidate"].removeprefix("candidate:"))
            candidate.sdpMid, candidate.sdpMLineIndex = said.get("sdpMid"), said.get("sdpMLineIndex")
            await link.connection.addIceCandidate(candidate)

    async def _listen(self, link: Link, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0].astype(float)
                link.heard_at = asyncio.get_running_loop().time()
                link.heard = np.concatenate([link.heard, samples])[-RATE * 2 // 5 :]

    async def _close(self, link: Link) -> None:
        if link.task is not None:
            link.task.cancel()
        if link.connection is not None:
            await link.connection.close()
        link.connection = link.task = None
        link.heard = np.zeros(0)

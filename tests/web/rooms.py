"""What tests of the sockets begin with: two people in a room, and a peer that reads nothing."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct

from tests.web.house import DEADLINE
from tests.web.person import UPGRADE, Person, Wire


async def pair(ana: Person, bo: Person) -> tuple[Wire, Wire]:
    """Two people in one sea's voice."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    wires = await ana.join(room), await bo.join(room)
    for wire in wires:
        await wire.caught_up()
    return wires


BULK = [{"candidate": "x" * 1000}] * 57
"""Candidates that fill a frame."""


class Stalled:
    """A peer of plain bytes, which says hello, reads its welcome, and nothing after that."""

    def __init__(self, raw: socket.socket, peer: str) -> None:
        self._raw = raw
        self.peer = peer

    @classmethod
    async def join(cls, who: Person, room: str) -> Stalled:
        loop = asyncio.get_running_loop()
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await loop.sock_connect(raw, who.house.address)
        headers = {**who.headers(UPGRADE), "Host": "localhost"}
        head = [f"GET /ws/voice/{room}/ HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        await loop.sock_sendall(
            raw, "\r\n".join(head).encode() + _masked(b'{"type":"hello","name":"C","muted":true}')
        )
        got = b""
        async with asyncio.timeout(DEADLINE):
            while b'"type":"welcome"' not in got or not got.endswith(b"}"):
                got += await loop.sock_recv(raw, 4096)
        frame = got[got.index(b'{"type":"welcome"') :]
        return cls(raw, json.JSONDecoder().raw_decode(frame.decode("latin-1"))[0]["source"])

    def close(self) -> None:
        self._raw.close()


def _masked(payload: bytes) -> bytes:
    """A client's text frame (RFC 6455, 5.2)."""
    key = os.urandom(4)
    body = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    assert len(payload) < 126
    return struct.pack("!BB", 0x81, 0x80 | len(payload)) + key + body

"""What peers and the server say to each other, byte for byte, with stable words for what is random."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.web.house import DEADLINE
from tests.web.person import Person

_TEXT = re.compile(r'"(source|user|ticket|boot|username|credential)":"([^"]+)"')
_NUMBER = re.compile(r'"(order|closes_at|at|expires_at|server_time)":(\d+)')
_WORDS = {"source": "peer", "closes_at": "time", "at": "time", "expires_at": "time", "server_time": "time"}


class Record:
    """The lines so far. What is random got a number in the order in which it was first seen."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def write(self, line: str) -> None:
        """Write a line, with what is known to be random replaced."""
        for value in sorted(self._known, key=len, reverse=True):
            line = line.replace(value, self._known[value])
        self.lines.append(line)

    def learn(self, frame: str) -> None:
        """Note the random values of a frame of the server's."""
        for field, value in [*_TEXT.findall(frame), *_NUMBER.findall(frame)]:
            word = _WORDS.get(field, field)
            count = sum(name.startswith(f"<{word} ") for name in self._known.values())
            self._known.setdefault(value, f"<{word} {count + 1}>")

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


def message(type: str, **fields: Any) -> str:
    """Write a message as JSON.stringify would."""
    return json.dumps({"type": type, **fields}, separators=(",", ":"), ensure_ascii=False)


class Recorded:
    """One socket whose every frame is written down."""

    def __init__(self, record: Record, name: str, socket: ClientWebSocketResponse) -> None:
        self._record = record
        self._name = name
        self._socket = socket
        self.sent = 0

    @classmethod
    async def dial(cls, record: Record, person: Person, room: str) -> Recorded:
        name = person.name.lower()
        record.write(f"{name} dials")
        return cls(record, name, (await person.connect(room)).socket)

    async def says(self, type: str, *, times: int = 1, **fields: Any) -> None:
        """Send a message."""
        await self.sends(message(type, **fields), times=times)

    async def sends(self, frame: str | bytes, *, times: int = 1) -> None:
        """Send a frame as it is: text, or binary."""
        shown = frame if isinstance(frame, str) else f"binary {frame!r}"
        if len(shown) > 1000:
            shown = f"{shown[:80]}... ({len(shown)} characters)"
        self._record.write(f"{self._name}> {shown}" + (f"  ({times} times)" if times > 1 else ""))
        for _ in range(times):
            self.sent += 1
            if isinstance(frame, str):
                await self._socket.send_str(frame)
            else:
                await self._socket.send_bytes(frame)

    async def hears(self, *types: str) -> list[dict[str, Any]]:
        """Write down the next frames, which are of these types; gives them."""
        frames = []
        for kind in types:
            async with asyncio.timeout(DEADLINE):
                came = await self._socket.receive()
            assert came.type is WSMsgType.TEXT, (self._name, kind, came)
            self._record.learn(came.data)
            self._record.write(f"{self._name}< {came.data}")
            frames.append(json.loads(came.data))
        assert [frame["type"] for frame in frames] == list(types)
        return frames

    async def is_closed(self) -> None:
        """Write down with what the server closes the socket."""
        async with asyncio.timeout(DEADLINE):
            came = await self._socket.receive()
        assert came.type is WSMsgType.CLOSE, came
        self._record.write(f"{self._name}< closed {came.data} {came.extra}")

    async def has_heard_all(self) -> dict[str, Any]:
        """Ask for a pong, before which nothing may come; gives it."""
        await self.says("ping", t=7)
        return (await self.hears("pong"))[0]

    async def drops(self) -> None:
        """Lose the socket, without a bye."""
        self._record.write(f"{self._name} drops the socket")
        await self._socket.close()

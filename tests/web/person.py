"""People with browsers, as far as the server can tell: cookies, forms, and one WebSocket a tab."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from multidict import CIMultiDict, CIMultiDictProxy

from tests.web.house import DEADLINE, OPENS, House

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> str:
        """The code of a refusal."""
        code: str = self.json["error"]["code"]
        return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation as its maker gets it."""

    token: str
    id: int


class Wire:
    """One WebSocket, as a client of PROTOCOL.md holds it."""

    _pings = itertools.count(1)

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        """All that came, in its order."""
        self.welcome: Frame = {}
        self._looked_at = 0

    @property
    def peer(self) -> str:
        """This client's own peer id."""
        peer: str = self.welcome["source"]
        return peer

    async def say(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def hello(self, name: str = "Ana", **more: Any) -> Frame:
        """Say hello and wait for the welcome."""
        await self.say(type="hello", name=name, muted=False, **more)
        self.welcome = await self.next("welcome")
        return self.welcome

    async def next(self, kind: str) -> Frame:
        """Wait for the next frame of that type; those before it have been looked at then."""
        async with asyncio.timeout(DEADLINE):
            while True:
                while self._looked_at < len(self.frames):
                    frame = self.frames[self._looked_at]
                    self._looked_at += 1
                    if frame["type"] == kind:
                        return frame
                assert await self._read(), f"closed with {self.socket.close_code}, no {kind} came"

    async def caught_up(self) -> list[Frame]:
        """Give what came until the server answered a ping sent now: what isn't there was not sent."""
        start, t = self._looked_at, next(self._pings)
        await self.say(type="ping", t=t)
        while (await self.next("pong"))["t"] != t:
            continue
        return self.frames[start : self._looked_at - 1]

    async def closed(self, *, within: float = DEADLINE) -> int:
        """Wait for the end; gives the close code."""
        async with asyncio.timeout(within):
            while await self._read():
                continue
        return self.socket.close_code or 1006

    async def leave(self) -> None:
        """Drop the socket without a bye."""
        await self.socket.close()

    def cut(self) -> None:
        """Lose the connection, as a network does: no close frame is sent."""
        connection = self.socket._response.connection  # nothing public cuts
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()

    async def _read(self) -> bool:
        message = await self.socket.receive()
        if message.type is WSMsgType.TEXT:
            self.frames.append(json.loads(message.data))
        return message.type is WSMsgType.TEXT


class Person:
    """Somebody with one browser."""

    def __init__(self, house: House, *, address: str | None = None, cookies: Mapping[str, str] = {}) -> None:
        self.house = house
        self.user_id = ""
        self.name = ""
        self.cookies = dict(cookies)
        self.set_cookie: list[str] = []
        """The last answer's Set-Cookie lines."""
        self._address = address

    def headers(self, more: Mapping[str, str | None] | None = None) -> CIMultiDict[str]:
        """What the browser sends with a request of the site's own page; None leaves a header out."""
        usual: dict[str, str | None] = {"Origin": self.house.settings.origin, "Accept": "application/json"}
        if self.cookies:
            usual["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self._address:
            usual["X-Forwarded-For"] = self._address
        return CIMultiDict({k: v for k, v in {**usual, **(more or {})}.items() if v is not None})

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str | None] | None = None, **body: Any
    ) -> Answer:
        """Send one request; `data=` and `json=` are aiohttp's."""
        async with (
            asyncio.timeout(DEADLINE),
            self.house.http.request(
                method, self.house.url + path, headers=self.headers(headers), allow_redirects=False, **body
            ) as response,
        ):
            answer = Answer(
                status=response.status, headers=response.headers, body=await response.content.read()
            )
        self.set_cookie = response.headers.getall("Set-Cookie", [])
        for name, morsel in response.cookies.items():
            self.cookies[name] = morsel.value
            if morsel["max-age"] == "0":
                del self.cookies[name]
        return answer

    async def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return await self.ask("GET", path, headers={"Accept": "text/html", "Origin": None, **headers})

    async def metrics(self) -> list[str]:
        """Read the lines of `/metrics`, as Prometheus does."""
        answer = await self.get("/metrics", **OPENS)
        assert answer.status == 200, answer.text
        return answer.text.splitlines()

    async def post(self, path: str, **fields: str) -> Answer:
        """Post a form and be answered by JSON."""
        return await self.ask("POST", path, data=fields)

    async def does(self, path: str, **fields: str) -> Any:
        """Post a form that must succeed; gives the JSON."""
        answer = await self.post(path, **fields)
        assert answer.status in (200, 201), answer.text
        return answer.json

    async def sign_in(self, name: str, **more: str) -> Person:
        said = await self.does("/sign-in", name=name, **more)
        self.user_id, self.name = said["user_id"], said["name"]
        return self

    async def open_sea(self) -> str:
        """Open the own sea; gives the room's id."""
        room: str = (await self.does("/my-sea/open"))["room_id"]
        return room

    async def make_table(self, name: str = "Chess") -> str:
        """Make a table; gives the room's id."""
        room: str = (await self.does("/tables", name=name))["room_id"]
        return room

    async def invite(self, room: str) -> Invitation:
        """Make an invitation to one's own room."""
        path = "/my-sea" if room.startswith("mysea-") else f"/table/{room}"
        made = await self.does(f"{path}/invitations")
        return Invitation(token=made["url"].partition("#")[2], id=made["id"])

    async def accept(self, invitation: Invitation, **more: str) -> Answer:
        return await self.post("/invitations/accept", token=invitation.token, **more)

    async def credentials(self, room: str | None = None) -> Answer:
        query = "" if room is None else f"?room={room}"
        return await self.ask("GET", f"/api/voice/turn-credentials/{query}")

    async def connect(self, room: str, headers: Mapping[str, str | None] | None = None, **how: Any) -> Wire:
        """Open a WebSocket, `how` being aiohttp's. Raises `WSServerHandshakeError` where it is refused."""
        async with asyncio.timeout(DEADLINE):
            socket = await self.house.http.ws_connect(
                f"{self.house.url}/ws/voice/{room}/",
                headers=self.headers(headers),
                protocols=("meshvoice.v1",),
                **how,
            )
        return Wire(socket)

    async def knock(self, room: str, headers: Mapping[str, str | None] | None = None) -> int:
        """Try a handshake; gives 101, or the status of the refusal."""
        try:
            wire = await self.connect(room, headers)
        except WSServerHandshakeError as refusal:
            return refusal.status
        await wire.leave()
        return 101

    async def join(self, room: str, **more: Any) -> Wire:
        """Open a WebSocket and take a seat."""
        wire = await self.connect(room)
        await wire.hello(self.name or "Ana", **more)
        return wire


UPGRADE: dict[str, str | None] = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""A handshake's headers (RFC 6455, 1.3), for reading the body of a refusal."""

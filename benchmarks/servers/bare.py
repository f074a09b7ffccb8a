"""The least that aiohttp can do as a relay: who sends, the target's name read, the source put in its place.

    python -m benchmarks.servers.bare PORT

No session, no room's rules, no limits, no replay: what anything written on aiohttp costs at least.
"""

from __future__ import annotations

import gc
import sys

import msgspec
import uvloop
from aiohttp import WSMsgType, web


class Named(msgspec.Struct):
    type: str
    target: str = ""
    room: str = ""
    id: str = ""


read = msgspec.json.Decoder(Named).decode
rooms: dict[str, dict[str, Peer]] = {}


class Peer:
    def __init__(self, ws: web.WebSocketResponse, room: str, name: str) -> None:
        self.ws = ws
        self.room = rooms.setdefault(room, {})
        self.name = name
        self.tail = b',"source":"%b"}' % name.encode()


async def serve(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(compress=False, max_msg_size=65536, decode_text=False)
    await ws.prepare(request)
    hello = read((await ws.receive()).data)
    peer = Peer(ws, hello.room, hello.id)
    for other in peer.room.values():
        await other.ws.send_frame(b'{"type":"hello","source":"%b"}' % peer.name.encode(), WSMsgType.TEXT)
    present = {"type": "present", "id": peer.name, "peers": list(peer.room)}
    await ws.send_frame(msgspec.json.encode(present), WSMsgType.TEXT)
    peer.room[peer.name] = peer
    try:
        async for message in ws:
            target = peer.room.get(read(message.data).target)
            if target is not None:
                await target.ws.send_frame(message.data[:-1] + peer.tail, WSMsgType.TEXT)
    finally:
        del peer.room[peer.name]
        for other in peer.room.values():
            await other.ws.send_frame(b'{"type":"left","source":"%b"}' % peer.name.encode(), WSMsgType.TEXT)
        if not peer.room:
            rooms.pop(hello.room, None)
    return ws


if __name__ == "__main__":
    # As ours does: a crowd costs either the same looks of the collector.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    app = web.Application()
    app.router.add_get("/ws", serve)
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=None,
        loop=uvloop.new_event_loop(),
    )

"""A page that makes a call with as little as that takes: what ours is measured beside.

`python -m benchmarks.join.plain_server HOST PORT ICE_SERVERS [CERT KEY]`; no room, no session, no repair.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import sys
from pathlib import Path

from aiohttp import WSMsgType, web

_FOLDER = Path(__file__).parent
AUDIO = {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True, "channelCount": 1}
"""What ours asks the microphone for."""

_PEERS = web.AppKey("peers", dict[str, web.WebSocketResponse])
_ICE = web.AppKey("ice", list[object])


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FOLDER / (request.match_info["name"] or "plain.html"))


async def _facts(request: web.Request) -> web.Response:
    return web.json_response({"audio": AUDIO, "iceServers": request.app[_ICE]})


async def _socket(request: web.Request) -> web.WebSocketResponse:
    peers, peer = request.app[_PEERS], secrets.token_hex(4)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    others = list(peers)
    # Before anything is awaited: of two who come at once the second must know of the first.
    peers[peer] = socket
    await socket.send_json({"type": "welcome", "peers": others})
    async for frame in socket:
        if frame.type is WSMsgType.TEXT:
            message = json.loads(frame.data)
            target = peers.get(message.pop("to"))
            # A candidate for a page that was just closed is no reason to end the one that sent it.
            if target is not None and not target.closed:
                with contextlib.suppress(ConnectionResetError):
                    await target.send_json({**message, "from": peer})
    del peers[peer]
    for other in list(peers.values()):
        await other.send_json({"type": "gone", "from": peer})
    return socket


def main(host: str, port: str, ice: str, *files: str) -> None:
    app = web.Application()
    app[_PEERS], app[_ICE] = {}, json.loads(ice)
    app.router.add_get("/ws", _socket)
    app.router.add_get("/plain.json", _facts)
    app.router.add_get("/{name:(?:plain\\.js)?}", _page)
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    web.run_app(app, host=host, port=int(port), ssl_context=context, print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])

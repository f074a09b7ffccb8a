"""`GET /ws/voice/{room_id}/`: one WebSocket from its handshake to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from aiohttp import WSMsgType, web

from meshvoice.access.errors import GuestBookError
from meshvoice.ids import Room, RoomId
from meshvoice.signaling.client_messages import FRAME_BYTES
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.limits import address_key, address_keys
from meshvoice.signaling.registry import SocketId
from meshvoice.web.door import read_room
from meshvoice.web.error_pages import RequestRefused, too_many
from meshvoice.web.keys import (
    ADDRESS,
    CLOCK,
    DOOR,
    METRICS,
    SWITCHBOARD,
    THROTTLES,
    VISITOR,
    WAITING,
    WAITS,
    Visitor,
)
from meshvoice.web.origins import check_websocket_origin
from meshvoice.web.outbox import Outbox

log = logging.getLogger("meshvoice.voice")

SUBPROTOCOL = "meshvoice.v1"


async def voice(request: web.Request) -> web.StreamResponse:
    """Serve signaling to one peer."""
    visitor, room = admit(request)
    with _held(request, visitor, room.room_id) as silent:
        ws = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            compress=False,  # costs 100 KB a peer, and SDP is sent once
            max_msg_size=FRAME_BYTES,
            heartbeat=request.app[WAITS].heartbeat,
            decode_text=False,
            timeout=1.0,
        )
        await ws.prepare(request)
        switchboard, outbox = request.app[SWITCHBOARD], Outbox(ws, request, request.app[WAITING])
        # Credentials come over a socket too, for which nobody has to ask.
        lends = request.app[THROTTLES].relayed.take(
            address_keys(request[ADDRESS]), visitor.user_id, request.app[CLOCK]()
        )
        socket = switchboard.plug(outbox, room, visitor, lends=lends)
        problem: GuestBookError | None = None
        try:
            await _listen(request, ws, socket, silent)
        except GuestBookError as error:
            # The upgrade is done, so no HTTP answer can tell it; the peer comes back and finds out there.
            problem = error
            outbox.close(CloseCode.BROKEN, "something broke on our side")
        finally:
            switchboard.unplug(socket)
            code, why = outbox.closing or (ws.close_code, "not by us")
            request.app[METRICS].ended.labels(str(code)).inc()
            level = logging.INFO if problem is None else logging.ERROR
            log.log(level, "socket %d: ended with %s, %s", socket, code, why, exc_info=problem)
            await outbox.finish()
    return ws


def admit(request: web.Request) -> tuple[Visitor, Room]:
    """Ask everything that is asked before the upgrade. Raises `RequestRefused`."""
    check_websocket_origin(request)
    throttles, now = request.app[THROTTLES], request.app[CLOCK]()
    if not throttles.handshakes.take(address_key(request[ADDRESS]), now):
        raise too_many("connections")
    visitor = request[VISITOR]
    if visitor is None:
        raise RequestRefused(401, "signed-out", "refused.sign-in")
    room = read_room(request.match_info["room_id"])
    request.app[DOOR].at_handshake(room, visitor.user_id)
    if not throttles.joins.take(visitor.user_id, now):
        raise too_many("joins")
    return visitor, room


@contextmanager
def _held(request: web.Request, visitor: Visitor, room: RoomId) -> Iterator[ExitStack]:
    """Count a socket while it is open; what is given is closed when it has said hello."""
    throttles, address = request.app[THROTTLES], address_key(request[ADDRESS])
    caps = (
        (throttles.silent_sockets_of_address, address),
        (throttles.sockets_of_user, visitor.user_id),
        (throttles.sockets_of_address, address),
        (throttles.sockets_of_room, room),
        (throttles.sockets, None),
    )
    if not all(cap.free(key) for cap, key in caps):
        raise too_many("open-connections")
    with ExitStack() as silent, ExitStack() as open_:
        for (cap, key), held in zip(caps, (silent, *[open_] * len(caps)), strict=False):
            cap.hold(key)
            held.callback(cap.release, key)
        yield silent


async def _listen(
    request: web.Request, ws: web.WebSocketResponse, socket: SocketId, silent: ExitStack
) -> None:
    switchboard, within, greeted = request.app[SWITCHBOARD], request.app[WAITS].hello, False
    try:
        async with asyncio.timeout(within) as deadline:
            async for message in ws:
                # No await from here to the outboxes: the registry is whole between two messages.
                crowded = False
                if message.type is WSMsgType.TEXT:
                    crowded = switchboard.receive(socket, message.data)
                elif message.type is WSMsgType.BINARY:
                    crowded = switchboard.receive_binary(socket, len(message.data))
                if not greeted and not switchboard.awaits_hello(socket):
                    greeted = True
                    deadline.reschedule(None)
                    silent.close()
                    # What the client says behind its hello is read once it is in.
                    held = await switchboard.turn(socket)
                    if held is not None and request.transport is not None:
                        crowded = switchboard.let_in(socket, held)
                if crowded:
                    # Frames that came together are read without a pause: a burst would fill the outbox of
                    # somebody who reads well, before its writer has its turn.
                    await asyncio.sleep(0)
    except TimeoutError:
        switchboard.close(socket, CloseCode.BAD, f"no hello within {within:.0f} seconds")

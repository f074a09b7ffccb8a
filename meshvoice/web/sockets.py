"""`GET /ws/voice/{room_id}/`: one WebSocket from its handshake to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Sequence

from aiohttp import WebSocketError, web

from meshvoice.ids import Room, RoomId
from meshvoice.signaling.client_messages import FRAME_BYTES
from meshvoice.signaling.codes import GARBLED, CloseCode
from meshvoice.signaling.limits import Cap, address_key, address_keys
from meshvoice.web.admission import tell_seldom
from meshvoice.web.connections import connection_of
from meshvoice.web.door import read_room
from meshvoice.web.error_pages import RequestRefused, too_many
from meshvoice.web.keys import (
    ADDRESS,
    CLOCK,
    DOOR,
    OUTGOING,
    RESPONSE,
    SWITCHBOARD,
    THROTTLES,
    VISITOR,
    Visitor,
)
from meshvoice.web.logs import facts
from meshvoice.web.origins import check_websocket_origin
from meshvoice.web.outbox import Outbox
from meshvoice.web.reading import Reader, listen
from meshvoice.web.straight import StraightResponse
from meshvoice.web.throttles import Throttles

log = logging.getLogger("meshvoice.voice")

SUBPROTOCOL = "meshvoice.v1"
_NO_STATUS = 1005
"""What a close frame without a number is taken for (RFC 6455, 7.1.5)."""
_OURS = GARBLED | {int(code) for code in CloseCode}
_THEIRS = frozenset(int(code) for code in (CloseCode.LEFT, CloseCode.GOING_AWAY, CloseCode.CUT))
_NO_HANDSHAKE = "what came for voice is no WebSocket: does the proxy pass Upgrade and Connection on?"
_UNREAD = {int(code): code.why for code in (CloseCode.TOO_LONG, CloseCode.TOO_FAST)}


async def voice(request: web.Request) -> web.StreamResponse:
    """Serve signaling to one peer."""
    visitor, room = admit(request)
    held = _Held(request.app[THROTTLES], visitor, address_keys(request[ADDRESS]), room.room_id)
    try:
        ws = request.app[RESPONSE](
            protocols=(SUBPROTOCOL,),
            compress=False,  # costs 100 KB a peer, and SDP is sent once
            max_msg_size=FRAME_BYTES,
            autoping=False,  # one sweep pings whoever is silent (`Switchboard.sweep`)
            decode_text=False,
            timeout=1.0,
        )
        try:
            await ws.prepare(request)
        except ConnectionError:
            # Gone before the answer: nothing began that could end, and nobody gets this one either.
            return web.Response(status=400)
        except web.HTTPBadRequest:
            tell_seldom(request, _NO_HANDSHAKE)
            raise RequestRefused(400, "no-upgrade", "refused.no-upgrade") from None
        # Of no use to anybody any more, and kilobytes for each socket.
        ws.headers.clear()
        connection_of(request).upgraded()
        switchboard, outbox = request.app[SWITCHBOARD], Outbox(ws, request, request.app[OUTGOING])
        # Credentials come over a socket too, for which nobody has to ask.
        lends = request.app[THROTTLES].relayed.take(
            address_keys(request[ADDRESS]), visitor.user_id, request.app[CLOCK].steady()
        )
        # Nor the session, and what a page would show.
        request.clear()
        socket = switchboard.plug(outbox, room, visitor, lends=lends)
        problem: Exception | None = None
        unread: tuple[int, str] | None = None
        try:
            listening = listen(request, Reader(request, ws, switchboard, socket, outbox), held.greeted)
            # Where each frame wakes it, in a task of its own: waking this one goes through every middleware.
            await (listening if isinstance(ws, StraightResponse) else asyncio.create_task(listening))
        except WebSocketError as error:
            # aiohttp has told the client, and forgets by what number.
            unread = error.code, _UNREAD.get(error.code, "what came is no frame of a WebSocket")
        except Exception as error:
            # The upgrade is done, so no HTTP answer can tell it; the peer comes back and finds out there.
            problem = error
            outbox.close(CloseCode.BROKEN, "something broke on our side")
        finally:
            if isinstance(ws, StraightResponse):
                ws.hear(None)
            switchboard.unplug(socket)
            by_us = outbox.closing or unread
            code, why = by_us or _by_itself(ws.close_code)
            switchboard.hub.tally.ended[_known(code, _OURS if by_us else _THEIRS)] += 1
            level = logging.INFO if problem is None else logging.ERROR
            log.log(
                level,
                "socket %d: ended with %s, %s",
                *(socket, code, why),
                exc_info=problem,
                extra=facts(socket=socket, code=code, why=why),
            )
            await outbox.finish()
            _let_go(ws)
    finally:
        held.release()
    return ws


def _let_go(ws: web.WebSocketResponse) -> None:
    lost = ws.exception()
    if lost is not None:
        # aiohttp keeps it, and tracebacks hold the socket: all of a lost connection would be a cycle.
        lost.__traceback__ = lost.__context__ = None


def _by_itself(code: int | None) -> tuple[int, str]:
    """Say why a socket ended that we didn't close, in the words of the log."""
    match code:
        case None | CloseCode.CUT:
            return int(CloseCode.CUT), "the connection was lost"
        case 0:
            return _NO_STATUS, "the client closed it"
        case CloseCode.GOING_AWAY:
            return code, "the page went away"
        case _:
            return code, "the client closed it"


def _known(code: int, known: frozenset[int]) -> str:
    # A client may end with any number: each would be a series, and ours would tell what we never did.
    return str(code) if code in known else "other"


def admit(request: web.Request) -> tuple[Visitor, Room]:
    """Ask everything that is asked before the upgrade. Raises `RequestRefused`."""
    check_websocket_origin(request)
    throttles, now = request.app[THROTTLES], request.app[CLOCK].steady()
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


class _Held:
    """What a socket counts for while it is open; `greeted`: it is silent no more."""

    __slots__ = ("_caps",)

    def __init__(self, throttles: Throttles, visitor: Visitor, keys: Sequence[str], room: RoomId) -> None:
        address, networks = keys[0], keys[1:]
        self._caps: list[tuple[Cap, Hashable]] = [
            (throttles.sockets_of_user, visitor.user_id),
            (throttles.sockets_of_address, address),
            (throttles.sockets_of_room, room),
            (throttles.sockets, None),
            *((throttles.sockets_of_network, network) for network in networks),
            (throttles.silent_sockets_of_address, address),
        ]
        if not all(cap.free(key) for cap, key in self._caps):
            raise too_many("open-connections")
        for cap, key in self._caps:
            cap.hold(key)

    def greeted(self) -> None:
        cap, key = self._caps.pop()
        cap.release(key)

    def release(self) -> None:
        for cap, key in self._caps:
            cap.release(key)

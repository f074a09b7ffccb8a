"""`GET /ws/voice/{room_id}/`: one WebSocket from its handshake to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import UNSET

from meshvoice.access import gates, seat_tickets
from meshvoice.access.errors import GuestBookError, TicketError
from meshvoice.ids import Room, RoomId, Sea, parse_room
from meshvoice.signaling.errors import BadMessage, CloseCode, NotJoined, SignalingError
from meshvoice.signaling.frames import error_frame
from meshvoice.signaling.hub import Entry
from meshvoice.signaling.limits import address_key
from meshvoice.signaling.messages import FRAME_BYTES, Hello, parse, type_of
from meshvoice.signaling.rooms import SocketId
from meshvoice.web.keys import (
    ADDRESS,
    BOOK,
    CLOCK,
    DERIVED,
    METRICS,
    SETTINGS,
    SWITCHBOARD,
    THROTTLES,
    VISITOR,
    WAITS,
    Visitor,
)
from meshvoice.web.outbox import Outbox
from meshvoice.web.security import Refused, check_websocket_origin, too_many
from meshvoice.web.switchboard import new_peer

log = logging.getLogger("meshvoice.voice")

SUBPROTOCOL = "meshvoice.v1"
TICKET_SECONDS = 7 * 24 * 3600
"""For which a table's seat ticket is good; a sea's ends with the sea."""


async def voice(request: web.Request) -> web.StreamResponse:
    """Serve signaling to one peer."""
    visitor, room = admit(request)
    with _held(request, visitor, room.room_id):
        ws = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            compress=False,  # costs 100 KB a peer, and SDP is sent once
            max_msg_size=FRAME_BYTES,
            heartbeat=request.app[WAITS].heartbeat,
            decode_text=False,
            timeout=1.0,
        )
        await ws.prepare(request)
        switchboard, outbox = request.app[SWITCHBOARD], Outbox(ws, request)
        socket = switchboard.plug(outbox)
        try:
            hello = await _hello(request, ws, outbox)
            if hello is not None:
                _join(request, visitor, room, socket, hello)
                await _listen(request, ws, socket)
        except GuestBookError:
            # The upgrade is done, so no HTTP answer can tell it; the peer comes back and finds out there.
            log.exception("a socket ends because the guest book can't be used")
            outbox.close(WSCloseCode.INTERNAL_ERROR, "something broke on our side")
        finally:
            switchboard.unplug(socket)
            code = outbox.closed_by_us or ws.close_code
            request.app[METRICS].ended.labels(str(code)).inc()
            log.info("a socket ended: %s", code)
            await outbox.finish()
    return ws


def admit(request: web.Request) -> tuple[Visitor, Room]:
    """Ask everything that is asked before the upgrade. Raises `Refused`."""
    check_websocket_origin(request)
    throttles, now = request.app[THROTTLES], request.app[CLOCK]()
    if not throttles.handshakes.take(address_key(request[ADDRESS]), now):
        raise too_many("connections")
    visitor = request[VISITOR]
    if visitor is None:
        raise Refused(401, "signed-out", "Sign in first.")
    room = parse_room(request.match_info["room_id"])
    answer: gates.Admission | gates.Refusal = gates.Refusal.NOT_FOUND
    if room is not None:
        facts = request.app[BOOK].facts(room, visitor.user_id)
        answer = gates.may_enter(facts, user_id=visitor.user_id, room=room, now=now)
    if room is None or isinstance(answer, gates.Refusal):
        # The same bytes for whatever the reason: nobody learns here which rooms exist.
        raise Refused(404, gates.Refusal.NOT_FOUND.code, gates.Refusal.NOT_FOUND.sentence)
    if not throttles.joins.take(visitor.user_id, now):
        raise too_many("joins")
    return visitor, room


@contextmanager
def _held(request: web.Request, visitor: Visitor, room: RoomId) -> Iterator[None]:
    throttles = request.app[THROTTLES]
    caps = (
        (throttles.sockets_of_user, visitor.user_id),
        (throttles.sockets_of_address, address_key(request[ADDRESS])),
        (throttles.sockets_of_room, room),
        (throttles.sockets, None),
    )
    if not all(cap.free(key) for cap, key in caps):
        raise too_many("open connections")
    for cap, key in caps:
        cap.hold(key)
    try:
        yield
    finally:
        for cap, key in caps:
            cap.release(key)


async def _hello(request: web.Request, ws: web.WebSocketResponse, outbox: Outbox) -> Hello | None:
    """Wait for the hello; None where none came in time or the socket ended."""
    mistakes, within = 0, request.app[WAITS].hello
    try:
        async with asyncio.timeout(within):
            async for message in ws:
                try:
                    if message.type is not WSMsgType.TEXT:
                        raise BadMessage("frames are JSON text")
                    said = parse(message.data)
                    if isinstance(said, Hello):
                        return said
                    raise NotJoined("say hello first", about=type_of(said))
                except SignalingError as problem:
                    request.app[METRICS].refused(problem)
                    outbox.put(error_frame(problem))
                    mistakes += 1
                if mistakes > 20:
                    outbox.close(CloseCode.BAD, "too many bad messages")
                    return None
    except TimeoutError:
        outbox.close(CloseCode.BAD, f"no hello within {within:.0f} seconds")
    return None


def _join(request: web.Request, visitor: Visitor, room: Room, socket: SocketId, hello: Hello) -> None:
    app, now = request.app, request.app[CLOCK]()
    switchboard, hub = app[SWITCHBOARD], app[SWITCHBOARD].hub
    # Facts may have changed between the handshake and the hello.
    answer = gates.may_enter(
        app[BOOK].facts(room, visitor.user_id), user_id=visitor.user_id, room=room, now=now
    )
    signed_out = visitor.session_id is not None and app[BOOK].sessions.revoked(visitor.session_id)
    if signed_out or isinstance(answer, gates.Refusal):
        code = (
            CloseCode.SIGNED_OUT
            if signed_out
            else CloseCode(getattr(answer, "close_code", CloseCode.NOT_YOURS))
        )
        switchboard.refuse(socket, code, "you may not be in this room any more")
        return
    steady = app[CLOCK].steady()
    peer, order, came_back = new_peer(), hub.next_order(steady), False
    if hello.ticket is not UNSET:
        try:
            seat = seat_tickets.verify(
                hello.ticket,
                keys=app[DERIVED].tickets,
                room=room.room_id,
                user=visitor.user_id,
                stay=answer.stay,
                now=now,
            )
            peer, order, came_back = seat.peer, seat.order, True
        except TicketError as problem:
            # A ticket that ran out costs the seat, not the call: the peer joins as a newcomer.
            log.info("a seat ticket was not taken: %s", problem)
    expires_at = now + TICKET_SECONDS if answer.closes_at is None else answer.closes_at
    ticket = seat_tickets.sign(
        seat_tickets.Seat(
            room=room.room_id,
            peer=peer,
            user=visitor.user_id,
            order=order,
            expires_at=expires_at,
            stay=answer.stay,
        ),
        keys=app[DERIVED].tickets,
    )
    entry = Entry(
        room=room.room_id,
        user=visitor.user_id,
        name=visitor.name,
        role=answer.role.value,
        capacity=capacity(request, room),
        # By the hub's time, which no step of the clock moves.
        closes_at=None if answer.closes_at is None else int(answer.closes_at + app[CLOCK].ahead()),
        peer=peer,
        order=order,
        ticket=ticket,
        came_back=came_back,
        hello=hello,
        credentials=switchboard.credentials_for(visitor.user_id) if came_back else None,
    )
    app[METRICS].joins.labels("ticket" if came_back else "new").inc()
    switchboard.carry_out(hub.join(entry, socket, steady))


def capacity(request: web.Request, room: Room) -> int:
    """Tell how many seats a room has."""
    settings = request.app[SETTINGS]
    return settings.sea_peers if isinstance(room, Sea) else settings.table_seats


async def _listen(request: web.Request, ws: web.WebSocketResponse, socket: SocketId) -> None:
    app = request.app
    switchboard, hub, clock, metrics = app[SWITCHBOARD], app[SWITCHBOARD].hub, app[CLOCK], app[METRICS]
    async for message in ws:
        # No await from here to the outboxes: the registry is whole between two messages.
        if message.type is WSMsgType.TEXT:
            metrics.messages.inc()
            switchboard.carry_out(hub.receive(socket, message.data, clock.steady()))
        elif message.type is WSMsgType.BINARY:
            switchboard.carry_out(hub.receive(socket, b"binary", clock.steady()))
        if switchboard.crowded:
            # Frames that came together are read without a pause: a burst would fill the outbox of somebody
            # who reads well, before its writer has its turn.
            switchboard.crowded = False
            await asyncio.sleep(0)

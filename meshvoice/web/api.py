"""What programs ask for: TURN credentials, health and metrics."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from ipaddress import ip_network

from aiohttp import web

from meshvoice.access.errors import GuestBookError
from meshvoice.forwarding import within
from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.limits import address_keys
from meshvoice.turn import credentials
from meshvoice.turn.credentials import CredentialsBody
from meshvoice.values import UNIX, Peers
from meshvoice.web.admission import forwarding_of
from meshvoice.web.connections import own_address_of
from meshvoice.web.door import read_room
from meshvoice.web.error_pages import RequestRefused, too_many
from meshvoice.web.keys import (
    ADDRESS,
    BOOK,
    CLOCK,
    DERIVED,
    DOOR,
    HEALTH,
    LENT,
    METRICS,
    PEER,
    RELAY,
    SETTINGS,
    SWITCHBOARD,
    THROTTLES,
    VISITOR,
)

_HERE: Peers = (ip_network("127.0.0.0/8"), ip_network("::1/128"), UNIX)
ALONE_SECONDS = 300
"""For which credentials of somebody alone are good: the check page needs them, and no voice yet."""


async def turn_credentials(request: web.Request) -> web.Response:
    """`GET /api/voice/turn-credentials/[?room=ROOM_ID]`: short-lived, for whoever may enter a room.

    With `room`, what the WebSocket's handshake would refuse is refused here, as JSON that a browser can read.
    """
    visitor, clock, throttles = request[VISITOR], request.app[CLOCK], request.app[THROTTLES]
    if visitor is None:
        raise RequestRefused(401, "signed-out", "refused.sign-in")
    if not throttles.credentials.take(visitor.user_id, clock.steady()):
        raise too_many("requests")
    rooms = _rooms(request, visitor.user_id, clock())
    settings = request.app[SETTINGS]
    if not (settings.turn.shared_secrets or settings.turn.fixed):
        raise RequestRefused(503, "no-turn-secret", "refused.no-turn-secret")
    if not throttles.relayed.take(address_keys(request[ADDRESS]), visitor.user_id, clock.steady()):
        raise too_many("people")
    company = any(request.app[SWITCHBOARD].hub.has_company(room, visitor.user_id) for room in rooms)
    return web.json_response(issue(request.app, visitor.user_id, rooms, company=company))


def _rooms(request: web.Request, user_id: UserId, now: float) -> tuple[RoomId, ...]:
    """Give the room that is asked for, or all that the user may enter. Raises `RequestRefused`."""
    asked = request.query.get("room")
    if asked is not None:
        room = read_room(asked)
        request.app[DOOR].at_credentials(room, user_id)
        return (room.room_id,)
    rooms = request.app[BOOK].rooms_of(user_id, now=now)
    if not rooms:
        raise RequestRefused(403, "no-room", "refused.no-room")
    return tuple(room.room_id for room in rooms)


def issue(
    app: web.Application, user_id: UserId, rooms: Iterable[RoomId], *, company: bool
) -> CredentialsBody:
    """Sign credentials for a user in these rooms now, for a few minutes where nobody is there to talk to.

    Raises `NotConfigured`.
    """
    turn = app[SETTINGS].turn
    for room in rooms:
        app[LENT].note(room, user_id, short=not company)
    # coturn goes by the wall clock, and a step of that one holds for minutes before ours believes it.
    ttl, now = turn.ttl if company else min(turn.ttl, ALONE_SECONDS), int(app[CLOCK].latest())
    if turn.fixed:
        signed = credentials.fixed(turn, ttl=ttl, now=now)
    else:
        signed = credentials.issue(
            secret=turn.shared_secrets[0] if turn.shared_secrets else "",
            user_id=user_id,
            pseudonym_key=app[DERIVED].pseudonyms,
            ttl=ttl,
            now=now,
        )
    body = credentials.body(turn, signed)
    if app[SETTINGS].relay_only:
        body["iceTransportPolicy"] = "relay"
    return body


async def relay(request: web.Request) -> web.Response:
    """`GET /api/voice/relay/`: what is wrong with the relay from the server's side, for whoever is signed in.

    A browser can't see it: a clock, a realm, a deny list, an IPv6 address where its own network has none.
    """
    if request[VISITOR] is None:
        raise RequestRefused(401, "signed-out", "refused.sign-in")
    watch = request.app[RELAY]
    watch.want()
    return web.json_response(watch.body())


async def health(request: web.Request) -> web.Response:
    """`GET /healthz`: whether everything works, or what doesn't, by the name of the check that says so.

    200 also where something is wrong that a restart wouldn't mend: calls go on, and on a full disk a restart
    would end the server for good. What is wrong is told to this machine alone: a deny list that is missing is
    nothing that strangers need to know.
    """
    troubles = request.app[HEALTH].troubles()
    status, code = ("degraded" if troubles else "ok"), 200
    try:
        request.app[BOOK].users.get(UserId("0" * 32))
    except GuestBookError as problem:
        status, code, troubles = "failing", 503, troubles | {"book": str(problem)}
    told = troubles if _from_here(request) else {}
    return web.json_response({"status": status, **told}, status=code)


def _from_here(request: web.Request) -> bool:
    """Tell whether a request comes from this machine, and from no proxy on it."""
    if any(forwarding_of(request)):
        return False
    # Whoever dials one of the machine's own addresses from there comes from the same; from elsewhere nobody
    # does, for the kernel takes no packet that claims to be its own.
    return within(request[PEER], _HERE) or request[PEER] == own_address_of(request)


async def metrics(request: web.Request) -> web.Response:
    """`GET /metrics`: Prometheus' text format, for whoever has the token."""
    token = request.app[SETTINGS].metrics_token
    if not token:
        raise web.HTTPNotFound
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        return web.Response(
            status=401,
            text="Send MESHVOICE_METRICS_TOKEN, as `Authorization: Bearer TOKEN`.\n",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return web.Response(
        body=request.app[METRICS].render(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )

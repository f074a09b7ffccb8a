"""What programs ask for: TURN credentials, health and metrics."""

from __future__ import annotations

import ipaddress

from aiohttp import web

from meshvoice.forwarding import wholly_within, within
from meshvoice.ids import UserId
from meshvoice.turn import credentials
from meshvoice.turn.credentials import CredentialsBody
from meshvoice.web.admission import forwarding_of
from meshvoice.web.door import read_room
from meshvoice.web.error_pages import RequestRefused, too_many
from meshvoice.web.keys import BOOK, CLOCK, DERIVED, DOOR, METRICS, SETTINGS, THROTTLES, VISITOR

_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


async def turn_credentials(request: web.Request) -> web.Response:
    """`GET /api/voice/turn-credentials/[?room=ROOM_ID]`: short-lived, for whoever may enter a room.

    With `room`, what the WebSocket's handshake would refuse is refused here, as JSON that a browser can read.
    """
    visitor, book, now = request[VISITOR], request.app[BOOK], request.app[CLOCK]()
    if visitor is None:
        raise RequestRefused(401, "signed-out", "Sign in first.")
    if not request.app[THROTTLES].credentials.take(visitor.user_id, now):
        raise too_many("requests")
    asked = request.query.get("room")
    if asked is not None:
        request.app[DOOR].at_credentials(read_room(asked), visitor.user_id)
    elif not book.rooms_of(visitor.user_id, now=now):
        raise RequestRefused(
            403, "no-room", "Open your sea or accept an invitation first: you may enter no room now."
        )
    settings = request.app[SETTINGS]
    if not settings.turn.shared_secrets:
        raise RequestRefused(
            503,
            "no-turn-secret",
            "This server has no COTURN_SHARED_SECRET, so it can't sign TURN credentials.",
        )
    return web.json_response(issue(request.app, visitor.user_id))


def issue(app: web.Application, user_id: UserId) -> CredentialsBody:
    """Sign credentials for a user now. Raises `NotConfigured`."""
    turn = app[SETTINGS].turn
    signed = credentials.issue(
        secret=turn.shared_secrets[0] if turn.shared_secrets else "",
        user_id=user_id,
        pseudonym_key=app[DERIVED].pseudonyms,
        ttl=turn.ttl,
        now=int(app[CLOCK]()),
    )
    body = credentials.body(turn, signed)
    if app[SETTINGS].relay_only:
        body["iceTransportPolicy"] = "relay"
    return body


async def health(request: web.Request) -> web.Response:
    """`GET /healthz`: whether the process works: the guest book answers.

    200 also where the book can't be written: calls go on, and a restart would end the server for good.
    """
    book = request.app[BOOK]
    trouble = book.trouble
    book.users.get(UserId("0" * 32))
    if trouble is not None:
        return web.json_response({"status": "degraded", "book": str(trouble)})
    return web.json_response({"status": "ok"})


async def metrics(request: web.Request) -> web.Response:
    """`GET /metrics`: Prometheus' text format, for this machine and the trusted proxies' network alone."""
    if not _ours(request):
        raise web.HTTPNotFound
    return web.Response(
        body=request.app[METRICS].render(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


def _ours(request: web.Request) -> bool:
    peer, proxies = request.remote or "", request.app[SETTINGS].trusted_proxies
    lines, forwarded = forwarding_of(request)
    if (lines or forwarded) and not within(peer, proxies):
        # Through a proxy that MESHVOICE_TRUSTED_PROXIES doesn't name, everyone seems to come from here.
        return False
    return wholly_within(peer, lines, forwarded, (*_LOOPBACK, *proxies))

"""What is asked of every request before its session is read: whose it is, how many came, how it is packed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from meshvoice.forwarding import Seldom, client_address, within
from meshvoice.signaling.limits import address_key
from meshvoice.web.connections import connection_of, peer_of
from meshvoice.web.error_pages import RequestRefused, too_many
from meshvoice.web.keys import ADDRESS, CLOCK, PEER, SETTINGS, THROTTLES
from meshvoice.web.static import asks_file

log = logging.getLogger("meshvoice.web")
_SELDOM: web.AppKey[Seldom] = web.AppKey("seldom", Seldom)
_UNNAMED = (
    "a request came with X-Forwarded-For or Forwarded from a peer that MESHVOICE_TRUSTED_PROXIES doesn't"
    " name: if that is your proxy, name its address there (unix, where it dials the Unix socket); until then"
    " all who come by it count as one visitor"
)

_NAMED = 100
"""Characters of what a stranger may have put into the log."""


def setup(app: web.Application) -> None:
    """Install the middleware; before all that costs something."""
    app[_SELDOM] = Seldom(every=3600)
    app.middlewares.append(_admit)


@web.middleware
async def _admit(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if connection_of(request).more_came:
        # From Python 3.12 on aiohttp's tasks begin at once, and whatever a connection sent in one read is
        # answered before anybody else is heard: 9,000 requests in half a second.
        await asyncio.sleep(0)
    trusted, peer = request.app[SETTINGS].trusted_proxies, peer_of(request)
    request[PEER] = peer
    lines, forwarded = forwarding_of(request)
    request[ADDRESS] = client_address(peer, lines, forwarded, trusted)
    throttles = request.app[THROTTLES]
    asked = throttles.files if asks_file(request) else throttles.requests
    if not asked.take(address_key(request[ADDRESS]), request.app[CLOCK].steady()):
        raise too_many("requests")
    if (lines or forwarded) and not within(peer, trusted):
        tell_seldom(request, _UNNAMED)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        # No browser packs a form. Unpacked, a small body may be of any size.
        raise RequestRefused(415, "packed", "refused.packed")
    return await handler(request)


def forwarding_of(request: web.Request) -> tuple[list[str], list[str]]:
    """Give the lines of X-Forwarded-For and of Forwarded."""
    return request.headers.getall("X-Forwarded-For", []), request.headers.getall("Forwarded", [])


def tell_seldom(request: web.Request, matter: str, *, named: str | None = None) -> None:
    """Log a matter that many requests share, once an hour; `named` is what this one said, whatever it is."""
    if request.app[_SELDOM].due(matter, request.app[CLOCK].steady()):
        said = "" if named is None else f": {named[:_NAMED]!a}"
        log.warning("%s%s (told once an hour)", matter, said)

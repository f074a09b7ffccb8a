"""From where a request may come, and to where an answer may lead: this site's own pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from meshvoice.web.error_pages import RequestRefused
from meshvoice.web.keys import SETTINGS


def setup(app: web.Application) -> None:
    """Install the middleware that asks every POST; before anything is known of its sender."""
    app.middlewares.append(_ask)


@web.middleware
async def _ask(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        check_same_origin(request)
    return await handler(request)


def check_same_origin(request: web.Request) -> None:
    """Refuse what another site's page sent in the visitor's name. Raises `RequestRefused`."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    # Referrer-Policy: no-referrer makes browsers say `Origin: null` for our own forms; then Sec-Fetch-Site,
    # which no page can set, tells.
    ours = origin in request.app[SETTINGS].origins if origin not in (None, "null") else site == "same-origin"
    if origin == "null" and site is None:
        # Browsers send Sec-Fetch-Site to https:// and localhost alone; the microphone works there alone, too.
        sentence = "Forms and voice work by https:// (or on localhost) only: open this site so."
        raise RequestRefused(403, "wrong-origin", sentence)
    if not ours or site not in (None, "same-origin"):
        where = request.app[SETTINGS].origin
        raise RequestRefused(
            403, "wrong-origin", f"This was not sent by a page of this site. Open {where} and try again."
        )


def check_websocket_origin(request: web.Request) -> None:
    """Refuse a handshake that no page of ours makes. Raises `RequestRefused`."""
    # A browser sends cookies with any cross-site WebSocket handshake, so the session alone does not prove
    # that the page is ours; and it always says the true Origin there.
    if request.headers.getall("Origin", []) not in [[origin] for origin in request.app[SETTINGS].origins]:
        raise RequestRefused(403, "wrong-origin", "Voice is opened by this site's own pages only.")


def local_path(text: str) -> str:
    """Give the path to go on to, `/` for whatever might lead to another site."""
    # Browsers read a backslash as a slash, and drop tabs and line breaks.
    local = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if local else "/"

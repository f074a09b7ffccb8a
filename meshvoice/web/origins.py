"""From where a request may come, and to where an answer may lead: this site's own pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from meshvoice.web import sessions
from meshvoice.web.error_pages import RequestRefused
from meshvoice.web.keys import SETTINGS


def setup(app: web.Application) -> None:
    """Install the middleware that asks every POST; before anything is known of its sender."""
    app.middlewares.append(_ask)


@web.middleware
async def _ask(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    # What no route takes does nothing in anybody's name: a program without an Origin is told what there is.
    lost = request.match_info.http_exception is not None and "Origin" not in request.headers
    if changes and not lost:
        check_same_origin(request)
    return await handler(request)


def check_same_origin(request: web.Request) -> None:
    """Refuse what another site's page sent in the visitor's name. Raises `RequestRefused`."""
    settings, origin = request.app[SETTINGS], request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        # No page can set it. The Origin may be null all the same, where an extension hides it.
        ours = site == "same-origin" and origin in (None, "null", *settings.origins)
    elif origin == "null" and not settings.https:
        # Browsers send Sec-Fetch-Site to https:// and localhost alone; the microphone works there alone, too.
        sentence = "Forms and voice work by https:// (or on localhost) only: open this site so."
        raise RequestRefused(403, "wrong-origin", sentence)
    elif origin == "null":
        ours = _from_an_old_browser(request)
    else:
        ours = origin in settings.origins
    if not ours:
        raise RequestRefused(
            403,
            "wrong-origin",
            f"This was not sent by a page of this site. Open {settings.origin} and try again.",
        )


def _from_an_old_browser(request: web.Request) -> bool:
    """Tell whether a request may pass that names neither its origin nor its site (Safari before 16.4)."""
    settings = request.app[SETTINGS]
    # SameSite=Lax: our cookie comes with no POST of another site's page. A proxy's own may be otherwise.
    proven = sessions.cookie_name(settings) in request.cookies and not settings.user_header
    # Who signs in has none yet. Another site could sign a visitor in by a name, which gives it nothing.
    return proven or request.path == "/sign-in"


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

"""From where a request may come, and to where an answer may lead: this site's own pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from meshvoice.web.admission import tell_seldom
from meshvoice.web.cookies import cookie_name, cookie_of
from meshvoice.web.error_pages import RequestRefused
from meshvoice.web.keys import SETTINGS, SITES
from meshvoice.web.site import path_within, site_of, to

_BY_ADDRESS = ("/healthz", "/metrics", "*")
"""Asked for by programs of this machine or network, under whichever name; the last is OPTIONS' for all."""
_NO_SUCH_HOST = (
    "a request came with a Host that MESHVOICE_ORIGIN doesn't name: if people come by it, add it there; if a "
    "proxy changed it, let the proxy pass the browser's Host on"
)
_NO_SUCH_ORIGIN = (
    "a page sent a form or opened voice from an Origin that MESHVOICE_ORIGIN doesn't name: if that is this "
    "site's, add it there"
)
_CHANGED_HOST = (
    "a page sent a form or opened voice from one origin of MESHVOICE_ORIGIN, and its Host named another: if "
    "a proxy changed that, let it pass the browser's Host on. The Origin"
)
# Out of the site's path, if not out of the site; browsers read %2e as a dot.
_CLIMBS = re.compile(r"/(?:\.|%2e){1,2}(?:[/?#]|$)", re.I)


def setup(app: web.Application) -> None:
    """Install the middleware that asks every request; before anything is known of its sender."""
    app.middlewares.append(_ask)


@web.middleware
async def _ask(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    check_address(request)
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    # What no route takes does nothing in anybody's name: a program without an Origin is told what there is.
    lost = request.match_info.http_exception is not None and "Origin" not in request.headers
    if changes and not lost:
        check_same_origin(request)
    return await handler(request)


def check_address(request: web.Request) -> None:
    """Refuse what was asked for by no address of ours. Raises `RequestRefused`."""
    if path_within(request) in _BY_ADDRESS:
        return
    host = request.headers.get("Host", "")
    if request.app[SITES].at(host) is None:
        tell_seldom(request, _NO_SUCH_HOST, named=host)
        if not host:
            raise RequestRefused(421, "unknown-host", "refused.no-host")
        raise RequestRefused(421, "unknown-host", "refused.unknown-host", host=host[:200])


def check_same_origin(request: web.Request) -> None:
    """Refuse what another site's page sent in the visitor's name. Raises `RequestRefused`."""
    here, origin = site_of(request), request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        # No page can set it. The Origin may be null all the same, where an extension hides it.
        ours = site == "same-origin" and origin in (None, "null", *here.alike)
    elif origin == "null" and not here.https:
        # Browsers send Sec-Fetch-Site to https:// and localhost alone; the microphone works there alone, too.
        raise RequestRefused(403, "wrong-origin", "refused.insecure-form")
    elif origin == "null":
        ours = _from_an_old_browser(request)
    else:
        ours = origin in here.alike
    if not ours:
        _tell_of(request, origin)
        raise RequestRefused(403, "wrong-origin", "refused.wrong-origin", url=here.url)


def _tell_of(request: web.Request, origin: str | None) -> None:
    """Log what the host's settings or proxy may be the reason of; an Origin of this very site is neither."""
    if origin in (None, "null", *site_of(request).alike):
        return
    known = any(origin == site.origin for site in request.app[SITES].all)
    tell_seldom(request, _CHANGED_HOST if known else _NO_SUCH_ORIGIN, named=origin)


def _from_an_old_browser(request: web.Request) -> bool:
    """Tell whether a request may pass that names neither its origin nor its site (Safari before 16.4)."""
    # SameSite=Lax: our cookie comes with no POST of another site's page. A proxy's own may be otherwise.
    proven = cookie_of(request, cookie_name(site_of(request))) is not None
    # Who signs in has none yet. Another site could sign a visitor in by a name, or change the language: which
    # gives it nothing.
    free = path_within(request) in ("/sign-in", "/language")
    return (proven and not request.app[SETTINGS].user_header) or free


def check_websocket_origin(request: web.Request) -> None:
    """Refuse a handshake that no page of ours makes. Raises `RequestRefused`."""
    # A browser sends cookies with any cross-site WebSocket handshake, so the session alone does not prove
    # that the page is ours; and it always says the true Origin there.
    given = request.headers.getall("Origin", [])
    if given not in [[origin] for origin in site_of(request).alike]:
        _tell_of(request, given[0] if given else None)
        raise RequestRefused(403, "wrong-origin", "refused.wrong-socket")


def local_path(request: web.Request, text: str) -> str:
    """Give the path to go on to, as our routes are named; `/` for whatever might lead to another site."""
    within = text.removeprefix(to(request.app, ""))
    # Browsers read a backslash as a slash, and drop tabs and line breaks.
    local = text.startswith(to(request.app, "/")) and "\\" not in text and text.isprintable()
    return within if local and not within.startswith("//") and not _CLIMBS.search(within) else "/"

"""The headers that every answer carries."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from meshvoice.web.keys import HEADERS, LANGUAGE, SITES
from meshvoice.web.language import VARY
from meshvoice.web.site import path_within, site_of


def setup(app: web.Application) -> None:
    """Put the headers on every answer."""
    by_site = {site.alike: headers(site.alike) for site in app[SITES].all}
    app[HEADERS] = by_site[app[SITES].first.alike]

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(by_site[site_of(request).alike])
        # Asked again each time, so that after an update no page runs half of the old modules.
        static = path_within(request).startswith("/static/")
        if static and response.status >= 400:
            # A file's own headers go out with what aiohttp refuses of it: nobody is to keep that for a year.
            response.headers["Cache-Control"] = "no-cache"
        response.headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
        if LANGUAGE in request:
            response.headers["Vary"] = ", ".join([*response.headers.getall("Vary", []), VARY])
        response.headers.pop("Server", None)

    app.on_response_prepare.append(prepare)


def headers(origins: Sequence[str]) -> dict[str, str]:
    """Build the security headers of every answer; `origins` are those of a site, and of no other."""
    # 'self' includes wss: by the standard, but not in every browser that is still in use.
    # A literal IPv6 address has no place in a policy's grammar.
    named = (origin for origin in origins if "[" not in origin)
    sockets = " ".join("ws" + origin.removeprefix("http") for origin in named)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "manifest-src": "'self'",
        "media-src": "'self' blob:",
        "connect-src": f"'self' {sockets}",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Permissions-Policy": "microphone=(self)",
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer, which makes a form's Origin null: without Sec-Fetch-Site nothing else says that a
        # form is ours. An invitation's token stands in the fragment, which no Referer holds.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }

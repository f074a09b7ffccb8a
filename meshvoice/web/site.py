"""On which of our addresses a request is, and what its path is called there and by our routes."""

from __future__ import annotations

from aiohttp import web

from meshvoice.settings import Settings
from meshvoice.sites import Site
from meshvoice.web.keys import SITES


def setup(app: web.Application, settings: Settings) -> None:
    """Take the addresses from the settings."""
    app[SITES] = settings.sites


def site_of(request: web.Request) -> Site:
    """Give the site that a request is on; the first, where its Host names none (such a one ends early)."""
    sites = request.app[SITES]
    return sites.at(request.headers.get("Host", "")) or sites.first


def lies_outside(request: web.Request) -> bool:
    """Tell whether a request's path isn't under the one that all our pages have."""
    path = request.app[SITES].first.path
    return request.path != path and not request.path.startswith(f"{path}/")


def path_within(request: web.Request) -> str:
    """Give a request's path as our routes are named, `/my-sea/` for `/voice/my-sea/`; nothing outside."""
    if lies_outside(request):
        return ""
    return request.path.removeprefix(request.app[SITES].first.path) or "/"


def to(app: web.Application, path: str) -> str:
    """Give a path of ours as browsers must ask for it, `/voice/my-sea/` for `/my-sea/`."""
    return app[SITES].first.path + path

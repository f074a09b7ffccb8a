"""On which of our addresses a request is, and what its path is called there and by our routes."""

from __future__ import annotations

from aiohttp import web

from meshvoice.settings import Settings
from meshvoice.sites import Site
from meshvoice.web.keys import SITES

_OURS = frozenset(
    [
        "api",
        "check",
        "healthz",
        "host",
        "host-link",
        "host-links",
        "invitation",
        "invitations",
        "language",
        "metrics",
        "my-sea",
        "sea",
        "sign-in",
        "sign-out",
        "static",
        "table",
        "tables",
        "ws",
    ]
)


def setup(app: web.Application, settings: Settings) -> None:
    """Take the addresses from the settings."""
    app[SITES] = settings.sites


def site_of(request: web.Request) -> Site:
    """Give the site that a request is on; the first, where its Host names none (such a one ends early)."""
    sites = request.app[SITES]
    return sites.at(request.headers.get("Host", "")) or sites.first


def bases(app: web.Application) -> tuple[str, ...]:
    """Give what may stand before our routes' paths: the site's path, and nothing, where a proxy took it away.

    Not where that path begins as one of our own does: `/table/` would be two things.
    """
    path = app[SITES].first.path
    return (path,) if not path or path.split("/")[1] in _OURS else (path, "")


def path_within(request: web.Request) -> str:
    """Give a request's path as our routes are named: `/my-sea/` for `/voice/my-sea/`.

    A proxy may have taken the site's path away already.
    """
    path = request.app[SITES].first.path
    if request.path != path and not request.path.startswith(f"{path}/"):
        return request.path
    return request.path.removeprefix(path) or "/"


def to(app: web.Application, path: str) -> str:
    """Give a path of ours as browsers must ask for it, `/voice/my-sea/` for `/my-sea/`."""
    return app[SITES].first.path + path

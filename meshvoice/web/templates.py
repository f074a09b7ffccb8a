"""The Jinja2 pages: where they lie, and what every one of them is told."""

from __future__ import annotations

import re
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup, escape

from meshvoice import assets
from meshvoice.web import static
from meshvoice.web.keys import LANGUAGES, SETTINGS, VISITOR
from meshvoice.web.language import language_of, page_words
from meshvoice.web.site import to


def setup(app: web.Application) -> None:
    """Install the environment."""

    async def processor(request: web.Request) -> dict[str, Any]:
        return common(request)

    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(assets.find("templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        # They change with the code, which a restart takes up: else each page looks at five files.
        auto_reload=False,
        context_processors=[processor],
    )
    environment.globals["icons"] = _icons()
    environment.globals["version"] = release()
    # Every path in a page goes through it, those of macros too.
    environment.globals["to"] = partial(to, app)


def common(request: web.Request) -> dict[str, Any]:
    """Give what `base.html` and the menu show; a request that was refused early has no visitor yet."""
    settings, visitor = request.app[SETTINGS], request.get(VISITOR)
    return {
        "user": None if visitor is None else {"user_id": visitor.user_id, "name": visitor.name},
        "may_host": visitor is not None and visitor.may_host,
        # Asked for by whatever renders: this runs for every request.
        "static": partial(static.base, request),
        "page_words": partial(page_words, request),
        "phrase": partial(_phrase, request),
        "language": partial(_tag, request),
        "languages": request.app[LANGUAGES].values(),
        "turn_configured": bool(settings.turn.host),
        "has_passphrase": bool(settings.passphrase),
        "invited_only": settings.hosting == "invited",
        "relay_only": settings.relay_only,
        "signed_in_by_proxy": bool(settings.user_header),
    }


def _tag(request: web.Request) -> str:
    return language_of(request).tag


def _phrase(request: web.Request, key: str, /, **values: object) -> Markup:
    """Make a sentence for HTML: our words hold no markup, a value is escaped unless it is some."""
    language = language_of(request)
    return Markup(language.say("server", key, values, write=lambda value: str(escape(value))))  # noqa: S704


def _icons() -> dict[str, str]:
    """Give the path of each icon by its name, from the file where the browser has them from."""
    script = (assets.find("static") / "icons.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  "([a-z]+)": "([^"]+)",$', script, flags=re.M))


def release() -> str:
    """Give the release that runs."""
    try:
        return version("meshvoice")
    except PackageNotFoundError:  # run from a checkout that nobody installed
        return "0"

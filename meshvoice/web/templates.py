"""The Jinja2 pages: where they lie, and what every one of them is told."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial, wraps
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup, escape

from meshvoice import assets
from meshvoice.languages import Language
from meshvoice.web import static
from meshvoice.web.keys import LANGUAGES, SETTINGS, VISITOR
from meshvoice.web.language import language_of, page_words
from meshvoice.web.site import to

Make = Callable[[web.Request], Awaitable[Mapping[str, Any]]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


def setup(app: web.Application) -> None:
    """Install the environment."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(assets.find("templates")),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        # They change with the code, which a restart takes up: else each page looks at five files.
        auto_reload=False,
    )
    environment.globals["icons"] = _icons()
    environment.globals["version"] = release()
    # Every path in a page goes through it, those of macros too.
    environment.globals["to"] = partial(to, app)


def render(name: str, request: web.Request, context: Mapping[str, Any], *, status: int = 200) -> web.Response:
    """Answer with a page: what `base.html` and the menu show, and what is the page's own."""
    # aiohttp_jinja2's context processors run for every request, WebSockets among them, and what they give is
    # kept in it, a cycle: the garbage collector looks rarely (`server._keep_still`).
    return aiohttp_jinja2.render_template(name, request, {**_common(request), **context}, status=status)


def page(name: str) -> Callable[[Make], Handler]:
    """Make a handler of what gives a page's own context."""

    def handler_of(make: Make) -> Handler:
        @wraps(make)
        async def handler(request: web.Request) -> web.Response:
            return render(name, request, await make(request))

        return handler

    return handler_of


def _common(request: web.Request) -> dict[str, Any]:
    # A request that was refused early has no visitor yet.
    settings, visitor, language = request.app[SETTINGS], request.get(VISITOR), language_of(request)
    base, words = static.base(request), page_words(request)
    # None of it holds the request: a page's macros are a cycle themselves, and it would wait with them.
    return {
        "user": None if visitor is None else {"user_id": visitor.user_id, "name": visitor.name},
        "may_host": visitor is not None and visitor.may_host,
        "static": lambda: base,
        "page_words": lambda: words,
        "phrase": partial(_phrase, language),
        "language": lambda: language.tag,
        "languages": request.app[LANGUAGES].values(),
        "turn_configured": bool(settings.turn.host),
        "has_passphrase": bool(settings.passphrase),
        "invited_only": settings.hosting == "invited",
        "relay_only": settings.relay_only,
        "signed_in_by_proxy": bool(settings.user_header),
    }


def _phrase(language: Language, key: str, /, **values: object) -> Markup:
    """Make a sentence for HTML: our words hold no markup, a value is escaped unless it is some."""
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

"""The Jinja2 pages: where they lie, and what every one of them is told."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial, wraps
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import aiohttp_jinja2
import jinja2
from aiohttp import web
from jinja2.ext import Extension
from markupsafe import Markup, escape

from meshvoice import assets
from meshvoice.languages import Language
from meshvoice.web import static
from meshvoice.web.keys import LANGUAGES, SETTINGS, VISITOR
from meshvoice.web.language import language_of, page_words
from meshvoice.web.site import to

Make = Callable[[web.Request], Awaitable[Mapping[str, Any]]]
Handler = Callable[[web.Request], Awaitable[web.Response]]
ENVIRONMENTS: web.AppKey[Mapping[str, web.AppKey[jinja2.Environment]]] = web.AppKey("templates")


def setup(app: web.Application) -> None:
    """Install an environment for each language: what is the same on all its pages is made once."""
    app[ENVIRONMENTS] = {tag: web.AppKey(f"templates_{tag}", jinja2.Environment) for tag in app[LANGUAGES]}
    icon, number = partial(_icon, _icons()), release()
    for tag, key in app[ENVIRONMENTS].items():
        environment = aiohttp_jinja2.setup(
            app,
            app_key=key,
            loader=jinja2.FileSystemLoader(assets.find("templates")),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            extensions=[_WrittenOut],
            # They change with the code, which a restart takes up: else each page looks at five files.
            auto_reload=False,
        )
        environment.globals.update(_of_all_pages(app, app[LANGUAGES][tag]), icon=icon, version=number)


def read_all(app: web.Application) -> None:
    """Read every template now: read when a page wants it first, it holds everybody up for 40 ms."""
    for key in app[ENVIRONMENTS].values():
        for name in app[key].list_templates(extensions=["html"]):
            app[key].get_template(name)


def render(name: str, request: web.Request, context: Mapping[str, Any], *, status: int = 200) -> web.Response:
    """Answer with a page: what `base.html` and the menu show, and what is the page's own."""
    # aiohttp_jinja2's context processors run for every request, WebSockets among them, and what they give is
    # kept in it, a cycle: the garbage collector looks rarely (`server._keep_still`).
    key = request.app[ENVIRONMENTS][language_of(request).tag]
    text = aiohttp_jinja2.render_string(name, request, {**_common(request), **context}, app_key=key)
    return web.Response(text=text, content_type="text/html", status=status)


def page(name: str) -> Callable[[Make], Handler]:
    """Make a handler of what gives a page's own context."""

    def handler_of(make: Make) -> Handler:
        @wraps(make)
        async def handler(request: web.Request) -> web.Response:
            return render(name, request, await make(request))

        return handler

    return handler_of


def _of_all_pages(app: web.Application, language: Language) -> dict[str, Any]:
    """Give what pages in a language are told whoever asks; macros know this alone."""
    settings = app[SETTINGS]
    return {
        # Every path in a page goes through it, those of macros too.
        "to": partial(to, app),
        "phrase": _Phrases(language),
        "language": lambda: language.tag,
        "languages": app[LANGUAGES].values(),
        "turn_configured": bool(settings.turn.host),
        "has_passphrase": bool(settings.passphrase),
        "invited_only": settings.hosting == "invited",
        "relay_only": settings.relay_only,
        "signed_in_by_proxy": bool(settings.user_header),
    }


def _common(request: web.Request) -> dict[str, Any]:
    # A request that was refused early has no visitor yet.
    visitor, base, words = request.get(VISITOR), static.base(request), page_words(request)
    # None of it holds the request: what a page is made of may be a cycle, and the request would wait with it.
    return {
        "user": None if visitor is None else {"user_id": visitor.user_id, "name": visitor.name},
        "may_host": visitor is not None and visitor.may_host,
        "static": lambda: base,
        "page_words": lambda: words,
    }


class _Phrases:
    """The server's sentences in one language, for HTML: our words hold no markup, a value is escaped."""

    def __init__(self, language: Language) -> None:
        self._language = language
        server = language.parts["server"]
        self._whole = {
            key: Markup(words)  # noqa: S704
            for key, words in server.items()
            if isinstance(words, str) and "{" not in words
        }

    def __call__(self, key: str, /, **values: object) -> Markup:
        """Make a sentence; a value that is markup goes in as it is."""
        whole = self._whole.get(key)
        if whole is not None:
            return whole
        said = self._language.say("server", key, values, write=lambda value: str(escape(value)))
        return Markup(said)  # noqa: S704


class _WrittenOut(Extension):
    """Writes into a template, as it is read, what calls with a word alone give: the same on each page."""

    _CALL = re.compile(r"""\b(phrase|to|icon)\((["'])([^"'\\]+)\2\)""")

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Put text in the place of each call."""
        return self._CALL.sub(self._text, source)

    def _text(self, call: re.Match[str]) -> str:
        say = cast(Callable[[str], str], self.environment.globals[call[1]])
        said = say(call[3])
        return f"({str(said)!r}|safe)" if isinstance(said, Markup) else repr(said)


def _icon(paths: Mapping[str, str], name: str) -> Markup:
    """Draw an icon; by no macro, of which each template would have to know."""
    drawn = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>'
    return Markup(drawn).format(paths[name])  # noqa: S704


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

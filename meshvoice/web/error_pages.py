"""How errors are told: to a person as a page, to a program as JSON."""

from __future__ import annotations

import html
import logging
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from meshvoice.access.errors import AccessError
from meshvoice.languages import Language
from meshvoice.names import NameRefused
from meshvoice.web import templates
from meshvoice.web.keys import SWITCHBOARD
from meshvoice.web.language import language_of, say
from meshvoice.web.site import path_within, to

log = logging.getLogger("meshvoice.web")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TITLED = (400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 421, 429, 503)
# Code and sentence. A code is for programs, and Python's releases word the reasons differently.
_TOLD = {
    404: ("not-found", "refused.no-page"),
    405: ("method-not-allowed", "refused.method"),
    413: ("request-entity-too-large", "refused.too-large"),
}


class RequestRefused(Exception):
    """A request is answered with an error: status, stable code, and the sentence that says what to do.

    The sentence stands in the languages' files under `key`, with places for the values.
    """

    retry_after: int | None = None
    """Seconds."""

    def __init__(self, status: int, code: str, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.status = status
        self.code = code
        self.key = key
        self.values = values

    def told(self, request: web.Request) -> str:
        """Say the sentence in the visitor's language."""
        return say(request, self.key, **self.values)


class TooMany(RequestRefused):
    """Somebody did something too often."""

    retry_after = 60

    def told(self, request: web.Request) -> str:
        """Say it, with what it was in the same language."""
        return say(request, self.key, what=say(request, f"too-many.{self.values['what']}"))


def too_many(what: str) -> RequestRefused:
    """Refuse with 429; `what` is one of the languages' `too-many`."""
    return TooMany(429, "too-many", "refused.too-many", what=what)


def refused_name(problem: NameRefused) -> RequestRefused:
    """Refuse with 400 what can't be a name."""
    return RequestRefused(400, problem.code, f"name.{problem.reason}", **problem.values)


def refused_access(problem: AccessError) -> RequestRefused:
    """Refuse what the guest book refused."""
    why = str(problem)
    if why != problem.sentence:
        # What mends the file is for whoever runs the site, and so is its language.
        return RequestRefused(problem.http_status, problem.code, "access.mend", why=why)
    return RequestRefused(problem.http_status, problem.code, f"access.{problem.code}")


def setup(app: web.Application) -> None:
    """Install the middleware; before every other, so that whatever is raised ends here."""
    app.middlewares.append(_tell)


@web.middleware
async def _tell(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestRefused as problem:
        _count(request, problem.code)
        return refusal(request, problem)
    except AccessError as problem:
        _count(request, problem.code)
        return refusal(request, refused_access(problem))
    except web.HTTPMethodNotAllowed as answer:
        return _ways(request, answer)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        if request.method == "OPTIONS" and request.path == "*":
            # RFC 9110, 9.3.7: asked of the server as a whole.
            return web.Response(status=204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
        by_reason = answer.reason.lower().replace(" ", "-")
        told = _TOLD.get(answer.status, (by_reason, "refused.unreadable"))
        return refusal(request, RequestRefused(answer.status, *told))
    except Exception:
        _count(request, "server-error")
        mark = secrets.token_hex(4)
        log.exception("error %s at %s %s", mark, request.method, request.match_info.route.resource)
        return refusal(request, RequestRefused(500, "server-error", "refused.broken", mark=mark))


def _count(request: web.Request, code: str) -> None:
    """Count a handshake that is refused, by the code of its answer."""
    if path_within(request).startswith("/ws/voice/"):
        request.app[SWITCHBOARD].hub.tally.turned_away[code] += 1


def _ways(request: web.Request, answer: web.HTTPMethodNotAllowed) -> web.Response:
    """Say how an address can be asked: to whoever wants to know just that, and to whoever asked otherwise."""
    allow = {"Allow": ", ".join(sorted({*answer.allowed_methods, "OPTIONS"}))}
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=allow)
    response = refusal(request, RequestRefused(405, *_TOLD[405]))
    response.headers.update(allow)
    return response


def wants_json(request: web.Request) -> bool:
    """Tell whether the answer is for a program."""
    return "application/json" in request.headers.get("Accept", "") or path_within(request).startswith(
        ("/api/", "/ws/")
    )


def refusal(request: web.Request, problem: RequestRefused) -> web.Response:
    """Answer with an error, as JSON or as a page."""
    extra = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    sentence = problem.told(request)
    if wants_json(request):
        body = {"error": {"code": problem.code, "message": sentence}}
        return web.json_response(body, status=problem.status, headers=extra)
    if problem.status == 421:
        # A page would load its style and lead on by the same name.
        text = plain_page(language_of(request), 421, sentence)
        return web.Response(status=421, text=text, content_type="text/html")
    if problem.status == 429:
        # Whoever is held back for asking too often must not cost what a page costs.
        text = plain_page(language_of(request), 429, sentence, home=to(request.app, "/"))
        return web.Response(status=429, text=text, content_type="text/html", headers=extra)
    signs_in = problem.status == 401
    context = {
        "status": problem.status,
        "title": _title(language_of(request), problem.status),
        "message": sentence,
        "next_url": "/",
        "next_label": say(request, "error.sign-in" if signs_in else "error.home"),
    }
    response = templates.render("error.html", request, context, status=problem.status)
    response.headers.update(extra)
    return response


def _title(language: Language, status: int) -> str:
    return language.say("server", f"title.{status}" if status in _TITLED else "title.other")


def plain_page(language: Language, status: int, sentence: str, *, home: str = "") -> str:
    """Write a page that costs nothing: no template, no style, no script; `home` is the start page's path."""
    told, more = html.escape(_title(language, status)), html.escape(sentence)
    label = html.escape(language.say("server", "error.home"))
    way = f'<p><a href="{html.escape(home)}">{label}</a></p>\n' if home else ""
    return (
        f'<!doctype html>\n<html lang="{language.tag}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{told}</title>\n<h1>{told}</h1>\n<p>{more}</p>\n{way}</html>\n"
    )

"""How errors are told: to a person as a page, to a program as JSON."""

from __future__ import annotations

import html
import logging
import secrets
from collections.abc import Awaitable, Callable

import aiohttp_jinja2
from aiohttp import web

from meshvoice.access.errors import AccessError
from meshvoice.web import templates
from meshvoice.web.site import path_within, to

log = logging.getLogger("meshvoice.web")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TITLES = {
    400: "That didn't work",
    401: "Please sign in",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not that way",
    409: "Not now",
    410: "No longer there",
    408: "Too slow",
    413: "Too large",
    415: "That didn't work",
    421: "Not by this name",
    429: "One moment, please",
    503: "Not available",
}
_SENTENCES = {
    404: "There is no such page, or it isn't yours to enter. Links for one person work only once.",
    405: "This address can't be opened like that.",
    413: "That was larger than anything this site takes.",
}


class RequestRefused(Exception):
    """A request is answered with an error: status, stable code, and the sentence that says what to do."""

    def __init__(self, status: int, code: str, sentence: str, *, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def too_many(what: str) -> RequestRefused:
    """Refuse with 429."""
    return RequestRefused(
        429, "too-many", f"Too many {what} in a short time. Wait a minute, then try again.", retry_after=60
    )


def setup(app: web.Application) -> None:
    """Install the middleware; before every other, so that whatever is raised ends here."""
    app.middlewares.append(_tell)


@web.middleware
async def _tell(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestRefused as problem:
        return refusal(request, problem)
    except AccessError as problem:
        return refusal(request, RequestRefused(problem.http_status, problem.code, str(problem)))
    except web.HTTPMethodNotAllowed as answer:
        return _ways(request, answer)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        if request.method == "OPTIONS" and request.path == "*":
            # RFC 9110, 9.3.7: asked of the server as a whole.
            return web.Response(status=204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
        code = answer.reason.lower().replace(" ", "-")
        sentence = _SENTENCES.get(answer.status, "The request could not be read.")
        return refusal(request, RequestRefused(answer.status, code, sentence))
    except Exception:
        mark = secrets.token_hex(4)
        log.exception("error %s at %s %s", mark, request.method, request.match_info.route.resource)
        sentence = f"Something broke on our side. Whoever runs this site finds it in the log under {mark}."
        return refusal(request, RequestRefused(500, "server-error", sentence))


def _ways(request: web.Request, answer: web.HTTPMethodNotAllowed) -> web.Response:
    """Say how an address can be asked: to whoever wants to know just that, and to whoever asked otherwise."""
    allow = {"Allow": ", ".join(sorted({*answer.allowed_methods, "OPTIONS"}))}
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=allow)
    response = refusal(request, RequestRefused(405, "method-not-allowed", _SENTENCES[405]))
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
    if wants_json(request):
        body = {"error": {"code": problem.code, "message": str(problem)}}
        return web.json_response(body, status=problem.status, headers=extra)
    if problem.status == 421:
        # A page would load its style and lead on by the same name.
        text = plain_page(_TITLES[421], str(problem))
        return web.Response(status=421, text=text, content_type="text/html")
    if problem.status == 429:
        # Whoever is held back for asking too often must not cost what a page costs.
        text = plain_page(_TITLES[429], str(problem), home=to(request.app, "/"))
        return web.Response(status=429, text=text, content_type="text/html", headers=extra)
    signs_in = problem.status == 401
    context = {
        # By hand: whatever is refused early never reaches the middleware that would add it.
        **templates.common(request),
        "status": problem.status,
        "title": _TITLES.get(problem.status, "Something broke"),
        "message": str(problem),
        "next_url": "/",
        "next_label": "Sign in" if signs_in else "Go home",
    }
    response = aiohttp_jinja2.render_template("error.html", request, context, status=problem.status)
    response.headers.update(extra)
    return response


def plain_page(title: str, sentence: str, *, home: str = "") -> str:
    """Write a page that costs nothing: no template, no style, no script; `home` is the start page's path."""
    told, more = html.escape(title), html.escape(sentence)
    way = f'<p><a href="{html.escape(home)}">Go home</a></p>\n' if home else ""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{told}</title>\n<h1>{told}</h1>\n<p>{more}</p>\n{way}</html>\n"
    )

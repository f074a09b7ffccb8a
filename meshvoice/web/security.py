"""What every answer carries and every POST must prove; and how errors are told, as a page or as JSON."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

import aiohttp_jinja2
from aiohttp import web

from meshvoice.access.errors import AccessError
from meshvoice.settings import Settings
from meshvoice.web import sessions, templates
from meshvoice.web.keys import HEADERS, SETTINGS

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
    413: "Too large",
    429: "One moment, please",
    503: "Not available",
}
_SENTENCES = {
    404: "There is no such page, or it isn't yours to enter. Links for one person work only once.",
    405: "This address can't be opened like that.",
    413: "That was larger than anything this site takes.",
}


class Refused(Exception):
    """A request is answered with an error: status, stable code, and the sentence that says what to do."""

    def __init__(self, status: int, code: str, sentence: str, *, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def too_many(what: str) -> Refused:
    """Refuse with 429."""
    return Refused(
        429, "too-many", f"Too many {what} in a short time. Wait a minute, then try again.", retry_after=60
    )


def setup(app: web.Application, settings: Settings) -> None:
    """Install the headers and the middleware; first of all, so that every answer passes here."""
    app[HEADERS] = headers(settings)
    app.middlewares.append(_guard)

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(app[HEADERS])
        # Asked again each time, so that after an update no page runs half of the old modules.
        static = request.path.startswith("/static/")
        response.headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
        response.headers.pop("Server", None)

    app.on_response_prepare.append(prepare)


def headers(settings: Settings) -> dict[str, str]:
    """Build the security headers of every answer."""
    # 'self' includes wss: by the standard, but not in every browser that is still in use.
    # A literal IPv6 address has no place in a policy's grammar.
    named = (origin for origin in settings.origins if "[" not in origin)
    sockets = " ".join("ws" + origin.removeprefix("http") for origin in named)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
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


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            check_same_origin(request)
        return await handler(request)
    except Refused as problem:
        return refusal(request, problem)
    except AccessError as problem:
        return refusal(request, Refused(problem.http_status, problem.code, str(problem)))
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        code = answer.reason.lower().replace(" ", "-")
        sentence = _SENTENCES.get(answer.status, "The request could not be read.")
        response = refusal(request, Refused(answer.status, code, sentence))
        if "Allow" in answer.headers:
            response.headers["Allow"] = answer.headers["Allow"]
        return response
    except Exception:
        mark = secrets.token_hex(4)
        log.exception("error %s at %s %s", mark, request.method, request.match_info.route.resource)
        sentence = f"Something broke on our side. Whoever runs this site finds it in the log under {mark}."
        return refusal(request, Refused(500, "server-error", sentence))


def check_same_origin(request: web.Request) -> None:
    """Refuse what another site's page sent in the visitor's name. Raises `Refused`."""
    settings, origin = request.app[SETTINGS], request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        # No page can set it. The Origin may be null all the same, where an extension hides it.
        ours = site == "same-origin" and origin in (None, "null", *settings.origins)
    elif origin == "null" and not settings.https:
        # Browsers send Sec-Fetch-Site to https:// and localhost alone; the microphone works there alone, too.
        sentence = "Forms and voice work by https:// (or on localhost) only: open this site so."
        raise Refused(403, "wrong-origin", sentence)
    elif origin == "null":
        ours = _from_an_old_browser(request)
    else:
        ours = origin in settings.origins
    if not ours:
        raise Refused(
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
    """Refuse a handshake that no page of ours makes. Raises `Refused`."""
    # A browser sends cookies with any cross-site WebSocket handshake, so the session alone does not prove
    # that the page is ours; and it always says the true Origin there.
    if request.headers.getall("Origin", []) not in [[origin] for origin in request.app[SETTINGS].origins]:
        raise Refused(403, "wrong-origin", "Voice is opened by this site's own pages only.")


def wants_json(request: web.Request) -> bool:
    """Tell whether the answer is for a program."""
    return "application/json" in request.headers.get("Accept", "") or request.path.startswith(
        ("/api/", "/ws/")
    )


def refusal(request: web.Request, problem: Refused) -> web.Response:
    """Answer with an error, as JSON or as a page."""
    extra = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if wants_json(request):
        body = {"error": {"code": problem.code, "message": str(problem)}}
        return web.json_response(body, status=problem.status, headers=extra)
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


def local_path(text: str) -> str:
    """Give the path to go on to, `/` for whatever might lead to another site."""
    # Browsers read a backslash as a slash, and drop tabs and line breaks.
    local = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if local else "/"

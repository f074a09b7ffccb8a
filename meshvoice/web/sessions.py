"""Who sends a request: the session, its revocation, and a trusted proxy's header."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections.abc import Awaitable, Callable

import aiohttp_session
from aiohttp import web

from meshvoice.access.errors import GuestBookError
from meshvoice.access.users import FORGOTTEN_AFTER, SEEN_EVERY, User
from meshvoice.forwarding import within
from meshvoice.ids import SessionId, UserId
from meshvoice.names import NameRefused
from meshvoice.settings import Settings
from meshvoice.user_header import shown_name, text_of
from meshvoice.web.admission import tell_seldom
from meshvoice.web.cookies import RotatingFernet, StorageBySite
from meshvoice.web.keys import BOOK, CLOCK, PEER, SETTINGS, SITES, VISITOR, Visitor
from meshvoice.web.site import path_within

_UNUSABLE = "a trusted proxy sent the header of MESHVOICE_USER_HEADER unusably, so nobody was signed in"
SESSION_SECONDS = int(FORGOTTEN_AFTER)
_RENEW_SECONDS = 24 * 3600
AHEAD_SECONDS = 2 * 3600
"""From how far in the future a session may come: the clock may have stepped back since. One from further on
counts again when its time has come; a revocation is remembered for longer than any of them lives."""
_DATED = "dated"
_FOR_ANYBODY = ("/static/", "/healthz", "/metrics")
"""How the paths begin of what is the same for whoever asks: who that is takes longer to find out."""


def setup(app: web.Application, settings: Settings) -> None:
    """Install the session and the visitor's middleware."""
    storage = StorageBySite(app[SITES], RotatingFernet(settings.secret_keys), seconds=SESSION_SECONDS)
    app.middlewares.append(aiohttp_session.session_middleware(storage))
    app.middlewares.append(_know_visitor)


@web.middleware
async def _know_visitor(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    settings = request.app[SETTINGS]
    if path_within(request).startswith(_FOR_ANYBODY):
        request[VISITOR] = None
    elif settings.user_header:
        request[VISITOR] = _named_by_proxy(request, settings)
    else:
        request[VISITOR] = await _named_by_cookie(request)
    return await handler(request)


async def _named_by_cookie(request: web.Request) -> Visitor | None:
    session = await aiohttp_session.get_session(request)
    book, now = request.app[BOOK], request.app[CLOCK]()
    user_id, session_id = session.get("user"), session.get("sid")
    if not isinstance(user_id, str) or not isinstance(session_id, str):
        return None
    dated = session.get(_DATED, session.created)
    if not isinstance(dated, int) or not -AHEAD_SECONDS <= now - dated <= SESSION_SECONDS:
        return None
    known = book.users.of_session(UserId(user_id), SessionId(session_id))
    if known is None:
        return None
    user, seen = known
    if now - seen >= SEEN_EVERY:
        _note_seen(request, user.user_id)
    if now - dated > _RENEW_SECONDS:
        session[_DATED] = int(now)
    return Visitor(
        user_id=user.user_id,
        name=user.name,
        session_id=SessionId(session_id),
        may_host=request.app[SETTINGS].guests_host or bool(session.get("host", True)),
    )


def _named_by_proxy(request: web.Request, settings: Settings) -> Visitor | None:
    named = request.headers.getall(settings.user_header, [])
    if not named or not within(request[PEER], settings.trusted_proxies):
        return None
    external = text_of(named[0])
    # Named twice: once perhaps by the visitor, whose header the proxy let through beside its own.
    if len(named) > 1 or not external or len(external) > 200:
        tell_seldom(request, f"{_UNUSABLE}: it must come once, with 1 to 200 characters")
        return None
    book, now = request.app[BOOK], request.app[CLOCK]()
    given = _given_name(request, settings.name_header)
    try:
        name = given or shown_name(external)
        user = book.users.by_external(external, name=name, random=secrets.token_bytes(16), now=now)
    except NameRefused as problem:
        # The sentence holds a code point at most, and nothing of the name.
        tell_seldom(request, f"{_UNUSABLE}: {problem}")
        return None
    if given and given != user.name:
        user = _renamed(request, user, given)
    _note_seen(request, user.user_id)
    return Visitor(user_id=user.user_id, name=user.name, session_id=None, may_host=True)


def _renamed(request: web.Request, user: User, name: str) -> User:
    # As in `_note_seen`. Whose request this is, and by which name, is known all the same.
    book = request.app[BOOK]
    if book.trouble is None:
        with contextlib.suppress(GuestBookError):
            return book.users.rename(user.user_id, name)
    return dataclasses.replace(user, name=name)


def _given_name(request: web.Request, header: str) -> str | None:
    """Give the display name that the proxy sends beside the id; None: it sends none that can be used."""
    given = request.headers.getall(header, []) if header else []
    if not any(given):
        return None
    try:
        if len(given) > 1:
            raise NameRefused("it must come once.")
        return shown_name(text_of(given[0]))
    except NameRefused as problem:
        tell_seldom(
            request,
            f"the header of MESHVOICE_NAME_HEADER can't be used, so the user's id is shown: {problem}",
        )
        return None


def _note_seen(request: web.Request, user_id: UserId) -> None:
    # A full disk must not turn reads into failures; the book's trouble is told by its upkeep.
    book = request.app[BOOK]
    if book.trouble is None:
        with contextlib.suppress(GuestBookError):
            book.users.seen(user_id, now=request.app[CLOCK]())


async def sign_in(request: web.Request, name: str, *, may_host: bool) -> None:
    """Make a person and a session for them. Raises `NameRefused`."""
    app = request.app
    user = app[BOOK].users.add(name, random=secrets.token_bytes(16), now=app[CLOCK]())
    await begin(request, user.user_id, user.name, may_host=may_host)


async def begin(request: web.Request, user_id: UserId, name: str, *, may_host: bool) -> None:
    """Begin a new session, which ends the one before."""
    _revoke(request)
    # A session that somebody planted before must not become this person's.
    session = await aiohttp_session.new_session(request)
    session.max_age = SESSION_SECONDS
    session["user"] = user_id
    session["sid"] = secrets.token_urlsafe(16)
    session["host"] = may_host
    session[_DATED] = int(request.app[CLOCK]())
    request[VISITOR] = Visitor(
        user_id=user_id, name=name, session_id=SessionId(session["sid"]), may_host=may_host
    )


async def sign_out(request: web.Request) -> None:
    """End the session here and in the guest book, so that a copy of its cookie is worth nothing."""
    _revoke(request)
    session = await aiohttp_session.get_session(request)
    session.invalidate()


def _revoke(request: web.Request) -> None:
    visitor = request[VISITOR]
    if visitor is not None and visitor.session_id is not None:
        until = request.app[CLOCK]() + SESSION_SECONDS + _RENEW_SECONDS
        request.app[BOOK].sessions.revoke(visitor.session_id, until=until)

"""The ways in and out: signing in, signing out, and accepting an invitation; and in which language."""

from __future__ import annotations

import hmac
from typing import Any

from aiohttp import web

from meshvoice.access.errors import Full, InvitationGone, Removed, Yours
from meshvoice.access.invitations import InvitationPreview
from meshvoice.ids import Room, Sea, Table
from meshvoice.names import NameRefused, clean_name
from meshvoice.passphrases import normal_passphrase
from meshvoice.signaling.limits import address_key, address_keys
from meshvoice.web import pages, sessions
from meshvoice.web.error_pages import RequestRefused, refused_access, refused_name, too_many, wants_json
from meshvoice.web.forms import answer, fields, path_of, url_of
from meshvoice.web.keys import (
    ADDRESS,
    BOOK,
    CLOCK,
    LANGUAGES,
    SETTINGS,
    SWITCHBOARD,
    THROTTLES,
    VISITOR,
    Visitor,
)
from meshvoice.web.language import keep, say
from meshvoice.web.origins import local_path
from meshvoice.web.site import to

PASSPHRASE_CHARACTERS = 1000
"""Of one that is sent; what is longer is a wrong one."""


async def sign_in(request: web.Request) -> web.StreamResponse:
    """`POST /sign-in` (`name`, `passphrase`, `next`)."""
    form = await fields(request)
    go_on = local_path(request, form.get("next", ""))
    before = request[VISITOR]
    if before is not None and not request.app[SETTINGS].user_header:
        # Nobody is replaced: there are no accounts, so their rooms would be lost without a word.
        if wants_json(request):
            raise RequestRefused(409, "signed-in", "refused.signed-in", name=before.name)
        return answer(request, go_on, {})
    try:
        visitor = await _enter(request, form, invited=False)
    except RequestRefused as problem:
        if wants_json(request):
            raise
        return pages.sign_in_page(
            request,
            next_path=go_on,
            error=problem.told(request),
            name=form.get("name", "")[:80],
            status=problem.status,
        )
    return answer(request, go_on, {"user_id": visitor.user_id, "name": visitor.name})


async def sign_out(request: web.Request) -> web.StreamResponse:
    """`POST /sign-out`: ends the session, here and for every copy of its cookie, and whatever is theirs."""
    visitor, switchboard = request[VISITOR], request.app[SWITCHBOARD]
    rooms: tuple[Room, ...] = ()
    if visitor is not None:
        rooms = request.app[BOOK].forget(visitor.user_id, now=request.app[CLOCK]())
    await sessions.sign_out(request)
    if visitor is not None:
        switchboard.sign_out(visitor.user_id)
    for room in rooms:
        if isinstance(room, Sea):
            switchboard.close_room(room.room_id)
        else:
            switchboard.recheck(room.room_id)
    return answer(request, "/", {})


async def host(request: web.Request) -> web.StreamResponse:
    """`POST /host` (`passphrase`): a guest may have rooms of their own from now on."""
    visitor = pages.signed_in(request)
    form = await fields(request)
    if not visitor.may_host and not request.app[SETTINGS].passphrase:
        raise RequestRefused(403, "no-passphrase", "refused.no-passphrase")
    if not visitor.may_host:
        try:
            _check_passphrase(request, form)
        except RequestRefused as problem:
            if wants_json(request):
                raise
            return pages.home_page(request, visitor, error=problem.told(request), status=problem.status)
        await sessions.begin(request, visitor.user_id, visitor.name, may_host=True)
    return answer(request, "/", {})


async def accept_host_link(request: web.Request) -> web.StreamResponse:
    """`POST /host-links/accept` (`token`, and `name` of whoever isn't signed in): hosts from now on."""
    form = await fields(request)
    _throttle_acceptances(request)
    settings, visitor = request.app[SETTINGS], request[VISITOR]
    links, token, now = request.app[BOOK].host_links, form.get("token", ""), request.app[CLOCK]()
    if settings.user_header:
        raise RequestRefused(403, "signed-in-elsewhere", "refused.by-proxy")
    links.check(token, now=now)
    if visitor is None:
        try:
            # Before the link is used up.
            name = clean_name(form.get("name", ""))
        except NameRefused as problem:
            raise refused_name(problem) from None
        links.accept(token, now=now)
        await sessions.sign_in(request, name, may_host=True)
    elif not visitor.may_host:
        links.accept(token, now=now)
        await sessions.begin(request, visitor.user_id, visitor.name, may_host=True)
    return answer(request, "/", {"url": to(request.app, "/")})


async def look(request: web.Request) -> web.StreamResponse:
    """`POST /invitations/look` (`token`): who invites to what; uses nothing up."""
    form = await fields(request)
    _throttle_acceptances(request)
    visitor, now = request[VISITOR], request.app[CLOCK]()
    try:
        preview = request.app[BOOK].invitations.preview(
            form.get("token", ""), user_id=visitor.user_id if visitor else None, now=now
        )
    except Yours as problem:
        return web.json_response({"state": "yours", "url": url_of(request, problem.room)})
    except (InvitationGone, Full, Removed) as problem:
        state = problem.code.removeprefix("invitation-").removeprefix("sea-")
        state = "full" if isinstance(problem, Full) else state
        return web.json_response({"state": state, "message": refused_access(problem).told(request)})
    return web.json_response(_described(request, preview))


def _described(request: web.Request, preview: InvitationPreview) -> dict[str, Any]:
    sea = preview.table_name is None
    title = say(request, "sea-of-invited", name=preview.inviter_name) if sea else preview.table_name
    return {
        "state": "open",
        "kind": "table" if isinstance(preview.room, Table) else "sea",
        "by": preview.inviter_name,
        "title": title,
        "expires_at": int(preview.expires_at),
        "already_in": preview.already_in,
        "url": url_of(request, preview.room) if preview.already_in else None,
    }


async def language(request: web.Request) -> web.StreamResponse:
    """`POST /language` (`language`, `next`): from the next page on; "": what the browser asks for."""
    form = await fields(request)
    tag = form.get("language", "")
    if tag and tag not in request.app[LANGUAGES]:
        raise RequestRefused(400, "bad-language", "refused.bad-language")
    response = answer(request, local_path(request, form.get("next", "")), {"language": tag})
    keep(request, response, tag)
    return response


async def accept(request: web.Request) -> web.StreamResponse:
    """`POST /invitations/accept` (`token`, and `name` of whoever isn't signed in)."""
    form = await fields(request)
    _throttle_acceptances(request)
    book, now, visitor = request.app[BOOK], request.app[CLOCK](), request[VISITOR]
    token = form.get("token", "")
    if visitor is None:
        # Nobody becomes a person here by a link that is worth nothing.
        book.invitations.preview(token, user_id=None, now=now)
        visitor = await _enter(request, form, invited=True)
    room = book.invitations.accept(token, visitor.user_id, now=now)
    return answer(request, path_of(room), {"room_id": room.room_id, "url": url_of(request, room)})


async def _enter(request: web.Request, form: dict[str, str], *, invited: bool) -> Visitor:
    settings, throttles, now = request.app[SETTINGS], request.app[THROTTLES], request.app[CLOCK].steady()
    if settings.user_header:
        raise RequestRefused(403, "signed-in-elsewhere", "refused.by-proxy")
    if not throttles.sign_ins.take(address_keys(request[ADDRESS]), now):
        raise too_many("sign-ins")
    if settings.hosting == "invited" and not invited:
        raise RequestRefused(403, "invited-only", "refused.invited-only")
    # An invitation is being asked in: whoever holds one needs no passphrase, but hosts nothing without it.
    if settings.passphrase and not invited:
        _check_passphrase(request, form)
    name = form.get("name")
    if invited and not name:
        raise RequestRefused(401, "signed-out", "refused.nameless")
    try:
        await sessions.sign_in(request, name or "", may_host=settings.guests_host or not invited)
    except NameRefused as problem:
        raise refused_name(problem) from None
    return pages.signed_in(request)


def _check_passphrase(request: web.Request, form: dict[str, str]) -> None:
    guesses, now = request.app[THROTTLES].wrong_passphrases, request.app[CLOCK].steady()
    keys = address_keys(request[ADDRESS])
    # Before anything is compared: else whoever is out of guesses would go on until one is right.
    if not guesses.allows(keys, now):
        raise too_many("wrong-passphrases")
    typed = form.get("passphrase", "")
    # Thousands of marks on one letter would take seconds to be normalized.
    given = normal_passphrase(typed) if len(typed) <= PASSPHRASE_CHARACTERS else ""
    if not hmac.compare_digest(given.encode(), request.app[SETTINGS].passphrase.encode()):
        guesses.take(keys, now)
        raise RequestRefused(403, "wrong-passphrase", "refused.wrong-passphrase")


def _throttle_acceptances(request: web.Request) -> None:
    now = request.app[CLOCK].steady()
    if not request.app[THROTTLES].acceptances.take(address_key(request[ADDRESS]), now):
        raise too_many("tries")

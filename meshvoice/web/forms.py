"""What people do: every POST, answered by 303, or by JSON where that is asked for."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

import aiohttp_session
from aiohttp import web

from meshvoice.access.errors import Full, InvitationGone, InvitationUnknown, Removed, Yours
from meshvoice.access.invitations import Look
from meshvoice.ids import Room, Sea, Table, UserId, parse_invitation, parse_room, parse_user
from meshvoice.names import NameRefused
from meshvoice.signaling.limits import address_key
from meshvoice.web import pages, sessions
from meshvoice.web.keys import ADDRESS, BOOK, CLOCK, SETTINGS, SWITCHBOARD, THROTTLES, VISITOR, Visitor
from meshvoice.web.pages import signed_in
from meshvoice.web.security import Refused, local_path, too_many, wants_json


async def sign_in(request: web.Request) -> web.StreamResponse:
    """`POST /sign-in` (`name`, `passphrase`, `next`)."""
    form = await _fields(request)
    go_on = local_path(form.get("next", "/"))
    try:
        visitor = await _enter(request, form, invited=False)
    except Refused as problem:
        if wants_json(request):
            raise
        return pages.sign_in_page(
            request,
            next_path=go_on,
            error=str(problem),
            name=form.get("name", "")[:80],
            status=problem.status,
        )
    return _answer(request, go_on, {"user_id": visitor.user_id, "name": visitor.name})


async def sign_out(request: web.Request) -> web.StreamResponse:
    """`POST /sign-out`: ends the session, here and for every copy of its cookie."""
    visitor = await sessions.sign_out(request)
    if visitor is not None:
        request.app[SWITCHBOARD].sign_out(visitor.user_id)
    return _answer(request, "/", {})


async def open_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/open`: for MESHVOICE_SEA_HOURS from now; does nothing to one that is open."""
    visitor = _host(request)
    now = request.app[CLOCK]()
    closes_at = now + request.app[SETTINGS].sea_hours * 3600
    window = request.app[BOOK].seas.open(visitor.user_id, now=now, closes_at=closes_at)
    body = {"room_id": Sea(owner_id=visitor.user_id).room_id, "closes_at": int(window.closes_at)}
    return _answer(request, "/my-sea/", body)


async def close_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/close`: everyone's voice ends now."""
    visitor = signed_in(request)
    request.app[BOOK].seas.close(visitor.user_id, now=request.app[CLOCK]())
    request.app[SWITCHBOARD].close_room(Sea(owner_id=visitor.user_id).room_id)
    return _answer(request, "/my-sea/", {})


async def invite_to_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/invitations`: a link for one person."""
    visitor = signed_in(request)
    return await _invite(request, visitor, Sea(owner_id=visitor.user_id), "/my-sea/")


async def revoke_to_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/invitations/{id}/revoke`: the link works no longer."""
    visitor = signed_in(request)
    return _revoke(request, visitor, Sea(owner_id=visitor.user_id), "/my-sea/")


async def remove_guest(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/guests/{user_id}/remove`: out, until invited anew."""
    visitor = signed_in(request)
    room = Sea(owner_id=visitor.user_id).room_id
    request.app[SWITCHBOARD].remove(room, _user_in_path(request), by=visitor.user_id)
    return _answer(request, "/my-sea/", {})


async def leave_sea(request: web.Request) -> web.StreamResponse:
    """`POST /sea/{owner_id}/leave`: ends one's own presence."""
    visitor = signed_in(request)
    room = parse_room(f"mysea-{request.match_info['owner_id']}")
    if isinstance(room, Sea):
        request.app[BOOK].seas.leave(room.owner_id, visitor.user_id, now=request.app[CLOCK]())
        request.app[SWITCHBOARD].recheck(room.room_id)
    return _answer(request, "/", {})


async def look(request: web.Request) -> web.StreamResponse:
    """`POST /invitations/look` (`token`): who invites to what; uses nothing up."""
    form = await _fields(request)
    _throttle_deposits(request)
    visitor, now = request[VISITOR], request.app[CLOCK]()
    try:
        seen = request.app[BOOK].invitations.look(
            form.get("token", ""), user_id=visitor.user_id if visitor else None, now=now
        )
    except Yours as problem:
        return web.json_response({"state": "yours", "url": _url_of(problem.room)})
    except (InvitationGone, Full, Removed) as problem:
        state = problem.code.removeprefix("invitation-").removeprefix("table-").removeprefix("sea-")
        return web.json_response({"state": state, "message": str(problem)})
    return web.json_response(_described(seen))


def _described(seen: Look) -> dict[str, Any]:
    title = f"{seen.inviter_name}\u2019s sea" if seen.table_name is None else seen.table_name
    return {
        "state": "open",
        "kind": "table" if isinstance(seen.room, Table) else "sea",
        "by": seen.inviter_name,
        "title": title,
        "expires_at": int(seen.expires_at),
        "already_in": seen.already_in,
        "url": _url_of(seen.room) if seen.already_in else None,
    }


async def accept(request: web.Request) -> web.StreamResponse:
    """`POST /invitations/accept` (`token`, and `name` of whoever isn't signed in): deposits the token."""
    form = await _fields(request)
    _throttle_deposits(request)
    book, now, visitor = request.app[BOOK], request.app[CLOCK](), request[VISITOR]
    token = form.get("token", "")
    if visitor is None:
        # Nobody becomes a person here by a link that is worth nothing.
        book.invitations.look(token, user_id=None, now=now)
        visitor = await _enter(request, form, invited=True)
    accepted = book.invitations.accept(token, visitor.user_id, now=now)
    url = _url_of(accepted.room)
    return _answer(request, url, {"room_id": accepted.room.room_id, "url": url})


async def make_table(request: web.Request) -> web.StreamResponse:
    """`POST /tables` (`name`)."""
    visitor = _host(request)
    form = await _fields(request)
    try:
        record = request.app[BOOK].tables.create(
            visitor.user_id,
            form.get("name", ""),
            random=secrets.token_bytes(16),
            now=request.app[CLOCK](),
            seats=request.app[SETTINGS].table_seats,
        )
    except NameRefused as problem:
        raise Refused(400, "bad-name", str(problem)) from None
    url = _url_of(record.room)
    return _answer(request, url, {"table_id": record.table_id, "room_id": record.room_id, "url": url})


async def invite_to_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/invitations`: a link for one seat."""
    visitor, room = signed_in(request), _table(request)
    return await _invite(request, visitor, room, _url_of(room))


async def revoke_to_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/invitations/{id}/revoke`."""
    visitor, room = signed_in(request), _table(request)
    return _revoke(request, visitor, room, _url_of(room))


async def leave_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/seats/leave`: frees one's seat; an owner's table passes to the longest-seated."""
    visitor, room = signed_in(request), _table(request)
    request.app[BOOK].tables.leave(room.table_id, visitor.user_id, now=request.app[CLOCK]())
    request.app[SWITCHBOARD].recheck(room.room_id)
    return _answer(request, "/", {})


async def remove_from_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/seats/{user_id}/remove`: the owner's alone."""
    visitor, room = signed_in(request), _table(request)
    request.app[SWITCHBOARD].remove(room.room_id, _user_in_path(request), by=visitor.user_id)
    return _answer(request, _url_of(room), {})


async def hand_over_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/owner` (`user_id`): another of those seated owns the table from now on."""
    visitor, room = signed_in(request), _table(request)
    form = await _fields(request)
    heir = parse_user(form.get("user_id", ""))
    if heir is None:
        raise Refused(400, "bad-user", "Say to whom: user_id is the id of somebody at this table.")
    request.app[BOOK].tables.hand_over(room.table_id, heir, by=visitor.user_id)
    request.app[SWITCHBOARD].recheck(room.room_id)
    return _answer(request, _url_of(room), {})


async def _enter(request: web.Request, form: dict[str, str], *, invited: bool) -> Visitor:
    settings, throttles, now = request.app[SETTINGS], request.app[THROTTLES], request.app[CLOCK]()
    address = address_key(request[ADDRESS])
    if settings.user_header:
        raise Refused(403, "signed-in-elsewhere", "This site signs people in through its proxy, not here.")
    if not throttles.sign_ins.take(address, now):
        raise too_many("sign-ins")
    # An invitation is being asked in: whoever holds one needs no passphrase, but hosts nothing without it.
    if settings.passphrase and not invited:
        given = form.get("passphrase", "").strip()
        if not hmac.compare_digest(given.encode(), settings.passphrase.encode()):
            if not throttles.wrong_passphrases.take(address, now):
                raise too_many("wrong passphrases")
            raise Refused(
                403, "wrong-passphrase", "That is not the passphrase. Ask whoever runs this site for it."
            )
    name = form.get("name")
    if invited and not name:
        raise Refused(401, "signed-out", "Say by which name the others shall know you.")
    try:
        await sessions.sign_in(request, name or "", may_host=not (settings.passphrase and invited))
    except NameRefused as problem:
        raise Refused(400, "bad-name", str(problem)) from None
    return signed_in(request)


def _host(request: web.Request) -> Visitor:
    visitor = signed_in(request)
    if not visitor.may_host:
        raise Refused(
            403,
            "guest",
            "You came by an invitation. To open rooms of your own, sign in with this site's passphrase.",
        )
    return visitor


def _throttle_deposits(request: web.Request) -> None:
    if not request.app[THROTTLES].deposits.take(address_key(request[ADDRESS]), request.app[CLOCK]()):
        raise too_many("tries")


async def _invite(request: web.Request, visitor: Visitor, room: Room, back: str) -> web.StreamResponse:
    now = request.app[CLOCK]()
    if not request.app[THROTTLES].invitations.take(visitor.user_id, now):
        raise too_many("invitations")
    token = secrets.token_urlsafe(24)
    made = request.app[BOOK].invitations.make(room, by=visitor.user_id, token=token, now=now)
    # In the fragment, so that the token reaches no log, no Referer and no link preview.
    url = f"{request.app[SETTINGS].origin}/invitation/#{token}"
    fresh = {"url": url, "expires_at": int(made.expires_at), "id": made.invitation_id}
    if not wants_json(request):
        session = await aiohttp_session.get_session(request)
        session[pages.FLASH] = {**fresh, "room": room.room_id}
    return _answer(request, back, fresh, status=201)


def _revoke(request: web.Request, visitor: Visitor, room: Room, back: str) -> web.StreamResponse:
    invitation_id = parse_invitation(request.match_info["invitation_id"])
    if invitation_id is None:
        raise InvitationUnknown
    request.app[BOOK].invitations.revoke(room, invitation_id, by=visitor.user_id, now=request.app[CLOCK]())
    return _answer(request, back, {})


def _table(request: web.Request) -> Table:
    room = parse_room(request.match_info["table_id"])
    if not isinstance(room, Table):
        raise web.HTTPNotFound
    return room


def _user_in_path(request: web.Request) -> UserId:
    user = parse_user(request.match_info["user_id"])
    if user is None:
        raise web.HTTPNotFound
    return user


def _url_of(room: Room) -> str:
    return f"/sea/{room.owner_id}/" if isinstance(room, Sea) else f"/table/{room.table_id}/"


async def _fields(request: web.Request) -> dict[str, str]:
    """Read a form, or a JSON object of strings. Raises `Refused`."""
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise Refused(400, "bad-json", "The body is not JSON.") from None
        if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
            raise Refused(400, "bad-json", "The body must be an object of text fields.")
        return body
    try:
        form = await request.post()
    except ValueError:
        raise Refused(400, "bad-form", "The form could not be read.") from None
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _answer(request: web.Request, url: str, body: dict[str, Any], *, status: int = 200) -> web.Response:
    if wants_json(request):
        return web.json_response(body, status=status)
    return web.Response(status=303, headers={"Location": url})

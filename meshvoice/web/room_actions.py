"""What people do with their seas and tables: every POST but those of `entrance`."""

from __future__ import annotations

import secrets

import aiohttp_session
from aiohttp import web

from meshvoice.access.errors import InvitationUnknown
from meshvoice.ids import Room, Sea, Table, UserId, invitation_token, parse_invitation, parse_room, parse_user
from meshvoice.names import NameRefused
from meshvoice.web import pages
from meshvoice.web.error_pages import RequestRefused, refused_name, too_many, wants_json
from meshvoice.web.forms import answer, fields, path_of, url_of
from meshvoice.web.keys import BOOK, CLOCK, SETTINGS, SWITCHBOARD, THROTTLES, Visitor
from meshvoice.web.pages import signed_in
from meshvoice.web.site import site_of


async def open_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/open`: for MESHVOICE_SEA_HOURS from now; does nothing to one that is open."""
    visitor = _host(request)
    now = request.app[CLOCK]()
    closes_at = now + request.app[SETTINGS].sea_hours * 3600
    window = request.app[BOOK].seas.open(visitor.user_id, now=now, closes_at=closes_at)
    body = {"room_id": Sea(owner_id=visitor.user_id).room_id, "closes_at": int(window.closes_at)}
    return answer(request, "/my-sea/", body)


async def close_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/close`: everyone's voice ends now."""
    visitor = signed_in(request)
    request.app[BOOK].seas.close(visitor.user_id, now=request.app[CLOCK]())
    request.app[SWITCHBOARD].close_room(Sea(owner_id=visitor.user_id).room_id)
    return answer(request, "/my-sea/", {})


async def invite_to_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/invitations`: a link for one person."""
    visitor = signed_in(request)
    return await _invite(request, visitor, Sea(owner_id=visitor.user_id), "/my-sea/")


async def revoke_to_sea(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/invitations/{id}/revoke`: the link works no longer."""
    visitor = signed_in(request)
    return _revoke(request, visitor, Sea(owner_id=visitor.user_id), "/my-sea/")


async def remove_guest(request: web.Request) -> web.StreamResponse:
    """`POST /my-sea/guests/{user_id}/remove` (`links`): out, until invited anew."""
    visitor = signed_in(request)
    return await _remove(request, visitor, Sea(owner_id=visitor.user_id), "/my-sea/")


async def leave_sea(request: web.Request) -> web.StreamResponse:
    """`POST /sea/{owner_id}/leave`: ends one's own presence."""
    visitor = signed_in(request)
    room = parse_room(f"mysea-{request.match_info['owner_id']}")
    if isinstance(room, Sea):
        request.app[BOOK].seas.leave(room.owner_id, visitor.user_id, now=request.app[CLOCK]())
        request.app[SWITCHBOARD].recheck(room.room_id)
    return answer(request, "/", {})


async def make_table(request: web.Request) -> web.StreamResponse:
    """`POST /tables` (`name`)."""
    visitor = _host(request)
    form = await fields(request)
    try:
        record = request.app[BOOK].tables.create(
            visitor.user_id,
            form.get("name", ""),
            random=secrets.token_bytes(16),
            now=request.app[CLOCK](),
            seats=request.app[SETTINGS].table_seats,
        )
    except NameRefused as problem:
        raise refused_name(problem) from None
    body = {"table_id": record.table_id, "room_id": record.room_id, "url": url_of(request, record.room)}
    return answer(request, path_of(record.room), body)


async def invite_to_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/invitations`: a link for one seat."""
    visitor, room = signed_in(request), _table(request)
    return await _invite(request, visitor, room, path_of(room))


async def revoke_to_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/invitations/{id}/revoke`."""
    visitor, room = signed_in(request), _table(request)
    return _revoke(request, visitor, room, path_of(room))


async def leave_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/seats/leave`: frees one's seat; an owner's table passes to the longest-seated."""
    visitor, room = signed_in(request), _table(request)
    request.app[BOOK].tables.leave(room.table_id, visitor.user_id, now=request.app[CLOCK]())
    request.app[SWITCHBOARD].recheck(room.room_id)
    return answer(request, "/", {})


async def remove_from_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/seats/{user_id}/remove` (`links`): the owner's alone."""
    visitor, room = signed_in(request), _table(request)
    return await _remove(request, visitor, room, path_of(room))


async def hand_over_table(request: web.Request) -> web.StreamResponse:
    """`POST /table/{uuid}/owner` (`user_id`): another of those seated owns the table from now on."""
    visitor, room = signed_in(request), _table(request)
    form = await fields(request)
    heir = parse_user(form.get("user_id", ""))
    if heir is None:
        raise RequestRefused(400, "bad-user", "refused.bad-user")
    request.app[BOOK].tables.hand_over(room.table_id, heir, by=visitor.user_id)
    request.app[SWITCHBOARD].recheck(room.room_id)
    return answer(request, path_of(room), {})


def _host(request: web.Request) -> Visitor:
    visitor = signed_in(request)
    if not visitor.may_host:
        way = "passphrase" if request.app[SETTINGS].passphrase else "link"
        raise RequestRefused(403, "guest", f"refused.guest-{way}")
    return visitor


async def _invite(request: web.Request, visitor: Visitor, room: Room, back: str) -> web.StreamResponse:
    now = request.app[CLOCK]()
    if not request.app[THROTTLES].invitations.take(visitor.user_id, request.app[CLOCK].steady()):
        raise too_many("invitations")
    token = invitation_token(secrets.token_bytes(20))
    made = request.app[BOOK].invitations.make(room, by=visitor.user_id, token=token, now=now)
    # In the fragment, so that the token reaches no log, no Referer and no link preview.
    url = f"{site_of(request).url}/invitation/#{token}"
    fresh = {"url": url, "expires_at": int(made.expires_at), "id": made.invitation_id}
    if not wants_json(request):
        session = await aiohttp_session.get_session(request)
        session[pages.FLASH] = {**fresh, "room": room.room_id}
    return answer(request, back, fresh, status=201)


async def _remove(request: web.Request, visitor: Visitor, room: Room, back: str) -> web.StreamResponse:
    user, links = _user_in_path(request), (await fields(request)).get("links", "revoke")
    if links not in ("revoke", "keep"):
        raise RequestRefused(400, "bad-links", "refused.bad-links")
    revoked = request.app[SWITCHBOARD].remove(
        room.room_id, user, by=visitor.user_id, with_links=links == "revoke"
    )
    return answer(request, back, {"revoked": revoked})


def _revoke(request: web.Request, visitor: Visitor, room: Room, back: str) -> web.StreamResponse:
    invitation_id = parse_invitation(request.match_info["invitation_id"])
    if invitation_id is None:
        raise InvitationUnknown
    request.app[BOOK].invitations.revoke(room, invitation_id, by=visitor.user_id, now=request.app[CLOCK]())
    return answer(request, back, {})


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

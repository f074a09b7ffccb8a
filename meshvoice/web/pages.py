"""The pages: what the guest book and the hub know, as HTML."""

from __future__ import annotations

from typing import Any

import aiohttp_session
import segno
from aiohttp import web
from yarl import URL

from meshvoice.access import gates
from meshvoice.access.invitations import Invitation, InvitationState
from meshvoice.access.tables import TableRecord
from meshvoice.ids import RoomId, Sea, Table, UserId, parse_user
from meshvoice.lookalikes import alike_among
from meshvoice.web import templates
from meshvoice.web.door import no_such_room, read_room
from meshvoice.web.error_pages import RequestRefused, wants_json
from meshvoice.web.keys import BOOK, CLOCK, DOOR, SETTINGS, SWITCHBOARD, THROTTLES, VISITOR, Visitor
from meshvoice.web.origins import local_path
from meshvoice.web.site import path_within, to

Context = dict[str, Any]
IN_PLACE = "Meshvoice-In-Place"
"""The header of what a page fetches of itself (static/partial-update.js); it is kept over our redirects."""
FLASH = "invitation"
"""A fresh invitation on its way to the page that shows it once; it travels in the encrypted cookie only."""


def signed_in(request: web.Request) -> Visitor:
    """Give the visitor; send one who isn't signed in to the sign-in page and back. Raises."""
    visitor = request[VISITOR]
    if visitor is None:
        if wants_json(request) or request.method not in ("GET", "HEAD"):
            raise RequestRefused(401, "signed-out", "refused.sign-in")
        here = to(request.app, path_within(request))
        raise web.HTTPSeeOther(URL(to(request.app, "/")).with_query(next=here))
    return visitor


async def home(request: web.Request) -> web.Response:
    """`GET /`: sign-in, or what is mine."""
    visitor = request[VISITOR]
    if visitor is None:
        return sign_in_page(request, next_path=local_path(request, request.query.get("next", "")))
    return home_page(request, visitor)


async def to_home(request: web.Request) -> web.Response:
    """`GET /voice`, where the site's path is that: the start page's has a slash at its end."""
    raise web.HTTPPermanentRedirect(to(request.app, "/"))


def home_page(
    request: web.Request, visitor: Visitor, *, error: str | None = None, status: int = 200
) -> web.Response:
    """Render what is the visitor's, with what was wrong about a guest's passphrase."""
    book, now = request.app[BOOK], request.app[CLOCK]()
    window = book.seas.window(visitor.user_id, now=now)
    guests = book.seas.guests(visitor.user_id) if window else ()
    context = {
        "error": error,
        "sea": {
            "open": window is not None,
            "closes_at": window.closes_at if window else None,
            "guests": sum(guest.standing is gates.Standing.PRESENT for guest in guests),
        },
        "tables": [
            {
                "table_id": table.table_id,
                "name": table.name,
                "seats_taken": len(table.seated),
                "seats": table.seats,
                "owner": table.owner == visitor.user_id,
            }
            for table in book.tables.of(visitor.user_id)
        ],
        "visits": [
            {"owner_id": visit.owner, "owner_name": visit.owner_name, "closes_at": visit.closes_at}
            for visit in book.seas.visiting(visitor.user_id, now=now)
        ],
    }
    return templates.render("home.html", request, context, status=status)


def sign_in_page(
    request: web.Request, *, next_path: str, error: str | None = None, name: str = "", status: int = 200
) -> web.Response:
    """Render the sign-in page, with what was wrong the last time."""
    context = {
        "next": next_path,
        "needs_passphrase": bool(request.app[SETTINGS].passphrase),
        "error": error,
        "name": name,
    }
    return templates.render("sign-in.html", request, context, status=status)


@templates.page("my-sea.html")
async def my_sea(request: web.Request) -> Context:
    """`GET /my-sea/`: the owner's page."""
    visitor = signed_in(request)
    book, now = request.app[BOOK], request.app[CLOCK]()
    room = Sea(owner_id=visitor.user_id)
    window = book.seas.window(visitor.user_id, now=now)
    talking = _talking(request, room.room_id)
    if window is not None:
        _knock(request, room.room_id, visitor)
    guests = book.seas.guests(visitor.user_id) if window else ()
    alike = alike_among({visitor.user_id: visitor.name, **{guest.user_id: guest.name for guest in guests}})
    return {
        "voice": {"active": window is not None, "room_id": room.room_id},
        "sea": {"open": window is not None, "closes_at": window.closes_at if window else None},
        "guests": [
            {
                "user_id": guest.user_id,
                "name": guest.name,
                "state": guest.standing.value,
                "present": guest.standing is gates.Standing.PRESENT,
                "in_voice": guest.user_id in talking,
                "alike": guest.user_id in alike,
            }
            for guest in guests
        ],
        "invitations": _listed(book.invitations.of(room, by=visitor.user_id, now=now)) if window else [],
        "new_invitation": await _take_fresh(request, room.room_id),
    }


@templates.page("sea.html")
async def sea(request: web.Request) -> Context:
    """`GET /sea/{owner_id}/`: a guest's page."""
    visitor = signed_in(request)
    owner_id = parse_user(request.match_info["owner_id"])
    if owner_id is None:
        raise no_such_room()
    if owner_id == visitor.user_id:
        raise web.HTTPSeeOther(to(request.app, "/my-sea/"))
    room = Sea(owner_id=owner_id)
    admission = request.app[DOOR].at_page(room, visitor.user_id)
    _knock(request, room.room_id, visitor)
    owner = request.app[BOOK].users.get(room.owner_id)
    return {
        "voice": {"active": True, "room_id": room.room_id},
        "owner": {"user_id": room.owner_id, "name": owner.name if owner else ""},
        "closes_at": admission.closes_at,
    }


@templates.page("table.html")
async def table(request: web.Request) -> Context:
    """`GET /table/{uuid}/`: the page of those seated."""
    visitor = signed_in(request)
    room = read_room(request.match_info["table_id"])
    request.app[DOOR].at_page(room, visitor.user_id)
    record = request.app[BOOK].tables.get(room.table_id) if isinstance(room, Table) else None
    if record is None:
        raise no_such_room()
    _knock(request, record.room_id, visitor)
    owns = record.owner == visitor.user_id
    invitations = request.app[BOOK].invitations.of(record.room, by=record.owner, now=request.app[CLOCK]())
    return {
        "voice": {"active": True, "room_id": record.room_id},
        "table": {"table_id": record.table_id, "name": record.name, "owner_id": record.owner},
        "seats": _seats(record, visitor.user_id, _talking(request, record.room_id)),
        "is_owner": owns,
        "invitations": _listed(invitations) if owns else [],
        "awaits": any(invitation.state is InvitationState.OPEN for invitation in invitations),
        "new_invitation": await _take_fresh(request, record.room_id),
    }


@templates.page("invitation.html")
async def invitation(request: web.Request) -> Context:
    """`GET /invitation/`: the page that reads the token in its fragment, which never comes here by GET."""
    return {}


@templates.page("host-link.html")
async def host_link(request: web.Request) -> Context:
    """`GET /host-link/`: the page that reads a host link's token in its fragment."""
    return {}


@templates.page("check.html")
async def check(request: web.Request) -> Context:
    """`GET /check/`: tests one's microphone and connection, by the first room that one may enter."""
    visitor = signed_in(request)
    rooms = request.app[BOOK].rooms_of(visitor.user_id, now=request.app[CLOCK]())
    return {"room_id": rooms[0].room_id if rooms else ""}


def _seats(record: TableRecord, me: UserId, talking: frozenset[UserId]) -> list[Context]:
    by_number = {seated.seat: seated for seated in record.seated}
    alike = alike_among({seated.user_id: seated.name for seated in record.seated})
    rows = []
    for number in range(1, record.seats + 1):
        seated = by_number.get(number)
        rows.append(
            {
                "number": number,
                "user_id": seated.user_id if seated else None,
                "name": seated.name if seated else "",
                "in_voice": seated is not None and seated.user_id in talking,
                "alike": seated is not None and seated.user_id in alike,
                "you": seated is not None and seated.user_id == me,
                "owner": seated is not None and seated.user_id == record.owner,
            }
        )
    return rows


def _listed(invitations: tuple[Invitation, ...]) -> list[Context]:
    return [
        {
            "id": listed.invitation_id,
            "state": listed.state.value,
            "by": listed.accepted_name,
            "created_at": listed.made_at,
            "expires_at": listed.expires_at,
        }
        for listed in invitations
    ]


def _talking(request: web.Request, room: RoomId) -> frozenset[UserId]:
    return request.app[SWITCHBOARD].hub.users_in(room)


def _knock(request: web.Request, room: RoomId, visitor: Visitor) -> None:
    talking = _talking(request, room)
    if not talking or visitor.user_id in talking or not _opened_by_a_person(request):
        return
    # Not again at each reload: a sound that anybody can make others hear has to be a rare one.
    # Asked last: what nobody hears takes nothing of it.
    if request.app[THROTTLES].knocks.take((visitor.user_id, room), request.app[CLOCK].steady()):
        request.app[SWITCHBOARD].knock(room, visitor)


def _opened_by_a_person(request: web.Request) -> bool:
    """Tell whether somebody went to a page, and not a browser ahead of them, or the page's own script."""
    ahead = ",".join([*request.headers.getall("Sec-Purpose", []), *request.headers.getall("Purpose", [])])
    return (
        request.method == "GET"
        and "prefetch" not in ahead
        and "prerender" not in ahead
        # Browsers send it to https:// and localhost alone, so the page's scripts say it in their own words.
        and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        and IN_PLACE not in request.headers
    )


async def _take_fresh(request: web.Request, room: RoomId) -> Context | None:
    session = await aiohttp_session.get_session(request)
    fresh = session.get(FLASH)
    if not isinstance(fresh, dict) or fresh.get("room") != room:
        return None
    del session[FLASH]
    return {"url": fresh["url"], "expires_at": fresh["expires_at"], "qr": qr_code(fresh["url"])}


def qr_code(text: str) -> str:
    """Draw a QR code as a `data:` URI (SVG)."""
    # Light modules are drawn too: in a dark page the code must stay dark on light.
    return str(segno.make(text, error="m").svg_data_uri(scale=4, border=3, light="#fff", dark="#000"))

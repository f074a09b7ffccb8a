"""The application put together: settings in, an aiohttp application out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from meshvoice.access.guestbook import GuestBook
from meshvoice.access.seat_tickets import ticket_keys
from meshvoice.ids import RoomId, UserId
from meshvoice.settings import Settings
from meshvoice.signaling.hub import Hub
from meshvoice.signaling.server_messages import credentials_body
from meshvoice.signaling.terms import Terms
from meshvoice.turn.credentials import derive_pseudonym_key
from meshvoice.web import (
    admission,
    api,
    checks,
    entrance,
    error_pages,
    headers,
    keys,
    language,
    measures,
    origins,
    pages,
    room_actions,
    sessions,
    site,
    sockets,
    static,
    templates,
)
from meshvoice.web.arrivals import Arrivals
from meshvoice.web.checks import Health
from meshvoice.web.clocks import Clock, boot_time
from meshvoice.web.door import Door
from meshvoice.web.error_pages import Handler
from meshvoice.web.lent import Lent
from meshvoice.web.others import Others
from meshvoice.web.outbox import Outgoing
from meshvoice.web.pulse import Pulse
from meshvoice.web.reception import Reception
from meshvoice.web.relay_watch import RelayWatch
from meshvoice.web.straight import StraightResponse, fits
from meshvoice.web.switchboard import Switchboard
from meshvoice.web.throttles import Throttles
from meshvoice.web.upkeep import Upkeep

log = logging.getLogger("meshvoice")
TICK_SECONDS = 0.5


def make_app(
    settings: Settings,
    book: GuestBook,
    *,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = boot_time,
    grace: float = 45,
    throttles: Throttles | None = None,
    waits: keys.Waits | None = None,
    straight: bool = True,
) -> web.Application:
    """Build the application over an open guest book, which stays the caller's to close.

    `clock` gives seconds since 1970, `monotonic` seconds that never jump; `grace` is for how many seconds a
    dropped peer is kept; `straight`: frames are heard within the read, where aiohttp is fit for it.
    """
    timed = Clock(clock, monotonic)
    app = web.Application(client_max_size=64 * 1024)
    turn = settings.turn
    terms = Terms(
        boot=secrets.token_urlsafe(8),
        grace=grace,
        booted=timed.steady(),
        renew_after=turn.ttl / 2 if turn.offered else None,
    )
    hub, door = Hub(terms), Door(book, clock=timed)
    app[keys.SETTINGS] = settings
    app[keys.BOOK] = book
    app[keys.CLOCK] = timed
    app[keys.UPKEEP] = Upkeep(book, timed, settings.database)
    app[keys.THROTTLES] = throttles or Throttles.with_sockets(settings.sockets)
    app[keys.WAITS] = waits or keys.Waits()
    app[keys.PULSE] = Pulse()
    app[keys.HEALTH] = Health()
    app[keys.OUTGOING] = Outgoing()
    app[keys.RELAY] = RelayWatch(timed)
    response: type[web.WebSocketResponse] = web.WebSocketResponse
    app[keys.RESPONSE] = StraightResponse if straight and fits() else response
    app[keys.DOOR] = door
    app[keys.LENT] = Lent()
    app[keys.DERIVED] = keys.Derived(
        tickets=ticket_keys(settings.secret_keys), pseudonyms=derive_pseudonym_key(settings.secret_keys[0])
    )
    app[keys.SWITCHBOARD] = _switchboard(app, hub, door)
    app[keys.OTHERS] = Others(book, app[keys.SWITCHBOARD])
    site.setup(app, settings)
    language.setup(app)
    headers.setup(app)
    error_pages.setup(app)
    admission.setup(app)
    origins.setup(app)
    sessions.setup(app, settings)
    templates.setup(app)
    checks.setup(app)
    measures.setup(app)
    _route(app)
    app.cleanup_ctx.append(_keep_time)
    app.on_shutdown.append(_shut_down)
    return app


def _switchboard(app: web.Application, hub: Hub, door: Door) -> Switchboard:
    book, clock = app[keys.BOOK], app[keys.CLOCK]

    def credentials(room: RoomId, user: UserId, company: bool) -> bytes:
        return credentials_body(dict(api.issue(app, user, (room,), company=company)))

    arrivals = Arrivals(app[keys.THROTTLES].arrivals)
    reception = Reception(
        hub,
        door,
        app[keys.SETTINGS],
        keys=app[keys.DERIVED].tickets,
        clock=clock,
        credentials=credentials,
        lent=app[keys.LENT],
        arrivals=arrivals,
    )
    return Switchboard(hub, book, door, reception, arrivals=arrivals, clock=clock)


def _route(app: web.Application) -> None:
    bases = site.bases(app)

    def get(path: str, handler: Handler) -> None:
        for base in bases:
            app.router.add_get(base + path, handler)

    def post(path: str, handler: Handler) -> None:
        for base in bases:
            app.router.add_post(base + path, handler)

    get("/", pages.home)
    get("/my-sea/", pages.my_sea)
    get("/invitation/", pages.invitation)
    # A link whose # was encoded, or whose slash was lost: the page finds the token all the same.
    get("/invitation", pages.invitation)
    get("/invitation/{lost:.+}", pages.invitation)
    get("/host-link/", pages.host_link)
    get("/host-link", pages.host_link)
    get("/check/", pages.check)
    get("/sea/{owner_id}/", pages.sea)
    get("/table/{table_id}/", pages.table)
    post("/sign-in", entrance.sign_in)
    post("/sign-out", entrance.sign_out)
    post("/language", entrance.language)
    post("/host", entrance.host)
    post("/host-links/accept", entrance.accept_host_link)
    post("/my-sea/open", room_actions.open_sea)
    post("/my-sea/close", room_actions.close_sea)
    post("/my-sea/invitations", room_actions.invite_to_sea)
    post("/my-sea/invitations/{invitation_id}/revoke", room_actions.revoke_to_sea)
    post("/my-sea/guests/{user_id}/remove", room_actions.remove_guest)
    post("/sea/{owner_id}/leave", room_actions.leave_sea)
    post("/invitations/look", entrance.look)
    post("/invitations/accept", entrance.accept)
    post("/tables", room_actions.make_table)
    post("/table/{table_id}/invitations", room_actions.invite_to_table)
    post("/table/{table_id}/invitations/{invitation_id}/revoke", room_actions.revoke_to_table)
    post("/table/{table_id}/seats/leave", room_actions.leave_table)
    post("/table/{table_id}/seats/{user_id}/remove", room_actions.remove_from_table)
    post("/table/{table_id}/owner", room_actions.hand_over_table)
    get("/api/voice/turn-credentials/", api.turn_credentials)
    get("/api/voice/relay/", api.relay)
    get("/ws/voice/{room_id}/", sockets.voice)
    static.setup(app, bases)
    # Programs on this machine know no path.
    for base in dict.fromkeys((*bases, "")):
        app.router.add_get(base + "/healthz", api.health)
        app.router.add_get(base + "/metrics", api.metrics)
    if path := site.to(app, ""):
        app.router.add_get(path, pages.to_home)


async def _keep_time(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_tick(app))
    app[keys.PULSE].start(asyncio.get_running_loop())
    yield
    app[keys.PULSE].stop()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def tick(app: web.Application) -> None:
    """Let time do its part."""
    moved = app[keys.CLOCK].notice()
    if moved:
        app[keys.SWITCHBOARD].retime(moved)
    app[keys.SWITCHBOARD].tick()
    app[keys.UPKEEP].tick()
    if app[keys.SETTINGS].processes > 1:
        app[keys.OTHERS].tick()


async def _tick(app: web.Application) -> None:
    now = asyncio.get_running_loop().time
    while True:
        try:
            tick(app)
        except Exception:
            # Time must go on: a tick that failed is told, and the next one comes.
            log.exception("a tick failed")
        try:
            app[keys.SWITCHBOARD].sweep(now(), heartbeat=app[keys.WAITS].heartbeat)
            app[keys.OUTGOING].weigh()
        except Exception:
            log.exception("a sweep failed")
        await asyncio.sleep(TICK_SECONDS)


async def _shut_down(app: web.Application) -> None:
    await app[keys.SWITCHBOARD].shut_down()

"""What hangs on the application and on a request, by typed keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import SessionId, UserId
from meshvoice.languages import Language
from meshvoice.settings import Settings
from meshvoice.sites import Sites
from meshvoice.web.clocks import Clock

if TYPE_CHECKING:
    from meshvoice.web.checks import Health
    from meshvoice.web.door import Door
    from meshvoice.web.lent import Lent
    from meshvoice.web.metrics import Metrics
    from meshvoice.web.others import Others
    from meshvoice.web.outbox import Outgoing
    from meshvoice.web.pulse import Pulse
    from meshvoice.web.relay_watch import RelayWatch
    from meshvoice.web.switchboard import Switchboard
    from meshvoice.web.throttles import Throttles
    from meshvoice.web.upkeep import Upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who sends this request."""

    user_id: UserId
    name: str
    session_id: SessionId | None
    """None where a trusted proxy names the user: there is no session of ours then."""
    may_host: bool
    """False for whoever came by an invitation alone, where that doesn't suffice (`Settings.guests_host`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Keys made from the deployment's secret, once."""

    tickets: tuple[bytes, ...]
    pseudonyms: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """For how many seconds silence is borne."""

    hello: float = 5.0
    """From the handshake to the hello."""
    heartbeat: float = 15.0
    """Before a protocol ping; a peer that lets one go unanswered for half of that is given up. Both are found
    out with the next look at its socket (`Switchboard.sweep`), up to two seconds later."""
    first_request: float = 12.0
    """From a connection to the end of its first request's headers."""
    keepalive: float = 30.0
    """From an answer to the end of the next request's headers."""
    body: float = 10.0
    """For the whole body of a form."""
    unread: float = 60.0
    """For what was written to a visitor who reads nothing of it."""
    room: float = 1.0
    """Of a connection that then makes room for another, where there are as many as may be."""


SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
SITES: web.AppKey[Sites] = web.AppKey("sites", Sites)
BOOK: web.AppKey[GuestBook] = web.AppKey("book", GuestBook)
CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
DOOR: web.AppKey[Door] = web.AppKey("door")
LENT: web.AppKey[Lent] = web.AppKey("lent")
UPKEEP: web.AppKey[Upkeep] = web.AppKey("upkeep")
OTHERS: web.AppKey[Others] = web.AppKey("others")
DERIVED: web.AppKey[Derived] = web.AppKey("derived", Derived)
SWITCHBOARD: web.AppKey[Switchboard] = web.AppKey("switchboard")
THROTTLES: web.AppKey[Throttles] = web.AppKey("throttles")
WAITS: web.AppKey[Waits] = web.AppKey("waits", Waits)
OUTGOING: web.AppKey[Outgoing] = web.AppKey("outgoing")
RESPONSE: web.AppKey[type[web.WebSocketResponse]] = web.AppKey("response")
METRICS: web.AppKey[Metrics] = web.AppKey("metrics")
RELAY: web.AppKey[RelayWatch] = web.AppKey("relay")
PULSE: web.AppKey[Pulse] = web.AppKey("pulse")
HEALTH: web.AppKey[Health] = web.AppKey("health")
HEADERS: web.AppKey[Mapping[str, str]] = web.AppKey("headers")
LANGUAGES: web.AppKey[Mapping[str, Language]] = web.AppKey("languages")

VISITOR: web.RequestKey[Visitor | None] = web.RequestKey("visitor")
PEER: web.RequestKey[str] = web.RequestKey("peer", str)
"""Who is at the other end of the connection: an address, or `UNIX`."""
ADDRESS: web.RequestKey[str] = web.RequestKey("address", str)
LANGUAGE: web.RequestKey[Language] = web.RequestKey("language", Language)
"""Set once an answer depends on it."""

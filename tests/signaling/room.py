"""A hub with browser tabs around it: what each one says goes in, what each one hears is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Close, Deliver, Effect, Greeted, RemoveUser, RenewCredentials
from meshvoice.signaling.hub import Hub
from meshvoice.signaling.joining import Entry
from meshvoice.signaling.registry import Peer, SocketId
from meshvoice.signaling.terms import Terms

SEA = RoomId("mysea-" + "a" * 32)
TABLE = RoomId("5f0c1d9e-8a54-4f0e-9d65-2f6f6a1c0b11")
CANDIDATE = {
    "candidate": "candidate:1 1 udp 2122260223 192.0.2.7 51234 typ host",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
    "usernameFragment": "abcd",
}
GRACE = 45.0
START = 1_795_358_400.0

Frame = dict[str, Any]


def user(name: str) -> UserId:
    return UserId(name.lower().encode().hex().ljust(32, "0"))


def error(code: str, message: str, about: str | None) -> dict[str, Any]:
    return {"type": "error", "code": code, "message": message, "about": about}


class Tab:
    """One person's page in one room, through all the sockets that it has one after another."""

    def __init__(
        self, world: World, name: str, room: RoomId, *, role: str = "guest", muted: bool = False
    ) -> None:
        self.world = world
        self.name = name
        self.room = room
        self.role = role
        self.muted = muted
        self.user = user(name)
        self.peer = PeerId(f"{name.lower()}-{world.next_id()}")
        self.former: set[PeerId] = set()
        """The ids that it had before this one."""
        self.order = 0
        self.socket = SocketId(-1)
        self.wire: list[Frame] = []
        """On its way to the page."""
        self.seen = 0
        """The last `seq` that the page got."""
        self.closed: CloseCode | None = None
        """With what the server closed the present socket."""

    def says(self, type: str, **fields: Any) -> list[Effect]:
        """Send one message; gives all that follows from it."""
        return self.sends(json.dumps({"type": type, **fields}, separators=(",", ":")))

    def sends(self, frame: str | bytes) -> list[Effect]:
        """Send a frame as it is."""
        data = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
        return self.world.happens(self.world.hub.receive(self.socket, data, self.world.now))

    def hears_numbered(self) -> list[Frame]:
        """Take what came since the last time, with `seq`."""
        heard, self.wire = self.wire, []
        if heard:
            self.seen = heard[-1]["seq"]
        return heard

    def hears(self, *types: str) -> list[Frame]:
        """Take what came since the last time, without `seq`; of these types, where some are named."""
        heard = [{key: frame[key] for key in frame if key != "seq"} for frame in self.hears_numbered()]
        return [frame for frame in heard if not types or frame["type"] in types]

    def drops(self) -> list[Effect]:
        """Lose the socket, with what was on its way."""
        self.wire.clear()
        return self.world.happens(self.world.hub.dropped(self.socket, self.world.now))

    def comes_back(self, *, seen: int | None = -1, muted: bool | None = None) -> list[Effect]:
        """Dial anew, with the ticket and what was seen last (None: without saying so)."""
        self.muted = self.muted if muted is None else muted
        self.wire.clear()
        return self.world.enter(self, came_back=True, seen=self.seen if seen == -1 else seen)

    @property
    def place(self) -> Peer | None:
        """This tab's peer as the registry has it."""
        room = self.world.hub.registry.get(self.room)
        return room.peers.get(self.peer) if room else None


CREDENTIALS = b'{"type":"credentials","ttl":3600'


class World:
    """One hub, one clock, and every tab that ever joined."""

    def __init__(
        self, *, capacity: int = 6, closes_at: int | None = None, renew_after: float | None = None
    ) -> None:
        self.capacity = capacity
        self.closes_at = closes_at
        self.renew_after = renew_after
        self.now = START
        self.tabs: list[Tab] = []
        self.asked: list[RenewCredentials | RemoveUser] = []
        """What the hub left to the sockets' side, oldest first."""
        self._ids = 0
        self.hub = self._new_hub("boot-1")

    def _new_hub(self, boot: str) -> Hub:
        booted = self.now if boot != "boot-1" else 0
        terms = Terms(boot=boot, grace=GRACE, ping=10, renew_after=self.renew_after, booted=booted)
        return Hub(terms)

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def joins(self, name: str, room: RoomId = SEA, *, role: str = "guest", muted: bool = False) -> Tab:
        """Open a new tab and join, a millisecond after whatever came before."""
        tab = Tab(self, name, room, role=role, muted=muted)
        self.now += 0.001
        tab.order = self.hub.next_order(self.now)
        self.tabs.append(tab)
        self.enter(tab)
        return tab

    def enter(
        self, tab: Tab, *, came_back: bool = False, seen: int | None = None, socket: SocketId | None = None
    ) -> list[Effect]:
        """Join on a new socket (or on one that was dialed before), as the gate and the ticket allow."""
        if came_back and not self.hub.may_return(tab.room, tab.user, tab.order, self.now):
            came_back = False
            tab.former.add(tab.peer)
            tab.peer, tab.order = (
                PeerId(f"{tab.name.lower()}-{self.next_id()}"),
                self.hub.next_order(self.now),
            )
        tab.socket, tab.closed = socket or SocketId(self.next_id()), None
        hello = Hello(tab.name, tab.muted, seen=UNSET if seen is None else seen)
        entry = Entry(
            room=tab.room,
            user=tab.user,
            name=tab.name,
            role=tab.role,
            capacity=self.capacity,
            closes_at=self.closes_at,
            peer=tab.peer,
            order=tab.order,
            ticket=f"ticket of {tab.peer}",
            came_back=came_back,
            hello=hello,
            credentials=CREDENTIALS if came_back and self.renew_after is not None else None,
        )
        self.hub.connected(tab.socket, self.now)
        greeted = self.hub.receive(tab.socket, msgspec.json.encode(hello), self.now)
        assert greeted == [Greeted(tab.socket, hello)]
        self.happens(self.hub.expects_company(entry, self.now))
        return self.happens(self.hub.join(entry, tab.socket, self.now))

    def waits(self, seconds: float) -> list[Effect]:
        """Let time pass, and the hub look at it once."""
        self.now += seconds
        return self.happens(self.hub.tick(self.now))

    def restarts(self) -> None:
        """End the process and start another: sockets drop, and the registry is empty."""
        for tab in self.tabs:
            tab.wire.clear()
        self.hub = self._new_hub("boot-2")

    def happens(self, effects: Iterable[Effect]) -> list[Effect]:
        """Do to the tabs what the hub decided."""
        done = list(effects)
        by_socket = {tab.socket: tab for tab in self.tabs}
        for effect in done:
            match effect:
                case Deliver(socket, frame):
                    # A socket that its tab gave up for a new one delivers to nobody.
                    if socket in by_socket:
                        assert by_socket[socket].closed is None, "a frame after the close"
                        by_socket[socket].wire.append(json.loads(frame))
                case Close(socket, code, _):
                    if socket in by_socket:
                        by_socket[socket].closed = code
                case RenewCredentials() | RemoveUser():
                    self.asked.append(effect)
        return done


def three(world: World) -> tuple[Tab, Tab, Tab]:
    """Seat Ana (the owner), Bo and Cleo, with all heard that their joining told."""
    tabs = world.joins("Ana", role="owner"), world.joins("Bo"), world.joins("Cleo")
    for tab in tabs:
        tab.hears()
    return tabs

"""Who is where: live rooms, the peers in them, the sockets that they hold, and those yet to say hello."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

from msgspec import UNSET, UnsetType
from msgspec.json import Encoder

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling.allowance import Allowance
from meshvoice.signaling.claims import Claims
from meshvoice.signaling.client_messages import LinkReport
from meshvoice.signaling.pairs import Asked, Due, Pairs
from meshvoice.signaling.replay import Replay

SocketId = NewType("SocketId", int)
"""One WebSocket of this process, by its number; a peer outlives it."""


Telling = Literal["state", "links"]
_encode = Encoder().encode
_REMEMBERED = 64
"""Users of one room whose allowance is remembered when they leave; users removed; peers lost."""


@dataclass(slots=True)
class Connecting:
    """A socket that has not said hello."""

    socket: SocketId
    allowance: Allowance


@dataclass(slots=True, kw_only=True)
class Peer:
    """One user's place in a room's voice, kept for a while when its socket drops."""

    id: PeerId
    user: UserId
    room: LiveRoom
    order: int
    """Milliseconds since 1970, unique: of two peers the higher one owns the link."""
    name: str
    role: str
    muted: bool
    deafened: bool
    alike: bool = False
    """Whether the name could be taken for that of somebody present who came before."""
    allowance: Allowance
    socket: SocketId | None = None
    away_since: float | None = None
    got: int = 0
    """The last `n` taken from this peer."""
    renew_at: float | None = None
    """When its TURN credentials are half used up."""
    replay: Replay = field(default_factory=Replay)
    due: dict[PeerId, Due] | None = None
    """What this peer owes to those who offered; None: nobody did."""
    asked: dict[PeerId, Asked] | None = None
    """What those who sent repairs asked of it."""
    links: Mapping[PeerId, LinkReport] = field(default_factory=dict)
    """How its links to those in the room fare, as it told last."""
    untold: frozenset[Telling] = frozenset()
    """What it told of itself too fast: the next tick tells it."""
    quoted: bytes = field(init=False)
    """The id as it stands in a frame."""

    def __post_init__(self) -> None:
        self.quoted = _encode(self.id)

    def is_new(self, n: int | UnsetType) -> bool:
        """Note a frame by its sender's count; False: it was taken before."""
        if n is not UNSET:
            if n <= self.got:
                return False
            self.got = n
        return True


@dataclass(slots=True)
class LiveRoom:
    """The peers of one room, in the order in which they came."""

    id: RoomId
    capacity: int
    closes_at: int | None = None
    noticed: int | None = None
    """How many seconds before its end the room was last told of it."""
    forgot_at: float = 0.0
    """When what is kept for its peers was last looked through for what is old."""
    look_at: float = 0.0
    """When something is due in it; 0 where that is to be found out."""
    peers: dict[PeerId, Peer] = field(default_factory=dict)
    pairs: Pairs = field(default_factory=Pairs)
    remembered: dict[UserId, Allowance] = field(default_factory=dict)
    """What is left to each user, also of those who left."""
    removed: dict[UserId, None] = field(default_factory=dict)
    """Users who may be here no longer, oldest first: whoever was away then is told when back."""
    lost: dict[PeerId, UserId] = field(default_factory=dict)
    """Peers whose sockets never came back: those present may still hear them, past the server."""

    def allowance_of(self, user: UserId, now: float) -> Allowance:
        """Give what is left to a user: who leaves and comes back as another peer has sent all the same."""
        found = self.remembered.get(user)
        if found is None:
            if len(self.remembered) >= _REMEMBERED:
                here = {peer.user for peer in self.peers.values()}
                self.remembered = {one: left for one, left in self.remembered.items() if one in here}
            found = self.remembered[user] = Allowance(now)
        return found

    def lose(self, peer: Peer) -> None:
        """Note a peer that is taken out because its socket never came back."""
        self.lost[peer.id] = peer.user
        _forget_oldest(self.lost)

    def note_removed(self, user: UserId) -> None:
        """Note a user who may be here no longer."""
        self.removed.pop(user, None)
        self.removed[user] = None
        _forget_oldest(self.removed)

    def take_lost(self, user: UserId) -> list[PeerId]:
        """Forget, and list, what peers of a user were lost."""
        ids = [peer for peer, lost in self.lost.items() if lost == user]
        for peer in ids:
            del self.lost[peer]
        return ids

    def others(self, *but: Peer) -> list[Peer]:
        """List everyone but those."""
        return [other for other in self.peers.values() if all(other is not one for one in but)]

    def of_user(self, user: UserId) -> Peer | None:
        """Find the peer of a user: there is one at most."""
        return next((peer for peer in self.peers.values() if peer.user == user), None)


def _forget_oldest(kept: dict[Any, Any]) -> None:
    while len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]


class Registry:
    """Every room with a peer in it, and every socket that counts. Empty rooms are forgotten."""

    def __init__(self) -> None:
        self._rooms: dict[RoomId, LiveRoom] = {}
        self._by_socket: dict[SocketId, Peer] = {}
        self.by_socket: Callable[[SocketId], Peer | None] = self._by_socket.get
        """Find the peer that holds a socket."""
        self._connecting: dict[SocketId, Connecting] = {}
        self.claims = Claims()
        """Which seats whoever had them may take again."""

    def __iter__(self) -> Iterator[LiveRoom]:
        return iter(list(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def connected(self) -> int:
        """How many peers hold a socket."""
        return len(self._by_socket)

    @property
    def away(self) -> int:
        """How many peers are kept without one."""
        return sum(len(room.peers) for room in self._rooms.values()) - len(self._by_socket)

    @property
    def connecting(self) -> int:
        """How many sockets have yet to say hello."""
        return len(self._connecting)

    def get(self, room: RoomId) -> LiveRoom | None:
        """Find a room in which somebody is."""
        return self._rooms.get(room)

    def get_or_make(self, room: RoomId, capacity: int, closes_at: int | None) -> LiveRoom:
        """Find a room, or make it for the first one to come; what holds for it now is noted."""
        found = self._rooms.setdefault(room, LiveRoom(room, capacity, closes_at))
        found.capacity = capacity
        if found.closes_at != closes_at:
            found.closes_at, found.noticed, found.look_at = closes_at, None, 0.0
        return found

    def peer_of(self, room: RoomId, user: UserId) -> Peer | None:
        """Find the peer of a user in a room."""
        found = self._rooms.get(room)
        return found.of_user(user) if found else None

    def sender(self, socket: SocketId) -> Peer | Connecting | None:
        """Find who speaks on a socket; None: one that is being closed."""
        return self._by_socket.get(socket) or self._connecting.get(socket)

    def expect(self, connecting: Connecting) -> None:
        """Take in a socket that has yet to say hello."""
        self._connecting[connecting.socket] = connecting

    def expect_no_more(self, socket: SocketId) -> None:
        """Forget a socket that said hello, or never will."""
        self._connecting.pop(socket, None)

    def attach(self, peer: Peer, socket: SocketId) -> SocketId | None:
        """Give the peer a socket; gives the one that it held."""
        held = self.detach(peer)
        peer.socket = socket
        peer.away_since = None
        self._by_socket[socket] = peer
        return held

    def detach(self, peer: Peer) -> SocketId | None:
        """Take the socket from the peer, whose room is looked at with the next tick; gives the socket."""
        held, peer.socket = peer.socket, None
        peer.room.look_at = 0.0
        if held is not None:
            del self._by_socket[held]
        return held

    def remove(self, peer: Peer) -> SocketId | None:
        """Take the peer out of its room, and forget a room that is empty then; gives the peer's socket."""
        del peer.room.peers[peer.id]
        peer.room.pairs.forget(peer.id)
        for other in peer.room.peers.values():
            if other.due is not None:
                other.due.pop(peer.id, None)
                other.due = other.due or None
            if other.asked is not None:
                other.asked.pop(peer.id, None)
                other.asked = other.asked or None
        if not peer.room.peers:
            del self._rooms[peer.room.id]
        return self.detach(peer)

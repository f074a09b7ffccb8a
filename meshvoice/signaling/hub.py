"""Who hears what: joins, messages, dropped sockets and time go in; deliveries and closings come out."""

from __future__ import annotations

from msgspec import UNSET

from meshvoice.ids import RoomId, UserId
from meshvoice.lookalikes import looks_alike
from meshvoice.signaling import joining, server_messages, ticking
from meshvoice.signaling.allowance import Allowance
from meshvoice.signaling.client_messages import (
    Bye,
    FromClient,
    Hello,
    Links,
    Ping,
    Remove,
    State,
    parse,
    type_of,
)
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.delivery import close, leave, send, tell
from meshvoice.signaling.effects import Close, Deliver, Effect, Greeted, RemoveUser
from meshvoice.signaling.errors import (
    BadMessage,
    NotAllowed,
    NotJoined,
    RoomFull,
    SignalingError,
)
from meshvoice.signaling.joining import Entry
from meshvoice.signaling.letters import Letter, by_pattern
from meshvoice.signaling.passing import pass_on, read_and_pay, target_of
from meshvoice.signaling.registry import Connecting, Peer, Registry, SocketId
from meshvoice.signaling.server_messages import Away, Knock, Left, Pong, Reason, Removed
from meshvoice.signaling.tally import Tally
from meshvoice.signaling.telling import tell_of
from meshvoice.signaling.terms import Terms


class Hub:
    """The live rooms of one server process, and every socket from its handshake to its end."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.registry = Registry()
        self.tally = Tally()
        self._last_order = 0

    def next_order(self, now: float) -> int:
        """Give an order above every one given or seen before."""
        self._last_order = max(self._last_order + 1, int(now * 1000))
        return self._last_order

    def users_in(self, room: RoomId) -> frozenset[UserId]:
        """Tell who is in a room's voice, those whose socket just dropped included."""
        found = self.registry.get(room)
        return frozenset(peer.user for peer in found.peers.values()) if found else frozenset()

    def heard_in(self, room: RoomId) -> frozenset[UserId]:
        """Tell who may be heard in a room: who is in its voice, and whoever was lost without a goodbye."""
        found = self.registry.get(room)
        return self.users_in(room) | frozenset(found.lost.values() if found else ())

    def has_company(self, room: RoomId, user: UserId) -> bool:
        """Tell whether anybody but `user` is in a room's voice."""
        return not self.users_in(room) <= {user}

    def rooms_of(self, user: UserId) -> list[RoomId]:
        """List the rooms in whose voice a user is, or may be heard."""
        return [room.id for room in self.registry if user in self.heard_in(room.id)]

    def may_return(self, room: RoomId, user: UserId, order: int, now: float) -> bool:
        """Tell whether a ticket of this order brings a user back as who they were, or as a newcomer."""
        here = self.registry.peer_of(room, user)
        if here is not None and order <= here.order:
            # Its own seat; or one that its user left for a newer tab, which `join` refuses.
            return True
        until = self.registry.claims.until(room, user, order)
        if until is not None:
            return now < until
        terms = self.terms
        # Who left before this process began is not known here; whoever was in a call is back by then.
        return order >= terms.booted * 1000 or now - terms.booted < terms.returns

    # A socket's life

    def connected(self, socket: SocketId, now: float) -> None:
        """Take in a socket, which is to say hello."""
        self.registry.expect(Connecting(socket, Allowance(now)))

    def awaits_hello(self, socket: SocketId) -> bool:
        """Tell whether a socket has yet to say hello."""
        return isinstance(self.registry.sender(socket), Connecting)

    def expects_company(self, entry: Entry, now: float) -> list[Effect]:
        """Renew the credentials of whoever is alone in the room that somebody is about to `join`."""
        return joining.expects_company(self.registry, self.terms, entry, now)

    def join(self, entry: Entry, socket: SocketId, now: float) -> list[Effect]:
        """Give whoever said hello its place, anew or where it was; or close the socket."""
        self._last_order = max(self._last_order, entry.order)
        try:
            effects = joining.join(self.registry, self.terms, self.tally, entry, socket, now)
        except RoomFull as problem:
            self.tally.refused[problem.code] += 1
            self.tally.turned_away[problem.code] += 1
            refusal = Deliver(socket, server_messages.error_frame(problem))
            return [refusal, Close(socket, CloseCode.FULL, "every seat is taken")]
        if self.registry.by_socket(socket) is not None:
            self.tally.joins["ticket" if entry.came_back else "new"] += 1
        return effects

    def receive(self, socket: SocketId, frame: bytes, now: float) -> list[Effect]:
        """Take one text frame of a client. Whatever is wrong with it is answered to its sender alone."""
        peer = self.registry.by_socket(socket)
        if peer is None:
            return self._greet(socket, frame, now)
        try:
            # Before it is paid for: that is soon done, and who is refused too often is cut.
            letter = by_pattern(frame)
            if letter is not None:
                return pass_on(peer, letter, len(frame), now, self.tally)
            return self._take_other(peer, frame, now)
        except SignalingError as problem:
            return self._refuse(peer, problem, now)

    def receive_binary(self, socket: SocketId, size: int, now: float) -> list[Effect]:
        """Take one binary frame of a client, whatever it holds: no message comes so."""
        sender = self.registry.sender(socket)
        if sender is None:
            return []
        problem = sender.allowance.spend(now, size) or BadMessage("frames are JSON text")
        return self._refuse(sender, problem, now)

    def _greet(self, socket: SocketId, frame: bytes, now: float) -> list[Effect]:
        sender = self.registry.sender(socket)
        if sender is None:
            return []
        try:
            too_fast = sender.allowance.spend(now, len(frame))
            if too_fast is not None:
                raise too_fast
            message = parse(frame)
            if not isinstance(message, Hello):
                raise NotJoined("say hello first", about=type_of(message))
        except SignalingError as problem:
            return self._refuse(sender, problem, now)
        self.registry.expect_no_more(socket)
        self.tally.taken[type_of(message)] += 1
        return [Greeted(socket, message)]

    def dropped(self, socket: SocketId, now: float) -> list[Effect]:
        """A socket closed without bye: its peer is kept for `grace` seconds."""
        self.registry.expect_no_more(socket)
        peer = self.registry.by_socket(socket)
        if peer is None:
            return []
        self.registry.detach(peer)
        peer.away_since = now
        return tell(peer.room.others(peer), Away(source=peer.id))

    def _refuse(self, sender: Peer | Connecting, problem: SignalingError, now: float) -> list[Effect]:
        self.tally.refused[problem.code] += 1
        end = sender.allowance.end_after(problem, now)
        if isinstance(sender, Connecting):
            if end is None:
                return [Deliver(sender.socket, server_messages.error_frame(problem))]
            self.registry.expect_no_more(sender.socket)
            return [Close(sender.socket, *end)]
        if end is None:
            return tell([sender], server_messages.error(problem))
        code, why = end
        return leave(self.registry, sender, reason="left", code=code, why=why, now=now)

    # What is said

    def _take_other(self, peer: Peer, frame: bytes, now: float) -> list[Effect]:
        """Take a frame that may be anything. Raises `SignalingError`."""
        said, paid = read_and_pay(peer, frame, now)
        if isinstance(said, Letter):
            return pass_on(peer, said, len(frame), now, self.tally, paid=paid)
        if not peer.is_new(said.n):
            return []
        effects = self._route(peer, said, now)
        self.tally.taken[type_of(said)] += 1
        return effects

    def _route(self, peer: Peer, message: FromClient, now: float) -> list[Effect]:
        room = peer.room
        match message:
            case State(muted=muted, deafened=deafened):
                peer.muted, peer.deafened = muted, deafened
                return tell_of(peer, "state", now)
            case Links(links=links):
                # Of the lost as well: else those who hear them no more would never know that others do.
                known = {
                    other: report
                    for other, report in links.items()
                    if other in room.peers or other in room.lost
                }
                peer.links = known
                self.tally.told(message, links=len(known), user=peer.user, now=now)
                return tell_of(peer, "links", now)
            case Ping(t=t):
                return tell([peer], Pong(t=t))
            case Bye():
                return leave(self.registry, peer, reason="left", code=CloseCode.LEFT, why="bye", now=now)
            case Remove(target=named, links=links):
                if peer.role != "owner":
                    raise NotAllowed("only the room's owner removes people", about="remove")
                assert peer.socket is not None  # noqa: S101  # this message came over it
                user = room.lost.get(named) or target_of(peer, named, "remove").user
                return [RemoveUser(peer.socket, room.id, user, peer.user, links is not False)]
            case _:
                raise BadMessage("you have joined: a hello comes once, first", about=type_of(message))

    # What happens by itself, and by the guest book

    def tick(self, now: float) -> list[Effect]:
        """Let time do its part; called about twice a second."""
        return ticking.tick(self.registry, self.terms, now)

    def send_credentials(self, socket: SocketId, body: bytes, now: float) -> list[Effect]:
        """Send new TURN credentials (`credentials_body`) to the peer that still holds the socket."""
        peer = self.registry.by_socket(socket)
        if peer is None:
            return []
        if self.terms.renew_after is not None:
            peer.renew_at = now + self.terms.renew_after
        return send(peer, body)

    def evict(
        self, room: RoomId, user: UserId, code: CloseCode, *, reason: Reason, why: str, now: float
    ) -> list[Effect]:
        """Take a user out of a room, at once and for everyone, also who is only heard there any more."""
        found = self.registry.get(room)
        if found is None:
            return []
        found.note_removed(user)
        effects: list[Effect] = []
        for lost in found.take_lost(user):
            effects += tell(found.peers.values(), Left(source=lost, reason=reason))
        peer = found.of_user(user)
        if peer is not None:
            effects += leave(self.registry, peer, reason=reason, code=code, why=why, now=now)
        return effects

    def disown(self, room: RoomId, user: UserId, now: float) -> list[Effect]:
        """Tell a room that a user was removed of whom no peer is known: a hub of before may have lost one."""
        found = self.registry.get(room)
        if found is None:
            return []
        found.note_removed(user)
        return tell(found.peers.values(), Removed(user=user))

    def change_role(self, room: RoomId, user: UserId, role: str, now: float) -> list[Effect]:
        """Note as what a user is in a room from now on; the others are told as they were of the newcomer."""
        peer = self.registry.peer_of(room, user)
        if peer is None or peer.role == role:
            return []
        peer.role = role
        return tell(peer.room.others(peer), server_messages.joined(peer))

    def knock(self, room: RoomId, user: UserId, *, name: str, now: float) -> list[Effect]:
        """Tell those in a room's voice of somebody at its door: who may come in, and isn't in."""
        found = self.registry.get(room)
        if found is None or found.of_user(user) is not None:
            return []
        alike = any(looks_alike(peer.name, name) for peer in found.peers.values())
        return tell(found.peers.values(), Knock(user=user, name=name, alike=True if alike else UNSET))

    def close_room(self, room: RoomId) -> list[Effect]:
        """End a room for everyone in it."""
        found = self.registry.get(room)
        return [] if found is None else close(self.registry, found)

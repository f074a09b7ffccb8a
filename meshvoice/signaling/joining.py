"""How a peer gets its place: anew, under its ticket, or where it was before its socket dropped."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.lookalikes import looks_alike
from meshvoice.signaling import server_messages
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.delivery import leave, send, tell
from meshvoice.signaling.effects import Close, Deliver, Effect, RenewCredentials
from meshvoice.signaling.errors import RoomFull
from meshvoice.signaling.registry import LiveRoom, Peer, Registry, SocketId
from meshvoice.signaling.server_messages import Back
from meshvoice.signaling.tally import Tally
from meshvoice.signaling.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A user who may enter, as the gate and the ticket say; `hello` is what the browser says."""

    room: RoomId
    user: UserId
    name: str
    role: str
    capacity: int
    closes_at: int | None
    peer: PeerId
    """The ticket's, else a new one."""
    order: int
    """The ticket's, else `Hub.next_order`."""
    ticket: str
    """The ticket for this peer and order, to come back with."""
    came_back: bool
    """Whether `peer` and `order` come from a ticket."""
    late: bool = False
    """Whether a ticket was brought that is over."""
    hello: Hello
    credentials: bytes | None = None
    """New TURN credentials (`credentials_body`) for whoever came back, with some of any age."""


def join(
    registry: Registry, terms: Terms, tally: Tally, entry: Entry, socket: SocketId, now: float
) -> list[Effect]:
    """Give a peer its place, and a socket its peer. Raises `RoomFull`."""
    room = registry.get_or_make(entry.room, entry.capacity, entry.closes_at)
    known = room.peers.get(entry.peer)
    if known is not None:
        return _come_back(registry, terms, tally, known, entry, socket, now)
    effects: list[Effect] = []
    other = room.of_user(entry.user)
    if other is not None:
        code, why = CloseCode.REPLACED, "you joined from another tab"
        if entry.order < other.order:
            # A tab that slept while its user went on in a newer one: it must not take the call back.
            tally.turned_away["replaced"] += 1
            return [Close(socket, code, why)]
        effects += leave(registry, other, reason="replaced", code=code, why=why, now=now)
        room = registry.get_or_make(entry.room, entry.capacity, entry.closes_at)
    elif len(room.peers) >= room.capacity and not _has_a_claim(terms, entry, now):
        raise RoomFull(f"all {room.capacity} seats of this room are taken", about="hello")
    if entry.came_back or entry.hello.ticket is not UNSET:
        tally.returns["seated" if entry.came_back else "late" if entry.late else "newcomer"] += 1
    peer = _new_peer(room, terms, entry, now)
    for marked in _mark_alike(room, peer):
        effects += tell(room.others(marked, peer), server_messages.joined(marked))
    registry.attach(peer, socket)
    effects += _welcome(terms, peer, entry, now, resumed=False)
    return effects + tell(room.others(peer), server_messages.joined(peer))


def expects_company(registry: Registry, terms: Terms, entry: Entry, now: float) -> list[Effect]:
    """Renew the credentials of whoever is alone in the room, before somebody else joins."""
    room = registry.get(entry.room)
    alone = next(iter(room.peers.values())) if room and len(room.peers) == 1 else None
    if alone is None or alone.user == entry.user or terms.renew_after is None:
        return []
    if alone.socket is None:
        # Due when it is back.
        alone.renew_at = now
        return []
    return [RenewCredentials(alone.socket, alone.user, awaited=True)]


def _has_a_claim(terms: Terms, entry: Entry, now: float) -> bool:
    # After a restart a newcomer may be quicker than those who are in the middle of a call: they all stay.
    return entry.came_back and now - terms.booted < 2 * terms.grace


def _new_peer(room: LiveRoom, terms: Terms, entry: Entry, now: float) -> Peer:
    peer = Peer(
        id=entry.peer,
        user=entry.user,
        room=room,
        order=entry.order,
        name=entry.name,
        role=entry.role,
        muted=entry.hello.muted,
        deafened=entry.hello.deafened,
        allowance=room.allowance_of(entry.user, now),
        renew_at=None if terms.renew_after is None else now + terms.renew_after,
    )
    room.peers[peer.id] = peer
    # Whoever hears of this one lets go of what was lost.
    room.take_lost(entry.user)
    room.removed.pop(entry.user, None)
    return peer


def _mark_alike(room: LiveRoom, newcomer: Peer) -> list[Peer]:
    """Mark whoever has the name of somebody who came before; gives those marked who were here already."""
    marked = []
    for other in room.others(newcomer):
        if not looks_alike(other.name, newcomer.name):
            continue
        # By their orders, not by who is here first: after a restart people come back in any order.
        if newcomer.order > other.order:
            newcomer.alike = True
        elif not other.alike:
            other.alike = True
            marked.append(other)
    return marked


def _come_back(
    registry: Registry,
    terms: Terms,
    tally: Tally,
    peer: Peer,
    entry: Entry,
    socket: SocketId,
    now: float,
) -> list[Effect]:
    if peer.socket is not None and socket < peer.socket:
        # A hello that was long on its way: its client gave that socket up for the one of now.
        tally.turned_away["replaced"] += 1
        return [Close(socket, CloseCode.REPLACED, "you came back on a newer connection")]
    was_away = peer.socket is None
    hanging = registry.attach(peer, socket)
    effects: list[Effect] = []
    if hanging is not None:
        effects.append(Close(hanging, CloseCode.REPLACED, "you came back on another connection"))
    seen = entry.hello.seen
    missed = None if seen is UNSET else peer.replay.rewind(seen)
    tally.returns["kept" if missed is None else "resumed"] += 1
    if missed is None:
        peer.got = 0
    effects += _welcome(terms, peer, entry, now, resumed=missed is not None)
    for body in missed or ():
        effects += send(peer, body)
    others = peer.room.others(peer)
    if was_away:
        effects += tell(others, Back(source=peer.id))
    if (peer.muted, peer.deafened) != (entry.hello.muted, entry.hello.deafened):
        peer.muted, peer.deafened = entry.hello.muted, entry.hello.deafened
        effects += tell(others, server_messages.state(peer))
    return effects


def _welcome(terms: Terms, peer: Peer, entry: Entry, now: float, *, resumed: bool) -> list[Effect]:
    if not resumed and entry.hello.seen is not UNSET:
        peer.replay.restart(entry.hello.seen)
    welcome = server_messages.welcome(terms, peer, entry.ticket, resumed=resumed)
    # A welcome is made anew for each socket, so it takes a number but is never replayed.
    seq = peer.replay.number(b"")
    assert peer.socket is not None  # noqa: S101  # attached just before
    frame = server_messages.sealed(server_messages.body(welcome), seq)
    effects: list[Effect] = [Deliver(peer.socket, frame)]
    if resumed:
        return effects
    if entry.credentials is not None:
        # Before those present: with the old ones, new connections to them might find no relay.
        effects += send(peer, entry.credentials)
    for other in peer.room.others(peer):
        effects += tell([peer], server_messages.present(other))
    if entry.hello.seen is not UNSET:
        # What was told meanwhile is gone: a link to somebody removed may live, as one to somebody lost does.
        for user in peer.room.removed:
            effects += tell([peer], server_messages.Removed(user=user))
    return effects

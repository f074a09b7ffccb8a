"""What happens by itself: peers lost, credentials half used up, rooms near or at their end."""

from __future__ import annotations

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.delivery import close, leave, tell
from meshvoice.signaling.effects import Effect, RenewCredentials
from meshvoice.signaling.registry import LiveRoom, Peer, Registry
from meshvoice.signaling.server_messages import Notice
from meshvoice.signaling.telling import tell_rest
from meshvoice.signaling.terms import Terms

NOTICES = (600, 60)
"""Seconds before a room's end at which everyone in it is told."""
FORGET_SECONDS = 10
"""Between two looks through what is kept for a room's peers: of thousands that is most of a tick."""


def tick(registry: Registry, terms: Terms, now: float) -> list[Effect]:
    """Look at every room in which something is due, and at the peers in it."""
    effects: list[Effect] = []
    # Last: what they bring is numbered when they are carried out, and all else has its numbers already.
    renewals: list[Effect] = []
    for room in registry:
        if now < room.look_at:
            continue
        if room.closes_at is not None:
            if now >= room.closes_at:
                effects += close(registry, room)
                continue
            effects += _notice(room, room.closes_at, now)
        if now - room.forgot_at >= FORGET_SECONDS:
            _forget(room, terms, now)
        for peer in list(room.peers.values()):
            effects += tell_rest(peer)
            if peer.socket is None:
                effects += _lose(registry, terms, peer, now)
            elif terms.renew_after is not None and peer.renew_at is not None and now >= peer.renew_at:
                peer.renew_at = now + terms.renew_after
                renewals.append(RenewCredentials(peer.socket, peer.user))
        room.look_at = _next_look(room, terms, now)
    return effects + renewals


def _next_look(room: LiveRoom, terms: Terms, now: float) -> float:
    """Tell when something is due in a room again; whoever comes or goes before has it looked at anyway."""
    due = [room.forgot_at + FORGET_SECONDS]
    if room.closes_at is not None:
        due += [at for ahead in (*NOTICES, 0) if (at := room.closes_at - ahead) > now]
    for peer in room.peers.values():
        if peer.socket is not None and peer.renew_at is not None:
            due.append(peer.renew_at)
        elif peer.socket is None and peer.away_since is not None:
            due.append(peer.away_since + terms.grace)
    return min(due)


def _notice(room: LiveRoom, closes_at: int, now: float) -> list[Effect]:
    due = [ahead for ahead in NOTICES if closes_at - now <= ahead]
    if not due or (room.noticed is not None and room.noticed <= due[-1]):
        return []
    room.noticed = due[-1]
    return tell(room.peers.values(), Notice(code="closing", at=closes_at))


def _forget(room: LiveRoom, terms: Terms, now: float) -> None:
    room.forgot_at = now
    for peer in room.peers.values():
        if peer.socket is not None:
            peer.replay.forget(now, before=now - 2 * terms.grace)


def _lose(registry: Registry, terms: Terms, peer: Peer, now: float) -> list[Effect]:
    if peer.away_since is None or now - peer.away_since < terms.grace:
        return []
    peer.room.lose(peer)
    return leave(registry, peer, reason="lost", code=CloseCode.LEFT, why="", now=now, waits=terms.returns)

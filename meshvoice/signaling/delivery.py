"""Frames on their way to peers, numbered for each of them; the last ones among them, when a peer leaves."""

from __future__ import annotations

from collections.abc import Iterable

from meshvoice.signaling import server_messages
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Close, Deliver, Effect
from meshvoice.signaling.registry import LiveRoom, Peer, Registry
from meshvoice.signaling.server_messages import FromServer, Left, Reason


def tell(peers: Iterable[Peer], message: FromServer) -> list[Effect]:
    """Send one message to each of these peers."""
    body = server_messages.body(message)
    return [effect for peer in peers for effect in send(peer, body)]


def send(peer: Peer, body: bytes) -> list[Effect]:
    """Number a body for a peer, and deliver it; to one that is away, when it comes back."""
    seq = peer.replay.number(body)
    return [] if peer.socket is None else [Deliver(peer.socket, server_messages.sealed(body, seq))]


def leave(
    registry: Registry,
    peer: Peer,
    *,
    reason: Reason,
    code: CloseCode,
    why: str,
    now: float,
    waits: float = 0.0,
) -> list[Effect]:
    """Take a peer out of its room: the others are told, and its socket closes.

    For `waits` seconds its ticket brings it back as who it was, and then as a newcomer.
    """
    socket = registry.remove(peer)
    registry.claims.end(peer.room.id, peer.user, peer.order, until=now + waits)
    effects = tell(peer.room.peers.values(), Left(source=peer.id, reason=reason))
    if socket is not None:
        effects.append(Close(socket, code, why))
    return effects


def close(registry: Registry, room: LiveRoom) -> list[Effect]:
    """Take everyone out of a room, which ends with that: nobody is left to be told."""
    sockets = [registry.remove(peer) for peer in list(room.peers.values())]
    return [Close(socket, CloseCode.CLOSED, "the room closed") for socket in sockets if socket is not None]

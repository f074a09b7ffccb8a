"""What a peer tells the whole room of itself: at once, or the last of it by the next tick."""

from __future__ import annotations

from meshvoice.signaling import server_messages
from meshvoice.signaling.delivery import tell
from meshvoice.signaling.effects import Effect
from meshvoice.signaling.registry import Peer, Telling
from meshvoice.signaling.server_messages import FromServer, SentLinks


def tell_of(peer: Peer, kind: Telling, now: float) -> list[Effect]:
    """Tell everyone else how a peer or its links are now, which it just said."""
    if peer.allowance.may_tell(now):
        peer.untold -= {kind}
        return _tell(peer, kind)
    peer.untold |= {kind}
    peer.room.look_at = 0.0
    return []


def tell_rest(peer: Peer) -> list[Effect]:
    """Tell what had to wait, as it is now."""
    waiting, peer.untold = peer.untold, frozenset()
    return [effect for kind in sorted(waiting) for effect in _tell(peer, kind)]


def _tell(peer: Peer, kind: Telling) -> list[Effect]:
    message: FromServer = (
        server_messages.state(peer) if kind == "state" else SentLinks(source=peer.id, links=peer.links)
    )
    return tell(peer.room.others(peer), message)

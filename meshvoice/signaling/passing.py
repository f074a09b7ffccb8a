"""What one peer says to another, on its way: whether it may, who pays for it, and what the other gets."""

from __future__ import annotations

from meshvoice.ids import PeerId
from meshvoice.signaling.client_messages import FromClient
from meshvoice.signaling.delivery import send
from meshvoice.signaling.effects import Effect
from meshvoice.signaling.errors import SignalingError, UnknownTarget
from meshvoice.signaling.letters import Letter, field_by_field
from meshvoice.signaling.pairs import GEN_LEAP, LIMITED, Asked, Due
from meshvoice.signaling.registry import Peer
from meshvoice.signaling.server_messages import HEADS
from meshvoice.signaling.tally import Tally

_OWED = frozenset(["answer", "ice"])
"""With what a peer answers to an offer."""
_ASKED_FOR = frozenset(["offer", "ice", "abort"])
"""With what it answers to a repair."""


def read_and_pay(peer: Peer, frame: bytes, now: float) -> tuple[Letter | FromClient, bool]:
    """Read any frame; True: it is paid for, False: a letter that may be owed. Raises `SignalingError`."""
    size = len(frame)
    pays = peer.due is None and peer.asked is None
    if pays:
        _pay(peer, size, now)
    try:
        said = field_by_field(frame)
    except SignalingError:
        # What is refused and nobody's fault, as an answer that is too large, must not be free without end.
        if not pays:
            _pay(peer, size, now)
        raise
    if not pays and not isinstance(said, Letter):
        _pay(peer, size, now)
    return said, pays


def pass_on(
    peer: Peer, letter: Letter, size: int, now: float, tally: Tally, *, paid: bool = False
) -> list[Effect]:
    """Pass on a letter of so many bytes, which its sender may have `paid`. Raises `SignalingError`."""
    # Who owes nothing has paid for what is read field by field before it was.
    owes = peer.due is not None or peer.asked is not None
    owed = owes and _is_owed(peer, letter, size)
    if not paid and not owed:
        _pay(peer, size, now)
    if not peer.is_new(letter.n):
        return []
    kind = letter.kind
    target = target_of(peer, letter.target, kind)
    if kind in LIMITED or letter.gen > GEN_LEAP:
        _ask(peer, letter, target, now, tally, owed=owed)
    tally.taken[kind] += 1
    return send(target, HEADS[kind] + peer.quoted + letter.rest)


def _ask(peer: Peer, letter: Letter, target: Peer, now: float, tally: Tally, *, owed: bool) -> None:
    """Count what makes the other's browser work. Raises `SignalingError`."""
    peer.room.pairs.check(letter, peer, target, now, owed=owed)
    if letter.kind == "offer":
        _owe(target, peer.id, letter.gen)
        if owed:
            _note_repair(peer, target, now, tally)
    elif letter.kind == "repair":
        if target.asked is None:
            target.asked = {}
        # Of a generation that is over, as where two asks cross, there will be no other for it.
        moot = letter.gen < peer.room.pairs.last(peer, target)
        target.asked.setdefault(peer.id, Asked()).ask(None if moot else letter.why)


def _note_repair(peer: Peer, asker: Peer, now: float, tally: Tally) -> None:
    """Count what another asked for, now that it comes: whoever waits asks several times for one."""
    asked = None if peer.asked is None else peer.asked.get(asker.id)
    if asked is not None and asked.why is not None:
        tally.asked_for(asked.why, user=asker.user, now=now)
        asked.why = None


def _pay(peer: Peer, size: int, now: float) -> None:
    too_fast = peer.allowance.spend(now, size)
    if too_fast is not None:
        raise too_fast


def _is_owed(peer: Peer, letter: Letter, size: int) -> bool:
    """Tell whether somebody else called for this, and it is counted there."""
    if peer.due is not None and letter.kind in _OWED:
        due = peer.due.get(letter.target)
        if due is not None and due.covers(letter, size):
            return True
    if peer.asked is None or letter.kind not in _ASKED_FOR:
        return False
    asked = peer.asked.get(letter.target)
    return asked is not None and asked.covers(letter, size)


def _owe(peer: Peer, to: PeerId, gen: int) -> None:
    if peer.due is None:
        peer.due = {}
    owed = peer.due.get(to)
    # An offer that is older than another asks for nothing, and takes nothing of what is owed to that.
    if owed is None or gen >= owed.gen:
        peer.due[to] = Due(gen)


def target_of(peer: Peer, target: PeerId, about: str) -> Peer:
    """Find the other whom a peer means. Raises `UnknownTarget`."""
    found = peer.room.peers.get(target)
    if found is None or found is peer:
        raise UnknownTarget("nobody else of that id is in this room now", about=about)
    return found

"""What each two peers of a room may ask of one another: how often, and up to which generation.

An offer, a repair or an abort makes the other's browser work: an offer calls for an answer, and a repair for
an offer. So whoever causes that is limited, and whoever answers pays nothing, however many ask at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from meshvoice.ids import PeerId, UserId
from meshvoice.signaling.errors import Leap, TooFast
from meshvoice.signaling.letters import Letter
from meshvoice.signaling.limits import Buckets

ASKED_AT_ONCE = 8
ASKED_A_SECOND = 0.75
"""A link that can't come about is tried eight times in the first minute, and then every 12 s."""
FIRST_GEN = 4096
"""How high the first generation that this process hears of may be: after a restart links go on counting."""
GEN_LEAP = 64
"""How far one may go beyond the last at once; each second since allows one more."""
ANSWER_FRAMES = 16
ANSWER_BYTES = 96 * 1024
"""What one offer may call for, an answer and candidates in several messages; and a repair, with the offer."""
LIMITED = frozenset(["offer", "repair", "abort"])
"""What makes the other's browser work."""
_MOST = 256
"""Pairs of users whose asking is remembered in one room; ten people are 90."""


@dataclass(slots=True)
class _Link:
    """The last generation that either of two peers named."""

    gen: int
    at: float


@dataclass(slots=True)
class Due:
    """What a peer still owes to the one that offered, and so sends free of charge."""

    gen: int
    frames: int = ANSWER_FRAMES
    bytes: int = ANSWER_BYTES

    def covers(self, letter: Letter, size: int) -> bool:
        """Tell whether this answer, or these candidates, are a part of it, and count them then."""
        if letter.gen != self.gen or self.frames < 1 or self.bytes < size:
            return False
        self.frames -= 1
        self.bytes -= size
        return True


@dataclass(slots=True)
class Asked:
    """What another asked of a peer by its repairs, which this therefore sends free of charge."""

    offers: int = 0
    """So many generations are still to be made."""
    due: Due = field(default_factory=lambda: Due(0, frames=0))
    """What goes with the last of those made."""
    abort: bool = False
    """Whether that one may be taken back."""
    why: str | None = None
    """The reason given last, while no offer came of it."""

    def ask(self, why: str | None) -> None:
        """Count a repair, and keep its reason, if there is one."""
        self.offers = min(self.offers + 1, ASKED_AT_ONCE)
        self.why = why or self.why

    def covers(self, letter: Letter, size: int) -> bool:
        """Tell whether this message is a part of it, and count it then."""
        match letter.kind:
            case "offer":
                if self.offers < 1:
                    return False
                self.offers -= 1
                self.due, self.abort = Due(letter.gen), True
            case "abort":
                if not self.abort or letter.gen != self.due.gen:
                    return False
                self.abort = False
        return self.due.covers(letter, size)


class Member(Protocol):
    """One peer of a room, and its user."""

    id: PeerId
    user: UserId


class Pairs:
    """The pairs of one room."""

    __slots__ = ("_asking", "_links")

    def __init__(self) -> None:
        self._links: dict[tuple[PeerId, PeerId], _Link] = {}
        # By user: whoever leaves and comes back as another peer has asked all the same.
        self._asking = Buckets(rate=ASKED_A_SECOND, burst=ASKED_AT_ONCE, most=_MOST)

    def __len__(self) -> int:
        return len(self._links)

    def check(self, letter: Letter, peer: Member, target: Member, now: float, *, owed: bool = False) -> None:
        """Count a message from one to the other. Raises `TooFast`, and `Leap` where its `gen` leaps.

        What the other asked for (`owed`) was counted when it asked. What isn't `LIMITED`, in a generation up
        to `GEN_LEAP`, passes in any case.
        """
        gen = letter.gen
        key = _key(peer, target)
        link = self._links.get(key)
        if gen > (FIRST_GEN if link is None else link.gen + GEN_LEAP) and gen > _most(link, now):
            last = "none before it" if link is None else f"the last was {link.gen}"
            raise Leap(f"generations count by one: {gen} leaps, {last} - at `$.gen`", about=letter.kind)
        if letter.kind not in LIMITED:
            # What isn't limited lifts no count either: else candidates could carry it anywhere.
            return
        taken = owed or self._asking.take((peer.user, target.user), now)
        if link is None:
            self._links[key] = _Link(gen, now)
        elif gen > link.gen:
            # What is dropped lifts it by one, as an honest count goes: else a flood would carry it anywhere.
            link.gen, link.at = gen if taken else link.gen + 1, now
        if not taken:
            raise TooFast(
                "this link was begun anew too often: wait, this message was dropped", about=letter.kind
            )

    def last(self, one: Member, other: Member) -> int:
        """Tell the last generation that either of two named; 0, where none is known."""
        link = self._links.get(_key(one, other))
        return 0 if link is None else link.gen

    def forget(self, peer: PeerId) -> None:
        """Forget the links of a peer that left; its user's asking is remembered."""
        self._links = {key: link for key, link in self._links.items() if peer not in key}


def _key(one: Member, other: Member) -> tuple[PeerId, PeerId]:
    return (one.id, other.id) if one.id < other.id else (other.id, one.id)


def _most(link: _Link | None, now: float) -> int:
    return FIRST_GEN if link is None else link.gen + GEN_LEAP + int(max(0.0, now - link.at))

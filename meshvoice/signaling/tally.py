"""What the hub took and refused so far, in numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from msgspec import UNSET

from meshvoice.histogram import Histogram
from meshvoice.ids import UserId
from meshvoice.signaling.client_messages import Links
from meshvoice.signaling.limits import Buckets

FIRST_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
REASONS = (
    *("first", "stalled", "failed", "silent", "addresses", "credentials"),
    *("signalling", "checking", "lost"),
)
"""For which our client begins a link anew."""
HEARD_AT_ONCE = 16
HEARD_A_SECOND = 0.1
"""A first audio is one a link, and seven links come about at a join."""
REPAIRS_AT_ONCE = 60
REPAIRS_A_SECOND = 1.0
"""A client makes one generation a second at most; without a socket it tells those of a minute at once."""


@dataclass(slots=True)
class Tally:
    """Counts since the process began."""

    taken: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Frames that were heard, by their type."""
    refused: Counter[str] = field(default_factory=Counter)
    """Frames that were answered with an error, by its code."""
    joins: Counter[str] = field(default_factory=Counter)
    """Peers that got their place: `new`, or back by a `ticket`."""
    returns: Counter[str] = field(default_factory=Counter)
    """Hellos with a ticket, by what came of it: `resumed` with all that was missed, `kept` without it,
    `seated` where the seat was gone, `late` where the ticket was over, `newcomer` where it proved nothing."""
    turned_away: Counter[str] = field(default_factory=Counter)
    """Joins refused, at the handshake or after the hello, by the reason."""
    ended: Counter[str] = field(default_factory=Counter)
    """Sockets that ended, by their close code."""
    repairs: Counter[str] = field(default_factory=Counter)
    """Links begun anew, by the reason that the end which saw the need gives."""
    first_audio: Histogram = field(default_factory=lambda: Histogram(FIRST_SECONDS))
    """Seconds from the beginning of a link to the first that is heard on it, as its ends tell."""
    # By user: whoever leaves and comes back as another peer has told it all the same.
    _heard: Buckets = field(default_factory=lambda: Buckets(rate=HEARD_A_SECOND, burst=HEARD_AT_ONCE))
    _begun_anew: Buckets = field(
        default_factory=lambda: Buckets(rate=REPAIRS_A_SECOND, burst=REPAIRS_AT_ONCE)
    )

    def repaired(self, why: str, times: int = 1) -> None:
        """Count a link begun anew; a client may give any reason, and we name those alone that we know."""
        self.repairs[why if why in REASONS else "other"] += times

    def asked_for(self, why: str, *, user: UserId, now: float) -> None:
        """Count a link that was begun anew because a user's client asked for it."""
        if self._begun_anew.take(user, now):
            self.repaired(why)

    def told(self, report: Links, *, links: int, user: UserId, now: float) -> None:
        """Count what a user's client tells of its links, which are so many.

        Of what is claimed, no more than an honest client can have seen: else one could drown all others.
        """
        if report.first is not UNSET:
            for milliseconds in report.first[:links]:
                if self._heard.take(user, now):
                    self.first_audio.observe(milliseconds / 1000)
        if report.repairs is not UNSET:
            for why, times in report.repairs.items():
                believed = min(times, int(self._begun_anew.left(user, now)))
                if believed and self._begun_anew.take(user, now, believed):
                    self.repaired(why, believed)

"""How much one address or one user may ask of the web side; what is over answers 429."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from meshvoice.signaling.limits import Buckets, Cap, Tiered, TokenBucket

GUESSES = 2.0
"""Wrong passphrases a second, of all who were wrong lately; who wasn't has a first one beside."""
ADDRESS_GUESSES = 1 / 30
"""The same of one address."""
PAGE_CONNECTIONS = 5200
"""Beside the WebSockets, in all: browsers keep those of pages open for a while."""


def _guesses() -> Tiered:
    # An address: a household, or a club behind one router on its first evening; only what is wrong counts.
    address = Buckets(rate=ADDRESS_GUESSES, burst=10)
    # A /48 is a company or a campus, or one guesser with 65,536 addresses of the kind above.
    network = Buckets(rate=1 / 10, burst=40)
    # Many networks together have their bursts but once. That each which was quiet for half a minute has one
    # more is the price for locking nobody out: 100,000 addresses of a botnet make 3,300 guesses a second so,
    # and four words out of 7,776 last for thousands of years.
    return Tiered(address, network, again=TokenBucket(rate=GUESSES, burst=300, now=0))


def _sign_ins() -> Tiered:
    # A club that comes at one time, and a network of several. Each is a row, and stays for a day.
    return Tiered(
        Buckets(rate=1, burst=150), Buckets(rate=2, burst=300), again=TokenBucket(rate=5, burst=600, now=0)
    )


def _people() -> Tiered:
    # coturn's quota is by person, and a name costs nothing where no passphrase is set. Thirty are three full
    # rooms and a half behind one router, and get less than half of the relay's total quota (turn/coturn.py).
    address = Buckets(rate=1 / 120, burst=30)
    network = Buckets(rate=1 / 60, burst=60)
    return Tiered(address, network, again=TokenBucket(rate=1, burst=300, now=0))


class Relayed:
    """Who got TURN credentials from which address: each person counts there, however often they ask."""

    def __init__(self, people: Tiered, *, known: Buckets) -> None:
        self._people = people
        self._known = known

    def take(self, keys: Sequence[Hashable], user: Hashable, now: float) -> bool:
        """Count a person at an address (`address_keys`) who doesn't count there yet; False: one too many."""
        known = keys[0], user
        if self._known.left(known, now) < 1.0:
            return True
        return self._people.take(keys, now) and self._known.take(known, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttles:
    """Buckets (a rate a second after a burst) and caps (at one time).

    A club behind one address, or a proxy that nobody named in MESHVOICE_TRUSTED_PROXIES, is one address to
    us: what is counted by address leaves room for that.
    """

    connections_of_address: Cap = field(default_factory=lambda: Cap(512))
    """Open ones, WebSockets among them; a trusted proxy may have as many as there are."""
    connections: Cap = field(default_factory=lambda: Cap(6000))
    """In all; the one key is None."""
    refused_connections: Counter[str] = field(default_factory=Counter)
    """How many were refused, by which of the two was full: `address` or `all`."""
    requests: Buckets = field(default_factory=lambda: Buckets(rate=50, burst=1000))
    """By address, of any kind but the client's files."""
    files: Buckets = field(default_factory=lambda: Buckets(rate=100, burst=6000))
    """By address, of the client's files: thirty people's first visit, with every module by itself."""
    sign_ins: Tiered = field(default_factory=_sign_ins)
    """By address, by network and of all addresses from which somebody did lately: each makes a row."""
    wrong_passphrases: Tiered = field(default_factory=_guesses)
    """By address, by network and of all who were wrong lately, which is no total; see `_guesses`."""
    invitations: Buckets = field(default_factory=lambda: Buckets(rate=0.5, burst=60))
    """Made, by user."""
    acceptances: Buckets = field(default_factory=lambda: Buckets(rate=1, burst=150))
    """Invitations looked at or accepted, by address."""
    credentials: Buckets = field(default_factory=lambda: Buckets(rate=2, burst=60))
    """By user."""
    relayed: Relayed = field(
        default_factory=lambda: Relayed(_people(), known=Buckets(rate=1 / 3600, burst=1))
    )
    """People who get credentials, by address, by network and of all addresses that had some lately: each new
    one has a first. In all they are bounded by coturn's total quota. Who got some lately counts no more."""
    handshakes: Buckets = field(default_factory=lambda: Buckets(rate=10, burst=300))
    """By address."""
    joins: Buckets = field(default_factory=lambda: Buckets(rate=1, burst=60))
    """By user."""
    arrivals: Buckets = field(default_factory=lambda: Buckets(rate=1 / 5, burst=8))
    """By user and room: hellos of which the others hear, for each of them then connects. One too many waits
    for its turn. A kept seat that is taken again does not count, however often a bad network makes that."""
    knocks: Buckets = field(default_factory=lambda: Buckets(rate=1 / 20, burst=1))
    """By user and room: openings of its page of which those in voice are told."""
    sockets_of_user: Cap = field(default_factory=lambda: Cap(8))
    sockets_of_address: Cap = field(default_factory=lambda: Cap(192))
    sockets_of_network: Cap = field(default_factory=lambda: Cap(384))
    """Of an IPv6 network (/48), in which a household may have 65,536 addresses of the kind above."""
    silent_sockets_of_address: Cap = field(default_factory=lambda: Cap(32))
    """Those that have not said hello, which takes a browser a moment. Each may hold a frame of 64 KiB."""
    sockets_of_room: Cap = field(default_factory=lambda: Cap(32))
    """Seats are bounded by the room; this bounds sockets that have not said hello too."""
    sockets: Cap = field(default_factory=lambda: Cap(800))
    """In all; the one key is None. With each at its bounds, and all outboxes at theirs, they fit in 512 MB:
    docs/deployment.md has the sum."""

    @classmethod
    def with_sockets(cls, most: int) -> Throttles:
        """Give the usual ones, with so many WebSockets in all."""
        return cls(sockets=Cap(most), connections=Cap(most + PAGE_CONNECTIONS))

"""Token buckets and caps: how much one sender may ask for, with time as an argument."""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Hashable, Sequence
from functools import lru_cache


class TokenBucket:
    """Lets `burst` through at once and `rate` a second after that."""

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take tokens; False, and none taken, where so many are not left.

        Tokens are bytes where `rate` and `burst` are. More than `burst` is never given.
        """
        # As `left`, written out: it is asked for whatever comes.
        tokens = self._tokens
        if now > self._at:
            tokens += (now - self._at) * self.rate
            if tokens > self.burst:
                tokens = self.burst
        self._at = now
        if tokens < amount:
            self._tokens = tokens
            return False
        self._tokens = tokens - amount
        return True

    def left(self, now: float) -> float:
        """How many tokens there are; takes none."""
        # A clock that goes back gives no tokens and takes none.
        return min(self.burst, self._tokens + max(0.0, now - self._at) * self.rate)

    def full(self, now: float) -> bool:
        """Whether nothing is owed any more."""
        return self.left(now) >= self.burst


class Buckets:
    """One bucket for each key (an address, a user) that owes something, and at most `most` of them.

    Where there is no room, the bucket that nothing was asked of for the longest time is forgotten: whoever
    makes up keys without end gets a new burst for each, and keeps nobody else out. A `Tiered` leaves them one
    of each such burst, once what is lent beyond the first is used up.
    """

    def __init__(self, *, rate: float, burst: float, most: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, key: Hashable, now: float, amount: float = 1.0) -> bool:
        """Take tokens of `key`'s bucket; False, and none taken, where there are not so many."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[key] = TokenBucket(rate=self._rate, burst=self._burst, now=now)
        else:
            self._buckets.move_to_end(key)
        return bucket.take(now, amount)

    def _make_room(self, now: float) -> None:
        # Two for each that comes: a full one is as good as none, and months of visitors would pile up.
        for _ in range(2):
            oldest = next(iter(self._buckets), None)
            if oldest is None or (len(self._buckets) < self._most and not self._buckets[oldest].full(now)):
                return
            del self._buckets[oldest]

    def left(self, key: Hashable, now: float) -> float:
        """How many tokens there are for `key`; takes none."""
        bucket = self._buckets.get(key)
        return self._burst if bucket is None else bucket.left(now)

    def full(self, key: Hashable, now: float) -> bool:
        """Whether `key` owes nothing."""
        bucket = self._buckets.get(key)
        return bucket is None or bucket.full(now)

    def __len__(self) -> int:
        return len(self._buckets)


class Tiered:
    """Limits what comes from an address, from the networks around it, and from those who were there lately.

    `tiers` are for the keys of `address_keys`, in their order. `again` is one bucket for everybody: where it
    is empty, only who owes nothing in any tier may do one more. That is no total. Else anybody with enough
    addresses could use it up, and shut out everyone who never did a thing; so each network that is new, or
    quiet again, has its first try, and of those there may be any number.
    """

    def __init__(self, *tiers: Buckets, again: TokenBucket) -> None:
        self._tiers = tiers
        self._again = again

    def allows(self, keys: Sequence[Hashable], now: float) -> bool:
        """Whether whoever is behind these keys may do it once more; takes nothing."""
        asked = list(zip(self._tiers, keys, strict=False))  # an IPv4 address has one key
        if any(tier.left(key, now) < 1.0 for tier, key in asked):
            return False
        return self._again.left(now) >= 1.0 or all(tier.full(key, now) for tier, key in asked)

    def take(self, keys: Sequence[Hashable], now: float) -> bool:
        """Count one more, in every tier; False, and nothing counted, where it isn't allowed."""
        if not self.allows(keys, now):
            return False
        for tier, key in zip(self._tiers, keys, strict=False):
            tier.take(key, now)
        self._again.take(now)  # a first try takes, too, where there is something
        return True


class Cap:
    """How many things each key holds at this moment, and at most."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[Hashable] = Counter()

    def free(self, key: Hashable) -> bool:
        """Whether `key` may hold one more."""
        return self._held[key] < self.most

    def hold(self, key: Hashable) -> None:
        """Count one more for `key`."""
        self._held[key] += 1

    def release(self, key: Hashable) -> None:
        """Count one less for `key`."""
        self._held[key] -= 1
        if self._held[key] <= 0:
            del self._held[key]

    def __len__(self) -> int:
        return len(self._held)


@lru_cache(maxsize=1024)  # one request asks several times
def address_keys(address: str) -> tuple[str, ...]:
    """Name who stands behind an address, from the narrowest: the address, or for IPv6 its /64 and its /48.

    A household has all of its /64, and whoever asks a provider or a tunnel for it a /48 with 65,536 of them.
    Text that is no address (a Unix socket's peer has none) stands for itself.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return (address,)
    if isinstance(parsed, ipaddress.IPv4Address):
        return (str(parsed),)
    if parsed.ipv4_mapped is not None:
        return (str(parsed.ipv4_mapped),)
    bits = int(parsed)
    return tuple(
        str(ipaddress.IPv6Network((bits >> 128 - length << 128 - length, length))) for length in (64, 48)
    )


def address_key(address: str) -> str:
    """Name who stands behind an address by the narrowest of its keys."""
    return address_keys(address)[0]

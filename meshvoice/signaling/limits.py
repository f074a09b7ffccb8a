"""Token buckets and caps: how much one sender may ask for, with time as an argument."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Hashable


class TokenBucket:
    """Lets `burst` through at once and `rate` a second after that."""

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; False where there is none."""
        self._tokens = self.left(now)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def left(self, now: float) -> float:
        """How many tokens there are; takes none."""
        # A clock that goes back gives no tokens and takes none.
        return min(self.burst, self._tokens + max(0.0, now - self._at) * self.rate)

    def full(self, now: float) -> bool:
        """Whether nothing is owed any more, so that the bucket may be forgotten."""
        return self.left(now) >= self.burst


class Buckets:
    """One bucket for each key (an address, a user); full ones are forgotten, so that memory stays bounded."""

    def __init__(self, *, rate: float, burst: float, most: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: dict[Hashable, TokenBucket] = {}

    def take(self, key: Hashable, now: float) -> bool:
        """Take one token of `key`'s bucket; False where there is none."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if not self._room(now):
                return False
            bucket = self._buckets[key] = TokenBucket(rate=self._rate, burst=self._burst, now=now)
        return bucket.take(now)

    def left(self, key: Hashable, now: float) -> float:
        """How many tokens there are for `key`; takes none."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            return bucket.left(now)
        return self._burst if self._room(now) else 0.0

    def _room(self, now: float) -> bool:
        if len(self._buckets) >= self._most:
            self._buckets = {k: b for k, b in self._buckets.items() if not b.full(now)}
        return len(self._buckets) < self._most

    def __len__(self) -> int:
        return len(self._buckets)


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


def address_key(address: str) -> str:
    """Name who stands behind an address: itself, or its /64 for IPv6, of which one household has all.

    Text that is no address (a Unix socket's peer has none) stands for itself.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)

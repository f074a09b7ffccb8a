"""A wire between two namespaces that delays, scatters and loses what it carries; for kernels without netem.

`python -m tests.lossy_wire NAMESPACE INTERFACE NAMESPACE INTERFACE` makes both interfaces (TAP devices) and
carries frames between them until its standard input ends. Each line of JSON there is a new `Nature`, and is
answered by one with what passed since the last: `{"bytes": [there, back], "sent": .., "lost": ..}`, of UDP.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time
from dataclasses import asdict, dataclass, field

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TAP_NO_PI = 0x1002
_ETHERNET = 14
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Nature:
    """How the wire is, in both directions alike."""

    delay: float = 0.0
    """ms, each way."""
    jitter: float = 0.0
    """ms, at most, to either side of the delay."""
    loss: float = 0.0
    """0 to 1, of UDP; what else passes is never lost, for it is the test's own errand."""
    burst: float = 1.0
    """How many are lost in a row, on average: above 1 by the model of Gilbert."""
    seed: int = 1

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass
class _Direction:
    out: int
    carried: int = 0
    """Bytes, of UDP."""
    sent: int = 0
    lost: int = 0
    bad: bool = False
    waiting: list[tuple[float, int, bytes]] = field(default_factory=list)


class Wire:
    """Both directions, between two descriptors of TAP devices."""

    def __init__(self, here: int, there: int) -> None:
        self._ways = {here: _Direction(there), there: _Direction(here)}
        self._nature = Nature()
        self._chance = random.Random(1)
        self._count = 0

    def become(self, nature: Nature) -> dict[str, object]:
        """Take another nature; gives what passed under the last one."""
        ways = self._ways.values()
        passed: dict[str, object] = {
            "bytes": [way.carried for way in ways],
            "sent": sum(way.sent for way in ways),
            "lost": sum(way.lost for way in ways),
        }
        self._nature = nature
        self._chance.seed(nature.seed)
        for way in ways:
            way.carried = way.sent = way.lost = 0
        return passed

    def take(self, descriptor: int, frame: bytes, now: float) -> None:
        """One frame comes in."""
        way, nature = self._ways[descriptor], self._nature
        if _is_udp(frame):
            way.sent += 1
            # As a network counts: with the headers of IP, without those of Ethernet.
            way.carried += len(frame) - _ETHERNET
            if self._loses(way):
                way.lost += 1
                return
        late = (nature.delay + self._chance.uniform(-nature.jitter, nature.jitter)) / 1000
        self._count += 1
        heapq.heappush(way.waiting, (now + late, self._count, frame))

    def give(self, now: float) -> float:
        """Let out what is due; gives when the next one is."""
        due = now + 1.0
        for way in self._ways.values():
            while way.waiting and way.waiting[0][0] <= now:
                try:
                    os.write(way.out, heapq.heappop(way.waiting)[2])
                except OSError:
                    way.lost += 1
            if way.waiting:
                due = min(due, way.waiting[0][0])
        return due

    def _loses(self, way: _Direction) -> bool:
        loss, burst = self._nature.loss, self._nature.burst
        if burst <= 1:
            return self._chance.random() < loss
        ends = 1 / burst
        if way.bad:
            way.bad = self._chance.random() >= ends
        else:
            way.bad = self._chance.random() < loss * ends / (1 - loss)
        return way.bad


def _is_udp(frame: bytes) -> bool:
    return len(frame) > 34 and frame[12:14] == b"\x08\x00" and frame[23] == 17


def _tap(namespace: str, name: str) -> int:
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        _setns(there.fileno())
        try:
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP_NO_PI))
        finally:
            _setns(home.fileno())
    return device


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def main() -> None:
    here, there = _tap(sys.argv[1], sys.argv[2]), _tap(sys.argv[3], sys.argv[4])
    print("{}", flush=True)
    wire = Wire(here, there)
    due = time.monotonic() + 1
    while True:
        ready, _, _ = select.select([here, there, 0], [], [], max(0.0, due - time.monotonic()))
        if 0 in ready:
            line = sys.stdin.buffer.readline()
            if not line:
                return
            print(json.dumps(wire.become(Nature(**json.loads(line)))), flush=True)
        for descriptor in ready:
            while descriptor:
                try:
                    wire.take(descriptor, os.read(descriptor, 4096), time.monotonic())
                except BlockingIOError:
                    break
        due = wire.give(time.monotonic())


if __name__ == "__main__":
    main()

"""The wire loses what it is told to lose, and delays the rest."""

from __future__ import annotations

import os
import random

from tests.lossy_wire import Nature, Wire

UDP = bytearray(100)
UDP[12:14], UDP[23] = b"\x08\x00", 17
TCP = bytearray(UDP)
TCP[23] = 6


def carried(nature: Nature, frames: list[bytes], *, wait: float) -> tuple[int, dict[str, object]]:
    """Send frames and wait so many seconds; gives how many came, and what the wire counted."""
    (here, far), (there, other) = os.pipe(), os.pipe()
    os.set_blocking(there, False)
    wire = Wire(far, other)
    wire.become(nature)
    came = 0
    for frame in frames:
        wire.take(far, frame, now=0.0)
        wire.give(wait)
        try:
            came += len(os.read(there, 1_000_000)) // 100
        except BlockingIOError:
            continue
    counted = wire.become(Nature())
    for end in (here, far, there, other):
        os.close(end)
    return came, counted


def test_a_fifth_is_lost_and_counted() -> None:
    came, counted = carried(Nature(loss=0.2, seed=3), [bytes(UDP)] * 5000, wait=1)
    assert 3900 < came < 4100
    assert (counted["sent"], counted["lost"]) == (5000, 5000 - came)
    assert counted["bytes"] == [5000 * 86, 0]


def test_losses_in_bursts_are_as_many_and_stand_together() -> None:
    wire, chance = Wire(1, 2), random.Random(2)
    wire.become(Nature(loss=0.1, burst=3, seed=chance.randrange(100)))
    way = wire._ways[1]
    lost = [wire._loses(way) for _ in range(50_000)]
    runs = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert 0.09 < sum(lost) / len(lost) < 0.11
    assert 2.8 < sum(lost) / runs < 3.2


def test_what_is_no_udp_is_never_lost() -> None:
    assert carried(Nature(loss=1.0), [bytes(TCP)] * 100, wait=1)[0] == 100


def test_nothing_comes_before_its_delay() -> None:
    assert carried(Nature(delay=60, jitter=5), [bytes(UDP)] * 100, wait=0.054)[0] == 0
    assert carried(Nature(delay=60, jitter=5), [bytes(UDP)] * 100, wait=0.066)[0] == 100

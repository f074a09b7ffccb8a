"""Sockets looked at a part at a time, with a hub and outboxes that only note who looked."""

from __future__ import annotations

import time
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from meshvoice.ids import Sea, UserId
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.hub import Hub
from meshvoice.signaling.registry import SocketId
from meshvoice.signaling.terms import Terms
from meshvoice.web.clocks import Clock
from meshvoice.web.switchboard import SWEEPS, Switchboard

USER = UserId("a" * 32)


class Watched:
    """An outbox of which only the looks at it count."""

    def __init__(self, looks: Counter[int], number: int) -> None:
        self._looks = looks
        self._number = number

    def look(self, now: float, heartbeat: float) -> None:
        self._looks[self._number] += 1


class Closed:
    """An outbox that only notes how it was closed."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def close(self, code: int, reason: str) -> None:
        self.codes.append(code)

    async def finish(self) -> None:
        pass


def board() -> Switchboard:
    nobody = cast(Any, SimpleNamespace(forget=lambda who, socket: None))
    return Switchboard(
        Hub(Terms(boot="boot")),
        nobody,
        nobody,
        nobody,
        arrivals=nobody,
        clock=Clock(time.time, time.monotonic),
    )


def plug(switchboard: Switchboard, looks: Counter[int], number: int) -> SocketId:
    visitor = cast(Any, SimpleNamespace(user_id=USER))
    return switchboard.plug(cast(Any, Watched(looks, number)), Sea(owner_id=USER), visitor)


def test_every_socket_is_looked_at_once_in_so_many_sweeps_and_a_part_of_them_each_time() -> None:
    switchboard, looks = board(), Counter[int]()
    for number in range(10):
        plug(switchboard, looks, number)
    each = []
    for _ in range(SWEEPS):
        before = looks.total()
        switchboard.sweep(0.0, heartbeat=15)
        each.append(looks.total() - before)
    assert looks == Counter(range(10))
    assert max(each) == 3
    for _ in range(2 * SWEEPS):
        switchboard.sweep(0.0, heartbeat=15)
    assert set(looks.values()) == {3}


def test_who_came_meanwhile_is_looked_at_in_the_next_round_and_who_left_no_more() -> None:
    switchboard, looks = board(), Counter[int]()
    sockets = [plug(switchboard, looks, number) for number in range(8)]
    switchboard.sweep(0.0, heartbeat=15)
    before = looks.copy()
    for socket in sockets:
        switchboard.unplug(socket)
    plug(switchboard, looks, 8)
    for _ in range(2 * SWEEPS):
        switchboard.sweep(0.0, heartbeat=15)
    assert looks - before == Counter({8: looks[8]})
    assert looks[8] >= 1


def test_one_alone_is_looked_at_and_nobody_is_no_trouble() -> None:
    switchboard, looks = board(), Counter[int]()
    switchboard.sweep(0.0, heartbeat=15)
    plug(switchboard, looks, 0)
    for _ in range(SWEEPS):
        switchboard.sweep(0.0, heartbeat=15)
    assert looks[0] >= 1


async def test_a_handshake_that_comes_as_the_server_ends_is_sent_away_too() -> None:
    """It was read in the very pass in which all others were."""
    switchboard, there, late = board(), Closed(), Closed()
    visitor = cast(Any, SimpleNamespace(user_id=USER))
    switchboard.plug(cast(Any, there), Sea(owner_id=USER), visitor)
    await switchboard.shut_down()
    switchboard.plug(cast(Any, late), Sea(owner_id=USER), visitor)
    assert there.codes == late.codes == [CloseCode.RESTART]

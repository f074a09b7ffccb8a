"""Hellos that wait for their turn: one for each user and room, that of the newest socket."""

from __future__ import annotations

from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.limits import Buckets
from meshvoice.signaling.registry import SocketId
from meshvoice.web.arrivals import Arrivals

ANA = RoomId("sea"), UserId("ana")
OLDER, NEWER = SocketId(1), SocketId(2)


async def let_in(arrivals: Arrivals, socket: SocketId) -> Hello | None:
    arrivals.tick(1000.0)
    return await arrivals.turn(ANA, socket)


def waiting() -> Arrivals:
    return Arrivals(Buckets(rate=1, burst=1))


async def test_the_hello_of_a_newer_socket_waits_in_the_place_of_an_older_one() -> None:
    arrivals = waiting()
    assert arrivals.hold(ANA, OLDER, Hello("Ana", muted=False)) is None
    assert arrivals.hold(ANA, NEWER, Hello("Ana", muted=True)) == OLDER
    assert await let_in(arrivals, OLDER) is None


async def test_a_hello_that_was_long_on_its_way_takes_no_place_from_a_newer_one() -> None:
    arrivals = waiting()
    arrivals.hold(ANA, NEWER, Hello("Ana", muted=True))
    assert arrivals.hold(ANA, OLDER, Hello("Ana", muted=False)) == OLDER
    assert len(arrivals) == 1
    # What becomes of the older socket is no matter of the newer one's.
    arrivals.forget(ANA, OLDER)
    assert len(arrivals) == 1

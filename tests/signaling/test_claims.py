"""The seats that ended are remembered, of each user the last one, and not without end."""

from __future__ import annotations

from meshvoice.ids import RoomId, UserId
from meshvoice.signaling.claims import Claims

SEA, TABLE = RoomId("sea"), RoomId("table")
BO, CLEO = UserId("bo"), UserId("cleo")


def test_a_seat_that_ended_waits_as_long_as_it_may_and_so_does_each_before_it() -> None:
    claims = Claims()
    claims.end(SEA, BO, 7, until=100.0)
    assert [claims.until(SEA, BO, order) for order in (6, 7, 8)] == [100.0, 100.0, None]
    assert (claims.until(TABLE, BO, 7), claims.until(SEA, CLEO, 7)) == (None, None)


def test_of_too_many_the_one_that_ended_first_is_forgotten() -> None:
    claims = Claims(most=2)
    for room, user in ((SEA, BO), (SEA, CLEO), (SEA, BO), (TABLE, BO)):
        claims.end(room, user, 1, until=1.0)
    assert len(claims) == 2
    assert claims.until(SEA, CLEO, 1) is None
    assert claims.until(SEA, BO, 1) == claims.until(TABLE, BO, 1) == 1.0

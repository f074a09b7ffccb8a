"""One door, asked by all: what it says, and how each who asks is told that not."""

from __future__ import annotations

import pytest

from meshvoice.access.gates import Refusal, Role
from meshvoice.ids import Room, SessionId, UserId
from meshvoice.signaling.codes import CloseCode
from meshvoice.web.door import Door, TurnedAway, read_room
from meshvoice.web.error_pages import RequestRefused
from meshvoice.web.keys import DOOR, Visitor
from tests.web.person import Person


def door_of(person: Person) -> Door:
    return person.house.app[DOOR]


def visitor(person: Person, session: str = "some session") -> Visitor:
    return Visitor(
        user_id=UserId(person.user_id), name=person.name, session_id=SessionId(session), may_host=True
    )


async def guest_in_sea(ana: Person, bo: Person) -> Room:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    return read_room(room)


async def test_who_may_enter_may_at_every_place_that_asks(ana: Person, bo: Person) -> None:
    room, door, user = await guest_in_sea(ana, bo), door_of(ana), UserId(bo.user_id)
    answers = [
        door.at_page(room, user),
        door.at_credentials(room, user),
        door.at_handshake(room, user),
        door.at_hello(room, visitor(bo)),
        door.at_recheck(room, user),
    ]
    assert [answer.role for answer in answers] == [Role.GUEST] * 5


@pytest.mark.parametrize(
    ("what", "refusal", "page", "close", "reason"),
    [
        ("stranger", Refusal.NOT_FOUND, 404, CloseCode.NOT_YOURS, "left"),
        ("removed", Refusal.REMOVED, 403, CloseCode.REMOVED, "removed"),
        ("closed", Refusal.CLOSED, 410, CloseCode.CLOSED, "left"),
    ],
)
async def test_each_place_tells_a_refusal_in_its_own_way(
    ana: Person, bo: Person, what: str, refusal: Refusal, page: int, close: CloseCode, reason: str
) -> None:
    """A page says what it is, credentials say it by 404, a handshake nothing, a socket closes by a code."""
    if what == "stranger":
        room = read_room(await ana.open_sea())
    else:
        room = await guest_in_sea(ana, bo)
        path = {"removed": f"/my-sea/guests/{bo.user_id}/remove", "closed": "/my-sea/close"}
        await ana.does(path[what])
    door, user = door_of(ana), UserId(bo.user_id)
    told = []
    for ask in (door.at_page, door.at_credentials, door.at_handshake):
        with pytest.raises(RequestRefused) as refused:
            ask(room, user)
        told.append((refused.value.status, refused.value.code))
    assert told == [(page, refusal.code), (404, refusal.code), (404, "not-found")]
    with pytest.raises(TurnedAway) as at_hello:
        door.at_hello(room, visitor(bo))
    assert (at_hello.value.code, str(at_hello.value)) == (close, "you may not be in this room any more")
    with pytest.raises(TurnedAway) as at_recheck:
        door.at_recheck(room, user)
    assert (at_recheck.value.code, at_recheck.value.reason) == (close, reason)
    assert str(at_recheck.value) == refusal.sentence


async def test_a_session_that_was_signed_out_takes_no_place(ana: Person, bo: Person) -> None:
    room = await guest_in_sea(ana, bo)
    ana.house.book.sessions.revoke(SessionId("over"), until=ana.house.clock() + 60)
    with pytest.raises(TurnedAway) as refused:
        door_of(ana).at_hello(room, visitor(bo, "over"))
    assert refused.value.code == CloseCode.SIGNED_OUT


async def test_what_is_no_room_is_refused_as_others_rooms_are() -> None:
    with pytest.raises(RequestRefused) as refused:
        read_room("../etc")
    assert (refused.value.status, refused.value.code) == (404, Refusal.NOT_FOUND.code)

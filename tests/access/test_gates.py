"""The one gate, over every standing and every state of a room."""

from __future__ import annotations

import pytest

from meshvoice.access.gates import Admission, Facts, Refusal, Role, Standing, may_enter
from meshvoice.ids import Room, Sea, Table, TableId, UserId

ANA, BO = UserId("a" * 32), UserId("b" * 32)
SEA = Sea(owner_id=ANA)
TABLE = Table(table_id=TableId("00000000-0000-4000-8000-000000000000"))
OPEN, OVER = 101.0, 100.0
NOW = 100.0


@pytest.mark.parametrize(
    ("room", "facts", "user_id", "expected"),
    [
        (SEA, Facts(owner=ANA, closes_at=OPEN), ANA, Admission(role=Role.OWNER, closes_at=OPEN, stay=0)),
        (SEA, Facts(owner=ANA, closes_at=OVER), ANA, Refusal.CLOSED),
        (SEA, Facts(), ANA, Refusal.CLOSED),
        (SEA, Facts(), BO, Refusal.NOT_FOUND),
        (SEA, Facts(owner=ANA, closes_at=OPEN), BO, Refusal.NOT_FOUND),
        (SEA, Facts(owner=ANA, closes_at=OVER), BO, Refusal.NOT_FOUND),
        (
            SEA,
            Facts(owner=ANA, closes_at=OPEN, standing=Standing.PRESENT),
            BO,
            Admission(role=Role.GUEST, closes_at=OPEN, stay=0),
        ),
        (SEA, Facts(owner=ANA, closes_at=OVER, standing=Standing.PRESENT), BO, Refusal.CLOSED),
        (SEA, Facts(owner=ANA, closes_at=OPEN, standing=Standing.LEFT), BO, Refusal.NOT_FOUND),
        (SEA, Facts(owner=ANA, closes_at=OVER, standing=Standing.LEFT), BO, Refusal.NOT_FOUND),
        (SEA, Facts(owner=ANA, closes_at=OPEN, standing=Standing.REMOVED), BO, Refusal.REMOVED),
        (SEA, Facts(owner=ANA, closes_at=OVER, standing=Standing.REMOVED), BO, Refusal.REMOVED),
        (TABLE, Facts(), ANA, Refusal.NOT_FOUND),
        (TABLE, Facts(owner=ANA), BO, Refusal.NOT_FOUND),
        (
            TABLE,
            Facts(owner=ANA, standing=Standing.PRESENT),
            ANA,
            Admission(role=Role.OWNER, closes_at=None, stay=0),
        ),
        (
            TABLE,
            Facts(owner=ANA, standing=Standing.PRESENT),
            BO,
            Admission(role=Role.SEATED, closes_at=None, stay=0),
        ),
        (TABLE, Facts(owner=ANA, standing=Standing.LEFT), BO, Refusal.NOT_FOUND),
        (TABLE, Facts(owner=ANA, standing=Standing.REMOVED), BO, Refusal.REMOVED),
    ],
)
def test_the_gate_answers(room: Room, facts: Facts, user_id: UserId, expected: Admission | Refusal) -> None:
    assert may_enter(facts, user_id=user_id, room=room, now=NOW) == expected


def test_a_refusal_says_itself_outside_by_one_mapping() -> None:
    assert {refusal: (refusal.code, refusal.http_status) for refusal in Refusal} == {
        Refusal.NOT_FOUND: ("not-found", 404),
        Refusal.REMOVED: ("removed", 403),
        Refusal.CLOSED: ("sea-closed", 410),
    }
    assert all(refusal.sentence for refusal in Refusal)

"""What is told of a seat: the registry's facts as messages."""

from __future__ import annotations

from typing import Protocol

from meshvoice.signaling import frames
from meshvoice.signaling.errors import SignalingError
from meshvoice.signaling.rooms import Seat


class Terms(Protocol):
    """What a server process promises in its welcomes (`Hub` has it)."""

    boot: str
    grace: float
    ping: float


def welcome(terms: Terms, seat: Seat, ticket: str, *, resumed: bool) -> frames.Welcome:
    """Tell a peer where it sits and what holds there."""
    return frames.Welcome(
        source=seat.peer,
        user=seat.user,
        order=seat.order,
        ticket=ticket,
        resumed=resumed,
        got=seat.got,
        boot=terms.boot,
        seats=seat.room.capacity,
        grace=terms.grace,
        ping=terms.ping,
        role=seat.role,
        closes_at=seat.room.closes_at,
    )


def present(seat: Seat) -> frames.Present:
    """Tell a newcomer of someone already there."""
    return frames.Present(
        source=seat.peer,
        user=seat.user,
        order=seat.order,
        name=seat.name,
        muted=seat.muted,
        deafened=seat.deafened,
        away=seat.socket is None,
        role=seat.role,
    )


def joined(seat: Seat) -> frames.Joined:
    """Tell those already there of a newcomer."""
    return frames.Joined(
        source=seat.peer,
        user=seat.user,
        order=seat.order,
        name=seat.name,
        muted=seat.muted,
        deafened=seat.deafened,
        role=seat.role,
    )


def state(seat: Seat) -> frames.SentState:
    """Tell the others whether this one is muted or deafened."""
    return frames.SentState(source=seat.peer, muted=seat.muted, deafened=seat.deafened)


def error(problem: SignalingError) -> frames.Error:
    """Tell a sender what was wrong with its message."""
    return frames.Error(code=problem.code, message=str(problem), about=problem.about)

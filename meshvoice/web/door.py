"""The one door: may this user enter this room now, and as what; and how each who asks is told that not."""

from __future__ import annotations

from collections.abc import Callable

from meshvoice.access import gates
from meshvoice.access.gates import Admission, Refusal
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import Room, UserId, parse_room
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.server_messages import Reason
from meshvoice.web.error_pages import RequestRefused
from meshvoice.web.keys import Visitor


class TurnedAway(Exception):
    """Somebody with a socket may not be in the room: it closes with `code`, and the others hear `reason`."""

    def __init__(self, code: CloseCode, sentence: str, reason: Reason = "left", *, kind: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.kind = kind
        """As the refusal of a request is called that says the same."""
        self.reason = reason


_TURNED_AWAY: dict[Refusal, tuple[CloseCode, Reason]] = {
    Refusal.NOT_FOUND: (CloseCode.NOT_YOURS, "left"),
    Refusal.REMOVED: (CloseCode.REMOVED, "removed"),
    Refusal.CLOSED: (CloseCode.CLOSED, "left"),
}


class Door:
    """Asks the gate, by the guest book and the clock. Who answers is always `gates.may_enter`."""

    def __init__(self, book: GuestBook, *, clock: Callable[[], float]) -> None:
        self._book = book
        self._clock = clock

    def _ask(self, room: Room, user: UserId) -> Admission | Refusal:
        return gates.may_enter(self._book.facts(room, user), user_id=user, room=room, now=self._clock())

    def at_page(self, room: Room, user: UserId) -> Admission:
        """Let a user see a room's page. Raises `RequestRefused`."""
        answer = self._ask(room, user)
        if isinstance(answer, Refusal):
            raise RequestRefused(answer.http_status, answer.code, f"gate.{answer.code}")
        return answer

    def at_credentials(self, room: Room, user: UserId) -> Admission:
        """Let a user have credentials for a room. Raises `RequestRefused`."""
        answer = self._ask(room, user)
        if isinstance(answer, Refusal):
            # Always 404, as at the handshake; the code tells more to those who were in.
            raise RequestRefused(404, answer.code, f"gate.{answer.code}")
        return answer

    def at_handshake(self, room: Room, user: UserId) -> Admission:
        """Let a user open a socket. Raises `RequestRefused`, whatever the reason with the same bytes."""
        answer = self._ask(room, user)
        if isinstance(answer, Refusal):
            raise no_such_room()
        return answer

    def at_hello(self, room: Room, visitor: Visitor) -> Admission:
        """Let whoever opened a socket take a place, new or old. Raises `TurnedAway`.

        A ticket leads past none of this: facts may have changed since the handshake, or since it was signed.
        """
        sentence = "you may not be in this room any more"
        if visitor.session_id is not None and self._book.sessions.revoked(visitor.session_id):
            raise TurnedAway(CloseCode.SIGNED_OUT, sentence, kind="signed-out")
        answer = self._ask(room, visitor.user_id)
        if isinstance(answer, Refusal):
            code, reason = _TURNED_AWAY[answer]
            raise TurnedAway(code, sentence, reason, kind=answer.code)
        return answer

    def at_recheck(self, room: Room, user: UserId) -> Admission:
        """Let somebody stay who is in a room's voice, because a fact changed. Raises `TurnedAway`."""
        answer = self._ask(room, user)
        if isinstance(answer, Refusal):
            code, reason = _TURNED_AWAY[answer]
            raise TurnedAway(code, answer.sentence, reason, kind=answer.code)
        return answer


def read_room(text: str) -> Room:
    """Read a room's id. Raises `RequestRefused`, as of a room that is others'."""
    room = parse_room(text)
    if room is None:
        raise no_such_room()
    return room


def no_such_room() -> RequestRefused:
    """Refuse alike what isn't and what is others': nobody learns which rooms exist."""
    refusal = Refusal.NOT_FOUND
    return RequestRefused(refusal.http_status, refusal.code, f"gate.{refusal.code}")

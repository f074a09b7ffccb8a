"""Seas: windows, and the guests whose presence ends with them."""

from __future__ import annotations

import pytest

from meshvoice.access.errors import InvitationExpired, NotFound, Removed, SeaClosed
from meshvoice.access.gates import Refusal, Role, Standing
from meshvoice.access.seas import Window
from meshvoice.ids import Sea
from tests.access.island import HOUR, NOON, Island


def test_a_sea_is_open_until_its_window_ends(island: Island) -> None:
    ana = island.person("Ana")
    assert island.book.seas.window(ana, now=NOON) is None
    window = island.book.seas.open(ana, now=NOON, closes_at=NOON + HOUR)
    assert window == Window(owner=ana, owner_name="Ana", opened_at=NOON, closes_at=NOON + HOUR)
    assert island.book.seas.window(ana, now=NOON + HOUR - 1) == window
    assert island.book.seas.window(ana, now=NOON + HOUR) is None


def test_opening_an_open_sea_changes_nothing(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    sea = island.sea(ana)
    island.invite(sea, ana, bo)
    window = island.book.seas.window(ana, now=island.now)
    assert island.book.seas.open(ana, now=NOON + 1, closes_at=NOON + 99 * HOUR) == window
    assert island.role(sea, bo) is Role.GUEST


def test_a_window_that_ends_before_it_begins_is_a_mistake(island: Island) -> None:
    with pytest.raises(ValueError, match="after it opens"):
        island.book.seas.open(island.person("Ana"), now=NOON, closes_at=NOON)


def test_closing_ends_presence_and_open_invitations_for_good(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    sea = island.sea(ana)
    island.invite(sea, ana, bo)
    token = island.token(sea, ana)
    assert island.book.seas.close(ana, now=island.now)
    assert island.role(sea, ana) is island.role(sea, bo) is Refusal.CLOSED
    with pytest.raises(SeaClosed):
        island.accept(token, cleo)
    island.sea(ana)
    assert island.role(sea, ana) is Role.OWNER
    assert island.role(sea, bo) is Refusal.NOT_FOUND
    assert island.book.seas.guests(ana) == ()
    with pytest.raises(InvitationExpired):
        island.accept(token, cleo)


def test_the_end_of_the_window_does_what_closing_does(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    sea = island.sea(ana, hours=2)
    island.invite(sea, ana, bo)
    token = island.token(sea, ana)
    island.now += 2 * HOUR
    assert island.role(sea, bo) is Refusal.CLOSED
    with pytest.raises(SeaClosed):
        island.accept(token, cleo)
    island.sea(ana)
    assert island.role(sea, bo) is Refusal.NOT_FOUND
    with pytest.raises(InvitationExpired):
        island.accept(token, cleo)


def test_closing_a_closed_sea_changes_nothing(island: Island) -> None:
    ana = island.person("Ana")
    assert not island.book.seas.close(ana, now=NOON)
    island.sea(ana, hours=1)
    assert not island.book.seas.close(ana, now=NOON + HOUR)


def test_leaving_ends_presence_until_another_invitation(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    sea = island.sea(ana)
    spare = island.token(sea, ana)
    island.invite(sea, ana, bo)
    assert island.book.seas.leave(ana, bo, now=island.now)
    assert not island.book.seas.leave(ana, bo, now=island.now)
    assert island.role(sea, bo) is Refusal.NOT_FOUND
    assert island.accept(spare, bo)
    assert island.role(sea, bo) is Role.GUEST


def test_a_removed_guest_comes_back_only_by_an_invitation_made_afterwards(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    sea = island.sea(ana)
    older = island.token(sea, ana)
    island.invite(sea, ana, bo)
    newest = island.token(sea, ana)
    island.book.seas.remove(ana, bo, now=island.now, with_links=False)
    assert island.role(sea, bo) is Refusal.REMOVED
    for token in (older, newest):
        with pytest.raises(Removed):
            island.accept(token, bo)
    assert island.accept(island.token(sea, ana), bo)
    assert island.role(sea, bo) is Role.GUEST
    assert island.accept(older, cleo), "the refused invitation is still good for others"


def test_coming_back_revives_no_invitation_from_before_the_removal(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    sea = island.sea(ana)
    older = island.token(sea, ana)
    island.invite(sea, ana, bo)
    island.book.seas.remove(ana, bo, now=island.now, with_links=False)
    island.invite(sea, ana, bo)
    island.book.seas.leave(ana, bo, now=island.now)
    with pytest.raises(Removed):
        island.accept(older, bo)


def test_one_who_left_can_be_removed_and_one_who_was_removed_cannot_leave(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    sea = island.sea(ana)
    spare = island.token(sea, ana)
    island.invite(sea, ana, bo)
    island.book.seas.leave(ana, bo, now=island.now)
    island.book.seas.remove(ana, bo, now=island.now, with_links=False)
    assert not island.book.seas.leave(ana, bo, now=island.now)
    assert island.role(sea, bo) is Refusal.REMOVED
    with pytest.raises(Removed):
        island.accept(spare, bo)


def test_only_who_was_a_guest_can_be_removed(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    island.sea(ana)
    for other in (bo, ana):
        with pytest.raises(NotFound):
            island.book.seas.remove(ana, other, now=island.now)


def test_the_owner_sees_who_came_and_what_became_of_them(island: Island) -> None:
    ana, bo, cleo, dan = (island.person(name) for name in ("Ana", "Bo", "Cleo", "Dan"))
    sea = island.sea(ana)
    for guest in (bo, cleo, dan):
        island.now += 1
        island.invite(sea, ana, guest)
    island.now += 1
    island.book.seas.leave(ana, bo, now=island.now)
    island.now += 1
    island.book.seas.remove(ana, cleo, now=island.now)
    assert [(guest.name, guest.standing, guest.since - NOON) for guest in island.book.seas.guests(ana)] == [
        ("Dan", Standing.PRESENT, 3),
        ("Bo", Standing.LEFT, 4),
        ("Cleo", Standing.REMOVED, 5),
    ]


def test_a_guest_sees_the_open_seas_where_they_are_present(island: Island) -> None:
    ana, bo, cleo = island.person("Ana"), island.person("Bo"), island.person("Cleo")
    island.invite(island.sea(cleo, hours=1), cleo, bo)
    island.invite(island.sea(ana, hours=2), ana, bo)
    assert [window.owner_name for window in island.book.seas.visiting(bo, now=NOON)] == ["Ana", "Cleo"]
    assert [window.owner for window in island.book.seas.visiting(bo, now=NOON + HOUR)] == [ana]
    assert island.book.seas.visiting(ana, now=NOON) == ()


def test_a_sea_that_never_opened_is_closed_to_its_owner_and_unknown_to_others(island: Island) -> None:
    ana, bo = island.person("Ana"), island.person("Bo")
    sea = Sea(owner_id=ana)
    assert (island.role(sea, ana), island.role(sea, bo)) == (Refusal.CLOSED, Refusal.NOT_FOUND)

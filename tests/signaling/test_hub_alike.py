"""Names that could be taken for another's in the room are marked for everyone."""

from __future__ import annotations

import pytest

from tests.signaling.room import GRACE, Frame, Tab, World

CYRILLIC_BO = "B\u043e"


def marks(frames: list[Frame]) -> list[tuple[str, str, object]]:
    return [(frame["type"], frame["name"], frame.get("alike", "not there")) for frame in frames]


def come(world: World, *names: str) -> list[Tab]:
    return [world.joins(name) for name in names]


def test_the_later_of_two_names_that_look_alike_is_marked_for_everyone() -> None:
    world = World()
    ana, bo = come(world, "Ana", "Bo")
    ana.hears()
    come(world, CYRILLIC_BO)
    assert marks(ana.hears("hello")) == [("hello", CYRILLIC_BO, True)]
    assert marks(bo.hears("hello")) == [("hello", CYRILLIC_BO, True)]
    (dora,) = come(world, "Dora")
    assert marks(dora.hears("present")) == [
        ("present", "Ana", "not there"),
        ("present", "Bo", "not there"),
        ("present", CYRILLIC_BO, True),
    ]


def test_the_one_who_came_first_keeps_the_name_unmarked_when_back_after_the_other() -> None:
    """After a restart people come back in any order; a hello of a known peer tells those here."""
    world = World()
    ana, bo, other = come(world, "Ana", "Bo", CYRILLIC_BO)
    world.restarts()
    for tab in (ana, other):
        tab.comes_back()
    assert marks(ana.hears("hello")) == [("hello", CYRILLIC_BO, "not there")]
    bo.comes_back()
    assert marks(ana.hears("hello")) == [("hello", CYRILLIC_BO, True), ("hello", "Bo", "not there")]
    assert marks(other.hears("hello")) == [("hello", "Bo", "not there")]
    assert marks(bo.hears("present")) == [("present", "Ana", "not there"), ("present", CYRILLIC_BO, True)]


def test_who_is_marked_already_is_not_told_of_again() -> None:
    world = World()
    ana, bo, other = come(world, "Ana", "Bo", CYRILLIC_BO)
    world.restarts()
    for tab in (ana, other, bo):
        tab.comes_back()
    bo.drops()
    world.waits(GRACE)
    ana.hears()
    bo.comes_back()
    assert marks(ana.hears("hello")) == [("hello", "Bo", "not there")]


def gone(world: World, tab: Tab, how: str) -> None:
    """Have somebody leave, who keeps the ticket."""
    if how == "lost for long":
        tab.drops()
        world.waits(GRACE)
        world.waits(600)
    elif how == "replaced":
        world.joins(tab.name).says("bye")
    else:
        tab.says("bye")


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("how", ["left", "replaced", "lost for long"])
def test_who_left_and_comes_back_by_an_old_ticket_is_the_later_one(how: str, alone: bool) -> None:
    """Else whoever was there once could have the mark put on whom they want to pass for."""
    world = World()
    early, *_ = [*come(world, CYRILLIC_BO), *([] if alone else come(world, "Cleo"))]
    gone(world, early, how)
    bo, dora = come(world, "Bo", "Dora")
    early.comes_back()
    assert marks(dora.hears("hello")) == [("hello", CYRILLIC_BO, True)]
    assert marks(bo.hears("hello"))[-1] == ("hello", CYRILLIC_BO, True)


def test_who_was_lost_for_a_moment_keeps_the_name_unmarked_also_where_nobody_was_left() -> None:
    world = World()
    (bo,) = come(world, "Bo")
    bo.drops()
    world.waits(GRACE)
    dora, _ = come(world, "Dora", CYRILLIC_BO)
    world.waits(500)
    bo.comes_back()
    assert marks(dora.hears("hello"))[-2:] == [("hello", CYRILLIC_BO, True), ("hello", "Bo", "not there")]


def test_long_after_a_restart_nobody_comes_back_from_before_it() -> None:
    """Who had left before is not known any more; who was in the middle of a call is back by then."""
    world = World()
    early, cleo = come(world, CYRILLIC_BO, "Cleo")
    early.says("bye")
    world.restarts()
    cleo.comes_back()
    world.waits(600)
    come(world, "Bo")
    early.comes_back()
    assert marks(cleo.hears("hello")) == [("hello", "Bo", "not there"), ("hello", CYRILLIC_BO, True)]

"""Names that could be taken for another's in the room are marked for everyone."""

from __future__ import annotations

from tests.signaling.room import Frame, Tab, World

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
    ana.hears()
    bo.says("bye")
    bo.comes_back()
    assert marks(ana.hears("hello")) == [("hello", "Bo", "not there")]

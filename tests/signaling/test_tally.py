"""What the hub counts: how people come back, who is turned away, how links fare by what their ends tell."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from meshvoice.signaling import link_words
from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.joining import Entry
from meshvoice.signaling.registry import SocketId
from meshvoice.signaling.tally import (
    HEARD_A_SECOND,
    HEARD_AT_ONCE,
    REPAIRS_A_SECOND,
    REPAIRS_AT_ONCE,
    Tally,
)
from tests.signaling.descriptions import SDP
from tests.signaling.room import SEA, Tab, World, three


def pairs(world: World) -> dict[tuple[str, str], int]:
    """Those combinations that there are."""
    return {each: count for each, count in link_words.pairs(world.hub.registry).items() if count}


def heard(tally: Tally) -> int:
    """How many first audios were counted."""
    return tally.first_audio.buckets()[-1][1]


# Coming back


def test_a_peer_that_missed_nothing_has_resumed() -> None:
    world = World()
    _, bo, _ = three(world)
    bo.drops()
    bo.comes_back()
    assert world.hub.tally.returns == {"resumed": 1}


def test_a_seat_that_was_kept_without_what_was_missed_is_told_apart() -> None:
    world = World()
    _, bo, _ = three(world)
    bo.drops()
    bo.comes_back(seen=None)
    assert world.hub.tally.returns == {"kept": 1}


def test_after_a_restart_a_ticket_brings_its_seat_back() -> None:
    world = World()
    ana, _, _ = three(world)
    world.restarts()
    ana.comes_back()
    assert world.hub.tally.returns == {"seated": 1}


@pytest.mark.parametrize(("late", "outcome"), [(False, "newcomer"), (True, "late")])
def test_a_ticket_that_is_not_taken_makes_a_newcomer(late: bool, outcome: str) -> None:
    world = World()
    tab = Tab(world, "Ana", SEA)
    hello = Hello("Ana", False, ticket="of another key", seen=UNSET)
    entry = Entry(
        room=SEA,
        user=tab.user,
        name="Ana",
        role="guest",
        capacity=6,
        closes_at=None,
        peer=tab.peer,
        order=1,
        ticket="t",
        came_back=False,
        late=late,
        hello=hello,
    )
    world.hub.join(entry, SocketId(1), world.now)
    assert world.hub.tally.returns == {outcome: 1}


# Turned away


def test_whoever_finds_every_seat_taken_is_counted() -> None:
    world = World(capacity=1)
    world.joins("Ana")
    world.joins("Bo")
    assert world.hub.tally.turned_away == {"room-full": 1}


def test_a_tab_that_slept_while_its_user_went_on_is_counted() -> None:
    world = World()
    slept = world.joins("Ana")
    slept.drops()
    world.joins("Ana")
    slept.comes_back()
    assert world.hub.tally.turned_away == {"replaced": 1}


# Links


def test_a_pair_is_as_well_as_the_worse_of_its_ends_says() -> None:
    world = World()
    ana, bo, cleo = three(world)
    ana.says(
        "links",
        links={bo.peer: {"state": "up", "path": "direct"}, cleo.peer: {"state": "up", "path": "direct"}},
    )
    bo.says("links", links={ana.peer: {"state": "stalled", "path": "relay"}})
    assert pairs(world) == {("relay", "stalled"): 1, ("direct", "up"): 1, ("unknown", "connecting"): 1}


def test_every_combination_is_there_also_where_nobody_is() -> None:
    counts = link_words.pairs(World().hub.registry)
    assert set(counts.values()) == {0}
    assert len(counts) == len(link_words.PATHS) * len(link_words.STATES)


def test_who_is_away_or_gone_is_no_pair() -> None:
    world = World()
    ana, bo, cleo = three(world)
    ana.says(
        "links",
        links={bo.peer: {"state": "up", "path": "direct"}, cleo.peer: {"state": "up", "path": "direct"}},
    )
    bo.drops()
    cleo.says("bye")
    assert pairs(world) == {}


def test_a_report_without_a_link_takes_it_back() -> None:
    world = World()
    ana, bo, _ = three(world)
    ana.says("links", links={bo.peer: {"state": "stalled", "path": "relay"}})
    ana.says("links", links={})
    assert pairs(world) == {("unknown", "connecting"): 3}


def test_a_repair_is_counted_by_the_reason_that_its_end_gives() -> None:
    """Whichever end makes the new one; a reason that nobody knows makes no series of its own."""
    world = World()
    ana, bo, _ = three(world)
    for gen, why in ((1, "stalled"), (2, "canary")):
        bo.says("repair", target=ana.peer, gen=gen, why=why)
        ana.says("offer", target=bo.peer, gen=gen + 1, sdp=SDP)
    ana.says("links", links={}, repairs={"failed": 3, "whim": 2})
    assert world.hub.tally.repairs == {"stalled": 1, "failed": 3, "other": 3}


def test_a_repair_that_is_asked_for_again_and_again_is_one() -> None:
    """And none, while whoever is to make it is away."""
    world = World()
    ana, bo, cleo = three(world)
    ana.drops()
    for _ in range(5):
        bo.says("repair", target=ana.peer, gen=1, why="stalled")
        world.now += 5
    assert world.hub.tally.repairs == {}
    ana.comes_back()
    ana.says("offer", target=cleo.peer, gen=2, sdp=SDP)
    assert world.hub.tally.repairs == {}
    ana.says("offer", target=bo.peer, gen=2, sdp=SDP)
    ana.says("offer", target=bo.peer, gen=3, sdp=SDP)
    assert world.hub.tally.repairs == {"stalled": 1}


def test_an_ask_that_crosses_what_it_asks_for_is_none() -> None:
    """Both ends noticed; one made a new one by itself and tells of that, and nothing is left for later."""
    world = World()
    ana, bo, _ = three(world)
    ana.says("offer", target=bo.peer, gen=2, sdp=SDP)
    ana.says("links", links={}, repairs={"stalled": 1})
    bo.says("repair", target=ana.peer, gen=1, why="stalled")
    world.now += 3600
    ana.says("offer", target=bo.peer, gen=3, sdp=SDP)
    assert world.hub.tally.repairs == {"stalled": 1}


def test_one_client_asks_for_no_more_that_counts_than_it_may_tell_of() -> None:
    world = World()
    ana, bo, cleo = three(world)
    for gen in range(1, 401):
        world.now += 0.7
        for other in (ana, cleo):
            bo.says("repair", target=other.peer, gen=gen, why="stalled")
            other.says("offer", target=bo.peer, gen=gen + 1, sdp=SDP)
    passed = 400 * 0.7
    assert world.hub.tally.repairs["stalled"] <= REPAIRS_AT_ONCE + passed * REPAIRS_A_SECOND + 1
    assert world.hub.tally.repairs["stalled"] >= passed * REPAIRS_A_SECOND


def test_one_client_says_no_more_than_it_can_have_seen() -> None:
    """Else what one makes up would be most of what there is, and raise alarms or hide what is wrong."""
    world = World()
    ana, bo, _ = three(world)

    def claims() -> None:
        for _ in range(40):
            ana.says("links", links={bo.peer: {"state": "up"}}, first=[90], repairs={"stalled": 40, "x": 40})

    claims()
    tally = world.hub.tally
    assert heard(tally) == HEARD_AT_ONCE
    assert tally.repairs == {"stalled": 40, "other": REPAIRS_AT_ONCE - 40}
    world.now += 60
    claims()
    assert heard(tally) == HEARD_AT_ONCE + 60 * HEARD_A_SECOND
    assert tally.repairs.total() == REPAIRS_AT_ONCE + 60 * REPAIRS_A_SECOND
    bo.says("links", links={ana.peer: {"state": "up"}}, first=[90], repairs={"failed": 1})
    assert heard(tally) == HEARD_AT_ONCE + 60 * HEARD_A_SECOND + 1
    assert tally.repairs["failed"] == 1


def test_first_audio_counts_for_no_more_links_than_there_are() -> None:
    world = World()
    ana, bo, cleo = three(world)
    links = {each.peer: {"state": "up"} for each in (bo, cleo)}
    ana.says("links", links=links, first=[412, 90, 7_000, 7_000])
    assert dict(world.hub.tally.first_audio.buckets()) == {
        **{"0.1": 1, "0.25": 1, "0.5": 2, "1.0": 2, "2.0": 2, "4.0": 2, "8.0": 2, "16.0": 2, "32.0": 2},
        "+Inf": 2,
    }


def test_counts_reach_nobody_else() -> None:
    world = World()
    ana, bo, _ = three(world)
    links = {bo.peer: {"state": "up", "path": "direct", "rtt": 42, "loss": 0.01}}
    ana.says("links", links=links, first=[412], repairs={"stalled": 1})
    assert bo.hears() == [{"type": "links", "source": ana.peer, "links": links}]

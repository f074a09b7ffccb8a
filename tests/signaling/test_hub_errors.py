"""A bad message is its sender's matter alone, and so is one too many."""

from __future__ import annotations

import pytest

from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Close
from meshvoice.signaling.registry import SocketId
from tests.signaling.descriptions import sdp_of
from tests.signaling.room import Tab, World, error, three


def mistakes(tab: Tab, times: int) -> CloseCode | None:
    for _ in range(times):
        tab.sends("{")
    return tab.closed


def pings(tab: Tab, times: int) -> CloseCode | None:
    for _ in range(times):
        tab.says("ping", t=1)
    return tab.closed


# 12: errors, and who sends too many


def test_a_bad_message_is_answered_to_its_sender_alone_and_the_connection_lives() -> None:
    ana, bo, cleo = three(World())
    ana.says("offer", target=bo.peer, gen=1)
    assert ana.hears() == [error("bad-message", "Object missing required field `sdp`", "offer")]
    ana.says("state", muted=True)
    assert ana.closed is None
    assert [len(tab.hears()) for tab in (bo, cleo)] == [1, 1]


def test_what_is_over_its_limit_is_too_large_and_reaches_nobody() -> None:
    ana, bo, _ = three(World())
    ana.says("offer", target=bo.peer, gen=1, sdp=sdp_of(32 * 1024 + 1))
    assert ana.hears() == [error("too-large", "an SDP has at most 32768 bytes - at `$.sdp`", "offer")]
    assert bo.hears() == []


def test_a_binary_frame_is_told_that_frames_are_text() -> None:
    world = World()
    ana, bo, _ = three(world)
    world.happens(world.hub.receive_binary(ana.socket, 2, world.now))
    assert ana.hears() == [error("bad-message", "frames are JSON text", None)]
    assert bo.hears() == []


def test_no_frame_of_a_socket_without_a_peer_is_heard() -> None:
    world = World()
    assert world.hub.receive_binary(SocketId(99), 2, world.now) == []
    assert world.hub.receive(SocketId(99), b'{"type":"bye"}', world.now) == []


def test_too_many_bad_messages_close_the_socket_and_free_the_seat() -> None:
    world = World()
    ana, bo, _ = three(world)
    assert mistakes(ana, 20) is None
    assert mistakes(ana, 1) == 4400
    assert bo.hears() == [{"type": "left", "source": ana.peer, "reason": "left"}]


def test_a_bad_message_now_and_then_is_borne_for_ever() -> None:
    world = World()
    ana, _, _ = three(world)
    for _ in range(100):
        world.waits(2)
        mistakes(ana, 1)
    assert ana.closed is None


def test_a_target_that_has_left_is_nobodys_mistake() -> None:
    ana, _, _ = three(World())
    for gen in range(1, 100):
        ana.says("abort", target="gone", gen=gen)
    assert ana.closed is None


def test_what_is_sent_too_fast_is_dropped_and_told() -> None:
    ana, bo, _ = three(World())
    for _ in range(400):
        ana.says("ice", target=bo.peer, gen=1, candidates=[])
    assert len(bo.hears()) == 400
    ana.says("state", muted=False)
    assert ana.hears() == [error("too-fast", "slow down: this message was dropped", None)]
    assert bo.hears() == []


@pytest.mark.parametrize(
    "frame", ['{"type":"abort","target":"gone","gen":1}', '{ "type":"state", "muted":true }']
)
def test_what_no_pattern_knows_is_paid_for_once(frame: str) -> None:
    ana, _, _ = three(World())
    for _ in range(400):
        ana.sends(frame)
    assert "too-fast" not in [each["code"] for each in ana.hears("error")]
    ana.sends(frame)
    assert ana.hears() == [error("too-fast", "slow down: this message was dropped", None)]


def test_who_slows_down_is_heard_again() -> None:
    world = World()
    ana, bo, _ = three(world)
    for _ in range(401):
        ana.says("ping", t=1)
    bo.hears()
    world.waits(1)
    ana.says("state", muted=False)
    assert len(bo.hears()) == 1


def test_one_peers_flood_costs_another_none_of_its_own() -> None:
    ana, bo, cleo = three(World())
    for _ in range(500):
        ana.says("state", muted=True)
    cleo.hears()
    bo.says("state", muted=True)
    assert len(cleo.hears()) == 1


def test_too_fast_for_too_long_closes_the_socket_and_frees_the_seat() -> None:
    ana, bo, _ = three(World())
    assert pings(ana, 600) is None
    assert pings(ana, 1) == 4429
    assert bo.hears() == [{"type": "left", "source": ana.peer, "reason": "left"}]


def test_a_close_is_the_last_thing_that_a_socket_is_told() -> None:
    ana, _, _ = three(World())
    last = ana.says("bye")[-1]
    assert last == Close(ana.socket, CloseCode.LEFT, "bye")

"""A socket before its hello is held to the rules of every sender, and a hello is left to the door."""

from __future__ import annotations

import json

import pytest

from meshvoice.signaling.client_messages import Hello
from meshvoice.signaling.codes import CloseCode
from meshvoice.signaling.effects import Close, Deliver, Effect, Greeted
from meshvoice.signaling.hub import Hub
from meshvoice.signaling.registry import SocketId
from tests.signaling.room import START, World, error, three

SOCKET = SocketId(77)
HELLO = b'{"type":"hello","name":"Dan","muted":false}'


@pytest.fixture
def hub() -> Hub:
    hub = World().hub
    hub.connected(SOCKET, START)
    return hub


def told(effects: list[Effect]) -> list[dict[str, object]]:
    return [json.loads(effect.frame) for effect in effects if isinstance(effect, Deliver)]


def test_a_hello_comes_out_for_the_door_to_answer(hub: Hub) -> None:
    assert hub.awaits_hello(SOCKET)
    assert hub.receive(SOCKET, HELLO, START) == [Greeted(SOCKET, Hello("Dan", False))]
    assert not hub.awaits_hello(SOCKET)


def test_between_its_hello_and_its_place_a_socket_is_not_heard(hub: Hub) -> None:
    hub.receive(SOCKET, HELLO, START)
    assert hub.receive(SOCKET, HELLO, START) == []


def test_anything_else_before_the_hello_is_not_joined(hub: Hub) -> None:
    refused = {**error("not-joined", "say hello first", "ping"), "seq": 0}
    assert told(hub.receive(SOCKET, b'{"type":"ping","t":1}', START)) == [refused]
    assert hub.awaits_hello(SOCKET)


def test_a_binary_frame_before_the_hello_is_told_that_frames_are_text(hub: Hub) -> None:
    refused = {**error("bad-message", "frames are JSON text", None), "seq": 0}
    assert told(hub.receive_binary(SOCKET, 2, START)) == [refused]


def test_too_many_bad_messages_before_the_hello_close_the_socket(hub: Hub) -> None:
    for _ in range(20):
        assert len(told(hub.receive(SOCKET, b"{", START))) == 1
    assert hub.receive(SOCKET, b"{", START) == [Close(SOCKET, CloseCode.BAD, "too many bad messages")]
    assert hub.receive(SOCKET, HELLO, START) == []


def test_too_many_messages_before_the_hello_are_told_to_slow_down(hub: Hub) -> None:
    said = [hub.receive(SOCKET, b" " * 60_000, START) for _ in range(10)]
    assert [frame["code"] for frame in told(said[0] + said[-1])] == ["bad-message", "too-fast"]
    assert hub.receive(SOCKET, HELLO, START + 60) == [Greeted(SOCKET, Hello("Dan", False))]


def test_a_socket_that_drops_before_its_hello_is_forgotten(hub: Hub) -> None:
    assert hub.dropped(SOCKET, START) == []
    assert (hub.registry.connecting, hub.receive(SOCKET, HELLO, START)) == (0, [])


# What is counted


def test_what_is_taken_is_counted_by_type_and_what_is_refused_by_code() -> None:
    world = World()
    ana, _, _ = three(world)
    world.hub.connected(SOCKET, world.now)
    world.hub.receive(SOCKET, b"{", world.now)
    ana.says("ping", t=1, n=1)
    ana.says("ping", t=1, n=1)
    ana.says("abort", target="nobody", gen=1)
    assert world.hub.tally.taken == {"hello": 3, "ping": 1}
    assert world.hub.tally.refused == {"bad-message": 1, "unknown-target": 1}


def test_peers_that_get_a_place_are_counted_by_how() -> None:
    world = World(capacity=3)
    ana, _, _ = three(world)
    world.joins("Dan")
    ana.drops()
    ana.comes_back()
    assert world.hub.tally.joins == {"new": 3, "ticket": 1}
    assert world.hub.tally.refused == {"room-full": 1}


def test_a_tab_that_a_newer_one_replaced_got_no_place() -> None:
    world = World()
    older = world.joins("Ana")
    older.drops()
    world.joins("Ana")
    older.comes_back()
    assert older.closed == CloseCode.REPLACED
    assert world.hub.tally.joins == {"new": 2}

"""What a peer says to another goes on in its own bytes, by the short way just where the long one agrees."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import UNSET

from meshvoice.ids import PeerId, RoomId, UserId
from meshvoice.signaling.allowance import Allowance
from meshvoice.signaling.client_messages import (
    Abort,
    Answer,
    Candidate,
    Directed,
    FromClient,
    Ice,
    Offer,
    Ping,
    Repair,
)
from meshvoice.signaling.effects import Deliver
from meshvoice.signaling.errors import BadMessage, SignalingError
from meshvoice.signaling.letters import Letter, by_pattern, field_by_field
from meshvoice.signaling.pairs import _Link
from meshvoice.signaling.passing import pass_on
from meshvoice.signaling.registry import LiveRoom, Peer, SocketId
from meshvoice.signaling.tally import Tally
from tests.signaling.descriptions import REAL

BO = PeerId("bo")
CLEO = PeerId("cleo")
CANDIDATE = {
    "candidate": "candidate:1 1 udp 1677729535 203.0.113.7 54321 typ srflx raddr 10.0.0.5 rport 46243",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
    "usernameFragment": "Zx3k",
}


def written(**message: Any) -> bytes:
    """Write a message as JSON.stringify does."""
    return json.dumps(message, separators=(",", ":")).encode()


def read(frame: bytes) -> Letter | FromClient:
    return by_pattern(frame) or field_by_field(frame)


def peer(room: LiveRoom, name: str) -> Peer:
    """Seat a peer whose id is its name."""
    found = room.peers[PeerId(name)] = Peer(
        id=PeerId(name),
        user=UserId(name),
        room=room,
        order=len(room.peers),
        name=name,
        role="guest",
        muted=False,
        deafened=False,
        allowance=Allowance(0.0),
        socket=SocketId(len(room.peers)),
    )
    return found


def passed_on(said: Letter, source: str) -> bytes:
    """Give the frame that a letter's target gets, as the first one."""
    room = LiveRoom(RoomId("sea:ana"), 8)
    sender, target = peer(room, source), peer(room, said.target)
    # Whatever its generation is, it is the next one.
    first, other = sorted((sender.id, target.id))
    room.pairs._links[first, other] = _Link(said.gen, 0.0)
    (effect,) = pass_on(sender, said, 100, 0.0, Tally())
    assert isinstance(effect, Deliver)
    assert effect.socket == target.socket
    return effect.frame


def letter(frame: bytes) -> Letter:
    """Read a frame that is one."""
    said = read(frame)
    assert isinstance(said, Letter)
    return said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Offer(CLEO, 1, "v=0", n=4), {"type": "offer", "source": "bo", "gen": 1, "sdp": "v=0"}),
        (Answer(CLEO, 1, "v=0"), {"type": "answer", "source": "bo", "gen": 1, "sdp": "v=0"}),
        (Repair(CLEO, 0, "stalled"), {"type": "repair", "source": "bo", "gen": 0, "why": "stalled"}),
        (Abort(CLEO, 2, n=5), {"type": "abort", "source": "bo", "gen": 2}),
        (
            Ice(CLEO, 1, [Candidate("c"), None]),
            {
                "type": "ice",
                "source": "bo",
                "gen": 1,
                "candidates": [
                    {"candidate": "c", "sdpMid": None, "sdpMLineIndex": None, "usernameFragment": None},
                    None,
                ],
            },
        ),
    ],
)
def test_what_is_passed_on_has_the_source_and_neither_target_nor_n(
    said: Directed, told: dict[str, object]
) -> None:
    assert json.loads(passed_on(letter(msgspec.json.encode(said)), BO)) == {**told, "seq": 1}


_TEXT = st.text(max_size=30) | st.sampled_from(['"', "\\", ',"n":7}', '"target":"bo"', "\u2028", "ä"])
_NAME = st.text(min_size=1, max_size=64) | st.sampled_from(['b"o', "b\\o", ',"n":1'])
_GEN = st.integers(1, 2**31)
_N = st.just(UNSET) | st.integers(1, 2**53)
_PLAIN = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30)
_CANDIDATE = st.builds(Candidate, _PLAIN, st.none() | _PLAIN, st.none() | st.integers(0, 255))
_SDP = st.sampled_from([*REAL.values(), "v=0\r\ns=-\r\n", 'v=0\ns=",\\"n\\":5'])
_DIRECTED = st.one_of(
    st.builds(Ice, _NAME, _GEN, st.lists(st.none() | _CANDIDATE, max_size=3), n=_N),
    st.builds(Repair, _NAME, st.integers(0, 2**31), _TEXT, n=_N),
    st.builds(Abort, _NAME, _GEN, n=_N),
    st.builds(Offer, _NAME, _GEN, _SDP, n=_N),
    st.builds(Answer, _NAME, _GEN, _SDP, n=_N),
)


@given(said=_DIRECTED, source=_NAME)
def test_what_is_passed_on_is_what_we_would_write_anew(said: Directed, source: str) -> None:
    """To the byte, whatever stands in it."""
    fields = msgspec.to_builtins(said)
    del fields["target"]
    fields.pop("n", None)
    assume(source != said.target)
    anew = msgspec.json.encode({"type": fields.pop("type"), "source": source, **fields, "seq": 1})
    assert passed_on(letter(msgspec.json.encode(said)), source) == anew


def test_a_frame_that_is_written_otherwise_is_passed_on_as_we_write_it() -> None:
    said = letter(b'{ "gen":2, "type":"abort", "target":"cleo" }')
    assert passed_on(said, BO) == b'{"type":"abort","source":"bo","gen":2,"seq":1}'


USUAL = [
    written(type="ice", target="cleo", gen=1, candidates=[CANDIDATE], n=12),
    written(type="ice", target="cleo", gen=1, candidates=[CANDIDATE, None]),
    written(type="ice", target="cleo", gen=70, candidates=[None], n=1),
    written(type="ice", target="cleo", gen=999_999_999, candidates=[None], n=1),
    *(written(type="offer", target="p-_9", gen=2, sdp=sdp, n=3) for sdp in REAL.values()),
    written(type="answer", target="cleo", gen=2, sdp=REAL["chromium-answer-to-chromium"]),
]


@pytest.mark.parametrize("frame", USUAL, ids=range(len(USUAL)))
def test_what_our_client_writes_goes_the_short_way_to_the_same_letter(frame: bytes) -> None:
    assert by_pattern(frame) == field_by_field(frame)


_PIECES = [
    b'"',
    b",",
    b"}",
    b"{",
    b"]",
    b"[",
    b"\\",
    b"\\n",
    b"\\r\\n",
    b"0",
    b"1",
    b"-",
    b".5",
    b"e9",
    b" ",
    b"\n",
    b"\x7f",
]
_PIECES += [
    b"null",
    b"\xc3\xa4",
    b"\xff",
    b'"n":5',
    b',"gen":3',
    b'"target":"x",',
    b"999999999999",
    b"m=audio 9 x 0\\r\\n",
]


@given(st.sampled_from(USUAL), st.randoms(use_true_random=False))
def test_the_short_way_takes_nothing_that_the_long_one_refuses_or_reads_otherwise(
    frame: bytes, dice: random.Random
) -> None:
    """Whatever is changed, repeated or left out in a frame of our client's."""
    for _ in range(dice.randint(1, 3)):
        at, other = sorted(dice.randrange(len(frame) + 1) for _ in range(2))
        match dice.randrange(5):
            case 0:
                frame = frame[:at] + dice.choice(_PIECES) + frame[at:]
            case 1:
                frame = frame[:at] + dice.choice(_PIECES) + frame[at + 1 :]
            case 2:
                frame = frame[:at] + frame[min(other, at + 40) :]
            case 3:
                frame = frame[:other] + frame[at:other] * dice.choice([1, 2, 70]) + frame[other:]
            case _:
                fields = frame.split(b",")
                dice.shuffle(fields)
                frame = b",".join(fields)
    short = by_pattern(frame)
    if short is not None:
        assert field_by_field(frame) == short


@pytest.mark.parametrize(
    "fields",
    [
        {"gen": 0},
        {"gen": 2**31 + 1},
        {"n": 0},
        {"n": 2**53 + 1},
        {"target": ""},
        {"target": "x" * 65},
        {"candidates": [CANDIDATE] * 65},
        {"candidates": [{**CANDIDATE, "candidate": "x" * 1025}]},
        {"candidates": [{**CANDIDATE, "sdpMid": "x" * 65}]},
        {"candidates": [{**CANDIDATE, "sdpMLineIndex": 256}]},
        {"candidates": [{**CANDIDATE, "usernameFragment": "x" * 257}]},
        {"candidates": [{**CANDIDATE, "candidate": "a\x7f"}]},
        {"candidates": [[]]},
    ],
    ids=str,
)
def test_what_is_beyond_a_bound_is_refused_as_ever(fields: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"type": "ice", "target": "cleo", "gen": 1, "candidates": [CANDIDATE], "n": 1}
    assert by_pattern(written(**usual)) is not None
    with pytest.raises(SignalingError):
        read(written(**usual | fields))


def test_no_control_character_goes_on_as_it_is() -> None:
    with pytest.raises(BadMessage):
        read(USUAL[0].replace(b"udp", b"\x7f"))


def test_what_is_to_nobody_is_read_whole() -> None:
    assert read(b'{"type":"ping","t":1}') == Ping(1)
    with pytest.raises(BadMessage):
        read(b"{")

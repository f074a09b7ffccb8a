"""What the server sends is built anew from checked fields, and numbered last."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from meshvoice.ids import PeerId
from meshvoice.signaling import server_messages
from meshvoice.signaling.client_messages import Abort, Answer, Candidate, Directed, Ice, Offer, Repair, read
from meshvoice.signaling.errors import NotJoined, RoomFull

BO = PeerId("bo")
CLEO = PeerId("cleo")


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
def test_a_relayed_message_has_the_source_and_neither_target_nor_n(
    said: Directed, told: dict[str, object]
) -> None:
    assert json.loads(server_messages.sealed(server_messages.body(server_messages.relayed(said, BO)), 1)) == {
        **told,
        "seq": 1,
    }


def test_one_body_serves_every_peer_with_its_own_number() -> None:
    body = server_messages.body(server_messages.Away(source=BO))
    assert server_messages.sealed(body, 7) == b'{"type":"away","source":"bo","seq":7}'
    assert server_messages.sealed(body, 8) == b'{"type":"away","source":"bo","seq":8}'


def test_credentials_are_the_endpoints_body_as_a_message() -> None:
    frame = server_messages.sealed(
        server_messages.credentials_body({"ttl": 60, "iceServers": [{"urls": ["stun:a"]}]}), 3
    )
    assert frame == b'{"type":"credentials","ttl":60,"iceServers":[{"urls":["stun:a"]}],"seq":3}'


def test_a_refusal_before_the_hello_is_numbered_zero() -> None:
    assert json.loads(server_messages.error_frame(NotJoined("say hello first", about="ping"))) == {
        "type": "error",
        "code": "not-joined",
        "message": "say hello first",
        "about": "ping",
        "seq": 0,
    }


def test_an_error_about_no_known_message_says_null() -> None:
    assert json.loads(server_messages.error_frame(RoomFull("full")))["about"] is None


_TEXT = st.text(max_size=30) | st.sampled_from(['"', "\\", ',"n":7}', '"target":"bo"', "\u2028", "ä"])
_NAME = st.text(min_size=1, max_size=64) | st.sampled_from(['b"o', "b\\o", ',"n":1'])
_GEN = st.integers(1, 2**31)
_N = st.just(UNSET) | st.integers(1, 2**53)
_CANDIDATE = st.builds(
    Candidate,
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30),
    st.none() | st.text(st.characters(exclude_categories=["C", "Z"]), max_size=9),
    st.none() | st.integers(0, 255),
)
_DIRECTED = st.one_of(
    st.builds(Ice, _NAME, _GEN, st.lists(st.none() | _CANDIDATE, max_size=3), n=_N),
    st.builds(Repair, _NAME, st.integers(0, 2**31), _TEXT, n=_N),
    st.builds(Abort, _NAME, _GEN, n=_N),
    st.builds(Offer, _NAME, _GEN, st.just("v=0\r\ns=-\r\n"), n=_N),
    st.builds(Answer, _NAME, _GEN, st.just('v=0\ns=",\\"n\\":5'), n=_N),
)


@given(said=_DIRECTED, source=_NAME)
def test_the_senders_own_bytes_go_on_as_they_would_be_written_anew(said: Directed, source: str) -> None:
    """To the byte, whatever stands in them."""
    message, same = read(msgspec.json.encode(said))
    assert same is not None
    assert isinstance(message, Directed)
    anew = server_messages.body(server_messages.relayed(message, PeerId(source)))
    assert server_messages.relayed_body(message, PeerId(source), same) == anew


def test_bytes_that_we_would_write_otherwise_do_not_go_on() -> None:
    message, same = read(b'{"type":"abort", "target":"cleo","gen":2}')
    assert same is None
    assert isinstance(message, Abort)
    assert server_messages.relayed_body(message, BO, same) == b'{"type":"abort","source":"bo","gen":2'

"""What the server sends is built anew from checked fields, and numbered last."""

from __future__ import annotations

import json

import pytest

from meshvoice.ids import PeerId
from meshvoice.signaling import server_messages
from meshvoice.signaling.client_messages import Abort, Answer, Candidate, Directed, Ice, Offer, Repair
from meshvoice.signaling.errors import NotJoined, RoomFull

BO = PeerId("bo")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Offer("cleo", 1, "v=0", n=4), {"type": "offer", "source": "bo", "gen": 1, "sdp": "v=0"}),
        (Answer("cleo", 1, "v=0"), {"type": "answer", "source": "bo", "gen": 1, "sdp": "v=0"}),
        (Repair("cleo", 0, "stalled"), {"type": "repair", "source": "bo", "gen": 0, "why": "stalled"}),
        (Abort("cleo", 2, n=5), {"type": "abort", "source": "bo", "gen": 2}),
        (
            Ice("cleo", 1, [Candidate("c"), None]),
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

"""What the server sends is built anew from checked fields, and numbered last."""

from __future__ import annotations

import json

from meshvoice.ids import PeerId
from meshvoice.signaling import server_messages
from meshvoice.signaling.errors import NotJoined, RoomFull

BO = PeerId("bo")


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

"""The client takes what servers really send."""

from __future__ import annotations

import asyncio
import time
from struct import pack

import pytest
from aioice import stun

from meshvoice.doctor import turn_client
from meshvoice.doctor.turn_client import Leg, dial
from meshvoice.turn.credentials import issue
from tests.turn.coturn_server import SECRET
from tests.turn.eturnal_like import Peer, Relay

assert turn_client.LIFETIME  # importing it teaches aioice


@pytest.mark.parametrize("reason", [b"\xff\xfe\x00\x80", b"\x1b[2J", b"Unau"])
def test_an_error_whose_reason_is_no_text_is_an_error_all_the_same(reason: bytes) -> None:
    """coturn 4.10.0 sends what lay in its memory."""
    attribute = pack("!HHHBB", 0x0009, 4 + len(reason), 0, 4, 1) + reason
    message = stun.parse_message(pack("!HHI12s", 0x0113, len(attribute), stun.COOKIE, b"t" * 12) + attribute)
    code, text = message.attributes["ERROR-CODE"]
    assert code == 401
    assert text.isprintable()


class Slow(Relay):
    """Allocates, and is slow to say so."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", [SECRET])
        self.allocated, self.given_back = asyncio.Event(), asyncio.Event()

    async def _allocate(self, asked: stun.Message, addr: Peer, key: bytes) -> None:
        self.allocated.set()

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        super().datagram_received(data, addr)
        asked = stun.parse_message(data)
        if asked.message_method == stun.Method.REFRESH and asked.attributes["LIFETIME"] == 0:
            self.given_back.set()


async def test_whoever_is_interrupted_before_the_answer_gives_back_what_may_be_there() -> None:
    """As a server that is stopped while it looks at its relay: it would stand there for ten minutes."""
    credentials = issue(secret=SECRET, user_id="ana", pseudonym_key=b"k", ttl=60, now=int(time.time()))
    transport, relay = await asyncio.get_running_loop().create_datagram_endpoint(Slow, ("127.0.0.1", 0))

    async def look() -> None:
        async with dial(transport.get_extra_info("sockname"), Leg.UDP, credentials) as client:
            await client.allocate()

    async with asyncio.timeout(10):
        looking = asyncio.create_task(look())
        await relay.allocated.wait()
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        await relay.given_back.wait()
    relay.close()
    transport.close()

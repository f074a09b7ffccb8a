"""The client takes what servers really send."""

from __future__ import annotations

from struct import pack

import pytest
from aioice import stun

from meshvoice.doctor import turn_client

assert turn_client.LIFETIME  # importing it teaches aioice


@pytest.mark.parametrize("reason", [b"\xff\xfe\x00\x80", b"\x1b[2J", b"Unau"])
def test_an_error_whose_reason_is_no_text_is_an_error_all_the_same(reason: bytes) -> None:
    """coturn 4.10.0 sends what lay in its memory."""
    attribute = pack("!HHHBB", 0x0009, 4 + len(reason), 0, 4, 1) + reason
    message = stun.parse_message(pack("!HHI12s", 0x0113, len(attribute), stun.COOKIE, b"t" * 12) + attribute)
    code, text = message.attributes["ERROR-CODE"]
    assert code == 401
    assert text.isprintable()

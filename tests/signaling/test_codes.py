"""What the codes say of themselves."""

from __future__ import annotations

from meshvoice.signaling.codes import CloseCode, ErrorCode


def test_a_code_is_what_goes_over_the_wire() -> None:
    assert (int(CloseCode.BAD), str(CloseCode.BAD), str(ErrorCode.TOO_FAST)) == (4400, "4400", "too-fast")


def test_after_the_welcome_whoever_was_turned_away_stays_away() -> None:
    back = {code.value for code in CloseCode if code.comes_back.after_the_welcome}
    assert back == {1001, 1006, 1009, 1011, 1012, 4408}

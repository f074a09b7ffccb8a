"""What real programs describe is taken, and a description of another shape is refused with words."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.signaling import usual_sdp
from meshvoice.signaling.errors import BadMessage, SignalingError, TooLarge
from meshvoice.signaling.sdp import LINE_CHARACTERS, LINES, MOST, check, look_closely
from tests.signaling.descriptions import FOLDER, REAL, table, with_candidates

BAD = table("bad.json")
EDGES = table("edges.json")
SOUND = [*REAL.values(), *(row["sdp"] for row in EDGES)]


def is_usual(sdp: str) -> bool:
    """Ask the short way, which reads an SDP as it stands in a frame."""
    frame = json.dumps(sdp).encode()
    return usual_sdp.is_usual(frame, 1, len(frame) - 1)


def trouble(sdp: str) -> str | None:
    """Give what is wrong with an SDP, without where in the message; any other exception falls through."""
    try:
        check(sdp)
    except SignalingError as problem:
        return str(problem).removesuffix(" - at `$.sdp`")
    return None


@pytest.mark.parametrize("name", REAL)
def test_what_real_programs_describe_is_taken(name: str) -> None:
    check(REAL[name])
    check(REAL[name].replace("\r\n", "\n"))


@pytest.mark.parametrize("name", ["aiortc-offer", "aiortc-offer-data", "aiortc-answer-to-chromium"])
def test_a_peer_that_does_not_trickle_has_150_candidates_in_each_section(name: str) -> None:
    sdp = with_candidates(REAL[name], 150)
    assert sdp.count("a=candidate:") == 150 * (2 if "data" in name else 1)
    check(sdp)


@pytest.mark.parametrize("name", REAL)
def test_what_real_programs_describe_is_told_by_the_short_way(name: str) -> None:
    assert is_usual(REAL[name])


def test_no_attribute_comes_past_its_bound_by_the_short_way() -> None:
    for name, most in MOST.items():
        assert not is_usual(REAL["chromium-offer"] + f"a={name}:1\r\n" * (most + 1)), name


def test_the_short_way_keeps_to_each_bound() -> None:
    """One more than may be, in the session, in the section for audio and in that for data."""
    sound = (
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{0}m=audio 9 X/Y 111 0\r\n{1}"
        "m=application 9 X webrtc-datachannel\r\n{2}"
    )
    assert is_usual(sound.format("", "a=rtpmap:111 opus/48000/2\r\n", ""))
    wide = "a=x:" + "y" * (LINE_CHARACTERS - 3)
    few = "a=extmap:1 u\r\n" * 40
    for at in range(3):
        parts = ["", "", ""]
        for wrong in (f"{wide}\r\n", "a=\x7f\r\n", "m=video 9 X 1\r\n", "v=0\r\n", "a=fmtp:7 a\r\n", "a=b\n"):
            parts[at] = wrong
            assert not is_usual(sound.format(*parts)), (at, wrong)
    assert not is_usual(sound.format(few, few, ""))
    assert not is_usual(sound.format("", few, few))
    for payloads in ("111 128", "111 111", "111 1000", ""):
        assert not is_usual(sound.format("", "", "").replace("111 0", payloads)), payloads


def test_there_is_something_of_every_program() -> None:
    assert {name.partition("-")[0] for name in REAL} == {"aiortc", "chromium", "firefox", "safari"}


@pytest.mark.parametrize("row", EDGES, ids=lambda row: str(row["name"]))
def test_what_is_just_within_the_limits_is_taken(row: dict[str, str]) -> None:
    check(row["sdp"])


@pytest.mark.parametrize("row", BAD, ids=lambda row: str(row["name"]))
def test_what_has_another_shape_is_refused_with_words(row: dict[str, str]) -> None:
    with pytest.raises(SignalingError) as caught:
        check(row["sdp"], about="offer")
    told = caught.value
    assert (told.code, str(told), told.about) == (row["code"], f"{row['reason']} - at `$.sdp`", "offer")


def test_a_line_that_describes_no_payload_type_is_nobodys_business() -> None:
    """As the client sees it: without its colon it is an attribute like any other."""
    check("v=0\r\na=rtpmap\r\na=rtpmap\r\n")


def test_a_refusal_repeats_nothing_of_what_was_sent() -> None:
    for row in BAD:
        assert len(row["reason"]) < 120


lines = st.sampled_from(sorted({line for sdp in REAL.values() for line in sdp.split("\r\n")}))
odd_lines = st.text(st.characters(), max_size=30) | st.sampled_from(
    ["m=", "m=audio", "a=rtpmap:", "\r", "v=0"]
)


@given(st.lists(lines | odd_lines, max_size=60), st.sampled_from(["\r\n", "\n", "\r", ""]))
def test_whatever_comes_is_taken_or_refused_and_nothing_else(given: list[str], end: str) -> None:
    assert trouble(end.join(["v=0", *given])) != ""


@given(st.text(st.characters()))
def test_any_text_is_taken_or_refused_and_nothing_else(text: str) -> None:
    assert trouble(text) != ""


@given(st.sampled_from(SOUND), st.randoms(use_true_random=False))
def test_what_is_taken_has_one_audio_section_and_few_lines(sdp: str, dice: random.Random) -> None:
    changed = mutated(sdp, dice)
    if trouble(changed) is None:
        sections = [line.split(" ")[0] for line in changed.splitlines() if line.startswith("m=")]
        assert sections.count("m=audio") == bool(sections)
        assert sections.count("m=application") <= 1
        assert len(sections) <= 2
        assert len(changed.splitlines()) <= LINES


@given(st.sampled_from(SOUND), st.randoms(use_true_random=False))
def test_what_the_short_way_takes_a_close_look_takes_as_well(sdp: str, dice: random.Random) -> None:
    changed = mutated(sdp, dice)
    if is_usual(changed):
        look_closely(changed)


def mutated(sdp: str, dice: random.Random) -> str:
    """Take, repeat, swap and change a few lines and letters of an SDP."""
    for _ in range(dice.randint(1, 3)):
        lines = sdp.split("\r\n")
        at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        spot = dice.randrange(len(sdp) + 1)
        match dice.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at:at] = [lines[at]] * dice.choice([2, 40, 300])
            case 3:
                lines[at] = lines[at].replace(
                    *dice.choice([("1", "9"), (" ", "  "), (":", "="), ("0", "00")])
                )
            case 4:
                lines[at] += dice.choice([" 0", " 111", "x" * 1000, "\r", "\0", "\t", "\u00e9", "\U0001f399"])
            case 5:
                lines = "".join(f"{line}\n" for line in lines).split("\r\n")
            case 6:
                sdp = sdp[:spot] + dice.choice(["\n", "\r", "m=", "\ufeff", "\u2028", " ", "="]) + sdp[spot:]
                continue
            case _:
                lines.insert(
                    at,
                    dice.choice(
                        [
                            "m=audio 9 X 1",
                            "m=video 0 X 1",
                            "a=group:LS 0",
                            "a=fmtp:0 x",
                            "a=rtcp-fb:* x",
                            "v=0",
                        ]
                    ),
                )
        sdp = "\r\n".join(lines)
    return sdp


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_client_says_the_same_of_thousands_of_changed_descriptions(tmp_path: Path) -> None:
    """One set of rules in two languages: seeded, so that what fails once fails again."""
    dice = random.Random(8866)
    told = [mutated(dice.choice(SOUND), dice) for _ in range(2500)]
    (tmp_path / "told.json").write_text(json.dumps(told), encoding="utf-8")
    judge = ["node", str(FOLDER / "judge.js"), str(tmp_path / "told.json")]
    done = subprocess.run(judge, check=True, capture_output=True, timeout=120)
    ours = [trouble(sdp) for sdp in told]
    assert json.loads(done.stdout) == ours
    assert len(set(ours)) > 100, "the changes are of many kinds"
    assert 250 < ours.count(None) < 2250, "some are sound still, some are not"


LONG = [row for row in BAD if len(row["sdp"]) > 8000]


@pytest.mark.parametrize("row", LONG, ids=lambda row: str(row["name"]))
def test_time_grows_no_faster_than_length(row: dict[str, str]) -> None:
    """16 times as much takes 16 times as long, 64 at most, where the square would be 256."""

    def fastest(sdp: str) -> float:
        # Of the processor, so that a busy machine counts for nothing.
        times = []
        for _ in range(7):
            begun = process_time()
            trouble(sdp)
            times.append(process_time() - begun)
        return min(times)

    whole = row["sdp"][:32_000]
    assert fastest(whole) < 64 * max(fastest(whole[: len(whole) // 16]), 10e-6)


def test_a_refusal_is_one_of_two() -> None:
    assert {row["code"] for row in BAD} == {BadMessage.code, TooLarge.code}

"""The shape of a session description: one audio section, at most one for data, and not too much of anything.

An SDP goes from one peer to another's browser. An offer of 80 sections makes an answer that is too large to
send; one that repeats its payload types has kept a page busy for minutes. static/voice/link/sdp-shape.js has
the same rules in the same words. Time grows with the length of the SDP, and no faster.
"""

from __future__ import annotations

import re
from collections import Counter

from meshvoice.signaling.errors import BadMessage, SignalingError, TooLarge

SDP_BYTES = 32 * 1024
"""An offer of a browser has 2 to 8 KiB; with 150 candidates in each section 30."""
LINES = 512
LINE_CHARACTERS = 1024
PAYLOAD_TYPES = 64

MOST = {
    "group": 1,
    "msid-semantic": 2,
    "fingerprint": 16,
    "setup": 3,
    "ice-ufrag": 3,
    "ice-pwd": 3,
    "ice-options": 3,
    "candidate": 384,
    "extmap": 64,
    "ssrc": 32,
    "ssrc-group": 16,
    "rtcp-fb": 128,
}
"""How many lines there may be of an attribute: in the session and two sections, with room."""

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Control characters, and the separators at which some programs, but not ours, see a line's end."""

_AUDIO = re.compile(r"m=audio [0-9]{1,5}(?:/[0-9]{1,5})? [A-Za-z0-9/]{1,32}((?: [0-9]{1,3})+)")
_DATA = re.compile(r"m=application [0-9]{1,5} [A-Za-z0-9/]{1,32} webrtc-datachannel")
_MARKS = frozenset(["v=", "o=", "s=", "m="])
_OF_PAYLOAD = frozenset(["a=rtpmap", "a=fmtp", "a=rtcp-fb"])
PAYLOADS = frozenset(map(str, range(128)))
_MOST = [(f"a={name}", most) for name, most in MOST.items()]

_PRINTABLE = bytes(range(0x20, 0x7F))

_Told = tuple[int, str, str]
"""A line of which something is asked: its place, what stands before its first colon, and the line."""


def check(sdp: str, *, about: str | None = None) -> None:
    """Raise `BadMessage` or `TooLarge` where a peer of a voice room has no reason to send such an SDP."""
    try:
        look_closely(sdp)
    except SignalingError as problem:
        raise type(problem)(f"{problem} - at `$.sdp`", about=about) from None


def look_closely(sdp: str) -> None:
    """Look at an SDP line by line. Raises `BadMessage` or `TooLarge`, which say where something is wrong."""
    _measure(sdp)
    lines = _lines(sdp)
    _look_at_lines(lines)
    # Still for time: the few lines of which something is asked are picked out once.
    names = [line.partition(":")[0] for line in lines]
    told = [
        (at, name, lines[at]) for at, name in enumerate(names) if name in _OF_PAYLOAD or name[:2] in _MARKS
    ]
    marks = [each for each in told if each[1] not in _OF_PAYLOAD]
    _look_at_session(lines, marks)
    _look_at_sections(marks)
    _look_at_payload_types(told)
    _count_attributes(names)


def _measure(sdp: str) -> None:
    size = len(sdp) if sdp.isascii() else len(sdp.encode("utf-8", "surrogatepass"))
    if size > SDP_BYTES:
        raise TooLarge(f"an SDP has at most {SDP_BYTES} bytes")


def _lines(sdp: str) -> list[str]:
    *lines, last = sdp.split("\r\n")
    ends = sdp.count("\n")
    if ends + (not sdp.endswith("\n")) > LINES:
        raise TooLarge(f"an SDP has at most {LINES} lines")
    if ends > len(lines):
        # Not all with CRLF, so all with LF. The last line may lack its end.
        *lines, last = sdp.split("\n")
        with_crlf = lines[0].endswith("\r")
        for at, line in enumerate(lines):
            if line.endswith("\r") != with_crlf:
                raise BadMessage(
                    f"the lines of an SDP end all alike, with CRLF or with LF: not line {at + 1}"
                )
    return [*lines, last] if last else lines


def _look_at_lines(lines: list[str]) -> None:
    if max(map(len, lines), default=0) <= LINE_CHARACTERS and _printable("".join(lines)):
        return
    for at, line in enumerate(lines):
        if len(line) > LINE_CHARACTERS:
            raise TooLarge(f"a line of an SDP has at most {LINE_CHARACTERS} characters: not line {at + 1}")
        if CONTROL.search(line):
            raise BadMessage(f"an SDP has no control characters: not in line {at + 1}")


def _printable(text: str) -> bool:
    return not text.encode().translate(None, _PRINTABLE) if text.isascii() else text.isprintable()


def _look_at_session(lines: list[str], marks: list[_Told]) -> None:
    if not lines or lines[0] != "v=0":
        raise BadMessage("an SDP starts with v=0")
    seen: set[str] = set()
    for at, name, _ in marks:
        kind = name[:2]
        if kind != "m=" and (kind in seen or "m=" in seen):
            raise BadMessage(f"an SDP describes one session: line {at + 1} begins another")
        seen.add(kind)


def _look_at_sections(marks: list[_Told]) -> None:
    sections = [line.partition(" ")[0] for _, _, line in marks if line.startswith("m=")]
    audio, data = sections.count("m=audio"), sections.count("m=application")
    if audio + data < len(sections):
        raise BadMessage("an SDP has one audio section and at most one for data: this one has others")
    # One without any section costs nobody anything: it describes a peer that is not there yet.
    if audio != 1 and audio + data:
        raise BadMessage(f"an SDP has one audio section: this one has {audio or 'none'}")
    if data > 1:
        raise BadMessage(f"an SDP has at most one section for data: this one has {data}")
    for at, _, line in marks:
        if line.startswith("m=application") and not _DATA.fullmatch(line):
            raise BadMessage(f"a section for data is one of webrtc-datachannel: not line {at + 1}")


def _look_at_payload_types(told: list[_Told]) -> None:
    listed: set[str] = set()
    described: set[str] = set()
    for at, name, line in told:
        if name not in _OF_PAYLOAD:
            if line.startswith("m="):
                listed = _payload_types(line, at) if line.startswith("m=audio") else set()
            continue
        what = line.partition(" ")[0]
        payload = what[len(name) + 1 :]
        if what == name:
            continue
        if payload not in listed and not (name == "a=rtcp-fb" and payload == "*" and listed):
            raise BadMessage(f"{name} is about a payload type of its audio section: not in line {at + 1}")
        if name != "a=rtcp-fb":
            if what in described:
                raise BadMessage(f"a payload type has one {name}: line {at + 1} is another")
            described.add(what)


def _payload_types(line: str, at: int) -> set[str]:
    found = _AUDIO.fullmatch(line)
    if found is None:
        raise BadMessage(
            f"an audio section begins with m=audio, a port, a protocol and payload types: not line {at + 1}"
        )
    listed = found[1].split()
    if len(listed) > PAYLOAD_TYPES:
        raise TooLarge(
            f"an audio section has at most {PAYLOAD_TYPES} payload types: this one has {len(listed)}"
        )
    known = set(listed)
    if not known <= PAYLOADS:
        raise BadMessage(f"a payload type is a number from 0 to 127: not each in line {at + 1}")
    if len(known) < len(listed):
        raise BadMessage(f"a payload type stands once in its audio section: not each in line {at + 1}")
    return known


def _count_attributes(names: list[str]) -> None:
    counted = Counter(names)
    for name, most in _MOST:
        count = counted.get(name, 0)
        if count > most:
            raise TooLarge(f"an SDP has at most {most} lines of {name}: this one has {count}")

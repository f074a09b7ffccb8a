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
_OF_PAYLOAD = re.compile(r"a=(rtpmap|fmtp|rtcp-fb):([^ ]*)")
_ATTRIBUTE = re.compile(r"a=([^:]*)")


def check(sdp: str, *, about: str | None = None) -> None:
    """Raise `BadMessage` or `TooLarge` where a peer of a voice room has no reason to send such an SDP."""
    try:
        _measure(sdp)
        lines = _lines(sdp)
        _look_at_lines(lines)
        _look_at_session(lines)
        _look_at_sections(lines)
        _look_at_payload_types(lines)
        _count_attributes(lines)
    except SignalingError as problem:
        raise type(problem)(f"{problem} - at `$.sdp`", about=about) from None


def _measure(sdp: str) -> None:
    if len(sdp) > SDP_BYTES or len(sdp.encode("utf-8", "surrogatepass")) > SDP_BYTES:
        raise TooLarge(f"an SDP has at most {SDP_BYTES} bytes")


def _lines(sdp: str) -> list[str]:
    *lines, last = sdp.split("\n")
    if len(lines) + bool(last) > LINES:
        raise TooLarge(f"an SDP has at most {LINES} lines")
    # The last line may lack its end; any other has the one that the first has.
    ends_with_crlf = bool(lines) and lines[0].endswith("\r")
    for at, line in enumerate(lines):
        if line.endswith("\r") != ends_with_crlf:
            raise BadMessage(f"the lines of an SDP end all alike, with CRLF or with LF: not line {at + 1}")
    if ends_with_crlf:
        lines = [line[:-1] for line in lines]
    return [*lines, last] if last else lines


def _look_at_lines(lines: list[str]) -> None:
    for at, line in enumerate(lines):
        if len(line) > LINE_CHARACTERS:
            raise TooLarge(f"a line of an SDP has at most {LINE_CHARACTERS} characters: not line {at + 1}")
        if CONTROL.search(line):
            raise BadMessage(f"an SDP has no control characters: not in line {at + 1}")


def _look_at_session(lines: list[str]) -> None:
    if not lines or lines[0] != "v=0":
        raise BadMessage("an SDP starts with v=0")
    seen: set[str] = set()
    in_session = True
    for at, line in enumerate(lines):
        kind = line[:2]
        in_session = in_session and kind != "m="
        if kind in ("v=", "o=", "s=") and (kind in seen or not in_session):
            raise BadMessage(f"an SDP describes one session: line {at + 1} begins another")
        seen.add(kind)


def _look_at_sections(lines: list[str]) -> None:
    sections = Counter(line.partition(" ")[0] for line in lines if line.startswith("m="))
    audio, data = sections.pop("m=audio", 0), sections.pop("m=application", 0)
    if sections:
        raise BadMessage("an SDP has one audio section and at most one for data: this one has others")
    # One without any section costs nobody anything: it describes a peer that is not there yet.
    if audio != 1 and audio + data:
        raise BadMessage(f"an SDP has one audio section: this one has {audio or 'none'}")
    if data > 1:
        raise BadMessage(f"an SDP has at most one section for data: this one has {data}")
    for at, line in enumerate(lines):
        if line.startswith("m=application") and not _DATA.fullmatch(line):
            raise BadMessage(f"a section for data is one of webrtc-datachannel: not line {at + 1}")


def _look_at_payload_types(lines: list[str]) -> None:
    listed: set[str] = set()
    described: set[tuple[str, str]] = set()
    for at, line in enumerate(lines):
        if line.startswith("m="):
            listed = _payload_types(line, at) if line.startswith("m=audio") else set()
            continue
        found = _OF_PAYLOAD.match(line)
        if found is None:
            continue
        name, payload = found.groups()
        if payload not in listed and not (name == "rtcp-fb" and payload == "*" and listed):
            raise BadMessage(f"a={name} is about a payload type of its audio section: not in line {at + 1}")
        if name != "rtcp-fb":
            if (name, payload) in described:
                raise BadMessage(f"a payload type has one a={name}: line {at + 1} is another")
            described.add((name, payload))


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
    for payload in listed:
        if int(payload) > 127 or payload != str(int(payload)):
            raise BadMessage(f"a payload type is a number from 0 to 127: not each in line {at + 1}")
    if len(set(listed)) < len(listed):
        raise BadMessage(f"a payload type stands once in its audio section: not each in line {at + 1}")
    return set(listed)


def _count_attributes(lines: list[str]) -> None:
    counted = Counter(found[1] for found in map(_ATTRIBUTE.match, lines) if found)
    for name, most in MOST.items():
        if counted[name] > most:
            raise TooLarge(f"an SDP has at most {most} lines of a={name}: this one has {counted[name]}")

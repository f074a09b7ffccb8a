"""Session descriptions to judge: what programs send, what is just within the limits, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SDP = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
)
FOLDER = Path(__file__).with_name("sdp")
REAL = {path.stem: path.read_bytes().decode() for path in sorted(FOLDER.glob("*.sdp"))}
"""As Chromium, Firefox and aiortc wrote them, with addresses of documentation, and one of Safari's shape."""


def sdp_of(size: int) -> str:
    """Give a description of so many bytes."""
    lines, left = [SDP], size - len(SDP)
    while left:
        length = left if left <= 1000 else min(1000, left - 10)
        lines.append("a=x:".ljust(length - 2, "x") + "\r\n")
        left -= length
    return "".join(lines)


def built(parts: list[str | dict[str, Any]]) -> str:
    """Put a description together: text, and text repeated with its number for {n}."""
    return "".join(
        part
        if isinstance(part, str)
        else "".join(part["text"].replace("{n}", str(at)) for at in range(part["times"]))
        for part in parts
    )


def table(name: str) -> list[dict[str, Any]]:
    """Read bad.json or edges.json, each `sdp` put together."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return [{**row, "sdp": built(row["sdp"])} for row in rows]


def with_candidates(sdp: str, count: int) -> str:
    """Give each section with candidates `count` of them, as a peer does that doesn't trickle."""
    lines: list[str] = []
    for line in sdp.split("\r\n"):
        if not line.startswith("a=candidate:"):
            lines.append(line)
        elif not lines[-1].startswith("a=candidate:"):
            lines += [
                line.replace(" 1 udp ", f" 1 udp 2{at:05}").replace("192.0.2.2", f"192.0.2.{at}")
                for at in range(count)
            ]
    return "\r\n".join(lines)

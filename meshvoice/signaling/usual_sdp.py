"""Session descriptions as browsers write them, proven sound as they stand in a frame, without reading them.

Of what is proven here all holds that `sdp.look_closely` asks; of what isn't, nothing is known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from meshvoice.signaling.sdp import MOST, PAYLOADS, SDP_BYTES

# Within JSON: printable ASCII without the quote and the backslash, and each line's end as four letters.
_REST = rb"[ !#-\[\]-~]{0,1022}+\\r\\n"
# What is about payload types, and what is counted nowhere but there, stands in the audio section alone.
_OTHERS = rb"(?:(?![vosm]=|a=(?:rtpmap|fmtp|rtcp-fb|extmap(?!-)))%b){0,64}+" % _REST
_USUAL = re.compile(
    rb"v=0\\r\\no=%bs=%b%b" % (_REST, _REST, _OTHERS)
    + rb"m=audio [0-9]{1,5}(?:/[0-9]{1,5})? [A-Za-z0-9/]{1,32}((?: [0-9]{1,3}){1,64}+)\\r\\n"
    + rb"(?:(?![vosm]=)%b){0,64}+" % _REST
    + rb"(?:m=application [0-9]{1,5} [A-Za-z0-9/]{1,32} webrtc-datachannel\\r\\n%b)?+" % _OTHERS
)

_FEW = (
    *("group", "msid-semantic", "fingerprint", "setup"),
    *("ice-ufrag", "ice-pwd", "ice-options", "ssrc-group", "ssrc"),
)
"""The attributes of which there may be fewer than lines."""
_COUNTED = re.compile(rb"\\na=((?:%b)(?=[:\\])|(?:rtpmap|fmtp|rtcp-fb)[^ \\]*)" % "|".join(_FEW).encode())


def is_usual(frame: bytes, start: int, end: int) -> bool:
    """Tell whether what a frame has between these places, in a JSON string, is such a description.

    It costs most of what relaying an offer costs, and this is nearly always the whole of it.
    """
    found = _USUAL.fullmatch(frame, start, end) if end - start <= SDP_BYTES else None
    if found is None:
        return False
    may = _may_have(found[1])
    if may is None:
        return False
    for what, many in Counter(_COUNTED.findall(frame, start, end)).items():
        if many > may.get(what, 0):
            return False
    return True


@lru_cache(maxsize=32)  # a browser lists the same ones each time
def _may_have(listed: bytes) -> Mapping[bytes, int] | None:
    """Give how many there may be of what `_COUNTED` finds, by payload types; None: those can't be."""
    payloads = listed.decode().split()
    if len(set(payloads)) < len(payloads) or not PAYLOADS.issuperset(payloads):
        return None
    described = {f"{name}:{each}": 1 for each in payloads for name in ("rtpmap", "fmtp")}
    feedback = {f"rtcp-fb:{each}": MOST["rtcp-fb"] for each in (*payloads, "*")}
    few = {name: MOST[name] for name in _FEW}
    return {name.encode(): most for name, most in (described | feedback | few).items()}

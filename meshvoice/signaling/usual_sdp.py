"""Session descriptions as browsers write them, proven sound as they stand in a frame, without reading them.

Of what is proven here all holds that `sdp.look_closely` asks; of what isn't, nothing is known.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from meshvoice.signaling.sdp import MOST, PAYLOADS, SDP_BYTES

_SOUND = bytes(set(range(0x20, 0x7F)) - set(b'"'))
"""Printable ASCII without the quote, which ends a JSON string."""
# The rest of a line: which letters there are is asked of all lines at once, which is quicker. Within JSON the
# end of each line is four letters, and no backslash stands anywhere else.
_REST = rb"[^\\]{0,1022}+\\r\\n"
# No group is repeated possessively, only letters are: by such a group Python before 3.11.5 finds too little
# or too much, where a part of it may match in two ways. A line ends in one place: none is gone through twice.
# What is about payload types, and what is counted nowhere but there, stands in the audio section alone.
_OTHERS = rb"(?:(?![vosm]=|a=(?:rtpmap|fmtp|rtcp-fb|extmap(?!-)))%b){0,64}" % _REST
_USUAL = re.compile(
    rb"v=0\\r\\no=%bs=%b%b" % (_REST, _REST, _OTHERS)
    + rb"m=audio [0-9]{1,5}+(?:/[0-9]{1,5}+)? [A-Za-z0-9/]{1,32}+((?: [0-9]{1,3}+){1,64})\\r\\n"
    + rb"(?:(?![vosm]=)%b){0,64}" % _REST
    + rb"(?:m=application [0-9]{1,5}+ [A-Za-z0-9/]{1,32}+ webrtc-datachannel\\r\\n%b)?" % _OTHERS
)

_FEW = (
    *("group", "msid-semantic", "fingerprint", "setup"),
    *("ice-ufrag", "ice-pwd", "ice-options", "ssrc-group", "ssrc"),
)
"""The attributes of which there may be fewer than lines."""
_COUNTED = re.compile(
    rb"\\na=(?:r(?:tpmap|tcp-fb)[^ \\]*|fmtp[^ \\]*"
    rb"|(?:i(?:ce-ufrag|ce-pwd|ce-options)|s(?:src(?:-group)?|etup)|fingerprint|group|msid-semantic)(?=[:\\]))"
)


def is_usual(frame: bytes, start: int, end: int) -> bool:
    """Tell whether what a frame has between these places, in a JSON string, is such a description.

    It costs most of what relaying an offer costs, and this is nearly always the whole of it.
    """
    if end - start > SDP_BYTES or frame[start:end].translate(None, _SOUND):
        return False
    found = _USUAL.fullmatch(frame, start, end)
    return found is not None and _not_too_many(found[1], b" ".join(_COUNTED.findall(frame, start, end)))


# What one browser counts is the same in each of its descriptions, for no value of an attribute is in it.
@lru_cache(maxsize=64)
def _not_too_many(listed: bytes, counted: bytes) -> bool:
    """Tell whether of what `_COUNTED` finds there is nothing too often, with these payload types."""
    payloads = listed.decode().split()
    if len(set(payloads)) < len(payloads) or not PAYLOADS.issuperset(payloads):
        return False
    described = {f"rtpmap:{each}": 1 for each in payloads} | {f"fmtp:{each}": 1 for each in payloads}
    feedback = {f"rtcp-fb:{each}": MOST["rtcp-fb"] for each in (*payloads, "*")}
    may = described | feedback | {name: MOST[name] for name in _FEW}
    times = Counter(each.decode().removeprefix("\\na=") for each in counted.split())
    return all(many <= may.get(what, 0) for what, many in times.items())

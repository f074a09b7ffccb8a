"""What coturn's errors mean to whoever runs it."""

from __future__ import annotations

from meshvoice.doctor.turn_client import Rejected
from meshvoice.settings import TurnSettings

LOG = "see coturn's log (journalctl -u coturn)"
RENDER = "write turnserver.conf anew with `meshvoice coturn-conf` and restart coturn"
ASK = "ask whoever runs the relay"
BELIEVED = frozenset({440, 486, 508})
"""What coturn answers only to those whose credential it took."""
USED_UP = frozenset({486, 508})
"""What it answers where somebody, or everybody, holds as many allocations as there are to be had."""
_FIXES = {
    401: f"coturn does not take this secret, or the clocks differ (see `secret` and `clock`): {RENDER}",
    440: "browsers don't say whether they want IPv4 or IPv6, and coturn then gives IPv4, which it has not: "
    f"allocation-default-address-family must be keep on a relay that has IPv6 alone; {RENDER}",
    # Each user of the doctor's is new, so no quota of a user's is meant.
    486: "coturn's total-quota is used up: who relays so much? Is COTURN_SHARED_SECRET known to others? "
    f"If all is right, widen the range COTURN_MIN_PORT to COTURN_MAX_PORT, from which it follows; {RENDER}",
    508: f"all relay ports are taken: widen the range COTURN_MIN_PORT to COTURN_MAX_PORT; {RENDER}",
}


_OTHERS = {
    401: "the relay does not take this secret, or the clocks differ (see `secret` and `clock`): "
    f"COTURN_SHARED_SECRET must be one of its own; {ASK}",
    440: "browsers don't say whether they want IPv4 or IPv6, and the relay then gives one that it has not: "
    + ASK,
    486: f"the relay's quota is used up, for all or for each user: {ASK}",
    508: f"all ports of the relay are taken: {ASK}",
}
_FIXED = {
    401: "the relay does not take COTURN_USERNAME with COTURN_PASSWORD: correct them",
    486: "the relay's quota is used up: everybody is one user to it, COTURN_USERNAME, so what it allows one "
    "user (coturn's user-quota) must be for all",
}


def forwarded(family: int) -> str:
    """Say what more a port needs than to be open: by IPv4 many hosts stand behind a router."""
    return "" if family == 6 else ", and as a port forwarding in the router, where one stands before the host"


def fix(rejected: Rejected, turn: TurnSettings, *, others: bool) -> str:
    """Say what to do about an answer that nobody wants; `others`: the relay is somebody else's."""
    if turn.fixed and rejected.code in _FIXED:
        return _FIXED[rejected.code]
    return (_OTHERS if others else _FIXES).get(rejected.code, LOG)

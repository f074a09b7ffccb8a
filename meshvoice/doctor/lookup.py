"""Whether the relay's name leads to where the settings say that the relay is."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from meshvoice.doctor.deployment import Deployment, family
from meshvoice.doctor.findings import Cause, Check, Finding
from meshvoice.settings import Address, TurnSettings
from meshvoice.turn.deny import denied
from meshvoice.turn.installed import bindable
from meshvoice.values import is_address

_RECORDS = {4: ("A", "COTURN_PUBLIC_IP"), 6: ("AAAA", "COTURN_PUBLIC_IP6")}


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a name gave."""

    addresses: list[str]
    problem: str = ""
    unheard: bool = False
    """Whether no name server said anything, be it that there is no such name."""
    here: str = ""
    """What it leads to on the relay's own host, or in its own network, where others get another answer."""


async def look_up(deployment: Deployment) -> LookedUp:
    """Look the host up; browsers try every address that it has."""
    try:
        addresses = await deployment.resolve(deployment.turn.host)
    except OSError as problem:
        return LookedUp([], str(problem), unheard(problem))
    if addresses and _of_its_own_host(deployment.turn, addresses):
        # Debian writes a host's own name so into its /etc/hosts.
        return LookedUp([str(each) for each in _own(deployment.turn)], here=", ".join(addresses))
    return LookedUp(addresses)


def _own(turn: TurnSettings) -> list[Address]:
    """Give those addresses of the relay's that stand on its own host, as the settings name them."""
    own = (turn.private_ip or turn.public_ip, turn.public_ip6)
    return [each for each in own if each and not isinstance(each, str)]


def _of_its_own_host(turn: TurnSettings, addresses: Sequence[str]) -> bool:
    """Tell whether the name leads to this machine's loopback, for it is this machine that is the relay."""
    if is_address(turn.host) or not all(ip_address(each).is_loopback for each in addresses):
        return False
    return any(not each.is_loopback and bindable(each) for each in _own(turn))


def inside(turn: TurnSettings, addresses: Sequence[str]) -> str:
    """Give COTURN_PRIVATE_IP where the name leads to it, in place of the relay's public address.

    Name servers of a home or of a cloud say so to those inside, for whom it is right: they reach it by that.
    """
    private = str(turn.private_ip or "")
    right = is_address(turn.host) or public(turn, 4) in addresses
    return private if private in addresses and not right else ""


def from_outside(turn: TurnSettings, addresses: Sequence[str]) -> list[str]:
    """Give what the name leads to outside, as far as it is known, for what it leads to here."""
    seen = (public(turn, 4) if each == str(turn.private_ip) else each for each in addresses)
    return [each for each in seen if each]


def unheard(problem: BaseException | None) -> bool:
    """Tell a name that nobody could be asked about from one that doesn't exist."""
    return isinstance(problem, socket.gaierror) and problem.errno == socket.EAI_AGAIN


def no_name_server(check: Check) -> Finding:
    """Say that nothing is known of a name."""
    return check.skipped(
        "no name server answers this machine",
        "has it a network (`ip route`, /etc/resolv.conf)? Else run the doctor from one that has; where that "
        "one gets no answer either, the name's own servers give none",
        cause=Cause.NO_NETWORK,
    )


def name(deployment: Deployment, found: LookedUp) -> Finding:
    """See that the name leads to where the settings say that the relay is, by each IP version that it has."""
    turn = deployment.turn
    check = Check(name="name", tried=f"look up {turn.host}")
    if found.unheard:
        return no_name_server(check)
    if found.problem:
        return check.failed(
            found.problem,
            "give COTURN_TURN_HOST a name that resolves (it needs an A or AAAA record), or an IP address",
        )
    addresses = from_outside(turn, found.addresses) if found.here else found.addresses
    leads = ", ".join(found.addresses)
    wrong = sorted({family(each) for each in elsewhere(turn, addresses)})
    if found.here and not wrong:
        return check.skipped(
            f"{found.here} here, which is the relay's own host or network",
            "by /etc/hosts or a name server of this network; what others get can't be seen from here: run "
            "the doctor from outside, too",
        )
    if not wrong:
        return check.ok(leads)
    settings = [f"{_RECORDS[by][1]} is {public(turn, by)}" for by in wrong]
    mends = [f"correct {_written(turn, leads, _RECORDS[by][0])}, or {_RECORDS[by][1]}" for by in wrong]
    return check.failed(f"{leads}, but {' and '.join(settings)}", "; ".join(mends))


def _written(turn: TurnSettings, leads: str, record: str) -> str:
    """Name the place where an address is written."""
    return "COTURN_TURN_HOST" if turn.host == leads else f"the name's {record} record"


def public(turn: TurnSettings, by: int) -> str:
    """Give the address of an IP version that the settings name as the relay's; empty where they name none."""
    return str((turn.public_ip if by == 4 else turn.public_ip6) or "")


def elsewhere(turn: TurnSettings, addresses: Sequence[str]) -> set[str]:
    """Give those addresses of the name's whose IP version it does not lead to the relay by.

    Where the settings name an address that nobody outside reaches it is that which is wrong.
    """
    found: set[str] = set()
    for by in (4, 6):
        named, those = public(turn, by), {each for each in addresses if family(each) == by}
        if named and those and named not in those and not unreachable(named, addresses):
            found |= those
    return found


def unreachable(address: str, dialled: Sequence[str]) -> bool:
    """Tell whether nobody outside reaches `address`, at a relay that is dialled from there.

    One that is dialled by such addresses alone serves their network, and no other.
    """
    return denied(ip_address(address)) and not all(denied(ip_address(each)) for each in dialled)

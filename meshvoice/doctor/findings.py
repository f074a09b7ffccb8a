"""What one check found: what was tried, what came back, what to do."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import asdict, dataclass


class Status(enum.StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class Cause(enum.StrEnum):
    """What lies behind failures that look alike to a browser."""

    UNTOLD = ""
    SILENT = "silent"
    """The port lets nobody in, nor refuses."""
    REFUSED = "refused"
    """Nobody listens there."""
    NO_TLS = "no-tls"
    """The port opens, and another protocol than TLS is spoken there."""
    NO_HANDSHAKE = "no-handshake"
    """It opens, and nothing follows that would tell why."""
    NO_PAIR = "no-pair"
    """It speaks TLS, and has no certificate and key that it could use."""
    NO_TURN = "no-turn"
    """It opens, and what listens there, or before it, answers no STUN."""
    NO_NAME = "no-name"
    """It speaks TLS, for other names than the relay's."""
    OLD_TLS = "old-tls"
    """It speaks only versions of TLS that browsers have given up."""
    EXPIRED = "expired"
    EARLY = "early"
    """The certificate is not valid yet."""
    ENDING = "ending"
    """It will expire in some days."""
    AUTHORITY = "authority"
    """Whoever signed it is unknown, or the chain to them incomplete."""
    SELF_SIGNED = "self-signed"
    OTHER_NAME = "other-name"
    PRIVATE = "private"
    """The address that is relayed by is one that only its own network reaches."""
    MAPPED = "mapped"
    """It takes IPv4 for IPv6, and tells people an address that nobody has."""
    NO_NETWORK = "no-network"
    """The machine that examines has no way there, and so says nothing of the deployment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the doctor's."""

    check: str
    """Stable name, for scripts."""
    leg: str
    """`udp`, `tcp`, `tls`, or empty where the check concerns all of them."""
    status: Status
    tried: str
    answer: str
    """What came back."""
    fix: str = ""
    """What to do; empty when all is well."""
    ip: int = 0
    """The IP version by which it was tried; 0 where it concerns both, or none."""
    code: int = 0
    """STUN's code, where the server answered with an error."""
    cause: Cause = Cause.UNTOLD
    host: int = 0
    """Its place in COTURN_TURN_HOST, counted from 1; 0 where that names one alone."""

    def name(self) -> str:
        """Name the check, and its leg, for a person."""
        return f"{self.check} ({self.leg})" if self.leg else self.check

    def line(self) -> str:
        """Write it for a person."""
        return f"{self.status:<8}{self.name()}: {self.tried}: {self.answer}" + (
            f"\n        -> {self.fix}" if self.fix else ""
        )

    def as_json(self) -> dict[str, str | int]:
        """Give it to a script."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A check under way, which ends in a finding."""

    name: str
    tried: str
    leg: str = ""
    ip: int = 0

    def ok(self, answer: str) -> Finding:
        """End well."""
        return self._end(Status.OK, answer, "")

    def failed(self, answer: str, fix: str, *, code: int = 0, cause: Cause = Cause.UNTOLD) -> Finding:
        """End badly."""
        return self._end(Status.FAILED, answer, fix, code, cause)

    def skipped(self, answer: str, fix: str = "", *, cause: Cause = Cause.UNTOLD) -> Finding:
        """End without an answer, through no fault of the deployment's."""
        return self._end(Status.SKIPPED, answer, fix, cause=cause)

    def _end(
        self, status: Status, answer: str, fix: str, code: int = 0, cause: Cause = Cause.UNTOLD
    ) -> Finding:
        return Finding(
            check=self.name,
            leg=self.leg,
            status=status,
            tried=self.tried,
            answer=answer,
            fix=fix,
            ip=self.ip,
            code=code,
            cause=cause,
        )


def missed(findings: Sequence[Finding]) -> str:
    """Say why this machine could learn nothing of the relay; empty where it did learn something."""
    # A literal address, or a name in /etc/hosts, is looked up without a network.
    if any(
        each.status is Status.FAILED or (each.status is Status.OK and each.check != "name")
        for each in findings
    ):
        return ""
    return ", ".join(dict.fromkeys(each.answer for each in findings if each.cause is Cause.NO_NETWORK))

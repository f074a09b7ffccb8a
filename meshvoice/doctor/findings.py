"""What one check found: what was tried, what came back, what to do."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass


class Status(enum.StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


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
    host: int = 0
    """Its place in COTURN_TURN_HOST, counted from 1; 0 where that names one alone."""

    def line(self) -> str:
        """Write it for a person."""
        leg = f" ({self.leg})" if self.leg else ""
        return f"{self.status:<8}{self.check}{leg}: {self.tried}: {self.answer}" + (
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

    def failed(self, answer: str, fix: str, *, code: int = 0) -> Finding:
        """End badly."""
        return self._end(Status.FAILED, answer, fix, code)

    def skipped(self, answer: str, fix: str = "") -> Finding:
        """End without an answer, through no fault of the deployment's."""
        return self._end(Status.SKIPPED, answer, fix)

    def _end(self, status: Status, answer: str, fix: str, code: int = 0) -> Finding:
        return Finding(
            check=self.name,
            leg=self.leg,
            status=status,
            tried=self.tried,
            answer=answer,
            fix=fix,
            ip=self.ip,
            code=code,
        )

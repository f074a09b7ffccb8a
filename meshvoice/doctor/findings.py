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

    def line(self) -> str:
        """Write it for a person."""
        leg = f" ({self.leg})" if self.leg else ""
        return f"{self.status:<8}{self.check}{leg}: {self.tried}: {self.answer}" + (
            f"\n        -> {self.fix}" if self.fix else ""
        )

    def as_json(self) -> dict[str, str]:
        """Give it to a script."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A check under way, which ends in a finding."""

    name: str
    tried: str
    leg: str = ""

    def ok(self, answer: str) -> Finding:
        """End well."""
        return self._end(Status.OK, answer, "")

    def failed(self, answer: str, fix: str) -> Finding:
        """End badly."""
        return self._end(Status.FAILED, answer, fix)

    def skipped(self, answer: str, fix: str = "") -> Finding:
        """End without an answer, through no fault of the deployment's."""
        return self._end(Status.SKIPPED, answer, fix)

    def _end(self, status: Status, answer: str, fix: str) -> Finding:
        return Finding(check=self.name, leg=self.leg, status=status, tried=self.tried, answer=answer, fix=fix)

"""The check page clicked through, and what it tells at the end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.harness import Person, until
from tests.browser.homes import Homes, at_home
from tests.doctor.authority import Authority
from tests.nat_lab import SERVER

LEGS = {
    "microphone",
    "server",
    "stun",
    "turn-udp",
    "turn-tcp",
    "turn-tls",
    "one-sided",
    "round-trip",
    "from-site",
}
ENDED = """!document.getElementById("id_check_help").hidden
  && !document.getElementById("id_check_start").hasAttribute("aria-busy")"""
_TOLD = """() => {
  const rows = document.querySelectorAll("#id_check_lines > li");
  return {
    status: Object.fromEntries([...rows].map(({ dataset }) => [dataset.leg, dataset.status])),
    rows: Object.fromEntries([...rows].map(({ dataset, innerText }) => [dataset.leg, innerText])),
    words: document.getElementById("id_check_conclusion").innerText,
    report: document.getElementById("id_check_report").value,
  };
}"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the page says at the end."""

    status: dict[str, str]
    rows: dict[str, str]
    words: str
    report: str

    @property
    def failed(self) -> set[str]:
        """Name the legs that are told to fail."""
        return {leg for leg, status in self.status.items() if status == "failed"}

    @property
    def named(self) -> list[str]:
        """Name what the report tells whoever runs the server to mend, the worst first."""
        return re.findall(r"^-> (\S+):", self.report, re.M)

    @property
    def said(self) -> tuple[dict[str, str], str]:
        """All that is said, but for the milliseconds, which are another number each time."""
        rows = {leg: re.sub(r"(\d+|Less than 1) ms", "ms", row) for leg, row in self.rows.items()}
        return rows, self.words


async def check(person: Person, *, examined: bool = True) -> Told:
    """Click through the check to its end, once the server has looked at its relay itself, if it has one."""
    await person.go("/check/")
    has_relay = (
        "fetch('/api/voice/turn-credentials/').then((answer) => answer.json())"
        ".then(({ iceServers = [] }) => iceServers.length > 0)"
    )
    if examined and await person.page.evaluate(has_relay):
        look = "fetch('/api/voice/relay/').then((answer) => answer.json()).then(({ age }) => age !== null)"
        await until("the server has looked at its relay", lambda: person.page.evaluate(look), seconds=40)
    return await check_here(person)


async def check_here(person: Person) -> Told:
    """Click through the check to its end, on its page, where it may have run before."""
    await person.page.click("#id_check_start")
    await until("the check has ended", lambda: person.page.evaluate(ENDED), seconds=40)
    told = Told(**await person.page.evaluate(_TOLD))
    assert set(told.status) == LEGS
    print(f"\n{told.report}")
    return told


@asynccontextmanager
async def deployment(folder: Path, *names: str, **options: Any) -> AsyncIterator[Homes]:
    """Run one with UDP, TCP and TLS, a certificate that the browsers trust, and people at home: else Ana."""
    authority = Authority(folder)
    cert, key = authority.issue(SERVER)
    options = {"COTURN_TLS_CERT": str(cert), "COTURN_TLS_KEY": str(key), **options}
    async with at_home(folder, *(names or ["Ana"]), turn=True, trust=authority.write(), **options) as homes:
        yield homes

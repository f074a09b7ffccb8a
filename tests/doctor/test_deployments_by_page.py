"""The check page names the right leg of each broken deployment, as the doctor does, and no other.

The page runs in Chromium, a router away from a real coturn, and has the site's own look at it beside its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from meshvoice.doctor.examination import examine
from meshvoice.web.keys import RELAY
from tests.browser.checking import Told, check_here
from tests.browser.conftest import need
from tests.browser.harness import CHROMIUM
from tests.doctor import broken
from tests.doctor.authority import Authority
from tests.doctor.bench import DUAL, NAT, PUBLIC, PUBLIC6, Bench
from tests.doctor.broken import Broken
from tests.doctor.visitors import Visitors, said, site
from tests.turn.coturn_server import DENIED_BY_ITSELF, conf

pytestmark = [
    pytest.mark.coturn,
    pytest.mark.lab,
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
]
HANDFUL = {
    "wrong secret",
    "another realm",
    "coturn's clock so far ahead that credentials are born expired",
    "a deny list without the providers' own networks",
    "certificate of another name",
    "an IPv6 relay that offers an address of the home network",
    "the total quota used up",
}
"""One of each kind, for each `make check`: those that keep nobody waiting."""
RELAYS = {"turn-udp", "turn-tcp", "turn-tls"}
ROWS = {
    **{step: RELAYS for step in ("credential", "clock", "turn", "name", "open-relay", "relay-limit")},
    **{step: {*RELAYS, "one-sided"} for step in ("relay-family", "deny-list", "relay-loop")},
    **{step: {"one-sided"} for step in ("external-ip", "relay-range")},
}
"""The rows that may fail beside what is named, where it isn't a row of its own."""
if DENIED_BY_ITSELF:
    # It then sends nothing between two of its own addresses that are unique local.
    ROWS["relay-ipv6"] = {*RELAYS, "one-sided"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visitors(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitors]:
    need(CHROMIUM, "chromium")
    need("certutil", "libnss3-tools")
    async with AsyncExitStack() as stack:
        driver = await stack.enter_async_context(async_playwright())
        yield Visitors(driver, authority, tmp_path_factory.mktemp("visitors"), stack)


async def told_twice(bench: Bench, visitors: Visitors, folder: Path, case: Broken) -> list[Told]:
    """Let the doctor examine a deployment, and somebody check it twice on one page."""
    clock = broken.clock(case)
    standing = bench.standing(
        case.turn, case.conf, addresses=case.addresses, clock=clock, held=case.held, web=case.web
    )
    leads_to = [str(PUBLIC)] if case.addresses is None else case.addresses
    async with (
        standing as deployment,
        site(case.turn, folder, clock) as app,
        visitors.somebody(bench.lab, leads_to, folder) as ana,
    ):
        word = said([finding async for finding in examine(deployment)])
        told = []
        for _ in range(2):
            app[RELAY].hear(word)
            told.append(await check_here(ana))
        return told


def _rows() -> list[Any]:
    return [
        pytest.param(each, id=each.name, marks=pytest.mark.long if each.name in HANDFUL else pytest.mark.slow)
        for each in broken.TABLE
    ]


@pytest.mark.parametrize("case", _rows())
async def test_a_broken_deployment_is_named_by_its_leg_and_by_no_other_and_so_it_is_again(
    bench: Bench, nat_bench: Bench, visitors: Visitors, tmp_path: Path, case: Broken
) -> None:
    chosen, case = broken.set_up(case, bench, nat_bench)
    told, again = await told_twice(chosen, visitors, tmp_path, case)
    assert told.named == case.page.split()
    assert told.failed <= set().union(*(ROWS.get(step, {step}) for step in told.named))
    noticed = {leg for leg, status in told.status.items() if status == "notice"}
    # Without UDP, STUN tells nothing either.
    by_udp = {"stun"} if "turn-udp" in told.failed or "stun" in told.named else set()
    assert noticed <= {"from-site", *by_udp}
    assert case.mends in told.report.partition("\n-> ")[2]
    assert told.named == again.named
    assert told.said == again.said


GOOD = [
    Broken(
        name="with TLS and IPv6",
        says="",
        failed=set(),
        page="",
        turn=DUAL,
        addresses=[str(PUBLIC), str(PUBLIC6)],
        certify=broken.of(),
    ),
    Broken(name="behind NAT", failed=set(), says="", page="", turn=NAT, conf=conf(NAT), nat=True),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in GOOD])
async def test_a_good_deployment_has_nothing_wrong(
    bench: Bench, nat_bench: Bench, visitors: Visitors, tmp_path: Path, case: Broken
) -> None:
    chosen = nat_bench if case.nat else bench
    told, again = await told_twice(chosen, visitors, tmp_path, broken.built(case, chosen.authority))
    assert told.named == []
    assert set(told.status.values()) <= {"ok", "skipped"}
    assert "All is well" in told.words
    assert told.said == again.said

"""What outlives its credentials: a call goes on, and whoever comes later is heard, too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import all_hear_each_other
from tests.browser.homes import at_home

pytestmark = [pytest.mark.coturn, pytest.mark.lab, pytest.mark.slow]
TTL = 20
MINUTE = 60


async def test_a_third_peer_joins_after_the_first_credentials_ran_out(tmp_path: Path) -> None:
    """Running links move to new generations in time, so nobody hears a gap; and the newcomer's allocate."""
    env: Any = {"COTURN_TTL": str(TTL), "MESHVOICE_RELAY_ONLY": "1"}
    async with at_home(tmp_path, "Ana", "Bo", "Cleo", turn=True, **env) as homes:
        ana, bo, cleo = homes.people
        await ana.join()
        await bo.join()
        await all_hear_each_other([ana, bo])
        at_ana, at_bo = await ana.mark(), await bo.mark()
        # The span of time is the test's input: three times as long as credentials last.
        await asyncio.sleep(MINUTE)
        gaps = [await ana.gap(bo, at_ana), await bo.gap(ana, at_bo)]
        made = await ana.page.evaluate("globalThis.seen.connections.length")
        print(
            f"\nlongest gap in {MINUTE} s with credentials of {TTL} s: {max(gaps):.0f} ms, {made} generations"
        )
        assert max(gaps) <= 300
        # At least one for each span of the credentials, or none was ever needed and nothing is proven.
        assert made >= MINUTE // TTL
        await cleo.join()
        await all_hear_each_other([ana, bo, cleo])

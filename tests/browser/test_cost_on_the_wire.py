"""What a link costs on the wire while nobody speaks, counted where the packets pass."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.homes import Homes
from tests.ear.calls import home_with_a_wire, ours, script
from tests.lossy_wire import Nature

pytestmark = [pytest.mark.lab, pytest.mark.coturn, pytest.mark.slow]

SECONDS = 10
QUIET_AFTER = 6
"""Seconds: the pause, and what is still on its way."""


async def cost(homes: Homes) -> float:
    """Give what Bo's home sends in kbit/s, IP headers and all, while nothing changes."""
    homes.lab.become(2, Nature(delay=20))
    await asyncio.sleep(SECONDS)  # what is counted
    there, _ = homes.lab.become(2, Nature(delay=20))["bytes"]
    return float(there * 8 / SECONDS / 1000)


@pytest.mark.parametrize(("muted", "bound"), [(True, 7), (False, 20)])
async def test_a_muted_link_and_a_quiet_room_cost_little(tmp_path: Path, muted: bool, bound: int) -> None:
    async with home_with_a_wire(tmp_path) as homes:
        await ours(homes, script("noise", level=-30), script("noise", level=-60))
        if muted:
            await homes.people[1].click_voice()
        await asyncio.sleep(QUIET_AFTER)  # until it counts as quiet
        kbits = await cost(homes)
        print(f"\n{'muted' if muted else 'a microphone at -60 dBFS'}: {kbits:.1f} kbit/s")
        # Less than that is no link any more.
        assert 1 < kbits <= bound

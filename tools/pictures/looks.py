"""Owns the looks in which a page is pictured, and how a page is made to have one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from playwright.async_api import CDPSession, Page

HOME_INDICATOR = 20
"""CSS pixels that a phone keeps for itself at the bottom edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page is shown. Sizes are in CSS pixels."""

    width: int = 860
    height: int = 760
    scale: float = 1
    """How many pixels of the picture are one of CSS, each way."""
    theme: Literal["light", "dark"] = "light"
    phone: bool = False
    letters: int = 100
    """Their size, in percent."""
    forced: bool = False
    """Whether the system forces its own colours."""


_PHONE: Mapping[str, Any] = {"width": 375, "height": 740, "scale": 1.5, "phone": True}
LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "light": Look(),
        "dark": Look(theme="dark"),
        "phone": Look(**_PHONE),
        "phone-dark": Look(**_PHONE, theme="dark"),
        "large": Look(**_PHONE, letters=200),
        "forced": Look(forced=True),
    }
)
_LETTERS = """letters => {
  document.documentElement.style.fontSize = letters === 100 ? "" : `${letters}%`;
}"""


async def wear(page: Page, browser: CDPSession, look: Look, *, height: int = 0) -> None:
    """Show a page so, in a window that is higher than the look's if asked for."""
    await page.emulate_media(
        color_scheme=look.theme,
        forced_colors="active" if look.forced else "none",
        reduced_motion="reduce",
    )
    metrics = {
        "width": look.width,
        "height": height or look.height,
        "deviceScaleFactor": look.scale,
        "mobile": look.phone,
    }
    await browser.send("Emulation.setDeviceMetricsOverride", metrics)
    await browser.send("Emulation.setTouchEmulationEnabled", {"enabled": look.phone})
    insets = {"bottom": HOME_INDICATOR if look.phone else 0}
    await browser.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    await page.evaluate(_LETTERS, look.letters)

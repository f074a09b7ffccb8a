"""Draw the icons of the installed app from static/icon.svg: `make icons`, after the drawing changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

STATIC = Path(__file__).parents[1] / "static"
GROUND = "#0a6a74"
SAFE = 0.72
"""The share of a maskable icon that no system cuts off."""


def draw(
    page: Page, drawing: str, name: str, size: int, *, share: float = 1, ground: str = "transparent"
) -> None:
    """Draw the icon at a size, on a ground that reaches the edges."""
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>body {{ margin: 0; height: 100vh; display: grid; place-items: center }}"
        f" body {{ background: {ground} }} svg {{ display: block; width: {share * 100}vw }}</style>{drawing}"
    )
    page.screenshot(path=STATIC / name, omit_background=True)


def main() -> None:
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8")
    # A phone gives the icon its own corners.
    square = re.sub(r' rx="8"', "", drawing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        draw(page, drawing, "icon-192.png", 192)
        draw(page, drawing, "icon-512.png", 512)
        draw(page, square, "icon-maskable-512.png", 512, share=SAFE, ground=GROUND)
        draw(page, square, "icon-touch-180.png", 180)
        browser.close()


if __name__ == "__main__":
    main()

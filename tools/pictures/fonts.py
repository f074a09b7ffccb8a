"""Owns the letters that pictures show: the same ones wherever they are taken."""

from __future__ import annotations

import os
from pathlib import Path

# `make pictures` sees to these packages.
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include>/etc/fonts/fonts.conf</include>
  {aliases}
</fontconfig>
"""
_ALIAS = (
    '<match target="pattern"><test name="family"><string>{family}</string></test>'
    '<edit name="family" mode="assign" binding="strong"><string>{font}</string>'
    "<string>Noto Color Emoji</string></edit></match>"
)


def same_fonts(folder: Path) -> None:
    """Have every browser that is started from now on show a system's usual letters."""
    families = {"system-ui": "Inter", "sans-serif": "Inter", "ui-monospace": "DejaVu Sans Mono"}
    aliases = "\n  ".join(_ALIAS.format(family=family, font=font) for family, font in families.items())
    path = folder / "fonts.conf"
    path.write_text(_FONTS.format(aliases=aliases))
    os.environ["FONTCONFIG_FILE"] = str(path)

"""Owns the page that shows all pictures."""

from __future__ import annotations

from collections.abc import Collection

from tools.pictures.looks import LOOKS
from tools.pictures.states import SECTIONS

_WORDS = {
    "light": "light",
    "dark": "dark",
    "phone": "on a phone",
    "phone-dark": "on a phone, dark",
    "large": "with letters of twice the size",
    "forced": "in colours that the system forces",
}
_HEAD = """# What it looks like

Each state of the pages, as `make pictures` takes them from a server and browsers that run: real pages and
calls, with tones in place of voices.
"""


def page(kept: Collection[str]) -> str:
    """Write it, of the pictures that there are."""
    parts = [_HEAD]
    for title, states in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name, state in states.items():
            pictures = [image(name, look, state.line) for look in state.looks if f"{name}-{look}.png" in kept]
            if pictures:
                parts.append(f"{state.line}\n\n" + "\n".join(pictures) + "\n")
    return "\n".join(parts)


def image(name: str, look: str, line: str) -> str:
    """Show one picture, not larger than its neighbours."""
    width = 200 if LOOKS[look].phone else 420
    alt = f"{line.rstrip('.')} ({_WORDS[look]})"
    return f'<img src="{name}-{look}.png" alt="{alt}" width="{width}">'

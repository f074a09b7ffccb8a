"""A passphrase, the same on whatever keyboard it was typed."""

from __future__ import annotations

import re
import unicodedata


def normal_passphrase(text: str) -> str:
    """Give the form in which passphrases are kept and compared: NFC, one plain space between words.

    Some systems send an accent as a character of its own, and some keyboards give a no-break space.
    """
    return unicodedata.normalize("NFC", " ".join(re.split(r"\s+", text.strip())))

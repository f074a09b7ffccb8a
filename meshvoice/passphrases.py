"""A passphrase, the same on whatever keyboard it was typed."""

from __future__ import annotations

import re
import unicodedata

import regex

_UNSEEN = regex.compile(r"\p{Default_Ignorable_Code_Point}")


def normal_passphrase(text: str) -> str:
    """Give the form in which passphrases are kept and compared: NFC, one plain space between words.

    Some systems send an accent as a character of its own, some keyboards give a no-break space, and what is
    pasted brings along what nobody sees: zero-width spaces, the selector that makes a heart an emoji.
    """
    seen = _UNSEEN.sub("", text)
    return unicodedata.normalize("NFC", " ".join(re.split(r"\s+", seen.strip())))

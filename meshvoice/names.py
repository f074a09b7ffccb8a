"""What a person or a table may be called: names that can be seen, told apart and printed."""

from __future__ import annotations

import unicodedata

ZWNJ, ZWJ = "\u200c", "\u200d"
_EMOJI_STYLES = "\ufe0e\ufe0f"

# Default_Ignorable_Code_Point (Unicode's DerivedCoreProperties.txt) outside category Cf, and what renders as
# nothing all the same: the braille blank and the null notehead.
_INVISIBLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1D159, 0x1D159),
    (0xE0000, 0xE0FFF),
)
_KEYCAPS = "0123456789#*"


class NameRefused(ValueError):
    """A name can't be used; the sentence says why, to the person who chose it."""

    code = "bad-name"


def clean_name(text: str, *, limit: int = 40) -> str:
    """Return the name in NFC, without outer spaces and with single spaces inside.

    `limit` counts code points after cleaning. Raises `NameRefused` for a name that is empty, too long, of
    invisible characters only, or that holds one with which names are faked: controls, line breaks, bidi
    overrides and isolates, zero-width and other format characters, private use, lone surrogates.

    Two of the format characters are needed to write at all, and stand only where they change what one sees:
    ZWJ between emoji, and ZWJ or ZWNJ after a virama, ZWNJ between Arabic letters (RFC 5892, A.1 and A.2).
    """
    # No-break, ideographic and other spaces look like a space, so they are one. Not str.split(): it takes
    # control characters for spaces, too.
    spaced = "".join(
        " " if unicodedata.category(c) == "Zs" else c for c in unicodedata.normalize("NFC", text)
    )
    name = " ".join(part for part in spaced.split(" ") if part)
    if not name:
        raise NameRefused("A name needs at least one visible character.")
    if len(name) > limit:
        raise NameRefused(f"This name is too long: {limit} characters at most.")
    for at, character in enumerate(name):
        if not _visible(name, at):
            raise NameRefused(f"This name holds a character that can't be used (U+{ord(character):04X}).")
    if all(unicodedata.category(character)[0] in "MZ" for character in name):
        raise NameRefused("A name needs at least one visible character.")
    return name


def _visible(name: str, at: int) -> bool:
    character = name[at]
    before, after = name[at - 1 : at], name[at + 1 : at + 2]
    if character == ZWJ:
        return _virama(before) or (_ends_emoji(before) and _emoji(after))
    if character == ZWNJ:
        return _virama(before) or (_arabic(before) and _arabic(after))
    if character in _EMOJI_STYLES:
        return _emoji(before) or (before != "" and before in _KEYCAPS)
    if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"):
        return False
    code = ord(character)
    return code & 0xFFFE != 0xFFFE and not any(first <= code <= last for first, last in _INVISIBLE)


def _virama(character: str) -> bool:
    return character != "" and unicodedata.combining(character) == 9


def _arabic(character: str) -> bool:
    return character != "" and unicodedata.bidirectional(character) == "AL"


def _emoji(character: str) -> bool:
    # So holds the emoji but for the arrow; an emoji newer than this Python's Unicode is unassigned, Cn.
    return character == "\u2194" or (character != "" and unicodedata.category(character) in ("So", "Cn"))


def _ends_emoji(character: str) -> bool:
    return _emoji(character) or character in ("\ufe0f", *"\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")

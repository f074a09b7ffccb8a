"""What a person or a table may be called: names that can be seen, told apart and printed."""

from __future__ import annotations

import unicodedata

# Unicode's own properties, of a newer Unicode than Python's: no list of ranges here can grow old.
import regex

_SPACES = regex.compile(r"\p{Zs}+")
_COMPOSED = 4
"""Code points of which NFC makes one, at most."""
_HIDDEN = regex.compile(
    r"""
    [\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]
    # Blank by their names alone: braille, a note's head, two hieroglyphs, a Khitan filler.
    | [\u2800\U0001D159\U00013441\U00013442\U00016FE4]
    # What stands for text that was lost.
    | [\uFFFC\uFFFD]
    """,
    regex.V1 | regex.VERBOSE,
)
_WRITES = regex.compile(
    r"""
    # Emoji that Unicode has reserved but not named: this server may be older than somebody's phone.
      \p{Extended_Pictographic}

    # Joiners after a virama (RFC 5892, A.1 and A.2), and before it: Bengali ya-phalaa, Kannada ra, Sinhala
    # touching letters. Khmer: before a register shifter, which keeps its shape so.
    | (?<=\p{ccc=9})[\u200C\u200D]
    | (?<=\p{InSC=Consonant}\p{InSC=Nukta}?)[\u200C\u200D](?=\p{ccc=9})
    | (?<=\p{Khmer})[\u200C\u200D](?=\p{InSC=Register_Shifter})

    # ZWNJ between letters that join, or would in another word (RFC 5892, A.1, which wants the first to join
    # forward: people set it after a dal, too). Kurdish writes its vowel as heh and ZWNJ, at the end as well.
    | (?<=[\p{Jt=D}\p{Jt=L}\p{Jt=R}\p{bc=AL}]\p{Jt=T}*)\u200C(?=\p{Jt=T}*[\p{Jt=D}\p{Jt=L}\p{Jt=R}\p{bc=AL}])
    | (?<=\u0647\p{Jt=T}*)\u200C
    # ZWJ where nothing follows, or nothing is before, to join with: it shows the joined shape.
    | (?<=\p{Jt=D}\p{Jt=T}*)\u200D(?!\p{Jt=T}*[\p{Jt=D}\p{Jt=R}\p{Jt=C}])
    | (?<![\p{Jt=D}\p{Jt=L}\p{Jt=C}]\p{Jt=T}*)\u200D(?=\p{Jt=T}*[\p{Jt=D}\p{Jt=R}])

    # Emoji (UTS 51): joined to one, and shown as picture or as text.
    | (?<=\p{Extended_Pictographic}[\p{EMod}\uFE0F]?)\u200D(?=\p{Extended_Pictographic})
    | (?<=[\p{Emoji}\p{Extended_Pictographic}\p{So}])[\uFE0E\uFE0F]

    # Variants of ideographs (UTS 37, and compatibility ideographs); which ones a font has is its own affair.
    | (?<=\p{Unified_Ideograph})[\uFE00-\uFE02\U000E0100-\U000E01EF]
    | (?<=[\p{L}&&[\p{Myanmar}\p{Phags_Pa}]])\uFE00
    # Mongolian: shapes of a letter, and the gap before a final vowel.
    | (?<=[\p{L}&&\p{Mongolian}])[\u180B-\u180D\u180F]
    | (?<=[\p{L}&&\p{Mongolian}][\u180B-\u180D\u180F]?)\u180E(?=[\p{L}&&\p{Mongolian}])

    # The order of Hebrew points.
    | (?<=[\p{M}&&\p{Hebrew}])\u034F(?=[\p{M}&&\p{Hebrew}])
    # Between words of the scripts that write no space there: some keyboards' space bar gives it.
    | (?<=\p{lb=SA})\u200B(?=\p{lb=SA})
    """,
    regex.V1 | regex.VERBOSE,
)
_SUBDIVISION_FLAG = regex.compile(
    "(\U0001f3f4)[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,3}\U000e007f"
)
"""A flag such as Scotland's (UTS 51, ED-14a): a region and its part in tags, and their end."""
_SEEN = regex.compile(r"[^\p{M}\p{Z}\p{Default_Ignorable_Code_Point}]", regex.V1)
_PILE = regex.compile(
    r"""
    # Accents that fit any letter: Vietnamese takes two, Arabic three. Of one script: Burmese takes five.
      [[\p{Mn}\p{Me}]&&\p{Script=Inherited}--\p{Variation_Selector}--\p{Join_Control}]{5}
    | [\p{Mn}\p{Me}]{7}
    | ([\p{Mn}\p{Me}])\1\1
    """,
    regex.V1 | regex.VERBOSE,
)


class NameRefused(ValueError):
    """A name can't be used.

    `str()` says why in English, for logs; `reason` and `values` are for whoever says it in another language.
    """

    code = "bad-name"

    def __init__(self, sentence: str, *, reason: str = "", **values: object) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.values = values


def clean_name(text: str, *, limit: int = 40) -> str:
    """Return the name in NFC, without outer spaces and with single spaces inside.

    `limit` counts code points after cleaning. Raises `NameRefused` for a name that is empty, too long, of
    invisible characters only, that piles up marks, or that holds a character with which names are faked:
    controls, line breaks, bidi marks, overrides and isolates, zero-width and other invisible characters,
    unassigned and private ones, lone surrogates.

    Some invisible characters are needed to write at all (joiners, variation selectors, the tags of flags):
    they stand where their script has them, and nowhere else.
    """
    # No-break, ideographic and other spaces look like a space, so they are one.
    spaced = _SPACES.sub(" ", text)
    if len(spaced) > _COMPOSED * limit + 2:
        # Before it is normalized, which takes seconds for thousands of marks on one letter.
        raise NameRefused(f"This name is too long: {limit} characters at most.", reason="long", limit=limit)
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", spaced)).strip(" ")
    if not name:
        raise NameRefused("A name needs at least one visible character.", reason="empty")
    if len(name) > limit:
        raise NameRefused(f"This name is too long: {limit} characters at most.", reason="long", limit=limit)
    flagged = _SUBDIVISION_FLAG.sub(r"\1", name)
    for hidden in _HIDDEN.finditer(flagged):
        if not _WRITES.match(flagged, hidden.start()):
            character = f"U+{ord(hidden[0]):04X}"
            sentence = f"This name holds a character that can't be used ({character})."
            raise NameRefused(sentence, reason="hidden", character=character)
    if not _SEEN.search(name):
        raise NameRefused("A name needs at least one visible character.", reason="empty")
    if _PILE.search(name):
        raise NameRefused("This name piles up more marks on one letter than can be read.", reason="piled")
    return name

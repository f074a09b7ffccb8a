"""What a trusted proxy's user header says: the id of a person, and the name to show for it."""

from __future__ import annotations

import hashlib
from email.errors import HeaderParseError
from email.header import decode_header
from itertools import accumulate
from urllib.parse import unquote

import regex

from meshvoice.names import NameRefused, clean_name

_ENCODED_WORD = regex.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", regex.IGNORECASE)
_EXTENDED = regex.compile(r"([A-Za-z0-9-]+)'[A-Za-z0-9-]*'(.*%[0-9A-Fa-f]{2}.*)")
_PERCENT = regex.compile(r"%[0-9A-Fa-f]{2}")
_UNSEEN_END = regex.compile(r"[\p{Default_Ignorable_Code_Point}\s]+\Z")
_HEAD, _TAIL, _MARK = 18, 14, 4


def text_of(header: str) -> str:
    """Give a header's text, UTF-8 or else Latin-1; aiohttp hands bytes that are no UTF-8 on as surrogates."""
    sent = header.encode("utf-8", "surrogateescape")
    try:
        return sent.decode().strip()
    except UnicodeDecodeError:
        return sent.decode("latin-1").strip()


def shown_name(header: str, *, limit: int = 40) -> str:
    """Give the display name that a header's text holds. Raises `NameRefused`.

    Names outside of ASCII come as they are, in encoded words (RFC 2047) or in percent-encoding, with its
    charset before it (RFC 8187) or without. What is too long, as addresses are, is shortened in the middle,
    with a mark of the whole, so that two stay two.
    """
    name = clean_name(_decoded(header), limit=1000)
    if len(name) <= limit:
        return name
    letters = regex.findall(r"\X", name)
    mark = hashlib.sha256(name.encode()).hexdigest()[:_MARK]
    head = _UNSEEN_END.sub("", "".join(_fitting(letters, _HEAD)))
    tail = "".join(reversed(_fitting(letters[::-1], _TAIL)))
    return clean_name(f"{head}\N{HORIZONTAL ELLIPSIS}{tail} {mark}", limit=limit)


def _decoded(header: str) -> str:
    if _ENCODED_WORD.search(header):
        try:
            parts = decode_header(header)
            return "".join(
                part if isinstance(part, str) else part.decode((charset or "ascii").partition("*")[0])
                for part, charset in parts
            )
        except (HeaderParseError, LookupError, ValueError):
            raise NameRefused("The proxy's user name is an encoded word (RFC 2047) with a fault.") from None
    if extended := _EXTENDED.fullmatch(header):
        try:
            return unquote(extended[2], encoding=extended[1], errors="strict")
        except (LookupError, ValueError):
            raise NameRefused("The proxy's user name is percent-encoded (RFC 8187) with a fault.") from None
    if _PERCENT.search(header):
        try:
            return unquote(header, errors="strict")
        except UnicodeDecodeError:
            return header
    return header


def _fitting(letters: list[str], most: int) -> list[str]:
    """Take as many whole letters, with their marks, as fit."""
    return [letter for letter, end in zip(letters, accumulate(map(len, letters)), strict=True) if end <= most]

"""Writes meshvoice/confusables.txt from ICU's copy of Unicode's confusables: `make confusables`.

Debian's ICU is at hand wherever a browser is, and tells the Unicode version that it knows.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import sys
import unicodedata
from pathlib import Path

HEADER = """\
# Characters that look alike: which to take for which (Unicode Technical Standard 39, confusables), as ICU
# {icu} (Unicode {unicode}) gives them by uspoof_getSkeleton. A line is "shown as: characters", in hex.
# Written by `make confusables`; the last line is the SHA-256 of those between the two dashed ones.
#
"""
LICENSE = Path(__file__).with_name("unicode-license.txt")
RULE = "# " + "-" * 40


class Icu:
    """The few calls of ICU that are needed, by its versioned names."""

    def __init__(self) -> None:
        path = ctypes.util.find_library("icui18n")
        if path is None:
            sys.exit("make confusables needs ICU: apt-get install libicu72 (or the release's own version)")
        self.major = path.rpartition(".")[2]
        self._i18n = ctypes.CDLL(path)
        self._uc = ctypes.CDLL(path.replace("i18n", "uc"))
        self._error = ctypes.c_int(0)
        opened = getattr(self._i18n, f"uspoof_open_{self.major}")
        opened.restype = ctypes.c_void_p
        self._checker = ctypes.c_void_p(opened(ctypes.byref(self._error)))
        self._skeleton = getattr(self._i18n, f"uspoof_getSkeletonUTF8_{self.major}")

    def unicode_version(self) -> str:
        version = (ctypes.c_uint8 * 4)()
        getattr(self._uc, f"u_getUnicodeVersion_{self.major}")(version)
        return f"{version[0]}.{version[1]}"

    def skeleton(self, text: str) -> str:
        source, target = text.encode(), ctypes.create_string_buffer(256)
        length = self._skeleton(
            self._checker, 0, source, len(source), target, len(target), ctypes.byref(self._error)
        )
        if self._error.value > 0:
            raise RuntimeError(f"ICU's error {self._error.value}")
        return target.raw[:length].decode()


def main() -> None:
    icu = Icu()
    shown_as: dict[str, list[str]] = {}
    for code in range(0x110000):
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF:
            continue
        skeleton, plain = icu.skeleton(character), unicodedata.normalize("NFD", character)
        # What is decomposed needs no line: its parts have theirs.
        if skeleton != plain and plain == character:
            shown_as.setdefault(skeleton, []).append(character)
    lines = [f"{_hex(target)}: {_hex(shown_as[target])}" for target in sorted(shown_as)]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    terms = [f"# {line}".rstrip() for line in LICENSE.read_text("ascii").splitlines()]
    header = HEADER.format(icu=icu.major, unicode=icu.unicode_version())
    sys.stdout.write(header + "\n".join([*terms, RULE, *lines, RULE, f"# {digest}", ""]))


def _hex(characters: list[str] | str) -> str:
    return " ".join(f"{ord(character):04X}" for character in characters)


if __name__ == "__main__":
    main()

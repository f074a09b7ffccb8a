"""Memory that a crowd left behind goes back to the machine."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

TRIM_SECONDS = 60.0


def _find_trim() -> Callable[[int], int] | None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # no glibc: musl gives back by itself, others have their own ways
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    found: Callable[[int], int] = trim
    return found


class Memory:
    """Asks the C library to give back what is free, now and then.

    Large frames lie between small things that live on, so freeing them leaves the heap as long as it was:
    glibc gives back its end alone, unless it is told to look in between.
    """

    def __init__(self) -> None:
        self._trim = _find_trim()
        self._due = 0.0

    def tick(self, at: float) -> None:
        """Give back what is free, if it is time; takes 10 ms, and 40 where there are 60 MB."""
        if at >= self._due and self._trim is not None:
            self._due = at + TRIM_SECONDS
            self._trim(0)

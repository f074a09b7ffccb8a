"""One machine plays those of all who are in a call: its scheduler must treat their voices as those would."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AUTOGROUPS = Path("/proc/sys/kernel/sched_autogroup_enabled")
_VOICE = -8
"""The niceness of what carries sound, by Chromium's own measure."""


@contextmanager
def without_autogroups() -> Iterator[None]:
    """Have threads compete for what they are, whatever program they are of; where that may be had.

    By autogroups (sched(7)) all pages of one Chromium have what one Firefox has, and a voice's thread comes
    first in its own program alone: five who talk starve each other while nobody attacks them.
    """
    try:
        before = _AUTOGROUPS.read_text()
        _AUTOGROUPS.write_text("0")
    except OSError:  # a kernel without them, or not root
        yield
        return
    try:
        yield
    finally:
        _AUTOGROUPS.write_text(before)


@contextmanager
def among_voices() -> Iterator[None]:
    """Give this process's threads the priority of a browser's that carry sound: a peer talks here, too."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    _all_threads(_VOICE)
    try:
        yield
    finally:
        _all_threads(before)


def _all_threads(niceness: int) -> None:
    for thread in Path("/proc/self/task").iterdir():
        # Threads end meanwhile, and not every user may.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, int(thread.name), niceness)

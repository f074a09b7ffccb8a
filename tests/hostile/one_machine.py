"""One machine plays those of all who are in a call: its scheduler must treat their voices as those would."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AUTOGROUPS = Path("/proc/sys/kernel/sched_autogroup_enabled")
_OWN_GROUP = Path("/proc/self/autogroup")
_VOICE = -8
"""The niceness of what carries sound, by Chromium's own measure."""
_VOICE_AND_MORE = -3
"""That of a program that carries sound and more: from -2 up its voice starves, from -4 down clicks do."""


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
    """Give this process a place among the threads that carry sound: a peer talks here, too.

    It was started before autogroups were off, so it stays in one, and others feel that one's niceness.
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    group_before = _niceness_of_own_group()
    _nice(_VOICE, _VOICE_AND_MORE)
    try:
        yield
    finally:
        _nice(before, group_before)


def _niceness_of_own_group() -> int:
    try:
        return int(_OWN_GROUP.read_text().rpartition(" ")[2])
    except OSError:  # a kernel without them
        return 0


def _nice(threads: int, group: int) -> None:
    for thread in Path("/proc/self/task").iterdir():
        # Threads end meanwhile, and not every user may.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, int(thread.name), threads)
    with contextlib.suppress(OSError):
        _OWN_GROUP.write_text(str(group))

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
"""The niceness that Chromium gives its threads of sound and network."""
_ANSWERING = -5
"""That of a program's first thread, which answers clicks and messages: after voices, before all the rest."""
_VOICE_AND_MORE = -3
"""That of this process's group (its session's), which carries sound and does more."""


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
def everyone_answers() -> Iterator[None]:
    """Have the first threads of this process and of all that it started by now come right after voices.

    This one is a peer's, too. It was started before autogroups were off, so its first threads stay in one,
    and others feel that one's niceness.
    """
    mine = {int(thread.name) for thread in Path("/proc/self/task").iterdir()}
    before = {each: niceness for each in [*mine, *_started()] if (niceness := _niceness(each)) is not None}
    group_before = _niceness_of_group()
    for each, niceness in before.items():
        _nice(each, _VOICE if each in mine else min(niceness, _ANSWERING))
    _nice_group(_VOICE_AND_MORE)
    try:
        yield
    finally:
        _nice_group(group_before)
        for each, niceness in before.items():
            _nice(each, niceness)


def _started() -> list[int]:
    """Give the programs that come from this one, by their process ids."""
    parents = dict(filter(None, map(_parent, Path("/proc").glob("[0-9]*/stat"))))

    def ours(process: int) -> bool:
        parent = parents.get(process, 0)
        return parent == os.getpid() or (parent > 1 and ours(parent))

    return [process for process in parents if ours(process)]


def _parent(stat: Path) -> tuple[int, int] | None:
    # Processes end meanwhile.
    with contextlib.suppress(OSError):
        # A program's name stands in brackets, and may have some in it.
        return int(stat.parts[2]), int(stat.read_text().rpartition(")")[2].split()[1])
    return None


def _niceness(thread: int) -> int | None:
    with contextlib.suppress(ProcessLookupError):
        return os.getpriority(os.PRIO_PROCESS, thread)
    return None


def _nice(thread: int, niceness: int) -> None:
    # Threads end meanwhile, and not every user may.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PROCESS, thread, niceness)


def _niceness_of_group() -> int:
    # "/autogroup-17 nice 0"; nothing where a process is in no group, no file where the kernel has none.
    with contextlib.suppress(OSError, ValueError):
        return int(_OWN_GROUP.read_text().rpartition(" ")[2])
    return 0


def _nice_group(niceness: int) -> None:
    with contextlib.suppress(OSError):
        _OWN_GROUP.write_text(str(niceness))

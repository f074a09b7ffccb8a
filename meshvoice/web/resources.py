"""What this process uses of the machine, read from the kernel; 0 where the system has no /proc."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path


def cpu_seconds() -> float:
    """Give the CPU time since the process began."""
    return time.process_time()


def resident_bytes() -> float:
    """Give the resident memory."""
    # prometheus_client's own collector wants /proc/stat, which our unit hides (ProcSubset=pid).
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_descriptors() -> float:
    """Count open files and sockets."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def most_descriptors() -> float:
    """Give how many there may be."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

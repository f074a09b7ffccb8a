"""What all tests share: the same examples in CI each time, and an end that leaves nothing running."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# Hypothesis explores by hand; in CI it draws the same examples each time, so a red run is the change's.
# How long an example takes says more about the machine than about the code.
settings.register_profile("by hand", deadline=None)
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "by hand")


def pytest_configure() -> None:
    """Let a kill end a run as Ctrl-C does: its servers, browsers and namespaces end with it."""

    def end(*_: object) -> None:
        # Not by raising SIGINT: a run in the background has it ignored.
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)

"""Hypothesis explores by hand; in CI it draws the same examples each time, so a red run is the change's."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")

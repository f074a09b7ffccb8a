"""What all tests share: the same examples in CI each time, and who may run beside whom."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Hypothesis explores by hand; in CI it draws the same examples each time, so a red run is the change's.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep heavy tests in a row, where `pytest -n` runs others beside them.

    Two calls between browsers at one time would be a load test of the machine. A relay's tests are light
    and mostly wait, but share their labs.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif item.get_closest_marker("coturn") or item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.xdist_group("relay"))

"""The stage of tests/browser, for attacks on it."""

from tests.browser.conftest import server, stage

__all__ = ["server", "stage"]

"""The island stands ready, in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meshvoice.access.guestbook import GuestBook
from tests.access.island import Island


@pytest.fixture
def island() -> Iterator[Island]:
    book = GuestBook.open(":memory:")
    yield Island(book)
    book.close()

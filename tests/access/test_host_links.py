"""A host link works once, for a day, and the guest book has no token of one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from meshvoice.access.errors import InvitationExpired, InvitationUnknown, InvitationUsed
from meshvoice.access.forgetting import KEEP
from meshvoice.access.guestbook import GuestBook

NOW = 1_795_358_400.0
DAY = 86_400.0
TOKEN = "k7m2" * 8


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


@pytest.fixture
def book(connection: sqlite3.Connection) -> GuestBook:
    return GuestBook(connection)


def test_a_host_link_works_once(book: GuestBook) -> None:
    assert book.host_links.make(TOKEN, now=NOW) == NOW + DAY
    for _ in range(2):
        book.host_links.check(TOKEN, now=NOW)
    book.host_links.accept(TOKEN, now=NOW + DAY - 1)
    for ask in (book.host_links.check, book.host_links.accept):
        with pytest.raises(InvitationUsed):
            ask(TOKEN, now=NOW)


def test_a_host_link_ends_after_a_day(book: GuestBook) -> None:
    book.host_links.make(TOKEN, now=NOW)
    with pytest.raises(InvitationExpired):
        book.host_links.accept(TOKEN, now=NOW + DAY)


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "a", "\ud800"])
def test_what_is_no_token_opens_nothing(book: GuestBook, token: str) -> None:
    book.host_links.make(TOKEN, now=NOW)
    with pytest.raises(InvitationUnknown):
        book.host_links.accept(token, now=NOW)


def test_a_token_that_can_be_guessed_makes_no_link(book: GuestBook) -> None:
    with pytest.raises(ValueError, match="128 random bits"):
        book.host_links.make("k7m2" * 5, now=NOW)


def test_the_file_holds_no_token(book: GuestBook, connection: sqlite3.Connection) -> None:
    book.host_links.make(TOKEN, now=NOW)
    assert TOKEN not in "".join(connection.iterdump())


def test_a_link_that_is_over_is_forgotten_a_week_later(
    book: GuestBook, connection: sqlite3.Connection
) -> None:
    book.host_links.make(TOKEN, now=NOW)
    many = "SELECT count(*) FROM host_links"
    book.prune(now=NOW + DAY + KEEP)
    assert connection.execute(many).fetchone() == (1,)
    book.prune(now=NOW + DAY + KEEP + 1)
    assert connection.execute(many).fetchone() == (0,)

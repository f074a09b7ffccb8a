"""A guest book full of people who may meet, with the cookies by which they are known."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import sqlite3
import time
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from aiohttp_session import Session

from meshvoice.access.guestbook import GuestBook
from meshvoice.settings import Settings
from meshvoice.web.cookies import CookieStorage, RotatingFernet
from meshvoice.web.server import open_book
from meshvoice.web.sessions import SESSION_SECONDS

SEATS = 6
SECRETS = {
    "MESHVOICE_SECRET_KEY": base64.urlsafe_b64encode(hashlib.sha256(b"bench").digest()).decode(),
    "COTURN_SHARED_SECRET": hashlib.sha256(b"turn").hexdigest(),
    "COTURN_TURN_HOST": "turn.example.org",
}


def settings(folder: Path, port: int = 8080) -> Settings:
    """Give the settings of a small deployment with TURN, which listens on loopback."""
    return Settings.from_env(
        {
            **SECRETS,
            "MESHVOICE_HOST": "127.0.0.1",
            "MESHVOICE_PORT": str(port),
            # As the load generator writes it.
            "MESHVOICE_ORIGIN": f"http://127.0.0.1:{port}",
            "MESHVOICE_DATABASE": str(folder / "book.db"),
        }
    )


def fill(folder: Path, tables: int) -> None:
    """Write a book with so many tables of six, and `cookies`: a line `room cookie` for each person."""
    chosen, now = settings(folder), time.time()
    storage = CookieStorage(RotatingFernet(chosen.secret_keys), chosen.sites.first, seconds=SESSION_SECONDS)
    book = open_book(chosen.database)
    lines = []
    with asyncio.Runner() as runner:
        for number in range(tables):
            room, people = _table(book, number, now)
            lines += [f"{room} {runner.run(_cookie(storage, user, now))}\n" for user in people]
    book.close()
    with sqlite3.connect(chosen.database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (folder / "cookies").write_text("".join(lines))


def _table(book: GuestBook, number: int, now: float) -> tuple[str, list[str]]:
    people = [
        book.users.add(f"p{SEATS * number + seat}", random=secrets.token_bytes(16), now=now).user_id
        for seat in range(SEATS)
    ]
    table = book.tables.create(
        people[0], f"Table {number}", random=secrets.token_bytes(16), now=now, seats=SEATS
    )
    for guest in people[1:]:
        token = secrets.token_urlsafe(24)
        book.invitations.make(table.room, by=people[0], token=token, now=now)
        book.invitations.accept(token, guest, now=now)
    return table.room_id, [str(user) for user in people]


async def cookie_of(settings: Settings, user: str, now: float) -> str:
    """Give the cookie of somebody who signed in."""
    keys = RotatingFernet(settings.secret_keys)
    return await _cookie(CookieStorage(keys, settings.sites.first, seconds=SESSION_SECONDS), user, now)


async def _cookie(storage: CookieStorage, user: str, now: float) -> str:
    session = Session(None, data=None, new=True, max_age=SESSION_SECONDS)
    session.update(user=user, sid=secrets.token_urlsafe(16), host=True, dated=int(now))
    response = web.Response()
    await storage.save_session(make_mocked_request("GET", "/"), response, session)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in response.cookies.items())

"""How long each use of a large guest book holds the server's one thread: `make bench-book`.

A real file with 100,000 people, as many invitations, and one room with heaps of everything; each line is one
operation with its median and its longest run in milliseconds. On a machine that is busy with other things the
longest run is theirs, too; what the operation itself needs at most is the last number. Of whole requests, and
of the tick while it prunes, each run counts by the longest step of the loop in it (`whole_requests`).
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.whole_requests import Hold, Site, site, watched
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import RoomId, Sea, SessionId, Table, TableId, UserId

LIMIT_MS = 50.0
NOW = 1_795_348_800.0
DAY = 86_400.0


def user(number: int) -> UserId:
    return UserId(f"{number:032x}")


def table(number: int) -> RoomId:
    return RoomId(f"{number:08x}-0000-4000-8000-000000000000")


def fill(path: str, people: int, invitations: int) -> None:
    """Write a book of years: a tenth of the people have a sea, a twentieth a table, many did nothing."""
    GuestBook.open(path).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany(
            "INSERT INTO users (user_id, name, external, seen, took_part) VALUES (?, ?, NULL, ?, ?)",
            (
                (user(n), f"Person {n}", NOW - (n % 100) * DAY, int(n % 3 == 0 or n < 200))
                for n in range(people)
            ),
        )
        connection.executemany(
            "INSERT INTO rooms (room_id, owner, name, opened_at, closes_at, stay) VALUES (?, ?, '', ?, ?, ?)",
            (
                (Sea(owner_id=user(n)).room_id, user(n), NOW, NOW + (n % 20 - 10) * DAY + 1, n)
                for n in range(people // 10)
            ),
        )
        connection.executemany(
            "INSERT INTO rooms (room_id, owner, name, opened_at, closes_at, seats)"
            " VALUES (?, ?, 'T', ?, NULL, 6)",
            ((table(n), user(n), NOW) for n in range(people // 20)),
        )
        connection.executemany(
            "INSERT INTO members (room_id, user_id, standing, seat, since, barred_to, stay)"
            " VALUES (?, ?, ?, ?, ?, 0, ?)",
            (
                (table(n), user((n + k * 7) % people), "present", k + 1, NOW, n)
                for n in range(people // 20)
                for k in range(4)
            ),
        )
        # The pile: a sea with a thousand guests, most of them gone, and a table with twenty thousand links.
        connection.executemany(
            "INSERT INTO members (room_id, user_id, standing, seat, since, barred_to, stay)"
            " VALUES (?, ?, ?, NULL, ?, 0, 1)",
            (
                (Sea(owner_id=user(10)).room_id, user(1000 + n), "present" if n < 90 else "left", NOW + n)
                for n in range(1000)
            ),
        )
        connection.executemany(
            "INSERT INTO invitations (token_hash, room_id, inviter, made_at, expires_at, revoked_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    secrets.token_bytes(32),
                    table(10) if n < 20_000 else Sea(owner_id=user(n % (people // 10))).room_id,
                    user(10) if n < 900 else user(n % people),
                    NOW - (n % 30) * DAY,
                    NOW + (1 - n % 30) * DAY,
                    NOW if n < 20_000 or n % 2 else None,
                )
                for n in range(invitations)
            ),
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


class Bench:
    """Runs operations and keeps how long each took."""

    def __init__(self, book: GuestBook) -> None:
        self.book = book
        self.failed = False

    def measure(self, name: str, act: Callable[[int], object], *, runs: int = 100) -> None:
        times, work = [], []
        for number in range(runs):
            began, worked = time.perf_counter(), time.process_time()
            act(number)
            times.append((time.perf_counter() - began) * 1000)
            work.append((time.process_time() - worked) * 1000)
        self.tell(name, times, work)

    async def measure_steps(
        self, name: str, act: Callable[[int], Awaitable[object]], *, runs: int = 50
    ) -> None:
        """Keep of each run the longest step of the loop."""
        holds: list[Hold] = []
        for number in range(runs):
            with watched() as hold:
                await act(number)
            holds.append(hold)
        self.tell(name, [hold.took for hold in holds], [hold.worked for hold in holds])

    def tell(self, name: str, times: list[float], work: list[float]) -> None:
        longest = max(times)
        self.failed = self.failed or longest > LIMIT_MS
        verdict = "holds" if longest <= LIMIT_MS else f"OVER {LIMIT_MS:.0f} ms"
        median = statistics.median(times)
        print(f"{name:34} {median:9.2f} {longest:9.2f} {max(work):9.2f}   {verdict}", flush=True)


async def requests(bench: Bench, folder: Path) -> None:
    """Measure whole requests of somebody with heaps of everything, and then the tick, which prunes."""
    heavy = user(10)

    def asked(there: Site, line: str, **more: Any) -> Callable[[int], Awaitable[object]]:
        return lambda _: there.asks(line, **{"status": 200, **more})

    async with site(bench.book, folder, heavy, now=NOW) as there:
        await there.asks("GET /", status=200)  # loads the templates
        await bench.measure_steps("request: home page", asked(there, "GET /"))
        await bench.measure_steps("request: my sea", asked(there, "GET /my-sea/"))
        await bench.measure_steps("request: a table", asked(there, f"GET /table/{table(10)}/"))
        room = f"GET /api/voice/turn-credentials/?room={table(10)}"
        await bench.measure_steps("request: credentials", asked(there, room))
        signing_in = asked(there, "POST /sign-in", form="name=New", known=False, status=303)
        await bench.measure_steps("request: sign in", signing_in)

        async def a_tick(_: int) -> None:
            asyncio.get_running_loop().call_soon(there.ticks)
            await asyncio.sleep(0)

        await bench.measure_steps("tick, while it prunes", a_tick, runs=100)


def run(book: GuestBook, folder: Path) -> bool:
    """Measure everything; True: nothing took too long."""
    bench = Bench(book)
    heavy, host = user(10), user(30)
    sea, heap = Sea(owner_id=heavy), Table(table_id=TableId(table(10)))
    tokens: list[str] = []

    def invite(number: int) -> None:
        tokens.append(f"{number:040d}")
        book.invitations.make(heap, by=heavy, token=tokens[-1], now=NOW)
        newest = book.invitations.of(heap, by=heavy, now=NOW)[0]
        if number % 2:
            book.invitations.revoke(heap, newest.invitation_id, by=heavy, now=NOW)

    def accept(number: int) -> None:
        token = f"{'a':>08}{number:040d}"
        book.seas.open(host, now=NOW, closes_at=NOW + DAY)
        book.invitations.make(Sea(owner_id=host), by=host, token=token, now=NOW)
        book.invitations.accept(token, user(5000 + number), now=NOW)

    def home(_: int) -> None:
        book.users.get(heavy)
        book.sessions.revoked(SessionId("s"))
        book.users.seen(heavy, now=NOW)
        book.seas.window(heavy, now=NOW)
        book.seas.guests(heavy)
        book.tables.of(heavy)
        book.seas.visiting(heavy, now=NOW)

    def my_sea(_: int) -> None:
        book.seas.window(heavy, now=NOW)
        book.seas.guests(heavy)
        book.invitations.of(sea, by=heavy, now=NOW)
        book.invitations.of(heap, by=heavy, now=NOW)

    def recheck(_: int) -> None:
        for number in range(12):
            book.facts(heap, user(10 + number * 7))

    print(f"{'':34} {'median':>9} {'max':>9} {'max CPU':>9}   against {LIMIT_MS:.0f} ms")
    bench.measure("sign in", lambda n: book.users.add("New", random=secrets.token_bytes(16), now=NOW))
    bench.measure("home page's reads", home)
    bench.measure("my sea's and a table's reads", my_sea)
    bench.measure("rooms of a user", lambda n: book.rooms_of(heavy, now=NOW))
    bench.measure("facts of a room of twelve", recheck)
    bench.measure("invite, and revoke each second one", invite, runs=80)
    bench.measure("open, invite and accept", accept, runs=90)
    bench.measure(
        "remove a guest, with links", lambda n: book.seas.remove(host, user(5000 + n), now=NOW), runs=90
    )
    bench.measure("close and open a sea with guests", lambda n: close_and_open(book, heavy), runs=5)
    asyncio.run(requests(bench, folder))
    bench.measure("forget at once (sign out)", lambda n: book.forget(user(20_000 + n), now=NOW))
    bench.measure("forget one with many invitations", lambda n: book.forget(heavy, now=NOW), runs=1)
    bench.measure("prune, a piece", lambda n: book.prune(now=NOW), runs=200)
    return not bench.failed


def close_and_open(book: GuestBook, owner: UserId) -> None:
    book.seas.close(owner, now=NOW)
    book.seas.open(owner, now=NOW, closes_at=NOW + DAY)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--invitations", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        path = str(Path(folder) / "book.db")
        fill(path, chosen.people, chosen.invitations)
        book = GuestBook.open(path)
        good = run(book, Path(folder))
        book.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

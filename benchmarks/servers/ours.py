"""meshvoice itself: the real application and process; only what one address may ask for is raised.

    python -m benchmarks.servers.ours PORT FOLDER [--queued] [--parts FILE] [--pauses FILE]

All of the load comes from 127.0.0.1, and a closed loop sends more than any person: each limit is still asked
every time, and never reached. FOLDER is what `house.fill` made; a copy of its book is served.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock

from benchmarks import house
from benchmarks.servers.pauses import Pauses
from benchmarks.servers.stopwatch import Stopwatch
from meshvoice.settings import Settings
from meshvoice.signaling import allowance, pairs
from meshvoice.signaling.limits import Buckets, Cap, Tiered, TokenBucket
from meshvoice.web import server
from meshvoice.web.app import make_app
from meshvoice.web.listening import listen
from meshvoice.web.notify import Notifier
from meshvoice.web.throttles import Relayed, Throttles

MANY = 1e12


def throttles() -> Throttles:
    """Give what bounds an address and a user, all out of reach."""

    def buckets() -> Buckets:
        return Buckets(rate=MANY, burst=MANY)

    people = Tiered(buckets(), buckets(), again=TokenBucket(rate=MANY, burst=MANY, now=0))
    return Throttles(
        connections_of_address=Cap(10**6),
        connections=Cap(10**6),
        requests=buckets(),
        files=buckets(),
        credentials=buckets(),
        relayed=Relayed(people, known=Buckets(rate=1 / 3600, burst=1)),
        handshakes=buckets(),
        joins=buckets(),
        arrivals=buckets(),
        sockets_of_address=Cap(10**6),
        silent_sockets_of_address=Cap(10**6),
        sockets=Cap(10**6),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queued", action="store_true", help="frames by aiohttp's queue")
    parser.add_argument("--parts", type=Path, help="what a life costs, by parts; written on SIGUSR1")
    parser.add_argument("--pauses", type=Path, help="how long the loop is held, between two SIGUSR1")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        shutil.copy(chosen.folder / "book.db", folder)
        settings = house.settings(Path(folder), chosen.port)
        with (
            mock.patch.multiple(pairs, ASKED_AT_ONCE=MANY, ASKED_A_SECOND=MANY),
            mock.patch.multiple(allowance, MESSAGES_AT_ONCE=MANY, BYTES_AT_ONCE=MANY),
        ):
            _serve(chosen, settings)


def _serve(chosen: argparse.Namespace, settings: Settings) -> None:
    book = server.open_book(settings.database)
    app = make_app(settings, book, throttles=throttles(), straight=not chosen.queued)
    if chosen.parts:
        Stopwatch(chosen.parts).start()
    if chosen.pauses:
        app.cleanup_ctx.append(Pauses(chosen.pauses).watch)
    server._raise_descriptors()
    listening = listen(settings, os.environ)
    with asyncio.Runner(loop_factory=server._new_loop) as runner:
        runner.run(server._serve(app, settings, listening, Notifier({})))
    listening.close()
    book.close()


if __name__ == "__main__":
    main()

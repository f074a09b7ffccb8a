"""The process: the guest book's file, the loop, the listening socket, and a quick end on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from meshvoice.access.errors import GuestBookError
from meshvoice.access.guestbook import GuestBook
from meshvoice.access.lock import lock_path
from meshvoice.forwarding import Seldom
from meshvoice.settings import Settings, SettingsError
from meshvoice.web import relay_sharing, templates
from meshvoice.web.app import make_app
from meshvoice.web.cautions import cautions
from meshvoice.web.connections import Connections, make_runner
from meshvoice.web.keys import SWITCHBOARD, THROTTLES
from meshvoice.web.listening import Listening, listen
from meshvoice.web.logs import facts
from meshvoice.web.notify import Notifier
from meshvoice.web.sockets import SUBPROTOCOL
from meshvoice.web.unix_socket import BACKLOG

log = logging.getLogger("meshvoice")
SHUTDOWN_SECONDS = 1.0
"""For requests under way when the process is told to end; WebSockets have been closed by then."""
LAST_SECONDS = 0.3
"""For whoever came in just before that: behind the connection a request is on its way, and where systemd
holds the socket nobody else is refused."""
DESCRIPTORS = 16_384
"""Open files that the process asks for; the usual 1,024 are fewer than the connections that it takes."""
SHARED_BUSY_MS = 500
"""For which a write waits where several processes share the guest book; each takes some milliseconds."""
TOLD_EVERY = 60.0
"""Seconds between two lines of the log that anybody may bring about."""
GARBAGE = 50_000, 20, 100
"""From how many new objects on the collector looks at those, then at older ones and at the oldest."""
SPARE_DESCRIPTORS = 64
"""For the guest book, the log and static files on their way."""


def open_book(path: str, *, processes: int = 1) -> GuestBook:
    """Open the guest book to serve it, making file (0600) and folder (0700). Raises `SettingsError`."""
    try:
        # By a link it is the same book, and its lock the same lock.
        file = Path(os.path.realpath(path))
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made, never opened again: closing the lock's file would let go of it within this process.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(lock_path(str(file)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        # Absolute, too: SQLite gives names such as `:memory:` a meaning of their own.
        if processes > 1:
            return GuestBook.open(str(file), shared=True, busy_ms=SHARED_BUSY_MS)
        return GuestBook.open(str(file), alone=True)
    except OSError as problem:
        raise SettingsError(
            "MESHVOICE_DATABASE",
            f"{path} can't be written ({problem.strerror}): mend its folder's owner or mode",
        ) from None
    except GuestBookError as problem:
        raise SettingsError("MESHVOICE_DATABASE", f"{path}: {problem}") from None


def discreet(record: logging.LogRecord) -> bool:
    """Keep the sender's address, and what it sent, out of aiohttp's lines on requests that are no HTTP."""
    problem = record.exc_info[1] if record.exc_info else None
    record.msg, record.args = "a request could not be served: %s", (type(problem).__name__,)
    if isinstance(problem, HttpProcessingError):
        record.exc_info = None
    return True


def unsaid(record: logging.LogRecord) -> bool:
    """Keep what a client offers out of aiohttp's line on a handshake that names nothing which we speak."""
    record.msg, record.args = "a handshake offered other subprotocols than %s", (SUBPROTOCOL,)
    return True


def quiet(now: Callable[[], float] = time.monotonic) -> None:
    """Have what libraries say of a stranger's request say nothing of the stranger, and that once a minute.

    A line for each would let anybody fill the disk.
    """
    seldom = Seldom(every=TOLD_EVERY)

    def now_and_then(record: logging.LogRecord) -> bool:
        said = record.getMessage()
        record.msg, record.args = f"{said} (told once a minute)", ()
        return seldom.due((record.name, said), now())

    logging.getLogger("aiohttp.server").addFilter(discreet)
    logging.getLogger("aiohttp.websocket").addFilter(unsaid)
    for name in ("aiohttp.server", "aiohttp.websocket", "aiohttp_session"):
        logging.getLogger(name).addFilter(now_and_then)


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit code. Raises `SettingsError`."""
    quiet()
    book = open_book(settings.database, processes=settings.processes)
    try:
        book.time_changes(time.perf_counter)
        app = make_app(settings, book)
        relay_sharing.setup(app, settings)
        listening, notifier = listen(settings, os.environ), Notifier(os.environ)
        _warn(settings, listening)
        if not settings.turn.host:
            log.info(
                "no COTURN_TURN_HOST is set: people on one network hear each other, others need `make coturn`"
            )
        if not settings.metrics_token:
            log.info("no MESHVOICE_METRICS_TOKEN is set, so /metrics is closed: set one to read it with that")
        connections = app[THROTTLES].connections
        connections.most = min(connections.most, _raise_descriptors() - SPARE_DESCRIPTORS)
        if connections.most < settings.sockets:
            log.warning(
                "MESHVOICE_SOCKETS is %d, but this process may open %d files only: raise LimitNOFILE of its "
                "unit (ulimit -n elsewhere), or set that lower",
                settings.sockets,
                connections.most + SPARE_DESCRIPTORS,
            )
        try:
            with asyncio.Runner(loop_factory=_new_loop) as runner:
                runner.run(_serve(app, settings, listening, notifier))
        finally:
            listening.close()
    finally:
        book.close()
    return 0


async def _serve(app: web.Application, settings: Settings, listening: Listening, notifier: Notifier) -> None:
    told = asyncio.Event()

    def end(by: signal.Signals) -> None:
        if not told.is_set():
            sockets = app[SWITCHBOARD].sockets
            log.info("told to end by %s: %d sockets close", by.name, sockets, extra=facts(sockets=sockets))
            told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    runner = make_runner(app, shutdown_timeout=SHUTDOWN_SECONDS)
    # Before they are closed by what follows.
    places = f"{' and '.join(listening.places)}{', held by systemd' if listening.handed_over else ''}"
    try:
        await runner.setup()
        templates.read_all(app)
        for each in listening.sockets:
            await web.SockSite(runner, each, backlog=BACKLOG).start()
        urls = ", ".join(site.url for site in settings.sites.distinct)
        _keep_still()
        log.info("listening on %s", places)
        log.info("serving on %s", urls)
        notifier.ready(f"serving on {urls}")
        living = asyncio.create_task(notifier.live())
        await told.wait()
        notifier.ending()
        await _finish(runner)
        living.cancel()
    finally:
        await runner.cleanup()


def _keep_still() -> None:
    """Let the garbage collector look rarely, and never again at what is there now.

    What a crowd of 5,000 holds takes it 0.4 s to look through, in which nobody is heard.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


async def _finish(runner: web.AppRunner) -> None:
    """Take nobody in any more, and let who has just come in ask and be answered."""
    for site in list(runner.sites):
        await site.stop()
    ending = asyncio.get_running_loop().time() + LAST_SECONDS
    connections = cast(Connections, runner.server)
    # Whoever was taken in within this pass of the loop is among them after it.
    await asyncio.sleep(0.01)
    while connections.unasked and asyncio.get_running_loop().time() < ending:  # noqa: ASYNC110 (aiohttp tells nobody)
        await asyncio.sleep(0.01)


def _raise_descriptors() -> int:
    """Ask for more open files than are usual; gives how many there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def _warn(settings: Settings, listening: Listening) -> None:
    for caution in (*cautions(settings), *listening.cautions(settings)):
        log.warning("%s", caution)
    if all(site.local for site in settings.sites.all) and not all(map(_stays_here, settings.hosts)):
        log.warning(
            "MESHVOICE_HOST lets other machines in, but MESHVOICE_ORIGIN names this one alone: "
            "nobody else can sign in"
        )


def _stays_here(host: str) -> bool:
    return host == "localhost" or host.startswith(("127.", "unix:")) or host == "::1"


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not there on every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()

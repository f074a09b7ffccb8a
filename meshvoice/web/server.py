"""The process: the guest book's file, the loop, the listening socket, and a quick end on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from meshvoice.access.errors import GuestBookError
from meshvoice.access.guestbook import GuestBook
from meshvoice.access.lock import lock_path
from meshvoice.settings import Settings, SettingsError
from meshvoice.web.app import make_app
from meshvoice.web.cautions import cautions
from meshvoice.web.connections import make_runner
from meshvoice.web.keys import THROTTLES

log = logging.getLogger("meshvoice")
SHUTDOWN_SECONDS = 1.0
"""For requests under way when the process is told to end; WebSockets have been closed by then."""
DESCRIPTORS = 16_384
"""Open files that the process asks for; the usual 1,024 are fewer than the connections that it takes."""
SPARE_DESCRIPTORS = 64
"""For the guest book, the log and static files on their way."""


def open_book(path: str) -> GuestBook:
    """Open the guest book to serve it, making file (0600) and folder (0700). Raises `SettingsError`."""
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made, never opened again: closing the lock's file would let go of it within this process.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(lock_path(str(file.absolute())), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        # Absolute: SQLite gives names such as `:memory:` a meaning of their own.
        return GuestBook.open(str(file.absolute()), alone=True)
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


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit code. Raises `SettingsError`."""
    logging.getLogger("aiohttp.server").addFilter(discreet)
    book = open_book(settings.database)
    try:
        app = make_app(settings, book)
        _warn(settings)
        if not settings.turn.host:
            log.info(
                "no COTURN_TURN_HOST is set: people on one network hear each other, others need `make coturn`"
            )
        connections = app[THROTTLES].connections
        connections.most = min(connections.most, _raise_descriptors() - SPARE_DESCRIPTORS)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(app, settings))
    except OSError as problem:
        raise SettingsError(
            "MESHVOICE_PORT", f"{settings.host}:{settings.port} can't be listened on ({problem.strerror})"
        ) from None
    finally:
        book.close()
    return 0


async def _serve(app: web.Application, settings: Settings) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    runner = make_runner(app, shutdown_timeout=SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        log.info("serving on %s", ", ".join(site.url for site in settings.sites.distinct))
        await told.wait()
    finally:
        await runner.cleanup()


def _raise_descriptors() -> int:
    """Ask for more open files than are usual; gives how many there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def _warn(settings: Settings) -> None:
    for caution in cautions(settings):
        log.warning("%s", caution)
    if all(site.local for site in settings.sites.all) and settings.host not in (
        "127.0.0.1",
        "::1",
        "localhost",
    ):
        log.warning(
            "MESHVOICE_HOST lets other machines in, but MESHVOICE_ORIGIN names this one alone: "
            "nobody else can sign in"
        )


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not there on every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()

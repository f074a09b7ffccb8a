"""Who looks at the relay: the one process, or one of several, and what it learns is told by all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

from meshvoice import settings_rows
from meshvoice.settings import Settings, TurnSettings
from meshvoice.web.keys import RELAY
from meshvoice.web.relay_watch import (
    EVERY_SECONDS,
    FIRST_SECONDS,
    PATIENCE_SECONDS,
    RelayWatch,
    ask_doctor,
    watch,
)

log = logging.getLogger("meshvoice")
GLANCE_SECONDS = 2.0
"""From glance to glance at what the others wrote."""


class _Written(msgspec.Struct):
    about: str
    """The digest of the relay's settings: after a restart these may be others."""
    report: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Told:
    """What another process wrote."""

    report: bytes
    age: float
    """In seconds."""
    latest: bool
    """Whether it is of the one who looks now; else that one's first look is still to come."""


class SharedWord:
    """Files beside the guest book: the last report, its one writer's lock, and a wish for another look."""

    def __init__(self, database: str, turn: TurnSettings) -> None:
        """Open the lock. Raises `OSError`."""
        # By a link it is the same book, as for its own lock.
        book = os.path.realpath(database)
        self._report, self._wish = Path(f"{book}.relay"), Path(f"{book}.relay-wish")
        self._about = _digest(turn)
        self._lock = _open(Path(f"{book}.relay-lock"), os.O_RDWR | os.O_CREAT)
        self._read: tuple[int, int] | None = None
        self._failed = False

    def take(self) -> bool:
        """Become the one who looks, until this process ends, however it does; false: another one is."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # A filesystem that knows no locks: each looks for itself.
            return True
        with contextlib.suppress(OSError):
            os.utime(self._lock)
        return True

    def write(self, report: bytes) -> None:
        """Tell the others; where that fails they keep what they have, and the log says so once."""
        with self._telling_of_failure():
            # Of a fresh name, for another file may lie under any name that is known before.
            file, new = tempfile.mkstemp(prefix=f"{self._report.name}.", dir=self._report.parent)
            try:
                with open(file, "wb") as opened:
                    opened.write(msgspec.json.encode(_Written(self._about, msgspec.Raw(report))))
                os.replace(new, self._report)
            except OSError:
                os.unlink(new)
                raise

    def read(self) -> Told | None:
        """Give a report that wasn't read here before; None: there is none of today and about our relay."""
        try:
            with open(_open(self._report, os.O_RDONLY), "rb") as file:
                there = os.fstat(file.fileno())
                version = there.st_ino, there.st_mtime_ns
                if version == self._read:
                    return None
                self._read = version
                written = msgspec.json.decode(file.read(), type=_Written)
            latest = there.st_mtime_ns >= os.fstat(self._lock).st_mtime_ns
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        age = time.time() - there.st_mtime
        # Whoever looks has written again by then; and a clock that was set back tells no age.
        today = -PATIENCE_SECONDS < age <= EVERY_SECONDS + PATIENCE_SECONDS
        if written.about != self._about or not today:
            return None
        return Told(bytes(written.report), max(0.0, age), latest)

    def wish(self) -> None:
        """Ask the one who looks for another look."""
        with self._telling_of_failure():
            os.close(_open(self._wish, os.O_WRONLY | os.O_CREAT))

    def wished(self) -> bool:
        """Tell whether anybody asked since the last time."""
        try:
            self._wish.unlink()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Leave it to the others."""
        os.close(self._lock)

    @contextlib.contextmanager
    def _telling_of_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            if not self._failed:
                log.warning(
                    "what one process sees of the relay can't be told to the others: %s: mend %s",
                    problem,
                    self._report.parent,
                )
            self._failed = True
        else:
            self._failed = False


def _open(path: Path, flags: int) -> int:
    """Open a regular file, by no link and without waiting for anybody. Raises `OSError`."""
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return file


def _digest(turn: TurnSettings) -> str:
    """Tell one relay's settings from another's; without the secrets, which could be guessed from it."""
    told = {
        row.variable: settings_rows.written(getattr(turn, field))
        for field, row in settings_rows.rows(TurnSettings).items()
        if not row.secret
    }
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


async def share(
    relay: RelayWatch,
    ask: Callable[[], Awaitable[bytes]],
    word: SharedWord,
    *,
    first: float = FIRST_SECONDS,
    glance: float = GLANCE_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Look, if nobody else does, and tell the others; else take what is told, as long as somebody looks."""
    relay.watched = relay.running = True
    loop = asyncio.get_running_loop()
    waiting_until = loop.time() + first + PATIENCE_SECONDS
    while not word.take():
        told = word.read()
        if told:
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                relay.learn(told.report, told.age)
        if relay.wanted.is_set():
            relay.wanted.clear()
            word.wish()
            waiting_until = loop.time() + glance + PATIENCE_SECONDS
        elif (told and told.latest) or loop.time() > waiting_until:
            relay.running = False
        await asyncio.sleep(glance)

    async def hear_wishes() -> None:
        while True:
            if word.wished():
                relay.want()
            await asyncio.sleep(glance)

    async with asyncio.TaskGroup() as looking:
        looking.create_task(watch(relay, ask, first=first, patience=patience, tell=word.write))
        looking.create_task(hear_wishes())


def setup(app: web.Application, settings: Settings) -> None:
    """Watch over the relay of a server, where browsers are offered one."""
    turn, seats = settings.turn, max(settings.table_seats, settings.sea_peers)
    if not turn.offered:
        return

    async def going_on(app: web.Application) -> AsyncIterator[None]:
        word = _shared(settings) if settings.processes > 1 else None
        relay, ask = app[RELAY], lambda: ask_doctor(turn, seats=seats)
        watching = asyncio.create_task(share(relay, ask, word) if word else watch(relay, ask))
        yield
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        if word:
            word.close()

    app.cleanup_ctx.append(going_on)


def _shared(settings: Settings) -> SharedWord | None:
    try:
        return SharedWord(settings.database, settings.turn)
    except OSError as problem:
        # It finds out what is wrong with the relay; voices may well go on without.
        log.warning(
            "%s can't be used (%s), so this process looks at the relay for itself: remove that file, and "
            "start all processes anew",
            problem.filename,
            problem.strerror,
        )
        return None

"""The client's files, under a path that changes when they do, so that browsers keep them without asking."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from math import inf
from pathlib import Path

from aiohttp import web

from meshvoice import assets
from meshvoice.web.compressed import SUFFIXES, Compressed
from meshvoice.web.keys import CLOCK
from meshvoice.web.site import to

PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"


LOOKED_FOR = 1.0
"""Seconds for which a look at the files holds: looking takes as long as half a page."""


class Version:
    """Tells one state of the client's files from another; `steady` gives seconds."""

    def __init__(self, root: Path, steady: Callable[[], float]) -> None:
        self.root = root
        self._steady = steady
        self._now = ""
        self._until = -inf

    def now(self) -> str:
        """Give sixteen hex digits, of files seen at most `LOOKED_FOR` ago."""
        at = self._steady()
        if at >= self._until:
            # Names, sizes and times tell a change as well as the bytes do, at half a millisecond.
            marks = repr(sorted(_marks(str(self.root)))).encode()
            self._now, self._until = hashlib.sha256(marks).hexdigest()[:16], at + LOOKED_FOR
        return self._now


VERSION = web.AppKey("client_version", Version)
COMPRESSED = web.AppKey("client_compressed", Compressed)


def setup(app: web.Application, bases: Iterable[str]) -> None:
    """Serve every file under each base's `/static/`, and `/static/v-<version>/`, which the pages name."""
    app[VERSION] = Version(assets.find("static").resolve(), app[CLOCK].steady)
    app[COMPRESSED] = Compressed()
    for each in bases:
        app.router.add_get(each + PREFIX + "v-{version:[0-9a-f]{16}}/{path:.+}", _file)
        app.router.add_get(each + PREFIX + "{path:.+}", _file)


def base(app: web.Application) -> str:
    """Give the path that the pages name now, without a slash at its end."""
    return to(app, f"{PREFIX}v-{app[VERSION].now()}")


def _marks(folder: str) -> Iterator[tuple[str, int, int]]:
    # Not by pathlib, which takes five times as long: this holds the server's one thread.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _marks(entry.path)
            elif "." in entry.name:
                facts = entry.stat()
                yield entry.path, facts.st_size, facts.st_mtime_ns


async def _file(request: web.Request) -> web.StreamResponse:
    version = request.app[VERSION]
    root = version.root
    try:
        file = (root / request.match_info["path"]).resolve()
        found = file.is_relative_to(root) and file.is_file()
    except (ValueError, OSError):
        # A NUL, or a name longer than the file system has any.
        found = False
    if not found:
        raise web.HTTPNotFound
    # A page from before an upgrade asks under the old version: it gets what there is now, not to keep.
    now = request.match_info.get("version") == version.now()
    answer: web.StreamResponse | None = None
    if file.suffix in SUFFIXES:
        answer = await request.app[COMPRESSED].response(request, file)
    answer = answer or web.FileResponse(file)
    answer.headers["Cache-Control"] = FOREVER if now else "no-cache"
    if file.suffix in SUFFIXES:
        answer.headers["Vary"] = "Accept-Encoding"
    return answer

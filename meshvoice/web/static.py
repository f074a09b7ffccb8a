"""The client's files, under a path that changes when they do, so that browsers keep them without asking."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from meshvoice import assets

PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"


def setup(app: web.Application) -> None:
    """Serve every file under `/static/`, and under `/static/v-<version>/`, which the pages name."""
    app.router.add_get(PREFIX + "v-{version:[0-9a-f]{16}}/{path:.+}", _file)
    app.router.add_get(PREFIX + "{path:.+}", _file)


def base() -> str:
    """Give the path that the pages name now, without a slash at its end."""
    return f"{PREFIX}v-{_version(assets.find('static'))}"


def _version(root: Path) -> str:
    # Names, sizes and times tell a change as well as the bytes do, at half a millisecond.
    return hashlib.sha256(repr(sorted(_marks(str(root)))).encode()).hexdigest()[:16]


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
    root = assets.find("static").resolve()
    try:
        file = (root / request.match_info["path"]).resolve()
        found = file.is_relative_to(root) and file.is_file()
    except (ValueError, OSError):
        # A NUL, or a name longer than the file system has any.
        found = False
    if not found:
        raise web.HTTPNotFound
    # A page from before an upgrade asks under the old version: it gets what there is now, not to keep.
    now = request.match_info.get("version") == _version(root)
    return web.FileResponse(file, headers={"Cache-Control": FOREVER if now else "no-cache"})

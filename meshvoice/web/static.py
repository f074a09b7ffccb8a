"""The client's files, under a path that changes when they do, so that browsers keep them without asking."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from math import inf
from pathlib import Path

from aiohttp import web

from meshvoice import assets
from meshvoice.languages import ENGLISH, FOR_SCRIPTS, script
from meshvoice.web.compressed import SUFFIXES, Compressed, takes_gzip
from meshvoice.web.keys import CLOCK, LANGUAGES
from meshvoice.web.language import language_of
from meshvoice.web.site import to

PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"
_WORDS = {f"words/{part}.js": part for part in FOR_SCRIPTS}
"""What says something to people, and where it stands in a language's file."""
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

    def of(self, tag: str) -> str:
        """Give the digits for a language: under them lie its words, so that these are kept, too."""
        now = self.now()
        return now if tag == ENGLISH else hashlib.sha256(f"{now} {tag}".encode()).hexdigest()[:16]


VERSION = web.AppKey("client_version", Version)
COMPRESSED = web.AppKey("client_compressed", Compressed)


def setup(app: web.Application, bases: Iterable[str]) -> None:
    """Serve every file under each base's `/static/`, and `/static/v-<version>/`, which the pages name."""
    app[VERSION] = Version(assets.find("static").resolve(), app[CLOCK].steady)
    app[COMPRESSED] = Compressed()
    for each in bases:
        app.router.add_get(each + PREFIX + "v-{version:[0-9a-f]{16}}/{path:.+}", _file)
        app.router.add_get(each + PREFIX + "{path:.+}", _file)


def base(request: web.Request) -> str:
    """Give the path that a page in the visitor's language names now, without a slash at its end."""
    app = request.app
    return to(app, f"{PREFIX}v-{app[VERSION].of(language_of(request).tag)}")


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
    version, path = request.app[VERSION], request.match_info["path"]
    # A page from before an upgrade asks under the old version: it gets what there is now, not to keep.
    named = request.match_info.get("version")
    tag = next((tag for tag in request.app[LANGUAGES] if version.of(tag) == named), None)
    headers = {"Cache-Control": FOREVER if tag else "no-cache"}
    if path in _WORDS:
        # In whichever language the page is, its modules name the same file.
        text = script(request.app[LANGUAGES], tag or language_of(request).tag, _WORDS[path])
        answer = web.Response(text=text, content_type="text/javascript", headers=headers)
        answer.headers.add("Vary", "Accept-Encoding")
        if takes_gzip(request.headers.get("Accept-Encoding", "")):
            answer.enable_compression(web.ContentCoding.gzip)
        return answer
    if path == "manifest.webmanifest":
        return _manifest(request, version.root / path, tag or language_of(request).tag, headers)
    try:
        file = (version.root / path).resolve()
        found = file.is_relative_to(version.root) and file.is_file()
    except (ValueError, OSError):
        # A NUL, or a name longer than the file system has any.
        found = False
    if not found:
        raise web.HTTPNotFound
    if file.suffix not in SUFFIXES:
        return web.FileResponse(file, headers=headers)
    packed = await request.app[COMPRESSED].response(request, file) or web.FileResponse(file)
    packed.headers.update(headers)
    packed.headers.add("Vary", "Accept-Encoding")
    return packed


def _manifest(request: web.Request, file: Path, tag: str, headers: dict[str, str]) -> web.Response:
    """Answer with the manifest, which says in the page's language what is installed."""
    language = request.app[LANGUAGES][tag]
    manifest = json.loads(file.read_text(encoding="utf-8"))
    said = {**manifest, "lang": tag, "description": language.say("server", "about")}
    body = json.dumps(said, ensure_ascii=False).encode()
    return web.Response(body=body, content_type="application/manifest+json", headers=headers)

"""The client's files, under a path that changes when they do, so that browsers keep them without asking."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from math import inf
from pathlib import Path

from aiohttp import web

from meshvoice import assets
from meshvoice.languages import ENGLISH, FOR_SCRIPTS, Language, script
from meshvoice.web import bundle
from meshvoice.web.file_forms import FileForms, accepted_by, takes_gzip
from meshvoice.web.keys import CLOCK, LANGUAGES
from meshvoice.web.language import language_of
from meshvoice.web.site import to

log = logging.getLogger("meshvoice.web")
PREFIX = "/static/"
_Mark = tuple[str, int, int]
FOREVER = "public, max-age=31536000, immutable"
_WORDS = {f"words/{part}.js": part for part in FOR_SCRIPTS}
"""What says something to people, and where it stands in a language's file."""
LOOKED_FOR = 1.0
"""Seconds for which a look at the files holds: looking takes as long as half a page."""


class Version:
    """Tells one state of the client's files, and of what is `said` in them, from another.

    `steady` gives seconds.
    """

    def __init__(self, root: Path, steady: Callable[[], float], said: Mapping[str, Language]) -> None:
        self.root = root
        self._steady = steady
        # As they were read at the start: on the disk there may be those of an upgrade already.
        words = [(tag, language.locale, {**language.parts}) for tag, language in said.items()]
        self._said = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
        self._marks: list[_Mark] | None = None
        self._now = ""
        self._by_language: dict[str, str] = {}
        self._until = -inf
        self.joined: frozenset[str] = frozenset()
        """Paths for which the bundle has a file."""

    def now(self) -> str:
        """Give sixteen hex digits, of files seen at most `LOOKED_FOR` ago."""
        at = self._steady()
        if at >= self._until:
            # Names, sizes and times tell a change at half a millisecond; where those are all alike, as in an
            # image, the bytes tell one release from the next.
            marks, self._until = sorted(_marks(str(self.root))), at + LOOKED_FOR
            if marks != self._marks:
                self._marks, self._now = marks, self._digits(marks)
                self._by_language = {ENGLISH: self._now}
                self.joined = bundle.files(self.root)
                if not self.joined and (self.root / bundle.FOLDER / bundle.SOURCES).exists():
                    log.info("static/built/ is not whole, or of other modules, and not served: `make bundle`")
        return self._now

    def _digits(self, marks: list[_Mark]) -> str:
        told = self._said.copy()
        for path, size, changed in marks:
            told.update(f"{path} {size} {changed}\n".encode())
            # What can't be read is refused, and no refusal is kept.
            with suppress(OSError), Path(path).open("rb") as file:
                told.update(file.read())
        return told.hexdigest()[:16]

    def of(self, tag: str) -> str:
        """Give the digits for a language: under them lie its words, so that these are kept, too."""
        now = self.now()
        if tag not in self._by_language:
            self._by_language[tag] = hashlib.sha256(f"{now} {tag}".encode()).hexdigest()[:16]
        return self._by_language[tag]


VERSION = web.AppKey("client_version", Version)
_FORMS = web.AppKey("client_forms", FileForms)
_MODULES: web.AppKey[Callable[[str, str], tuple[bytes, bytes]]] = web.AppKey("client_words")


def setup(app: web.Application, bases: Iterable[str]) -> None:
    """Serve every file under each base's `/static/`, and `/static/v-<version>/`, which the pages name."""
    app[VERSION] = Version(assets.find("static").resolve(), app[CLOCK].steady, app[LANGUAGES])
    app[_FORMS] = FileForms()
    # As many as there are languages and parts.
    written: Callable[[str, str], tuple[bytes, bytes]] = cache(partial(_module, app[LANGUAGES]))
    app[_MODULES] = written
    for each in bases:
        app.router.add_get(each + PREFIX + "v-{version:[0-9a-f]{16}}/{path:.+}", _file)
        app.router.add_get(each + PREFIX + "{path:.+}", _file)


def asks_file(request: web.Request) -> bool:
    """Tell whether a request is for one of the client's files, there or not."""
    return request.match_info.handler is _file


def base(request: web.Request) -> str:
    """Give the path that a page in the visitor's language names now, without a slash at its end."""
    app = request.app
    return to(app, f"{PREFIX}v-{app[VERSION].of(language_of(request).tag)}")


def _marks(folder: str) -> Iterator[_Mark]:
    # Not by pathlib, which takes five times as long: this holds the server's one thread. What goes away
    # meanwhile (an upgrade, `make bundle`) is another state of the files.
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _marks(entry.path)
            elif "." in entry.name:
                with suppress(FileNotFoundError):
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
        return _words(request, tag or language_of(request).tag, _WORDS[path], headers)
    if path == "manifest.webmanifest":
        return _manifest(request, version.root / path, tag or language_of(request).tag, headers)
    root = version.root / bundle.FOLDER if path in version.joined else version.root
    answer = await request.app[_FORMS].response(request, root, path, headers)
    if answer is None:
        raise web.HTTPNotFound
    return answer


def _words(request: web.Request, tag: str, part: str, headers: dict[str, str]) -> web.Response:
    plain, packed = request.app[_MODULES](tag, part)
    headers |= {"Content-Type": "text/javascript; charset=utf-8", "Vary": "Accept-Encoding"}
    if not takes_gzip(accepted_by(request)):
        return web.Response(body=plain, headers=headers)
    return web.Response(body=packed, headers={**headers, "Content-Encoding": "gzip"})


def _module(languages: Mapping[str, Language], tag: str, part: str) -> tuple[bytes, bytes]:
    """Write a module of words, as it is and as gzip makes it."""
    text = script(languages, tag, part).encode()
    return text, gzip.compress(text, 9, mtime=0)


def _manifest(request: web.Request, file: Path, tag: str, headers: dict[str, str]) -> web.Response:
    """Answer with the manifest, which says in the page's language what is installed."""
    language = request.app[LANGUAGES][tag]
    manifest = json.loads(file.read_text(encoding="utf-8"))
    said = {**manifest, "lang": tag, "description": language.say("server", "about")}
    body = json.dumps(said, ensure_ascii=False).encode()
    return web.Response(body=body, content_type="application/manifest+json", headers=headers)

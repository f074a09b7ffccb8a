"""The client's files as they are and as gzip makes them, each read once for each state that it is in."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from math import ceil
from pathlib import Path

from aiohttp import web
from aiohttp.web_fileresponse import CONTENT_TYPES

_TEXTS = frozenset((".js", ".css", ".svg"))
"""What is compressed; a PNG is so by itself."""
_LARGE_BYTES = 64 * 1024
"""From there on the system sends a file itself, as it is: what a slow connection has yet to read would lie in
memory once more for each. Browsers take gzip."""
_LONGEST = 255
"""Of a path: no file of ours has a longer one, and each folder in it is looked for."""

_Marks = tuple[int, int]


def takes_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding (RFC 9110, 12.5.3) names gzip, or anything, and doesn't refuse it."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=").strip()
        weights[name.strip()] = value.strip("0.") != "" or value == ""
    return weights.get("gzip", weights.get("*", False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of a file, and what is said of it."""

    body: bytes
    tag: str
    kept: Mapping[str, str]
    """The headers by which a cache knows it: what 304 says, too."""
    about: Mapping[str, str]
    """Those of its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forms:
    plain: Form | None
    """None: not to be read."""
    packed: Form | None
    """None: no text, or gzip makes it no smaller."""


class FileForms:
    """The forms in memory: two megabytes of all files."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[_Marks, asyncio.Future[_Forms]]] = {}

    async def response(
        self, request: web.Request, root: Path, path: str, headers: Mapping[str, str]
    ) -> web.StreamResponse | None:
        """Answer with the file at a path within a folder, which is resolved; None: there is none.

        `headers` are those of the answer, whichever form it has.
        """
        file = f"{root}/{path}"
        forms = self._known(file)
        if forms is None:
            found = _find(root, path)
            if found is None:
                return None
            # By its one name, of which there are as many as files.
            file = str(found)
            forms = self._known(file) or await self._read(file)
        if os.path.splitext(file)[1] in _TEXTS:
            headers = {**headers, "Vary": "Accept-Encoding"}
        if forms.plain is None or _asks_the_file(request, forms.plain):
            return web.FileResponse(file, headers=headers)
        form = forms.plain
        if forms.packed is not None and takes_gzip(accepted_by(request)):
            form = forms.packed
        if any(tag.value in (form.tag, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers={**form.kept, **headers})
        # A range that counts for nothing gets the whole of it, where aiohttp would send a part.
        if form is forms.plain and len(form.body) > _LARGE_BYTES and "Range" not in request.headers:
            return web.FileResponse(file, headers=headers)
        return web.Response(body=form.body, headers={**form.about, **form.kept, **headers})

    def _known(self, file: str) -> _Forms | None:
        """Give a file's forms, if they are made and it is still in the state that they are of."""
        known = self._made.get(file)
        return known[1].result() if known and known[1].done() and known[0] == _marks(file) else None

    async def _read(self, file: str) -> _Forms:
        marks, known = _marks(file), self._made.get(file)
        if known is None or known[0] != marks:
            # Off the loop's thread, which compressing would hold for milliseconds.
            making = asyncio.get_running_loop().run_in_executor(None, _make, file)
            known = self._made[file] = (marks, making)
            making.add_done_callback(partial(self._keep, file))
        # Somebody who goes away takes it from nobody else who waits.
        return await asyncio.shield(known[1])

    def _keep(self, file: str, made: asyncio.Future[_Forms]) -> None:
        """Forget what could not be read: the next time it may."""
        read = not made.cancelled() and made.exception() is None and made.result().plain is not None
        if not read and file in self._made and self._made[file][1] is made:
            del self._made[file]


def _asks_the_file(request: web.Request, plain: Form) -> bool:
    """Tell whether something is asked that holds for one form of a file and not for the other."""
    asked = request.headers
    if "If-Match" in asked or "If-Unmodified-Since" in asked:
        return True
    if "If-Modified-Since" in asked and "If-None-Match" not in asked:
        return True
    # RFC 9110: an unknown unit is none, nor is a part of what HEAD tells (14.2), and parts of two states are
    # no whole (13.1.5): the same tag, or the very same time.
    part = request.method == "GET" and asked.get("Range", "").startswith("bytes=")
    return part and asked.get("If-Range", plain.kept["ETag"]) in plain.kept.values()


def accepted_by(request: web.Request) -> str:
    """Give what a request says of encodings, in however many lines."""
    return ",".join(request.headers.getall("Accept-Encoding", ()))


def _find(root: Path, path: str) -> Path | None:
    """Give the file that is meant, by its one name; None: there is none, or it lies outside."""
    if len(path) > _LONGEST:
        return None
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (ValueError, OSError):
        # A NUL, or a name longer than the file system has any.
        return None


def _marks(file: str) -> _Marks:
    try:
        stat = os.stat(file)
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _make(file: str) -> _Forms:
    try:
        stat, body = os.stat(file), Path(file).read_bytes()
    except OSError:
        # Why, whoever serves the file itself says.
        return _Forms(plain=None, packed=None)
    tag, kind = f"{stat.st_mtime_ns:x}-{stat.st_size:x}", CONTENT_TYPES.guess_type(file)[0]
    changed = {"Last-Modified": formatdate(ceil(stat.st_mtime), usegmt=True)}
    about = {"Content-Type": kind or "application/octet-stream"}
    plain = _form(body, tag, changed, {**about, "Accept-Ranges": "bytes"})
    packed = gzip.compress(body, 9, mtime=0) if os.path.splitext(file)[1] in _TEXTS else body
    return _Forms(
        plain=plain,
        # Another form, and so another tag than the file's own.
        packed=_form(packed, f"{tag}-gzip", changed, {**about, "Content-Encoding": "gzip"})
        if len(packed) < len(body)
        else None,
    )


def _form(body: bytes, tag: str, changed: Mapping[str, str], about: Mapping[str, str]) -> Form:
    return Form(body=body, tag=tag, kept={"ETag": f'"{tag}"', **changed}, about=about)

"""Files as gzip makes them, each once for each state that it is in, off the loop's thread."""

from __future__ import annotations

import asyncio
import gzip
import os
from email.utils import formatdate
from math import ceil
from pathlib import Path

from aiohttp import web
from aiohttp.web_fileresponse import CONTENT_TYPES

SUFFIXES = frozenset((".js", ".css", ".svg"))
"""What is text; a PNG is compressed by itself."""

_Marks = tuple[int, int]
# What holds for one form of a file and not for the other is left to the file itself.
_OF_THE_FILE = ("Range", "If-Range", "If-Match", "If-Unmodified-Since")


def takes_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding (RFC 9110, 12.5.3) names gzip, or anything, and doesn't refuse it."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=").strip()
        weights[name.strip()] = value.strip("0.") != "" or value == ""
    return weights.get("gzip", weights.get("*", False))


class Compressed:
    """The compressed forms, in memory: some tens of kilobytes."""

    def __init__(self) -> None:
        self._made: dict[Path, tuple[_Marks, asyncio.Future[bytes]]] = {}

    async def response(self, request: web.Request, file: Path) -> web.Response | None:
        """Answer with a file's compressed form, or say that it is the file itself that is wanted."""
        wanted = request.headers
        if any(name in wanted for name in _OF_THE_FILE) or not takes_gzip(wanted.get("Accept-Encoding", "")):
            return None
        if "If-Modified-Since" in wanted and "If-None-Match" not in wanted:
            return None
        stat = os.stat(file)
        marks = (stat.st_mtime_ns, stat.st_size)
        body = await self._body(file, marks)
        if len(body) >= stat.st_size:
            return None
        # Another form, and so another tag than the file's own.
        etag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}-gzip"
        kept = request.if_none_match or ()
        same = any(tag.value in (etag, "*") for tag in kept)
        answer = web.Response(status=304) if same else web.Response(body=body)
        answer.etag = etag
        answer.headers["Last-Modified"] = formatdate(ceil(stat.st_mtime), usegmt=True)
        if not same:
            answer.content_type = CONTENT_TYPES.guess_type(file)[0] or "application/octet-stream"
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    async def _body(self, file: Path, marks: _Marks) -> bytes:
        known = self._made.get(file)
        if known is None or known[0] != marks or (known[1].done() and known[1].exception()):
            making = asyncio.get_running_loop().run_in_executor(None, _compress, file)
            known = self._made[file] = (marks, making)
        # Somebody who goes away takes it from nobody else who waits.
        return await asyncio.shield(known[1])


def _compress(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), 9, mtime=0)

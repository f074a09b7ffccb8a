"""How a POST is read, and how it is answered: by 303, or by JSON where that is asked for."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from meshvoice.ids import Room, Sea
from meshvoice.web.error_pages import RequestRefused, wants_json
from meshvoice.web.keys import WAITS
from meshvoice.web.site import to

FIELDS = 64
"""Of a form; ours have four at most."""


async def fields(request: web.Request) -> dict[str, str]:
    """Read a form, or a JSON object of strings. Raises `RequestRefused`."""
    try:
        async with asyncio.timeout(request.app[WAITS].body):
            return await _read(request)
    except TimeoutError:
        raise RequestRefused(408, "too-slow", "refused.too-slow") from None
    except ConnectionError:
        # Whoever sent it is gone, and reads no answer; but it is no error of ours, which would be logged.
        raise RequestRefused(400, "bad-form", "refused.broke-off") from None


async def _read(request: web.Request) -> dict[str, str]:
    kind, charset = _kind_of(request.headers.get("Content-Type", ""))
    # Other charsets say nothing that UTF-8 can't, and some of them (UTF-7) make lone surrogates.
    if charset not in ("utf-8", "utf8"):
        raise RequestRefused(400, "bad-form", "refused.charset")
    body = await request.read()
    if kind == "application/json":
        try:
            return msgspec.json.decode(body, type=dict[str, str])
        except (msgspec.DecodeError, UnicodeError):
            raise RequestRefused(400, "bad-json", "refused.bad-json") from None
    if kind == "multipart/form-data":
        # No page here sends that: its parts have headers, packings and charsets of their own.
        raise RequestRefused(400, "bad-form", "refused.bad-form")
    if kind not in ("", "application/x-www-form-urlencoded"):
        return {}
    try:
        return dict(parse_qsl(body.decode().rstrip(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise RequestRefused(400, "bad-form", "refused.bad-form") from None


def _kind_of(content_type: str) -> tuple[str, str]:
    """Read a Content-Type, in time that grows as it does: aiohttp's way takes 26 s for one of 30 KB."""
    kind, *parameters = content_type.split(";")
    charset = "utf-8"
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def answer(request: web.Request, path: str, body: dict[str, Any], *, status: int = 200) -> web.Response:
    """Say that it is done: `body` for a program, on to the page at `path` of ours for a person."""
    if wants_json(request):
        return web.json_response(body, status=status)
    return web.Response(status=303, headers={"Location": to(request.app, path)})


def url_of(request: web.Request, room: Room) -> str:
    """Give what a program is told of a room's page: where to go on."""
    return to(request.app, path_of(room))


def path_of(room: Room) -> str:
    """Give the page of a room among ours, as its guests know it."""
    return f"/sea/{room.owner_id}/" if isinstance(room, Sea) else f"/table/{room.table_id}/"

"""In which language a visitor is answered: as they chose here, else as their browser asks."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from meshvoice import assets
from meshvoice.accepted import choose, region_of
from meshvoice.languages import ENGLISH, Language, gather
from meshvoice.web.keys import LANGUAGE, LANGUAGES
from meshvoice.web.site import site_of

COOKIE = "meshvoice-language"
"""What was chosen by hand. It is no secret, and says nothing of anybody else."""
_KEPT = 365 * 24 * 3600
VARY = "Accept-Language, Cookie"


def setup(app: web.Application) -> None:
    """Read the languages' files."""
    folder = assets.find("static") / "lang"
    app[LANGUAGES] = gather({file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.js")})


def language_of(request: web.Request) -> Language:
    """Give the language; whoever asks makes the answer depend on it (`headers`)."""
    known: Language | None = request.get(LANGUAGE)
    if known is not None:
        return known
    languages = request.app[LANGUAGES]
    tag = request.cookies.get(COOKIE, "")
    if tag not in languages:
        tag = choose(_accepted(request), languages, otherwise=ENGLISH)
    request[LANGUAGE] = languages[tag]
    return languages[tag]


def say(request: web.Request, key: str, /, **values: object) -> str:
    """Make a sentence of the server's in the visitor's language."""
    return language_of(request).say("server", key, values)


def page_words(request: web.Request) -> dict[str, Any]:
    """Give what a page's scripts say before they load anything."""
    language = language_of(request)
    locale = region_of(_accepted(request), language.tag) or language.locale
    return {"locale": locale, **language.parts["page"]}


def keep(request: web.Request, response: web.StreamResponse, tag: str) -> None:
    """Keep what was chosen; "" forgets it, and the browser's own languages count again."""
    site = site_of(request)
    path = f"{site.path}/"
    if tag:
        response.set_cookie(
            COOKIE, tag, max_age=_KEPT, path=path, secure=site.https, httponly=True, samesite="Lax"
        )
    else:
        response.del_cookie(COOKIE, path=path, secure=site.https, httponly=True, samesite="Lax")


def _accepted(request: web.Request) -> str:
    return ",".join(request.headers.getall("Accept-Language", []))

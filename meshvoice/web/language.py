"""In which language a visitor is answered: as they chose here, else as their browser asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from aiohttp import web
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from meshvoice import assets
from meshvoice.accepted import choose, region_of
from meshvoice.languages import ENGLISH, Language, gather
from meshvoice.web.cookies import cookie_of
from meshvoice.web.keys import LANGUAGE, LANGUAGES
from meshvoice.web.site import site_of

COOKIE = "meshvoice-language"
"""What was chosen by hand. It is no secret, and says nothing of anybody else."""
_KEPT = 365 * 24 * 3600
_REGIONS = 256
_PAGE_WORDS: web.AppKey[Callable[[str, str], Markup]] = web.AppKey("page_words")
VARY = "Accept-Language, Cookie"


def setup(app: web.Application) -> None:
    """Read the languages."""
    app[LANGUAGES] = read_all()
    # Written once for each region from which somebody comes, and not for each page.
    written: Callable[[str, str], Markup] = lru_cache(maxsize=_REGIONS)(partial(_page_words, app[LANGUAGES]))
    app[_PAGE_WORDS] = written


def read_all() -> dict[str, Language]:
    """Read the languages' files."""
    folder = assets.find("static") / "lang"
    return gather({file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.js")})


def language_of(request: web.Request) -> Language:
    """Give the language; whoever asks makes the answer depend on it (`headers`)."""
    known: Language | None = request.get(LANGUAGE)
    if known is not None:
        return known
    languages = request.app[LANGUAGES]
    tag = cookie_of(request, COOKIE) or ""
    if tag not in languages:
        tag = choose(_accepted(request), languages, otherwise=ENGLISH)
    request[LANGUAGE] = languages[tag]
    return languages[tag]


def say(request: web.Request, key: str, /, **values: object) -> str:
    """Make a sentence of the server's in the visitor's language."""
    return language_of(request).say("server", key, values)


def page_words(request: web.Request) -> Markup:
    """Give what a page's scripts say before they load anything, as JSON that may stand in HTML."""
    language = language_of(request)
    locale = region_of(_accepted(request), language.tag) or language.locale
    return request.app[_PAGE_WORDS](language.tag, locale)


def _page_words(languages: Mapping[str, Language], tag: str, locale: str) -> Markup:
    return htmlsafe_json_dumps({"locale": locale, **languages[tag].parts["page"]}, sort_keys=True)


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

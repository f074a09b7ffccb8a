"""The session cookie: encrypted by keys that rotate, and named and bounded as the site wants it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import lru_cache

import aiohttp_session
from aiohttp import web
from aiohttp_session.cookie_storage import EncryptedCookieStorage
from cryptography.fernet import Fernet, MultiFernet

from meshvoice.sites import Site, Sites
from meshvoice.web.site import site_of

_OPENED = 256
"""Cookies that are kept opened, those asked for last; each takes about 700 bytes."""


def cookie_of(request: web.Request, name: str) -> str | None:
    """Give the value of one cookie of ours; of several with its name, the last.

    aiohttp reads all that came, by many steps for each: 32 KB of nonsense would take 28 ms of everybody's.
    """
    came = ";".join(request.headers.getall("Cookie", ()))
    found = re.findall(rf"(?:^|;)[ \t]*{re.escape(name)}=([^;]*)", came)
    return found[-1].strip(' \t"') if found else None


class RotatingFernet(Fernet):
    """Encrypts with the first key and decrypts with any (aiohttp-session takes no MultiFernet)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        encoded = [base64.urlsafe_b64encode(key) for key in keys]
        super().__init__(encoded[0])
        self._all = MultiFernet([Fernet(key) for key in encoded])
        # What a key opened once it opens each time: keys change with the process alone, and whether a session
        # still counts is asked of the guest book and the clock. What no key opens raises, and is not kept.
        self._opened = lru_cache(maxsize=_OPENED)(self._all.decrypt)

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt with the first key."""
        return self._all.encrypt(data)

    def decrypt(self, token: bytes | str, ttl: int | None = None) -> bytes:
        """Decrypt with whichever key made it. Raises `InvalidToken`."""
        return self._opened(token) if ttl is None else self._all.decrypt(token, ttl)


class CookieStorage(EncryptedCookieStorage):
    """aiohttp-session's encrypted cookie, with two holes closed, and dated by the application's clock."""

    def __init__(self, fernet: Fernet, site: Site, *, seconds: int) -> None:
        super().__init__(
            fernet,
            cookie_name=cookie_name(site),
            path=f"{site.path}/",
            max_age=None,
            secure=site.https,
            httponly=True,
            samesite="Lax",
        )
        self._seconds = seconds

    async def load_session(self, request: web.Request) -> aiohttp_session.Session:
        """Read the session, however old: its age is for `sessions` to judge."""
        # Both aiohttp-session and Fernet ask the system's clock, which steps.
        session = await super().load_session(request)
        session.max_age = self._seconds
        return session

    def load_cookie(self, request: web.Request) -> str | None:
        """Read the cookie; one that no browser of ours got counts as none."""
        cookie = cookie_of(request, self.cookie_name)
        # Bytes that are no UTF-8 come as lone surrogates, which the storage would fail to encode (a 500).
        return cookie if cookie is not None and cookie.isascii() else None

    def save_cookie(
        self, response: web.StreamResponse, cookie_data: str, *, max_age: int | None = None
    ) -> None:
        """Write the cookie, or delete it with the attributes that browsers ask of a `__Host-` cookie."""
        if cookie_data:
            super().save_cookie(response, cookie_data, max_age=max_age)
            return
        response.del_cookie(
            self.cookie_name,
            path=self.cookie_params["path"],
            secure=self.cookie_params["secure"],
            httponly=True,
            samesite=self.cookie_params["samesite"],
        )


class StorageBySite(aiohttp_session.AbstractStorage):
    """The cookie as the site wants it on which the request is."""

    def __init__(self, sites: Sites, fernet: Fernet, *, seconds: int) -> None:
        super().__init__()
        self._by_name = {
            cookie_name(site): CookieStorage(fernet, site, seconds=seconds) for site in sites.all
        }

    async def load_session(self, request: web.Request) -> aiohttp_session.Session:
        """Read the session from the site's cookie."""
        return await self._of(request).load_session(request)

    async def save_session(
        self, request: web.Request, response: web.StreamResponse, session: aiohttp_session.Session
    ) -> None:
        """Write the site's cookie."""
        await self._of(request).save_session(request, response, session)

    def _of(self, request: web.Request) -> CookieStorage:
        return self._by_name[cookie_name(site_of(request))]


def cookie_name(site: Site) -> str:
    """Name the session cookie; by its prefix, browsers take it from https alone.

    No other host and no subdomain can plant one of the `__Host-` prefix; but that goes to every path of the
    host, and what else lies there has no use for it.
    """
    if not site.https:
        return "meshvoice"
    return "__Secure-meshvoice" if site.path else "__Host-meshvoice"

"""`meshvoice host-link`: prints a link that makes somebody a host, also while the server runs."""

from __future__ import annotations

import secrets
import sys
import time
from pathlib import Path

from meshvoice.access.errors import GuestBookError
from meshvoice.access.guestbook import GuestBook
from meshvoice.ids import invitation_token
from meshvoice.settings import Settings, SettingsError
from meshvoice.sites import Site, Sites

PATIENCE_MS = 5000
"""For a write of the server's; the server waits for ours much less."""


def print_link(settings: Settings, *, origin: str = "") -> int:
    """Make a link in the guest book and print it; gives the exit code. Raises `SettingsError`.

    `origin` chooses among those of MESHVOICE_ORIGIN, of which the first counts else.
    """
    site = _chosen(settings.sites, origin) if origin else settings.sites.first
    if settings.user_header:
        raise SettingsError(
            "MESHVOICE_USER_HEADER", "a proxy signs people in here, so nobody needs a host link"
        )
    file = Path(settings.database).absolute()
    # Never made here: it would belong to whoever runs this, or lie in a folder where no server looks.
    if not file.exists():
        raise SettingsError(
            "MESHVOICE_DATABASE",
            f"there is no guest book at {file}: start the server once, or run this as it runs, "
            "in its folder and with its settings",
        )
    token = invitation_token(secrets.token_bytes(20))
    try:
        # Not alone: the server, which is, goes on.
        book = GuestBook.open(str(file), busy_ms=PATIENCE_MS)
        try:
            book.host_links.make(token, now=time.time())
        finally:
            book.close()
    except GuestBookError as problem:
        raise SettingsError("MESHVOICE_DATABASE", f"{file}: {problem}") from None
    print(f"{site.url}/host-link/#{token}")
    print("It makes one person a host, once, within 24 hours.", file=sys.stderr)
    if settings.hosting == "anyone":
        print(
            "note: MESHVOICE_HOSTING=anyone, so nobody needs it unless a passphrase is set", file=sys.stderr
        )
    return 0


def _chosen(sites: Sites, origin: str) -> Site:
    for site in sites.all:
        if origin.rstrip("/") in (site.origin, site.url):
            return site
    known = ", ".join(site.origin for site in sites.all)
    raise SettingsError("--origin", f"{origin!r} is none of MESHVOICE_ORIGIN: write one of {known}")

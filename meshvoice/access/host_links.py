"""Links that make somebody a host: single-use, expiring, known to the guest book by the token's hash only."""

from __future__ import annotations

from meshvoice.access.errors import InvitationExpired, InvitationUnknown, InvitationUsed
from meshvoice.access.invitations import LIFETIME, MIN_TOKEN, token_hash
from meshvoice.access.store import Store


class HostLinks:
    """Makes host links, and uses them up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make(self, token: str, *, now: float) -> float:
        """Make a link that `token` uses; gives when it ends."""
        if len(token) < MIN_TOKEN:
            raise ValueError(f"a token has 128 random bits, so {MIN_TOKEN} characters at least")
        with self._store.writing():
            self._store.run(
                "INSERT INTO host_links (token_hash, expires_at) VALUES (?, ?)",
                *(token_hash(token), now + LIFETIME),
            )
        return now + LIFETIME

    def check(self, token: str, *, now: float) -> None:
        """Use nothing up. Raises what `accept` would raise now."""
        row = self._store.row(
            "SELECT expires_at, used_at FROM host_links WHERE token_hash = ?", token_hash(token)
        )
        if row is None:
            raise InvitationUnknown(
                "There is no such link: it may be incomplete or very old. Ask for a new one."
            )
        expires_at, used_at = row
        if used_at is not None:
            raise InvitationUsed("This link has been used: each is for one host. Ask for a new one.")
        if now >= expires_at:
            raise InvitationExpired("This link has expired. Ask for a new one.")

    def accept(self, token: str, *, now: float) -> None:
        """Use the link up. At most one of all who try at once succeeds. Raises `InvitationGone`."""
        with self._store.writing():
            self.check(token, now=now)
            self._store.run("UPDATE host_links SET used_at = ? WHERE token_hash = ?", now, token_hash(token))

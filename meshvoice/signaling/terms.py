"""What one server process promises to all who join."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The same for every room, for as long as the process runs."""

    boot: str
    """Names the process."""
    grace: float = 45
    """For how many seconds a peer without a socket is kept."""
    returns: float = 600
    """For how many seconds a ticket still brings back, as who they were, those who were lost, and those who
    sat here when another process ran."""
    ping: float = 10
    """How often, in seconds, clients ask whether the server lives."""
    renew_after: float | None = None
    """When, in seconds, TURN credentials are renewed; None: never."""
    booted: float = 0
    """When the process began, seconds since 1970."""

"""What can go wrong with TURN: TurnError > NotConfigured, Refused, NotInstalled."""

from __future__ import annotations


class TurnError(Exception):
    """Base of the package's errors; `code` is stable, the sentence is for people."""

    code = "turn_error"


class NotConfigured(TurnError):
    """There is no secret to sign with, so there are no credentials (HTTP 503)."""

    code = "turn_not_configured"


class Refused(TurnError):
    """A value can't stand in a configuration file of coturn's; nothing was rendered."""

    code = "turn_refused"


class NotInstalled(TurnError):
    """No usable turnserver on this machine."""

    code = "turn_not_installed"

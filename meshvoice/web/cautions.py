"""What the start warns of: settings that work, but not as their host may think."""

from __future__ import annotations

from collections.abc import Iterator

from meshvoice.settings import Settings, TurnSettings
from meshvoice.values import placeholder, strong
from meshvoice.web.throttles import ADDRESS_GUESSES, GUESSES

LONG = 12
"""Characters of a passphrase of which the start says nothing."""
MANY_ADDRESSES = 100_000
"""What a botnet for hire has."""
_UNITS = ((365 * 86_400, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes"))


def cautions(settings: Settings) -> Iterator[str]:
    """Say what does less than its host may think, or is open to strangers, and what mends it."""
    for site in settings.sites.all:
        if not (site.https or site.local):
            yield (
                f"{site.url} is neither https:// nor localhost: browsers give such a page no microphone, and "
                "whoever is on its way can read along and sign in as another; put it behind TLS, and write "
                "https:// in MESHVOICE_ORIGIN"
            )
    if (
        settings.turn.host
        and settings.hosting == "anyone"
        and not (settings.passphrase or settings.user_header)
    ):
        yield (
            "whoever reaches this site may sign in, and so use its relay, under any number of names: set "
            "MESHVOICE_PASSPHRASE or MESHVOICE_HOSTING=invited, or let a proxy sign people in "
            "(MESHVOICE_USER_HEADER)"
        )
    if settings.trusts_anyone:
        yield (
            "MESHVOICE_TRUSTED_PROXIES names every address, so whoever reaches this port may say to come "
            "from any, and no limit by address counts: name the proxy's own address, or its network"
        )
    yield from _of_the_relay(settings.turn)
    if settings.https and settings.passphrase and len(settings.passphrase) < LONG:
        tries = guesses(settings.passphrase)
        yield (
            f"MESHVOICE_PASSPHRASE has fewer than {LONG} characters: strangers try out all such "
            f"in about {_long(tries / GUESSES)}, with {MANY_ADDRESSES:,} addresses to guess from in about "
            f"{_long(tries / (MANY_ADDRESSES * ADDRESS_GUESSES))}, and words and names much sooner: "
            "take several words"
        )


def _of_the_relay(turn: TurnSettings) -> Iterator[str]:
    chosen = (
        {"COTURN_PASSWORD": (turn.password,)} if turn.fixed else {"COTURN_SHARED_SECRET": turn.shared_secrets}
    )
    for variable, values in chosen.items():
        if turn.host and any(map(placeholder, values)):
            yield (
                f"{variable} reads like a placeholder: if that is what the relay has, strangers guess it, so "
                "ask whoever runs it for another; if not, write what it has"
            )
    if turn.host and turn.fixed:
        yield (
            "COTURN_USERNAME is one user for everybody: whoever was given its password keeps it, a removed "
            "guest too, and a quota of that user is shared; where the relay is yours, let it take "
            "credentials that expire (use-auth-secret) and write COTURN_SHARED_SECRET; where it isn't, ask "
            "whoever runs it for such a secret"
        )
    elif turn.host and not all(map(strong, turn.shared_secrets)):
        yield (
            "COTURN_SHARED_SECRET is short or too plain: whoever gets one credential can find the secret out "
            "by trying at home, and then relay for ever; where the relay is yours, take what "
            "`meshvoice secrets -` prints"
        )


def guesses(passphrase: str) -> int:
    """Count the passphrases of this one's length and kinds of characters."""
    kinds = (
        (26, any(each.islower() for each in passphrase)),
        (26, any(each.isupper() for each in passphrase)),
        (10, any(each.isdigit() for each in passphrase)),
        (33, any(not each.isalnum() for each in passphrase)),
    )
    # Letters without case (Chinese) are counted as few: an estimate that is too low does no harm.
    alphabet = sum(many for many, used in kinds if used) or 26
    return int(alphabet ** len(passphrase))


def _long(seconds: float) -> str:
    for unit, name in _UNITS:
        if seconds >= 2 * unit:
            return f"{float(f'{seconds / unit:.2g}'):,.0f} {name}"
    return "a minute"

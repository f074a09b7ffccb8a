"""What the versions of coturn want in their configuration, each beside what all of them want."""

from __future__ import annotations

Version = tuple[int, int, int]
OLDEST: Version = (4, 6, 0)
"""Before it, options that the file needs are unknown."""
NEWEST: Version = (4, 18, 0)
"""The newest that was tried; what is newer gets the same."""

# What each band of versions wants beside the common lines; the first whose bound is above the version counts.
# Elsewhere these lines are unknown or deprecated, and coturn warns of them.
_BANDS: tuple[tuple[Version, tuple[str, ...]], ...] = (
    (
        (4, 7, 0),
        (
            "no-tlsv1",
            "no-tlsv1_1",
            "no-software-attribute",
            "no-rfc5780",
            "no-stun-backward-compatibility",
            "response-origin-only-with-rfc5780",
            "no-cli",
            "no-dtls",
        ),
    ),
    ((4, 10, 0), ("no-cli", "no-dtls")),
    ((4, 17, 0), ("no-dtls",)),
)
# What came with a version, and is better than its defaults.
_SINCE: tuple[tuple[Version, tuple[str, ...]], ...] = (
    # One address may be a whole house: each of its people asks once for every link.
    ((4, 14, 0), ("unauthorized-ratelimit", "unauthorized-ratelimit-rps=100")),
    ((4, 16, 0), ("stateless-nonce",)),
)
MISSES_CERTIFICATE: Version = (4, 15, 0)
FORGETS_ALLOWED_IPV6: Version = (4, 13, 1)
ONE_HOP: frozenset[Version] = frozenset({(4, 17, 0), (4, 17, 1)})
"""Those that send by UDP with a hop limit of 1, from their first allocation on."""


def dotted(version: Version) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))


def lines(version: Version) -> tuple[str, ...]:
    """List the options that this version wants and not all do."""
    older = next((lines for bound, lines in _BANDS if version < bound), ())
    return older + tuple(line for first, newer in _SINCE if version >= first for line in newer)

"""Whom the doctor trusts by TLS."""

from __future__ import annotations

import ssl

from meshvoice.doctor.turn_client import trust


def test_authorities_are_taken_that_browsers_take() -> None:
    """From Python 3.13 on a certificate without key identifiers is refused where nothing else is said."""
    context = trust()
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)

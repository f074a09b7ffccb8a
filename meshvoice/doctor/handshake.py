"""What a TLS handshake that fails tells of certificate, key and port."""

from __future__ import annotations

import ssl

from meshvoice.doctor.findings import Cause, Check, Finding

_AUTHORITY = (
    Cause.AUTHORITY,
    "its authority is unknown, or its chain incomplete",
    "browsers refuse it: point COTURN_TLS_CERT at the full chain (fullchain.pem) of a public authority",
)
# OpenSSL's X509_V_ERR_*: what a person should read instead.
_VERIFY = {
    10: (
        Cause.EXPIRED,
        "it has expired",
        "renew it (certbot renew), and see that the deploy hook runs (conf/coturn-deploy-hook.sh)",
    ),
    9: (Cause.EARLY, "it is not valid yet", "set the clocks of both machines by NTP"),
    7: _AUTHORITY,
    18: (
        Cause.SELF_SIGNED,
        "it is self-signed",
        "browsers refuse it: get one from a public authority, as certbot does",
    ),
    19: _AUTHORITY,
    20: _AUTHORITY,
    21: _AUTHORITY,
    62: (Cause.OTHER_NAME, "it is for another name", "get one for COTURN_TURN_HOST"),
    64: (Cause.OTHER_NAME, "it is for another address", "get one for COTURN_TURN_HOST"),
}
_NO_PAIR = (
    "coturn can't use what it has: COTURN_TLS_KEY must be the key of COTURN_TLS_CERT, and its log says what "
    "else is wrong (journalctl -u coturn); see conf/coturn-deploy-hook.sh"
)
_NO_TLS = (
    "COTURN_TLS_PORT, or COTURN_PUBLIC_TLS_PORT where that is set, must lead to coturn's tls-listening-port: "
    "`ss -lntp` on the host shows what listens there"
)
_NO_NAME = (
    "what answers there serves other names: it must pass TLS for COTURN_TURN_HOST on to coturn as it comes "
    "(by SNI), or coturn must listen there itself; `ss -lntp` on the host shows what does"
)
_OLD_TLS = (
    "browsers want TLS 1.2 or newer: take `no-tlsv1_2` out of coturn's file, or let what holds the port "
    "before coturn speak it"
)


def untrusted(check: Check, problem: ssl.SSLCertVerificationError) -> Finding:
    """Say why a browser refuses the certificate."""
    cause, answer, fix = _VERIFY.get(
        problem.verify_code,
        (Cause.UNTOLD, problem.verify_message, "get a certificate that browsers take"),
    )
    return check.failed(answer, fix, cause=cause)


def broken(check: Check, problem: ssl.SSLError, *, fronted: bool) -> Finding:
    """Say what ended the handshake before there was a certificate to look at.

    `fronted`: another program holds the port before coturn, and passes TLS on by its name.
    """
    reason = problem.reason or "TLS error"
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}:
        return plain(check)
    if reason.endswith(("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION")):
        return check.failed("it speaks only TLS older than 1.2", _OLD_TLS, cause=Cause.OLD_TLS)
    answer = f"the handshake ends in a TLS alert ({reason.lower().replace('_', ' ')})"
    # nginx refuses a name that it doesn't know by the one, Caddy by the other, which coturn may send as well.
    if reason.endswith("UNRECOGNIZED_NAME") or (fronted and reason.endswith("ALERT_INTERNAL_ERROR")):
        return check.failed(answer, _NO_NAME, cause=Cause.NO_NAME)
    return check.failed(answer, _NO_PAIR, cause=Cause.NO_PAIR)


def plain(check: Check) -> Finding:
    """Say that another protocol is spoken there."""
    return check.failed("what answers there speaks no TLS", _NO_TLS, cause=Cause.NO_TLS)


def unanswered(check: Check) -> Finding:
    """Say what may be behind a port that opens and says nothing, or hangs up."""
    return check.failed(
        "it opens, and no handshake follows",
        f"{_NO_PAIR}. Or what listens there speaks no TLS: {_NO_TLS}",
        cause=Cause.NO_HANDSHAKE,
    )

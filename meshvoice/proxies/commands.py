"""The command around the proxy's configuration: print it."""

from __future__ import annotations

import sys

from meshvoice import assets
from meshvoice.proxies import conf
from meshvoice.settings import Settings, SettingsError


def print_conf(settings: Settings, *, proxy: conf.Proxy, cert: str = "", key: str = "") -> int:
    """Print the proxy's configuration; notes for a person go to stderr. Raises `SettingsError`."""
    if bool(cert) != bool(key):
        missing = "--key" if cert else "--cert"
        raise SettingsError(missing, "TLS takes a certificate and its key: give both, or neither")
    text = conf.render(
        settings,
        proxy=proxy,
        template=(assets.find("conf") / conf.TEMPLATES[proxy]).read_text(encoding="utf-8"),
        certificate=conf.Certificate(chain=cert, key=key) if cert else None,
    )
    sys.stdout.write(text)
    for note in conf.notes(settings):
        sys.stderr.write(f"note: {note}\n")
    return 0

"""`meshvoice health`: asks the running server how it is, for a container or whoever else watches over it."""

from __future__ import annotations

import http.client
import socket
import sys

from meshvoice.settings import Settings

PATIENCE_SECONDS = 5.0
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}  # noqa: S104


def print_health(settings: Settings) -> int:
    """Print what `/healthz` answers where the settings say that the server listens; 1: not that it works."""
    place = settings.hosts[0]
    try:
        status, text = _ask(place, settings.port)
    except (OSError, http.client.HTTPException) as problem:
        print(f"meshvoice: nobody answers at {place} ({problem})", file=sys.stderr)
        return 1
    print(text)
    return int(status != 200)


def _ask(place: str, port: int) -> tuple[int, str]:
    host = _WILDCARDS.get(place, place)
    connection = http.client.HTTPConnection(
        "localhost" if place.startswith("unix:") else host, port, PATIENCE_SECONDS
    )
    try:
        if place.startswith("unix:"):
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(PATIENCE_SECONDS)
            connection.sock.connect(place.removeprefix("unix:"))
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read(1024).decode()
    finally:
        connection.close()

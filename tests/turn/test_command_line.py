"""The commands of a relay's host need the relay's settings alone: nothing there signs sessions."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.turn.coturn_server import SECRET

RELAY = {
    "COTURN_SHARED_SECRET": SECRET,
    # Discard (RFC 863), where nobody listens.
    "COTURN_PORT": "9",
    "COTURN_TURN_HOST": "127.0.0.1",
    "COTURN_PUBLIC_IP": "127.0.0.1",
    "COTURN_VERSION": "4.6.1",
}


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("coturn-conf", 0, "static-auth-secret="),
        ("coturn-conf --guard", 0, "table inet meshvoice_turn {"),
        ("coturn-rotate --check", 1, "nothing is proven"),
        ("doctor", 1, "failed  stun (udp): STUN to 127.0.0.1:9 by UDP: refused"),
    ],
)
def test_a_command_of_the_relays_needs_no_settings_but_the_relays(command: str, code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "meshvoice", "--env-file", "/nonexistent", *command.split()],
        env=RELAY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr

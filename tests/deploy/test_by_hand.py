"""What docs/deployment.md says to type instead of the playbooks brings a bare Debian to serving, too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.conftest import Site, need_machines
from tests.deploy.documented import documented
from tests.deploy.playbooks import TURN, VOICE

pytestmark = pytest.mark.deploy

OWN = "--cert /etc/caddy/tls/fullchain.pem --key /etc/caddy/tls/privkey.pem"
"""No authority certifies this machine's name."""


def test_by_hand_a_bare_machine_comes_to_serving(tmp_path: Path) -> None:
    need_machines()
    site = Site(tmp_path)
    try:
        site.switch_on()
        deployer, machine = site.deployer, site.machine
        rendering = documented("sh", "mkdir -p build/hand")
        rendered = subprocess.run(
            [*machine.outside, "sh", "-ec", rendering.replace("proxy-conf caddy", f"proxy-conf caddy {OWN}")],
            cwd=deployer.checkout,
            env=deployer.environment() | {"PIP_PROXY": machine.proxy},
            capture_output=True,
            text=True,
            check=False,
        )
        assert rendered.returncode == 0, rendered.stdout + rendered.stderr
        there = site.disk / "root/hand"
        shutil.copytree(deployer.checkout / "build/hand", there)
        for name, folder in ((TURN, f"etc/letsencrypt/live/{TURN}"), (VOICE, "etc/caddy/tls")):
            shutil.copytree(deployer.certificates[name], site.disk / folder)
        # Caddy's user reads them; which number it has is known on the machine alone, and only later.
        (site.disk / "etc/caddy/tls").chmod(0o755)
        machine.ssh("apt-get update -q")
        for part in ("systemctl mask coturn", "useradd"):
            machine.ssh(f"cd /root/hand && set -e\n{documented('sh', part)}")
        assert '"status": "ok"' in deployer.fetch(machine, "/healthz")
        deployer.doctor(machine)
    finally:
        site.switch_off()

"""What docs/ tells people to type in place of the playbooks brings a bare Debian to serving, and runs it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.deploy.conftest import Site, need_machines
from tests.deploy.documented import documented
from tests.deploy.playbooks import TURN, VOICE

pytestmark = pytest.mark.deploy

OWN = "--cert /etc/caddy/tls/fullchain.pem --key /etc/caddy/tls/privkey.pem"
"""No authority certifies this machine's name."""
HEALTH = "/opt/meshvoice/.venv/bin/meshvoice --env-file /etc/meshvoice/meshvoice.env health"
OK = '{"status": "ok"}'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A machine on which everything was typed by hand."""
    need_machines()
    site = Site(tmp_path_factory.mktemp("hand"))
    try:
        site.switch_on()
        install(site)
        yield site
    finally:
        site.switch_off()


def install(site: Site) -> None:
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
    shutil.copytree(deployer.checkout / "build/hand", site.disk / "root/hand")
    for name, folder in ((TURN, f"etc/letsencrypt/live/{TURN}"), (VOICE, "etc/caddy/tls")):
        shutil.copytree(deployer.certificates[name], site.disk / folder)
    # Caddy's user reads them; which number it has is known on the machine alone, and only later.
    (site.disk / "etc/caddy/tls").chmod(0o755)
    machine.ssh("apt-get update -q")
    for part in ("systemctl mask coturn", "useradd"):
        machine.ssh(f"cd /root/hand && set -e\n{documented('sh', part)}")


def test_by_hand_a_bare_machine_comes_to_serving(site: Site) -> None:
    assert '"status": "ok"' in site.deployer.fetch(site.machine, "/healthz")
    site.deployer.doctor(site.machine)


def shown(site: Site, what: str, unit: str = "meshvoice") -> str:
    return site.machine.ssh(f"systemctl show --value --property={what} {unit}")


def test_systemd_knows_when_it_serves_and_starts_what_hangs_anew(site: Site) -> None:
    """The service says so itself; one that stands still is ended by the watchdog."""
    machine = site.machine
    assert shown(site, "Type") == "notify"
    assert shown(site, "StatusText") == f"serving on https://{VOICE}"
    assert shown(site, "WatchdogUSec") == "30s"
    folder = "/run/systemd/system/meshvoice.service.d"
    machine.ssh(
        f"mkdir -p {folder} && printf '[Service]\\nWatchdogSec=2\\nTimeoutAbortSec=2\\n' > {folder}/soon.conf"
    )
    machine.ssh("systemctl daemon-reload && systemctl restart meshvoice")
    hung = shown(site, "MainPID")
    machine.ssh(
        f"kill -STOP {hung}; for _ in $(seq 200); do "
        "test $(systemctl show --value --property=NRestarts meshvoice) = 1 && break; sleep 0.1; done"
    )
    assert machine.ssh(HEALTH) == OK
    assert shown(site, "MainPID") != hung
    machine.ssh(f"rm -r {folder} && systemctl daemon-reload && systemctl restart meshvoice")


def test_an_upgrade_by_hand_serves_again(site: Site) -> None:
    machine, before = site.machine, shown(site, "MainPID")
    release = machine.ssh("readlink /opt/meshvoice/.venv")
    told = machine.ssh(
        f"cd /root/hand && set -e\n{documented('sh', 'daemon-reload && systemctl restart meshvoice')}"
    )
    assert told.endswith(OK)
    assert shown(site, "MainPID") != before
    assert machine.ssh("readlink /opt/meshvoice/.venv") != release
    # What ran until then kept its files.
    machine.ssh(f"{release}/bin/python -c 'import meshvoice.web.server'")


def test_what_to_look_at_when_nobody_hears_is_there(site: Site) -> None:
    assert "active (running)" in site.machine.ssh(documented("sh", "systemctl status coturn --no-pager"))
    told = site.machine.ssh(documented("sh", "--since -10min --no-pager | tail -n 50"))
    assert told.startswith(OK)
    assert "serving on" in told


def test_rooms_are_split_over_three_processes(site: Site) -> None:
    """By the documented commands; one that dies is started anew behind its socket, and refuses nobody."""
    machine = site.machine
    machine.ssh("echo MESHVOICE_PROCESSES=3 >> /etc/meshvoice/meshvoice.env")
    machine.ssh(f"set -e\n{documented('sh', 'meshvoice@.service')}")
    for number in range(3):
        assert machine.ssh(f"{HEALTH} --process {number}") == OK
        assert shown(site, "StatusText", f"meshvoice@{number}") == f"serving on https://{VOICE}"
    killed = shown(site, "MainPID", "meshvoice@1")
    machine.ssh(f"kill -9 {killed}")
    assert machine.ssh(f"{HEALTH} --process 1") == OK
    assert shown(site, "MainPID", "meshvoice@1") != killed
    machine.ssh("systemctl restart 'meshvoice@*.service'")
    assert machine.ssh(f"{HEALTH} --process 2") == OK

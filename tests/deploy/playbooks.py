"""Whoever deploys: a checkout with settings of its own, an inventory, and ansible-playbook from outside."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from meshvoice import assets, env_file
from tests.deploy.machine import ADDRESS, ADDRESS6, NAMES, Machine, ssh_options
from tests.doctor.authority import Authority

CHECKOUT = Path(__file__).parents[2]
TURN, VOICE = NAMES
CONTROL = Path(sys.executable).parent
SETTINGS = f"""
MESHVOICE_ORIGIN=https://{VOICE}
MESHVOICE_TRUSTED_PROXIES=127.0.0.1
# Nobody hears anybody but through the relay.
MESHVOICE_RELAY_ONLY=1
COTURN_TURN_HOST={TURN}
COTURN_PUBLIC_IP={ADDRESS}
COTURN_PUBLIC_IP6={ADDRESS6}
COTURN_TLS_CERT=/etc/coturn/tls/fullchain.pem
COTURN_TLS_KEY=/etc/coturn/tls/privkey.pem
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a run of a playbook said."""

    output: str
    seconds: float
    recap: dict[str, int]
    """Ansible's counts: ok, changed, failed and so on."""

    def changed(self) -> list[str]:
        """Name the tasks that changed something."""
        parts = re.split(r"^(?:TASK|RUNNING HANDLER) \[", self.output, flags=re.M)
        return [part.partition("]")[0] for part in parts if re.search(r"^changed:", part, re.M)]


class Deployer:
    """A checkout in a folder of its own, from which the machine is deployed."""

    def __init__(self, folder: Path, key: Path) -> None:
        self.checkout = folder / "checkout"
        self.authority = Authority(folder)
        self.printed: list[str] = []
        """Lines of ansible's output, of whichever run, in which a secret stood."""
        self._folder = folder
        _copy_checkout(self.checkout)
        self.env_file = self.checkout / "conf/meshvoice.env"
        env_file.write_new(self.env_file, (assets.find("conf") / "meshvoice.env.example").read_text())
        with self.env_file.open("a") as settings:
            settings.write(SETTINGS)
        self.certificates = {name: self._certify(name) for name in NAMES}
        self._trust = folder / "trusted.pem"
        roots = self.authority.trust().get_ca_certs(binary_form=True)
        self.root_certificate = "".join(ssl.DER_cert_to_PEM_cert(root) for root in roots)
        self._trust.write_text(self.root_certificate)
        self._ssh = " ".join(ssh_options(key))
        self.own_certificate = f"coturn_certificate_folder={self.certificates[TURN]}"
        self.inventory(f"coturn_public_ip6={ADDRESS6}\n{self.own_certificate}")

    def inventory(self, of_the_relay: str, *of_all: str, host: str = ADDRESS, user: str = "root") -> None:
        """Write the inventory: one machine, two names."""
        variables = "\n".join(of_all)
        (self.checkout / "conf/inventory.ini").write_text(
            f"[coturn]\n{TURN}\n[coturn:vars]\n{of_the_relay}\n"
            f"[meshvoice]\n{VOICE}\n[meshvoice:vars]\n"
            f"meshvoice_certificate_folder={self.certificates[VOICE]}\n"
            f"[all:vars]\nansible_host={host}\nansible_user={user}\n{variables}\n"
            f"ansible_python_interpreter=/usr/bin/python3\nansible_ssh_common_args={self._ssh}\n"
        )

    def trust(self, authority: str) -> None:
        """Trust another authority, too."""
        with self._trust.open("a") as trusted:
            trusted.write(authority)

    def secrets(self) -> set[str]:
        """List what nobody may read in an output: each part of the settings' secrets, and the keys' lines."""
        values = env_file.read(self.env_file)
        named = f"{values['MESHVOICE_SECRET_KEY']},{values['COTURN_SHARED_SECRET']}".split(",")
        keys = [(folder / "privkey.pem").read_text().splitlines() for folder in self.certificates.values()]
        return {*named, *(line for key in keys for line in key if not line.startswith("-----"))}

    def environment(self) -> dict[str, str]:
        """Build the environment outside: nothing of ours but what the deployer trusts."""
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith(("MESHVOICE_", "COTURN_", "ANSIBLE_"))
        }
        return {**clean, "SSL_CERT_FILE": str(self._trust)}

    def set(self, name: str, value: str) -> None:
        """Change a setting, or add it."""
        text = self.env_file.read_text()
        if re.search(rf"(?m)^{name}=", text) is None:
            text += f"{name}=\n"
        self.env_file.write_text(re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", text))

    def play(self, machine: Machine, playbook: str, *options: str) -> Run:
        """Run a playbook of the checkout, as talkative as it can be."""
        began = time.monotonic()
        done = subprocess.run(
            [
                *(*machine.outside, "ansible-playbook", "-vvv", "--diff"),
                *("-i", "conf/inventory.ini", f"conf/{playbook}", *options),
            ],
            cwd=self.checkout,
            env={
                **self.environment(),
                "ANSIBLE_HOME": str(self._folder / "ansible"),
                "ANSIBLE_NOCOLOR": "1",
                # No connection outlives the run, nor the machine.
                "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=1s",
                "ANSIBLE_PIPELINING": "1",
                "PIP_PROXY": machine.proxy,
            },
            # Its own: another child may leave that of the tests non-blocking, which Ansible refuses.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        output = done.stdout + done.stderr
        self.printed += [line for line in output.splitlines() if any(s in line for s in self.secrets())]
        assert done.returncode == 0, output
        recap = re.search(r"^PLAY RECAP.*\n\S+\s*: (.+)$", output, re.M)
        assert recap is not None, output
        counts = dict(pair.split("=") for pair in recap[1].split())
        return Run(
            output=output,
            seconds=time.monotonic() - began,
            recap={name: int(count) for name, count in counts.items()},
        )

    def doctor(self, machine: Machine) -> str:
        """Examine the relay from outside; gives the lines, and fails where one did."""
        done = subprocess.run(
            [*machine.outside, str(CONTROL / "meshvoice"), "--env-file", str(self.env_file), "doctor"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def proxy_conf(self, proxy: str, *options: str) -> str:
        """Render the configuration of a proxy from the deployment's settings."""
        done = subprocess.run(
            [CONTROL / "meshvoice", "--env-file", self.env_file, "proxy-conf", proxy, *options],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def fetch(self, machine: Machine, path: str) -> str:
        """GET a page of the app from outside, by TLS."""
        done = subprocess.run(
            [*machine.outside, sys.executable, "-c", _FETCH, f"https://{VOICE}{path}"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _certify(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(mode=0o700)
        cert, key = self.authority.issue(name)
        cert.rename(folder / "fullchain.pem")
        key.rename(folder / "privkey.pem")
        return folder


# Caddy is there before the app is: it answers 502 for as long as the app starts.
_FETCH = """
import sys, time, urllib.request
deadline = time.monotonic() + 20
while True:
    try:
        print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
"""


def _copy_checkout(to: Path) -> None:
    """Copy what a release has, so that nothing of this checkout's own settings or builds comes into it."""
    own = shutil.ignore_patterns("__pycache__", "meshvoice.env", "inventory.ini", "*.new")
    for folder in ("meshvoice", "conf", "static", "templates", "tools"):
        shutil.copytree(CHECKOUT / folder, to / folder, ignore=own)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        if (CHECKOUT / name).exists():
            shutil.copy(CHECKOUT / name, to)
    (to / ".venv").symlink_to(CONTROL.parent)

"""A fresh Debian that boots: systemd in a network namespace of its own, with nothing but us on its wire."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from meshvoice.turn.credentials import bracketed
from tests.deploy.registry_proxy import PORT, host_proxies, way_out
from tests.turn.lab import Lab, two_machines

ADDRESS, ADDRESS6 = "45.76.0.10", "2a0c:b641::10"
OUTSIDE, OUTSIDE6 = "45.76.0.1", "2a0c:b641::1"
NAMES = ("turn.example.org", "voice.example.org")
BOOT_SECONDS = 30
# What the installer of a Debian server brings; Python is not in it.
_PACKAGES = "systemd,systemd-sysv,dbus,openssh-server,iproute2,sudo"
SUDOER = "deploy"
"""A user of the machine's who has root by sudo alone."""


class Machine:
    """The machine while it runs, and the world outside it."""

    def __init__(
        self, lab: Lab, process: subprocess.Popen[bytes], key: Path, *, proxy: str, address: str
    ) -> None:
        self.lab = lab
        self.process = process
        self.proxy = proxy
        """The way out of both namespaces."""
        self.address = address
        """By which it is dialled."""
        self._key = key

    @property
    def outside(self) -> tuple[str, ...]:
        """The command that runs others outside, where the machine is what one sees of it."""
        return ("ip", "netns", "exec", self.lab.name("client"))

    def ssh(self, command: str) -> str:
        """Run a command on the machine, as root."""
        done = subprocess.run(
            [*self.outside, "ssh", *ssh_options(self._key), f"root@{self.address}", command],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def connects(self, port: int, *, seconds: float = 1.5) -> bool | None:
        """Tell whether a TCP port answers from outside; None where the packet was dropped."""
        with self.lab.on("client"):
            probe = socket.socket(socket.AF_INET6 if ":" in self.address else socket.AF_INET)
        with probe:
            probe.settimeout(seconds)
            try:
                probe.connect((self.address, port))
            except TimeoutError:
                return None
            except ConnectionRefusedError:
                return False
            return True

    def hears(self, port: int, *, seconds: float = 0.5) -> bool:
        """Tell whether the firewall lets UDP to a port that nobody listens on through: the kernel says so."""
        with self.lab.on("client"):
            probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with probe:
            probe.settimeout(seconds)
            probe.connect((ADDRESS, port))
            probe.send(b"?")
            try:
                probe.recv(1)
            except TimeoutError:
                return False
            except ConnectionRefusedError:
                return True
            return True


def ssh_options(key: Path) -> list[str]:
    """Give ssh's options for a machine that is new each time."""
    options = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "LogLevel": "ERROR"}
    return ["-i", str(key), *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]


def base(cache: Path, *, kind: str = "", packages: str = _PACKAGES, release: str = "") -> Path:
    """Build a bare Debian once, of this host's release or another, from where this host's apt asks."""
    uri, own, _ = repositories()[0]
    release = release or own
    folder = cache / f"{release}{kind}"
    if not folder.exists():
        half = cache / f"{folder.name}.{os.getpid()}"
        half.parent.mkdir(parents=True, exist_ok=True)
        proxy = host_proxies().get("http")
        try:
            subprocess.run(
                ["debootstrap", "--variant=minbase", f"--include={packages}", release, str(half), uri],
                check=True,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **({"http_proxy": proxy} if proxy else {})},
            )
            half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return folder


def unpack(cache: Path, folder: Path, *, release: str = "", outside: str = OUTSIDE) -> tuple[Path, Path]:
    """Lay a new machine's disk out; gives it and the key that opens the machine by ssh."""
    root, key = folder / "machine", folder / "key"
    made = base(cache, release=release)
    subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(root)], check=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    subprocess.run(["chroot", str(root), "useradd", "--create-home", SUDOER], check=True)
    (root / f"etc/sudoers.d/{SUDOER}").write_text(f"{SUDOER} ALL=(ALL) NOPASSWD: ALL\n")
    for home in (root / "root", root / "home" / SUDOER):
        ssh, owner = home / ".ssh", home.stat()
        ssh.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(key.with_suffix(".pub"), ssh / "authorized_keys")
        for path in (ssh, ssh / "authorized_keys"):
            os.chown(path, owner.st_uid, owner.st_gid)
    (root / "etc/hostname").write_text("voice\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost voice\n")
    _lead_out(root, f"http://{bracketed(outside)}:{PORT}", release)
    return root, key


@contextmanager
def booted(root: Path, key: Path, *, ipv4: bool = True) -> Iterator[Machine]:
    """Switch the machine on in a network that nothing of an earlier boot is left in; off afterwards."""
    inside = (ADDRESS, ADDRESS6) if ipv4 else (ADDRESS6,)
    outside = (OUTSIDE, OUTSIDE6) if ipv4 else (OUTSIDE6,)
    with two_machines(server=lone(*inside), client=lone(*outside)) as lab:
        client = lab.name("client")
        # `ip netns exec` lays these over /etc.
        own = Path("/etc/netns") / client
        own.mkdir(parents=True)
        try:
            names = " ".join(NAMES)
            lines = ["127.0.0.1 localhost", *(f"{address} {names}" for address in inside), ""]
            (own / "hosts").write_text("\n".join(lines))
            with way_out(outside[0], lambda: lab.on("client")) as proxy, _running(root, lab) as process:
                machine = Machine(lab, process, key, proxy=proxy, address=inside[0])
                _await(machine)
                yield machine
        finally:
            shutil.rmtree(own)


def lone(*addresses: str) -> tuple[str, ...]:
    """Write addresses as those of a machine that has no neighbours."""
    return tuple(f"{address}/{128 if ':' in address else 32}" for address in addresses)


@contextmanager
def _running(root: Path, lab: Lab) -> Iterator[subprocess.Popen[bytes]]:
    with (root.parent / "console.log").open("ab") as console:
        process = subprocess.Popen(
            [
                *("systemd-nspawn", "--quiet", "-D", str(root), f"--machine={lab.name('vps')}"),
                *("--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off"),
                f"--network-namespace-path=/run/netns/{lab.name('server')}",
                # A firewall and a relay are what it is for.
                *("--capability=CAP_NET_ADMIN,CAP_NET_RAW", "--console=pipe", "--boot"),
            ],
            # ufw sets sysctls of the network, which is the machine's own.
            env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
        )
    try:
        yield process
    finally:
        # systemd-nspawn passes it on as an orderly poweroff.
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(machine: Machine) -> None:
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline and machine.process.poll() is None:
        if machine.connects(22, seconds=0.2):
            machine.ssh("systemctl is-system-running --wait || { systemctl --failed; false; }")
            return
        time.sleep(0.05)  # a machine's start has no event to wait for
    pytest.fail("the machine does not boot")


def repositories() -> list[tuple[str, str, str]]:
    """List (address, release, component) of what this host's apt has of its own distribution."""
    form = "$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [(row[1], row[2], row[3]) for row in rows if row[0] in ("Debian", "Ubuntu")]


def _lead_out(root: Path, proxy: str, release: str) -> None:
    """Let apt and pip on the machine ask whom this host's ask, through the proxy."""
    own = repositories()[0][1]
    rows = [(uri, suite.replace(own, release or own), part) for uri, suite, part in repositories()]
    lines = "".join(f"deb {' '.join(row)}\n" for row in rows)
    (root / "etc/apt/sources.list").write_text(lines)
    (root / "etc/apt/apt.conf.d/90proxy").write_text(f'Acquire::http::Proxy "{proxy}";\n')
    ours = Path("/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(ours, root / "etc/registry.pem")
    lines = f"[global]\nproxy = {proxy}\ncert = /etc/registry.pem\n"
    index = os.environ.get("PIP_INDEX_URL") or pip_index()
    (root / "etc/pip.conf").write_text(lines + (f"index-url = {index}\n" if index else ""))


def pip_index() -> str:
    asked = subprocess.run(
        ["python3", "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip()

"""Two machines joined by a wire: network namespaces of the tests' own, which reach nothing else."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.turn.coturn_server import missing, setns

_numbers = itertools.count()


class Lab:
    """The machines `server` and `client`, each with an interface `wire` that has the other at its end."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def name(self, machine: str) -> str:
        """The namespace of a machine."""
        return f"{self._prefix}-{machine}"

    def run(self, machine: str, *command: str, given: str = "") -> str:
        """Run a command on a machine."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.name(machine), *command],
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    @contextmanager
    def on(self, machine: str) -> Iterator[None]:
        """Move this thread to a machine, and back: what it opens and starts meanwhile stays there."""
        with (
            open("/proc/thread-self/ns/net", "rb") as home,
            open(f"/run/netns/{self.name(machine)}", "rb") as there,
        ):
            setns(there)
            try:
                yield
            finally:
                setns(home)

    def firewall(self, machine: str, rules: str) -> None:
        """Load an nftables ruleset on a machine."""
        self.run(machine, "nft", "-f", "-", given=rules)


@contextmanager
def two_machines(*, server: tuple[str, ...], client: tuple[str, ...]) -> Iterator[Lab]:
    """Make both with their addresses; each sends to the other whatever it knows no better way for."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        missing("root, iproute2 and nftables, for network namespaces")
    lab = Lab(f"mvt{os.getpid()}-{next(_numbers)}")
    addresses = {"server": server, "client": client}
    try:
        for machine in addresses:
            subprocess.run(["ip", "netns", "add", lab.name(machine)], check=True)
        pair = f"netns {lab.name('server')} type veth peer name wire netns {lab.name('client')}"
        subprocess.run(["ip", "link", "add", "wire", *pair.split()], check=True)
        for machine, own in addresses.items():
            for interface in ("lo", "wire"):
                lab.run(machine, "ip", "link", "set", interface, "up")
            for address in own:
                nodad = ("nodad",) if ":" in address else ()
                lab.run(machine, "ip", "address", "add", address, "dev", "wire", *nodad)
        for machine, others in (("server", client), ("client", server)):
            for other in others:
                # Through the other machine, so that no packet waits for an address that nobody has.
                route = f"route replace default via {other.split('/')[0]} dev wire onlink"
                lab.run(machine, "ip", "-6" if ":" in other else "-4", *route.split())
        yield lab
    finally:
        for machine in addresses:
            subprocess.run(["ip", "netns", "del", lab.name(machine)], check=False, capture_output=True)

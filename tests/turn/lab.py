"""Two machines with a router between them: network namespaces of the tests' own, which reach nothing else.

A wire alone would hide what dies on its second hop, such as an answer sent with a hop limit of 1.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.turn.coturn_server import missing, setns

_numbers = itertools.count()
_ROUTER = ("45.78.0.1", "2a01:4f7::1")


class Lab:
    """The machines `server` and `client`, each with an interface `wire`, and `router` between."""

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

    @property
    def machines(self) -> tuple[str, ...]:
        """All of them."""
        return ("server", "router", "client")

    def firewall(self, machine: str, rules: str) -> None:
        """Load an nftables ruleset on a machine."""
        self.run(machine, "nft", "-f", "-", given=rules)


@contextmanager
def two_machines(*, server: tuple[str, ...], client: tuple[str, ...]) -> Iterator[Lab]:
    """Make both with their addresses; each sends towards the other whatever it knows no better way for."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        missing("root, iproute2 and nftables, for network namespaces")
    lab = Lab(f"mvt{os.getpid()}-{next(_numbers)}")
    try:
        for machine in lab.machines:
            subprocess.run(["ip", "netns", "add", lab.name(machine)], check=True)
            # An address that is still being looked for can't be used, and nobody else has it here.
            settings = [f"net.ipv6.conf.{which}.accept_dad=0" for which in ("all", "default")]
            if machine == "router":
                settings += ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]
            lab.run(machine, "sysctl", "-qw", *settings)
            lab.run(machine, "ip", "link", "set", "lo", "up")
        _join(lab, "server", server)
        _join(lab, "client", client)
        _lead(lab, "server", client)
        _lead(lab, "client", server)
        yield lab
    finally:
        for machine in lab.machines:
            subprocess.run(["ip", "netns", "del", lab.name(machine)], check=False, capture_output=True)


def _join(lab: Lab, machine: str, addresses: tuple[str, ...]) -> None:
    """Lay a wire from `machine` to the router."""
    pair = f"netns {lab.name(machine)} type veth peer name {machine} netns {lab.name('router')}"
    subprocess.run(["ip", "link", "add", "wire", *pair.split()], check=True)
    lab.run(machine, "ip", "link", "set", "wire", "up")
    lab.run("router", "ip", "link", "set", machine, "up")
    for own in _ROUTER:
        lab.run("router", "ip", "address", "add", own, "dev", machine)
    for address in addresses:
        lab.run(machine, "ip", "address", "add", address, "dev", "wire")
        lab.run("router", "ip", "route", "add", address, "dev", machine)
    for own in _ROUTER:
        if any((":" in address) == (":" in own) for address in addresses):
            lab.run(machine, "ip", "route", "add", "default", "via", own, "dev", "wire", "onlink")


def _lead(lab: Lab, machine: str, others: tuple[str, ...]) -> None:
    """Pass what `machine` sends to an address that nobody has on to the other one.

    So no packet waits for a neighbour, and none is answered by ICMP.
    """
    table = str(100 + lab.machines.index(machine))
    for family in ("-4", "-6"):
        through = [other.split("/")[0] for other in others if (":" in other) == (family == "-6")]
        if not through:
            continue
        other = "client" if machine == "server" else "server"
        route = f"route add default via {through[0]} dev {other} onlink table {table}"
        lab.run("router", "ip", family, *route.split())
        # After the router's own routes, which lead to the addresses that somebody has.
        lab.run("router", "ip", family, *f"rule add iif {machine} lookup {table} pref 40000".split())

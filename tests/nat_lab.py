"""A small Internet in network namespaces: a server, and homes behind routers whose links a test can break.

Every namespace is made here, has no way out, and is gone afterwards. The addresses are ordinary public ones,
because the special ranges are what a TURN server must refuse to relay to; no packet leaves the namespaces.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from tests.lossy_wire import Nature

SERVER = "45.76.0.10"
INSIDE = "172.31.0.10"
"""The server's own address where it stands behind 1:1 NAT, as in most clouds."""
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
Nat = Literal["cone", "symmetric", "udp-blocked", "only-443"]


class NatLab:
    """`srv` at SERVER on the public bridge, or behind 1:1 NAT; homes 1..n, each behind a router with NAT."""

    def __init__(self, homes: int, *, server_behind_nat: bool = False, wires: Collection[int] = ()) -> None:
        self._wires = wires
        self._prefix = f"mv{os.getpid()}"
        self.homes = range(1, homes + 1)
        self._server_behind_nat = server_behind_nat
        self._made: list[str] = []
        self._extra = 100
        self.wires: dict[int, subprocess.Popen[bytes]] = {}
        """By home: the program that carries what goes in and out there."""

    def name(self, which: str) -> str:
        """Give the namespace's name, unique on this machine."""
        return f"{self._prefix}-{which}"

    def run(self, which: str, *command: str, stdin: str | None = None) -> str:
        """Run a command in a namespace; gives what it prints."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.name(which), *command],
            check=True,
            text=True,
            input=stdin,
            capture_output=True,
            timeout=30,
        )
        return done.stdout

    def up(self) -> None:
        """Make everything."""
        for which in ("net", "srv", *(f"{kind}{n}" for n in self.homes for kind in ("router", "home"))):
            self._add(which)
        self.run("net", "ip", "link", "add", "br0", "type", "bridge")
        self.run("net", "ip", "link", "set", "br0", "up")
        self.run("net", "ip", "addr", "add", "45.76.0.1/24", "dev", "br0")
        if self._server_behind_nat:
            self._put_server_behind_nat()
        else:
            self._to_net("srv", "eth0", "srv")
            self.run("srv", "ip", "addr", "add", f"{SERVER}/24", "dev", "eth0")
            # Without one coturn gets ENETUNREACH for a client's private candidates, and ends the session.
            self.run("srv", "ip", "route", "add", "default", "via", "45.76.0.1")
        for n in self.homes:
            router, home = f"router{n}", f"home{n}"
            self._to_net(router, "wan", f"r{n}")
            self.run(router, "ip", "addr", "add", f"45.76.0.{20 + n}/24", "dev", "wan")
            self.run(router, "ip", "route", "add", "default", "via", "45.76.0.1")
            if n in self._wires:
                self.wires[n] = self._wire(home, "eth0", router, "lan")
            else:
                self._link(home, "eth0", router, "lan")
            self.run(home, "ip", "addr", "add", f"10.{n}.0.2/24", "dev", "eth0")
            self.run(router, "ip", "addr", "add", f"10.{n}.0.1/24", "dev", "lan")
            self.run(home, "ip", "route", "add", "default", "via", f"10.{n}.0.1")
            self.run(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            self.nat(n, "cone")

    @contextmanager
    def inside(self, which: str) -> Iterator[None]:
        """Move this thread into a namespace, and back: what it opens and starts meanwhile stays there."""
        with (
            open("/proc/thread-self/ns/net", "rb") as home,
            open(f"/run/netns/{self.name(which)}", "rb") as there,
        ):
            _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def become(self, home: int, nature: Nature) -> dict[str, Any]:
        """Give a home's wire another nature; gives what passed since the last."""
        wire = self.wires[home]
        assert wire.stdin is not None
        wire.stdin.write(nature.line())
        wire.stdin.flush()
        return self._answer(wire)

    def down(self) -> None:
        """Take everything away."""
        for wire in self.wires.values():
            assert wire.stdin is not None
            assert wire.stdout is not None
            wire.stdin.close()
            wire.wait(10)
            wire.stdout.close()
        for which in self._made:
            subprocess.run(
                ["ip", "netns", "del", self.name(which)], check=False, capture_output=True, timeout=30
            )

    def nat(self, home: int, kind: Nat) -> None:
        """Make the home's router do this kind of NAT; connections under way feel it."""
        masquerade = "masquerade random,fully-random" if kind == "symmetric" else "masquerade"
        drops = ""
        if kind in ("udp-blocked", "only-443"):
            drops = "meta l4proto udp drop;"
        if kind == "only-443":
            # The pages come by 8080 here; a deployment has them on 443 too.
            drops += " tcp dport != { 443, 8080 } ct direction original drop;"
        router = f"router{home}"
        self.run(router, "nft", "flush", "ruleset")
        self.run(
            router,
            "nft",
            "-f",
            "-",
            stdin=f"""
            table ip nat {{
                chain post {{ type nat hook postrouting priority 100; oifname "wan" {masquerade}; }};
            }}
            table ip filter {{
                chain input {{
                    type filter hook input priority 0; policy accept;
                    iifname "wan" ct state new drop;
                }};
                chain forward {{
                    type filter hook forward priority 0; policy drop;
                    {drops}
                    ct state established,related accept;
                    iifname "lan" accept;
                }};
            }}
            table ip cuts {{ chain forward {{ type filter hook forward priority -10; policy accept; }}; }}
            """,
        )

    def cut(self, home: int) -> None:
        """Let nothing through the home's router."""
        self.run(f"router{home}", "nft", "add", "rule", "ip", "cuts", "forward", "drop")

    def block_udp(self, home: int) -> None:
        """Let no UDP through the home's router, in the middle of whatever is under way."""
        rule = ["nft", "add", "rule", "ip", "cuts", "forward", "meta", "l4proto", "udp", "drop"]
        self.run(f"router{home}", *rule)

    def block_pair(self, one: int, other: int) -> None:
        """Let nothing pass directly between two homes."""
        for here, there in ((one, other), (other, one)):
            for side in ("saddr", "daddr"):
                rule = [
                    "nft",
                    "add",
                    "rule",
                    "ip",
                    "cuts",
                    "forward",
                    "ip",
                    side,
                    f"45.76.0.{20 + there}",
                    "drop",
                ]
                self.run(f"router{here}", *rule)

    def lose(self, home: int, other: int) -> None:
        """Let no UDP come directly from one home to another; the way back stays."""
        source = f"45.76.0.{20 + home}"
        rule = ["nft", "add", "rule", "ip", "cuts", "forward", "ip", "saddr", source, "meta", "l4proto"]
        self.run(f"router{other}", *rule, "udp", "drop")

    def thin_out(self, home: int, percent: float) -> None:
        """Lose a share of the UDP through the home's router, each way, at random."""
        chance = ["numgen", "random", "mod", "10000", "<", str(round(percent * 100))]
        rule = ["nft", "add", "rule", "ip", "cuts", "forward", "meta", "l4proto", "udp", *chance, "drop"]
        self.run(f"router{home}", *rule)

    def shut(self, match: str) -> None:
        """Drop what comes to the server and matches, as a provider's firewall does that keeps no state."""
        self.run(
            "srv",
            "nft",
            "-f",
            "-",
            stdin=f"""
            table ip shut {{
                chain input {{ type filter hook input priority 0; iifname "eth0" {match} drop; }};
            }}
            """,
        )

    def heal(self, home: int) -> None:
        """Undo cuts and blocks of the home's router."""
        self.run(f"router{home}", "nft", "flush", "chain", "ip", "cuts", "forward")

    def change_address(self, home: int) -> None:
        """Give the home's router another public address, as a provider's reconnect does."""
        router = f"router{home}"
        self._extra += 1
        self.run(router, "ip", "addr", "flush", "dev", "wan")
        self.run(router, "ip", "addr", "add", f"45.76.0.{self._extra}/24", "dev", "wan")
        self.run(router, "ip", "route", "replace", "default", "via", "45.76.0.1")
        # What was translated to the old address is gone with it.
        self.run(router, "conntrack", "-F")

    def _put_server_behind_nat(self) -> None:
        self._add("gate")
        self._to_net("gate", "wan", "srv")
        self.run("gate", "ip", "addr", "add", f"{SERVER}/24", "dev", "wan")
        self.run("gate", "ip", "route", "add", "default", "via", "45.76.0.1")
        self._link("srv", "eth0", "gate", "lan")
        self.run("srv", "ip", "addr", "add", f"{INSIDE}/24", "dev", "eth0")
        self.run("gate", "ip", "addr", "add", "172.31.0.1/24", "dev", "lan")
        self.run("srv", "ip", "route", "add", "default", "via", "172.31.0.1")
        self.run("gate", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.run(
            "gate",
            "nft",
            "-f",
            "-",
            stdin=f"""
            table ip nat {{
                chain pre {{ type nat hook prerouting priority -100; ip daddr {SERVER} dnat to {INSIDE}; }};
                chain post {{
                    type nat hook postrouting priority 100;
                    oifname "wan" ip saddr {INSIDE} snat to {SERVER};
                }};
            }}
            """,
        )

    def _add(self, which: str) -> None:
        subprocess.run(["ip", "netns", "add", self.name(which)], check=True, timeout=30)
        self._made.append(which)
        self.run(which, "ip", "link", "set", "lo", "up")
        self.run(which, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")

    def _link(self, one: str, one_if: str, other: str, other_if: str) -> None:
        a, b = self.name(one), self.name(other)
        subprocess.run(
            ["ip", "-n", a, "link", "add", one_if, "type", "veth", "peer", "name", other_if, "netns", b],
            check=True,
            timeout=30,
        )
        self.run(one, "ip", "link", "set", one_if, "up")
        self.run(other, "ip", "link", "set", other_if, "up")

    def _wire(self, one: str, one_if: str, other: str, other_if: str) -> subprocess.Popen[bytes]:
        wire = subprocess.Popen(
            [sys.executable, "-m", "tests.lossy_wire", self.name(one), one_if, self.name(other), other_if],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answer(wire)
        self.run(one, "ip", "link", "set", one_if, "up")
        self.run(other, "ip", "link", "set", other_if, "up")
        return wire

    @staticmethod
    def _answer(wire: subprocess.Popen[bytes]) -> dict[str, Any]:
        assert wire.stdout is not None
        line = wire.stdout.readline()
        assert line, "the wire's program ended: its error is above"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _to_net(self, which: str, interface: str, port: str) -> None:
        self._link(which, interface, "net", port)
        self.run("net", "ip", "link", "set", port, "master", "br0")


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def possible() -> bool:
    """Tell whether this user can make namespaces here."""
    programs = ("ip", "nft", "conntrack", "sysctl")
    return os.geteuid() == 0 and all(shutil.which(program) for program in programs)


@contextmanager
def nat_lab(homes: int, *, server_behind_nat: bool = False, wires: Collection[int] = ()) -> Iterator[NatLab]:
    """Make a lab for the length of a test; the homes of `wires` stand on one that can lose and delay."""
    lab = NatLab(homes, server_behind_nat=server_behind_nat, wires=wires)
    try:
        lab.up()
        yield lab
    finally:
        lab.down()

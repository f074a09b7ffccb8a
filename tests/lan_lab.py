"""People on one network, each on a machine of their own, whose packets a test can lose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.nat_lab import SERVER, NatLab


class LanLab(NatLab):
    """`srv` at SERVER and machines `home1` to `home<n>` on one bridge, without NAT."""

    def up(self) -> None:
        """Make everything."""
        for which in ("net", "srv", *(f"home{n}" for n in self.homes)):
            self._add(which)
        self.run("net", "ip", "link", "add", "br0", "type", "bridge")
        self.run("net", "ip", "link", "set", "br0", "up")
        self._to_net("srv", "eth0", "srv")
        self.run("srv", "ip", "addr", "add", f"{SERVER}/24", "dev", "eth0")
        for n in self.homes:
            home = f"home{n}"
            self._to_net(home, "eth0", f"h{n}")
            self.run(home, "ip", "addr", "add", f"{self.address(n)}/24", "dev", "eth0")
            tables = "table ip cuts { chain in { type filter hook input priority 0; policy accept; }; }"
            self.run(home, "nft", "-f", "-", stdin=tables)
        self._moved: dict[int, int] = {}

    def address(self, home: int) -> str:
        """Give a machine's address now."""
        return f"45.76.0.{100 * getattr(self, '_moved', {}).get(home, 0) + 20 + home}"

    def lose(self, speaker: int, hearer: int) -> None:
        """Let nothing of one machine reach another."""
        self._drop(hearer, "ip", "saddr", self.address(speaker))

    def deafen(self, speaker: int, hearer: int) -> None:
        """Let no media of one machine reach another, while ICE goes on (RFC 7983: by the first byte)."""
        self._drop(hearer, "ip", "saddr", self.address(speaker), "meta", "l4proto", "udp", "@th,64,2", "2")

    def lose_server(self, home: int) -> None:
        """Let nothing of the server reach a machine."""
        self._drop(home, "ip", "saddr", SERVER)

    def heal(self, home: int) -> None:
        """Undo all of that for a machine."""
        self.run(f"home{home}", "nft", "flush", "chain", "ip", "cuts", "in")

    def move(self, home: int) -> None:
        """Give a machine another address, as a new network does."""
        old = self.address(home)
        self._moved[home] = self._moved.get(home, 0) + 1
        name = f"home{home}"
        # The new one first: with its last address a machine loses its route to the bridge.
        self.run(name, "ip", "addr", "add", f"{self.address(home)}/24", "dev", "eth0")
        self.run(name, "sysctl", "-qw", "net.ipv4.conf.eth0.promote_secondaries=1")
        self.run(name, "ip", "addr", "del", f"{old}/24", "dev", "eth0")

    def _drop(self, home: int, *match: str) -> None:
        self.run(f"home{home}", "nft", "add", "rule", "ip", "cuts", "in", *match, "drop")


@contextmanager
def lan_lab(homes: int) -> Iterator[LanLab]:
    """Make a lab for the length of a test."""
    lab = LanLab(homes)
    try:
        lab.up()
        yield lab
    finally:
        lab.down()

"""The deployed machine, for `pytest -m deploy` alone: it takes minutes, root, and a way to the registries."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy.machine import ADDRESS, ADDRESS6, OUTSIDE, OUTSIDE6, Machine, booted, unpack
from tests.deploy.playbooks import CHECKOUT, TURN, Deployer, Run
from tests.turn.coturn_server import missing

PLAYBOOKS = ("coturn-playbook.yaml", "meshvoice-playbook.yaml")
_NEEDS = ("debootstrap", "systemd-nspawn", "ansible-playbook", "ssh", "ssh-keygen", "ip", "nft", "openssl")


def need_machines() -> None:
    """Skip, or in CI fail, where no machine can be booted and deployed to."""
    absent = [program for program in _NEEDS if shutil.which(program) is None]
    if os.geteuid() != 0 or absent:
        missing(f"root and {', '.join(absent or _NEEDS)}, to boot a machine")


class Site:
    """A machine, whoever deploys to it, and what the first run of each playbook said."""

    def __init__(self, folder: Path, *, release: str = "", ipv4: bool = True) -> None:
        """Lay out a machine of a Debian's `release`, this host's where none is named."""
        outside = OUTSIDE if ipv4 else OUTSIDE6
        self.disk, self._key = unpack(CHECKOUT / "build/machines", folder, release=release, outside=outside)
        self._power = ExitStack()
        self._ipv4 = ipv4
        self.deployer = Deployer(folder, self._key)
        # The machine sees itself as others do: by the relay's name, and by the authority that they trust.
        with (self.disk / "etc/hosts").open("a") as hosts:
            hosts.write(
                "".join(f"{address} {TURN}\n" for address in ((ADDRESS,) if ipv4 else ()) + (ADDRESS6,))
            )
        trusted = self.disk / "usr/local/share/ca-certificates"
        trusted.mkdir(parents=True, exist_ok=True)
        (trusted / "lab.crt").write_text(self.deployer.root_certificate)
        self.machine: Machine
        self.first: list[Run] = []

    def switch_on(self) -> None:
        """Boot."""
        self.machine = self._power.enter_context(booted(self.disk, self._key, ipv4=self._ipv4))

    def switch_off(self) -> None:
        """Power off."""
        self._power.close()

    def play(self, *options: str) -> list[Run]:
        """Run both playbooks."""
        return [self.deployer.play(self.machine, playbook, *options) for playbook in PLAYBOOKS]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need_machines()
    site = Site(tmp_path_factory.mktemp("deploy"))
    try:
        site.switch_on()
        site.first = site.play()
        yield site
    finally:
        site.switch_off()

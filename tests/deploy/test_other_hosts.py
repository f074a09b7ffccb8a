"""The playbooks bring hosts of other kinds to serving, too, and a second run changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.deploy.conftest import PLAYBOOKS, Site, need_machines
from tests.deploy.machine import ADDRESS, ADDRESS6, SUDOER

pytestmark = pytest.mark.deploy

BY_SUDO = "ansible_become=true"
NFTABLES = "firewall=nftables"
CLOSED = 2019
"""Where Caddy listens for its host alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """What is other than usual of a host."""

    release: str
    ipv4: bool = True
    user: str = "root"
    variables: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    playbooks: tuple[str, ...] = PLAYBOOKS
    open: tuple[int, ...] = (22, 80, 443, 3478, 5349)


HOSTS = {
    "Debian 12 without IPv4, ufw": Host(release="bookworm", ipv4=False),
    "Debian 12, nftables alone, by sudo": Host(
        release="bookworm", user=SUDOER, variables=(BY_SUDO, NFTABLES)
    ),
    "Debian 13, ufw, TURN on 443 on a host of its own": Host(
        release="trixie",
        settings={"COTURN_TLS_PORT": "443"},
        playbooks=PLAYBOOKS[:1],
        open=(22, 443, 3478),
    ),
    "Debian 13 without IPv4, nftables alone, by sudo": Host(
        release="trixie", ipv4=False, user=SUDOER, variables=(BY_SUDO, NFTABLES)
    ),
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_a_host_of_another_kind_comes_to_serving(host: Host, tmp_path: Path) -> None:
    need_machines()
    site = Site(tmp_path, release=host.release, ipv4=host.ipv4)
    deployer = site.deployer
    for name, value in {**host.settings, **({} if host.ipv4 else {"COTURN_PUBLIC_IP": ""})}.items():
        deployer.set(name, value)
    deployer.inventory(
        # A host without IPv4 is left to find its address out.
        f"coturn_public_ip6={ADDRESS6}\n{deployer.own_certificate}"
        if host.ipv4
        else deployer.own_certificate,
        *host.variables,
        host=ADDRESS if host.ipv4 else ADDRESS6,
        user=host.user,
    )
    try:
        site.switch_on()
        for playbook in host.playbooks:
            first = deployer.play(site.machine, playbook)
            print(f"{playbook} {first.seconds:.0f} s: {first.recap}")
        serves(site, host)
        for playbook in host.playbooks:
            again = deployer.play(site.machine, playbook)
            assert again.changed() == []
            assert again.recap["changed"] == 0
        site.switch_off()
        site.switch_on()
        serves(site, host)
        assert deployer.printed == []
    finally:
        site.switch_off()


def serves(site: Site, host: Host) -> None:
    """See from outside that it serves, and has no other door."""
    site.deployer.doctor(site.machine)
    if len(host.playbooks) > 1:
        assert '"status": "ok"' in site.deployer.fetch(site.machine, "/healthz")
    assert {port: site.machine.connects(port, seconds=0.5) for port in host.open} == dict.fromkeys(
        host.open, True
    )
    assert site.machine.connects(CLOSED, seconds=0.5) is None
    assert "policy drop" in site.machine.ssh("nft list ruleset")
    assert "meshvoice_turn" in site.machine.ssh("nft list tables")

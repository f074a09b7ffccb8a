"""The playbooks bring hosts of other kinds to serving, too, and a second run changes nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.deploy.conftest import PLAYBOOKS, Site, need_machines
from tests.deploy.machine import ADDRESS, ADDRESS6, SUDOER
from tests.deploy.playbooks import TURN

pytestmark = pytest.mark.deploy

BY_SUDO = "ansible_become=true"
NFTABLES = "firewall=nftables"
CLOSED = 2019
"""Where Caddy listens for its host alone."""
PUBLIC = "45.76.0.11"
"""What the world has for the address of a host behind 1:1 NAT."""
AT_THE_ROUTER = f"""
table ip cloud {{
    chain to {{ type nat hook prerouting priority dstnat; ip daddr {PUBLIC} dnat to {ADDRESS}; }}
    chain from {{ type nat hook postrouting priority srcnat; ip saddr {ADDRESS} snat to {PUBLIC}; }}
}}
"""


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
    let_through: tuple[int, ...] = ()
    """Ports that the firewall opens, and on which nobody listens now."""
    walled: bool = True
    """Whether the playbook raises a firewall."""
    behind_nat: bool = False
    follows: bool = False
    """Whether its address is a name's."""
    by_certbot: bool = False
    """Whether the relay's certificate is one that certbot got before: no authority is asked for another."""


HOSTS = {
    "Debian 12 without IPv4, ufw": Host(release="bookworm", ipv4=False),
    "Debian 12, nftables alone, by sudo": Host(
        release="bookworm", user=SUDOER, variables=(BY_SUDO, NFTABLES)
    ),
    "Debian 13, ufw, TURN on 443 on a host of its own, by a name": Host(
        release="trixie",
        settings={"COTURN_TLS_PORT": "443", "COTURN_PUBLIC_IP": TURN},
        follows=True,
        playbooks=PLAYBOOKS[:1],
        open=(22, 443, 3478),
        let_through=(80,),
        by_certbot=True,
    ),
    "Debian 12 behind 1:1 NAT, its firewall left alone": Host(
        release="bookworm",
        variables=("firewall=none", f"coturn_public_ip={PUBLIC}"),
        settings={"COTURN_PUBLIC_IP": PUBLIC},
        playbooks=PLAYBOOKS[:1],
        open=(22, 3478, 5349),
        walled=False,
        behind_nat=True,
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
    certificate = deployer.own_certificate
    if host.by_certbot:
        certificate = "coturn_certbot_email=you@example.org"
        shutil.copytree(deployer.certificates[TURN], site.disk / "etc/letsencrypt/live" / TURN)
    deployer.inventory(
        # A host without IPv4 is left to find its address out.
        f"coturn_public_ip6={ADDRESS6}\n{certificate}" if host.ipv4 else certificate,
        *host.variables,
        host=ADDRESS if host.ipv4 else ADDRESS6,
        user=host.user,
    )
    try:
        switch_on(site, host)
        for playbook in host.playbooks:
            first = deployer.play(site.machine, playbook)
            print(f"{playbook} {first.seconds:.0f} s: {first.recap}")
        serves(site, host)
        for playbook in host.playbooks:
            again = deployer.play(site.machine, playbook)
            assert again.changed() == []
            assert again.recap["changed"] == 0
        site.switch_off()
        switch_on(site, host)
        serves(site, host)
        assert deployer.printed == []
    finally:
        site.switch_off()


def switch_on(site: Site, host: Host) -> None:
    """Boot, in the network that it has."""
    site.switch_on()
    if host.behind_nat:
        site.machine.lab.firewall("router", AT_THE_ROUTER)
        outside = Path("/etc/netns") / site.machine.lab.name("client") / "hosts"
        outside.write_text(f"127.0.0.1 localhost\n{PUBLIC} {TURN}\n{ADDRESS6} {TURN}\n")


def health(site: Site) -> str:
    """What is wrong, which the machine itself is told alone."""
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/healthz').read().decode())"
    return site.machine.ssh(f'python3 -c "{ask}"')


def serves(site: Site, host: Host) -> None:
    """See from outside that it serves, and has no other door."""
    site.deployer.doctor(site.machine)
    if len(host.playbooks) > 1:
        assert '"status": "ok"' in site.deployer.fetch(site.machine, "/healthz"), health(site)
    assert {port: site.machine.connects(port, seconds=0.5) for port in host.open} == dict.fromkeys(
        host.open, True
    )
    assert [site.machine.connects(port, seconds=0.5) for port in host.let_through] == [
        False for _ in host.let_through
    ]
    rules, tables = site.machine.ssh("nft list ruleset"), site.machine.ssh("nft list tables")
    assert "meshvoice_turn" in tables
    if host.walled:
        assert site.machine.connects(CLOSED, seconds=0.5) is None
        assert "policy drop" in rules
    else:
        # Nothing but the guard, which is about what coturn sends.
        assert tables == "table inet meshvoice_turn"
        assert site.machine.ssh("command -v ufw || true") == ""
    if host.follows:
        # It renders what the playbook did, by an app that serves nobody there; a moved name it would follow.
        assert site.machine.ssh("systemctl is-active coturn-renew.timer") == "active"
        before = site.machine.ssh("systemctl show --property=MainPID --value coturn")
        site.machine.ssh("systemctl start coturn-renew")
        assert site.machine.ssh("systemctl show --property=MainPID --value coturn") == before
        assert site.machine.ssh("systemctl list-unit-files --no-legend 'meshvoice*' || true") == ""
        hosts, moved = site.disk / "etc/hosts", "45.76.0.12"
        named = hosts.read_text()
        site.machine.ssh(f"ip address add {moved}/32 dev wire")
        for address in (moved, ADDRESS):
            hosts.write_text(named.replace(f"{ADDRESS} {TURN}", f"{address} {TURN}"))
            # It waits until nobody relays, and what was asked of coturn last may be there for some seconds.
            followed = (
                f"until systemctl start coturn-renew; ss -Hltn | grep -q {address}:3478; do sleep 2; done"
            )
            site.machine.ssh(f"timeout 90 sh -c '{followed}'")
        site.machine.ssh(f"ip address del {moved}/32 dev wire")
    if host.behind_nat:
        assert f"external-ip={PUBLIC}/{ADDRESS}\n" in site.machine.ssh("cat /etc/turnserver.conf")

"""Both playbooks bring a bare Debian to serving, safely, again without a change, and across a reboot."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from shlex import quote

import pytest

from meshvoice import env_file
from tests.browser.conftest import need
from tests.browser.harness import CHROMIUM, Stage, all_hear_each_other
from tests.deploy.conftest import Site
from tests.deploy.documented import documented
from tests.deploy.machine import ADDRESS, ADDRESS6, OUTSIDE
from tests.deploy.playbooks import TURN, VOICE
from tests.deploy.registry_proxy import PORT
from tests.process import Server

pytestmark = pytest.mark.deploy

TCP_PORTS = {22, 80, 443, 3478, 5349}
RULES = {*(f"{port}/tcp" for port in TCP_PORTS), "3478/udp", "49152:65535/udp"}
CLOSED_TCP = (21, 23, 25, 53, 111, 2019, 3306, 5432, 5766, 8080, 8443, 9641, 49152, 57344, 65535)
CLOSED_UDP = (53, 123, 161, 443, 1900, 3479, 5349, 5353, 49151)
RELAY_UDP = (49152, 57344, 65535)
AUTHORITY = "authority.example.org"


def examine(site: Site) -> str:
    """See that the app and the relay serve whoever comes from outside; gives the doctor's lines."""
    assert '"status": "ok"' in site.deployer.fetch(site.machine, "/healthz")
    return site.deployer.doctor(site.machine)


def test_the_first_run_ends_in_serving(site: Site) -> None:
    for run in site.first:
        print(f"{run.seconds:.0f} s: {run.recap}")
    print(examine(site))


def test_the_app_looks_at_its_relay_from_within_its_hardened_unit_and_says_nothing_else_of_it(
    site: Site,
) -> None:
    """The unit forbids what would make that look nicer to the calls (setpriority), which harms nobody."""
    journal = "journalctl --unit=meshvoice --output=cat"
    waited = f"until {journal} | grep -q 'seen from here'; do sleep 1; done"
    site.machine.ssh(f"timeout 60 sh -c {quote(waited)} || true")
    told = [line for line in site.machine.ssh(journal).splitlines() if "the relay" in line or "rror" in line]
    assert [line.partition("the relay")[2] for line in told] == [", seen from here, works"]


def test_a_second_run_changes_nothing(site: Site) -> None:
    for run in site.play():
        assert run.changed() == []
        assert run.recap["changed"] == 0


def test_a_run_that_only_looks_ahead_fails_nowhere(site: Site) -> None:
    for run in site.play("--check"):
        assert run.changed() == []


def test_the_firewall_has_the_documented_ports_and_no_other(site: Site) -> None:
    status = site.machine.ssh("ufw status verbose")
    assert "Status: active" in status
    assert "Default: deny (incoming), allow (outgoing)" in status
    assert set(re.findall(r"^(\S+)(?: \(v6\))?\s+ALLOW IN", status, re.M)) == RULES


def test_from_outside_open_ports_answer_and_closed_ones_are_dropped(site: Site) -> None:
    machine = site.machine
    listening = {int(port) for port in re.findall(r":(\d+)\s", machine.ssh("ss -Hltn"))}
    tcp = {port: machine.connects(port, seconds=0.5) for port in TCP_PORTS | listening | set(CLOSED_TCP)}
    assert {port for port, answer in tcp.items() if answer} == TCP_PORTS
    assert {port for port, answer in tcp.items() if answer is None} == set(tcp) - TCP_PORTS
    udp = {port: machine.hears(port, seconds=0.3) for port in RELAY_UDP + CLOSED_UDP}
    assert {port for port, answer in udp.items() if answer} == set(RELAY_UDP)


def test_the_guard_lets_coturn_open_no_connection(site: Site) -> None:
    connect = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{OUTSIDE}/{PORT}'"
    site.machine.ssh(connect)
    assert site.machine.ssh(f"runuser -u turnserver -- {connect} || echo dropped") == "dropped"


@pytest.mark.parametrize(("unit", "user"), [("coturn", "turnserver"), ("meshvoice", "meshvoice")])
def test_the_services_are_enabled_hardened_and_run_as_their_users(site: Site, unit: str, user: str) -> None:
    machine = site.machine
    assert machine.ssh(f"systemctl is-enabled {unit}") == "enabled"
    pid = machine.ssh(f"systemctl show --property=MainPID --value {unit}")
    assert machine.ssh(f"stat -c %U:%G /proc/{pid}") == f"{user}:{user}"
    verdict = machine.ssh(f"systemd-analyze security --no-pager {unit} | tail -n 1")
    exposure = re.search(r"exposure level for \S+ (\d+\.\d+)", verdict)
    assert exposure is not None, verdict
    print(verdict)
    assert float(exposure[1]) <= 2.0


def test_nobody_else_on_the_machine_reads_a_secret(site: Site) -> None:
    paths = (
        "/etc/turnserver.conf /etc/meshvoice/meshvoice.env /etc/coturn/tls/privkey.pem "
        "/etc/coturn/certificate/privkey.pem /etc/caddy/tls/privkey.pem /var/lib/meshvoice/meshvoice.db"
    )
    for path in paths.split():
        assert int(site.machine.ssh(f"stat -c %a {path}"), 8) & 0o007 == 0, path


def test_the_deploy_hook_serves_a_renewed_certificate_by_the_same_coturn(site: Site) -> None:
    machine, deployer = site.machine, site.deployer
    serving = machine.ssh("systemctl show --property=MainPID --value coturn")
    before = served(site)
    renewed, key = deployer.authority.issue(TURN, by_itself=True)
    lineage = site.disk / "root/lineage"
    lineage.mkdir()
    shutil.copy(renewed, lineage / "fullchain.pem")
    shutil.copy(key, lineage / "privkey.pem")
    hook = "RENEWED_LINEAGE=/root/lineage /etc/coturn/deploy-hook"
    assert machine.ssh(hook) == "coturn serves the new certificate"
    assert machine.ssh(hook) == "coturn serves the certificate"
    assert served(site) == renewed.read_text()
    machine.ssh("RENEWED_LINEAGE=/etc/coturn/certificate /etc/coturn/deploy-hook")
    assert served(site) == before
    assert machine.ssh("systemctl show --property=MainPID --value coturn") == serving


def served(site: Site) -> str:
    """Give the certificate that coturn shows outside."""
    with site.machine.lab.on("client"):
        return ssl.get_server_certificate((ADDRESS, 5349), timeout=5)


@pytest.fixture
async def stage(site: Site, tmp_path: Path) -> AsyncIterator[Stage]:
    """A Chromium outside, which hears and is heard by the relay alone."""
    need(CHROMIUM, "chromium")
    chromium = tmp_path / "chromium"
    chromium.write_text(f'#!/bin/sh\nexec {" ".join(site.machine.outside)} {CHROMIUM} "$@"\n')
    chromium.chmod(0o700)
    server = Server(tmp_path, MESHVOICE_ORIGIN=f"https://{VOICE}")
    async with Stage(server, "--ignore-certificate-errors", executable=str(chromium)) as opened:
        yield opened
        assert opened.problems == []


VISITING = f"""
import pathlib, time, urllib.request
asked = 0
while not pathlib.Path("/run/asked-enough").exists():
    for path in ("/healthz", "/", "/static/style.css", "/static/voice-mesh.js", "/static/lang/de.js"):
        visit = urllib.request.Request("http://127.0.0.1:8080" + path, headers={{"Host": "{VOICE}"}})
        with urllib.request.urlopen(visit, timeout=30) as answer:
            assert answer.status == 200 and answer.read()
        asked += 1
    time.sleep(0.1)
print(asked)
"""


async def test_a_call_goes_on_while_the_app_is_upgraded_and_the_secret_rotated(
    site: Site, stage: Stage
) -> None:
    deployer = site.deployer
    ana, bo = people = await stage.sea("Ana", "Bo")
    for person in people:
        await person.join()
    await all_hear_each_other(people)
    relayed = re.findall(r":(\d{5})\s", site.machine.ssh("ss -Hlun"))
    assert len([port for port in relayed if int(port) >= 49152]) >= 2
    since = [await person.mark() for person in people]
    with (deployer.checkout / "meshvoice/__init__.py").open("a") as source:
        source.write("# A newer release.\n")
    ahead = await asyncio.to_thread(deployer.play, site.machine, "meshvoice-playbook.yaml", "--check")
    assert {"Copy the app", "Put it in its place", "Restart meshvoice"} <= set(ahead.changed())
    old = env_file.read(deployer.env_file)["COTURN_SHARED_SECRET"]
    deployer.set("COTURN_SHARED_SECRET", f"{token_hex(32)},{old}")
    visitors = asyncio.create_task(asyncio.to_thread(site.machine.ssh, f"python3 -c {quote(VISITING)}"))
    rotation, upgrade = await asyncio.to_thread(site.play, "-e", "coturn_restart=false")
    await asyncio.to_thread(site.machine.ssh, "touch /run/asked-enough")
    assert rotation.changed() == ["Install the configuration", "Tell it the new ones"]
    assert {"Put it in its place", "Install the settings", "Restart meshvoice"} <= set(upgrade.changed())
    asked = int(await visitors)
    print(f"{asked} visitors meanwhile, none refused")
    assert asked > 100
    gaps = [await ana.gap(bo, since[0]), await bo.gap(ana, since[1])]
    print(f"longest silence: {max(gaps):.0f} ms")
    assert max(gaps) < 500
    cleo = await stage.person("Cleo")
    await cleo.come(await ana.invite())
    await cleo.join()
    await all_hear_each_other([ana, bo, cleo])


ASKING = """
import subprocess, urllib.request
restart = subprocess.Popen(["systemctl", "restart", "meshvoice"])
asked = 0
while restart.poll() is None or asked < 50:
    assert urllib.request.urlopen("http://127.0.0.1:8080/healthz", timeout=30).status == 200
    asked += 1
print(asked)
"""


def test_a_restart_refuses_nobody(site: Site) -> None:
    """systemd holds the socket while the service ends and starts anew; what it says of itself is true."""
    machine = site.machine
    assert int(machine.ssh(f"python3 -c {quote(ASKING)}")) >= 50
    log = machine.ssh("journalctl -u meshvoice --no-pager -n 20")
    assert "listening on 127.0.0.1 port 8080, held by systemd" in log
    assert "the settings name" not in log


def test_the_app_comes_back_by_another_python_and_whatever_the_umask(site: Site) -> None:
    """As after an upgrade of Debian, whose new Python finds none of what was installed for the old."""
    machine = site.machine
    now = machine.ssh("readlink /opt/meshvoice/.venv")
    old = f"{now.rpartition('-')[0]}-3.1"
    machine.ssh("sed -i '1i umask 027' /root/.bashrc")
    assert machine.ssh("umask").strip() == "0027"
    machine.ssh(
        f"mv {now} {old} && mv {old}/lib/python3.* {old}/lib/python3.1 && chmod -R o= {old}"
        f" && ln -sfnT {old} /opt/meshvoice/.venv && ! systemctl restart meshvoice"
    )
    run = site.deployer.play(machine, "meshvoice-playbook.yaml")
    assert {"Make the environment", "Install the app and what it needs"} <= set(run.changed())
    print(examine(site))
    assert machine.ssh("readlink /opt/meshvoice/.venv") == now
    assert site.deployer.play(machine, "meshvoice-playbook.yaml").changed() == []
    # What such a login left before.
    machine.ssh(f"chmod -R o= {now} && ! systemctl restart meshvoice")
    assert "See that it may" in site.deployer.play(machine, "meshvoice-playbook.yaml").changed()
    print(examine(site))
    machine.ssh("sed -i 1d /root/.bashrc")


def test_an_app_of_before_makes_way_for_one_in_a_folder_of_its_own(site: Site) -> None:
    """It stood where the way to it is now; a run that only looks ahead fails nowhere there either."""
    machine = site.machine
    now = machine.ssh("readlink /opt/meshvoice/.venv")
    machine.ssh(f"cd /opt/meshvoice && rm .venv && mv {now} .venv && touch installed-0-3.11")
    site.deployer.play(machine, "meshvoice-playbook.yaml", "--check")
    run = site.deployer.play(machine, "meshvoice-playbook.yaml")
    assert {"Clear its place", "Put it in its place", "Restart meshvoice"} <= set(run.changed())
    there = machine.ssh("ls -A /opt/meshvoice | grep -v whl").split()
    assert {*there} == {".venv", now.rpartition("/")[2], "release-before"}
    assert site.deployer.play(machine, "meshvoice-playbook.yaml").changed() == []
    print(examine(site))


def test_what_a_release_of_before_wrote_into_the_folder_is_made_anew(site: Site) -> None:
    """Its playbook installed into whatever stood there, and left a file that names what it was."""
    machine = site.machine
    now = machine.ssh("readlink /opt/meshvoice/.venv")
    part = f"{now}/lib/python3.*/site-packages/meshvoice/ids.py"
    machine.ssh(f"touch /opt/meshvoice/installed-0-3.11 && echo broken > $(echo {part})")
    run = site.deployer.play(machine, "meshvoice-playbook.yaml")
    anew = {"Make anew what that one overwrote", "Make the environment", "Put it in its place"}
    assert anew | {"Restart meshvoice"} <= set(run.changed())
    print(examine(site))
    assert machine.ssh("ls /opt/meshvoice | grep installed- || true") == ""


def test_who_knows_the_old_secret_only_is_refused_after_the_rotation(site: Site) -> None:
    old = env_file.read(site.deployer.env_file)["COTURN_SHARED_SECRET"].split(",")
    site.deployer.set("COTURN_SHARED_SECRET", old[0])
    relay, _ = site.play()
    assert {"Install the configuration", "Start it anew"} <= set(relay.changed())
    assert "coturn knows the one that signs" in examine(site)
    site.deployer.set("COTURN_SHARED_SECRET", old[1])
    with pytest.raises(AssertionError, match="coturn knows none of them"):
        examine(site)
    site.deployer.set("COTURN_SHARED_SECRET", old[0])


def test_a_rotation_that_does_not_reach_the_running_coturn_is_stopped(site: Site) -> None:
    """As on each coturn from 4.6.2 on without `userdb`: turnadmin ends well, nothing is told."""
    machine, deployer = site.machine, site.deployer
    conf, right = "/etc/turnserver.conf", env_file.read(deployer.env_file)["COTURN_SHARED_SECRET"]
    machine.ssh(f"sed -i s,^userdb=.*,userdb=/var/lib/turn/other, {conf} && systemctl restart coturn")
    deployer.set("COTURN_SHARED_SECRET", f"{token_hex(32)},{right}")
    with pytest.raises(AssertionError, match="does not take number 1 of COTURN_SHARED_SECRET"):
        deployer.play(machine, "coturn-playbook.yaml", "-e", "coturn_restart=false")
    signed_by = machine.ssh("sha256sum /etc/meshvoice/meshvoice.env")
    with pytest.raises(AssertionError, match=r"does not take number 1 [^\n]*Nothing was changed"):
        deployer.play(machine, "meshvoice-playbook.yaml")
    assert machine.ssh("sha256sum /etc/meshvoice/meshvoice.env") == signed_by
    # What is told to do then.
    machine.ssh("systemctl restart coturn")
    again = deployer.play(machine, "coturn-playbook.yaml", "-e", "coturn_restart=false")
    assert "Let it forget the old ones" not in again.changed()
    deployer.set("COTURN_SHARED_SECRET", right)
    site.play()


def test_after_a_reboot_everything_serves_again(site: Site) -> None:
    site.switch_off()
    site.switch_on()
    print(examine(site))
    test_from_outside_open_ports_answer_and_closed_ones_are_dropped(site)
    test_the_guard_lets_coturn_open_no_connection(site)


def test_coturn_follows_a_public_address_that_changes(site: Site) -> None:
    """By what the playbook installs for a name in COTURN_PUBLIC_IP, which the machine's hosts file has."""
    machine, deployer, hosts = site.machine, site.deployer, site.disk / "etc/hosts"
    before, moved = hosts.read_text(), "45.76.0.11"
    pid = "systemctl show --property=MainPID --value coturn"
    timer = "systemctl is-active coturn-renew.timer || true"
    assert machine.ssh(timer) == "inactive"
    hosts.write_text(f"{before}{ADDRESS} home.example.org\n")
    deployer.set("COTURN_PUBLIC_IP", "home.example.org")
    # Not examined, for who examines relays, too. Over a restart coturn holds nothing of what was not given
    # back, as by the app's own look from this host; else it does so for ten minutes.
    plays = ("coturn-playbook.yaml", "-e", "coturn_doctor=false")
    machine.ssh("systemctl restart coturn")
    first = machine.ssh(pid)
    assert "Start the timer now and at every boot" in deployer.play(machine, *plays).changed()
    assert deployer.play(machine, *plays).recap["changed"] == 0
    assert machine.ssh(timer) == "active"
    assert machine.ssh("stat -c %a:%U /etc/coturn/renew.env") == "600:root"
    assert "MESHVOICE_SECRET_KEY" not in machine.ssh("cat /etc/coturn/renew.env")
    machine.ssh("systemctl start coturn-renew")
    # It renders what the playbook did.
    assert machine.ssh(pid) == first
    machine.ssh(f"ip address add {moved}/32 dev wire")
    hosts.write_text(f"{before}{moved} home.example.org\n")
    # It waits until nobody relays, and what was asked of coturn last may be there for some seconds.
    renews = f"until systemctl start coturn-renew; test $({pid}) != {first}; do sleep 2; done"
    print(machine.ssh(f"timeout 90 sh -c '{renews}' || journalctl --unit=coturn-renew --output=cat"))
    assert machine.ssh(pid) != first
    assert f"{moved}:3478" in machine.ssh("ss -Hltn")
    assert machine.ssh("stat -c %a:%U:%G /etc/turnserver.conf") == "640:root:turnserver"
    assert f"ip daddr {moved} udp" in machine.ssh("nft list table inet meshvoice_turn")
    hosts.write_text(f"{before}{ADDRESS} home.example.org\n")
    machine.ssh(f"systemctl start coturn-renew && ip address del {moved}/32 dev wire")
    deployer.set("COTURN_PUBLIC_IP", ADDRESS)
    assert "Stop the timer" in deployer.play(machine, "coturn-playbook.yaml").changed()
    assert machine.ssh(timer) == "inactive"
    assert deployer.play(machine, "coturn-playbook.yaml").recap["changed"] == 0
    hosts.write_text(before)
    examine(site)


def test_certbot_gets_and_renews_the_certificate_through_caddys_port(site: Site) -> None:
    """The authority is Caddy's own; its questions come the documented way for one machine."""
    machine, deployer = site.machine, site.deployer
    root = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
    with (site.disk / "etc/hosts").open("a") as hosts:
        hosts.write(f"{ADDRESS} {TURN} {AUTHORITY}\n")
    sites = site.disk / "etc/caddy/conf.d"
    sites.mkdir()
    (sites / "authority.caddy").write_text(f"{AUTHORITY} {{\n\ttls internal\n\tacme_server\n}}\n")
    (sites / "turn.caddy").write_text(documented("caddy", "turn.example.org {"))
    machine.ssh(f"systemctl reload caddy; until test -s {root}; do sleep 0.1; done")
    machine.ssh(f"cp {root} /usr/local/share/ca-certificates/caddy.crt && update-ca-certificates")
    deployer.trust(machine.ssh(f"cat {root}"))
    machine.ssh(
        "mkdir -p /etc/letsencrypt && "
        f"echo server=https://{AUTHORITY}/acme/local/directory > /etc/letsencrypt/cli.ini"
    )
    own = served(site)
    # That authority's certificates last for half a day, which the doctor rightly finds too short.
    deployer.inventory(
        f"coturn_public_ip6={ADDRESS6}\ncoturn_certbot_email=you@example.org\ncoturn_certbot_port=8402\n"
        "coturn_doctor=false"
    )
    deployer.play(machine, "coturn-playbook.yaml")
    first = served(site)
    assert first != own
    assert deployer.play(machine, "coturn-playbook.yaml").recap["changed"] == 0
    machine.ssh("certbot renew --force-renewal --no-random-sleep-on-renew")
    assert served(site) not in (own, first)


async def test_the_documented_backup_brings_the_guest_book_back(site: Site, stage: Stage) -> None:
    machine = site.machine
    (ana,) = await stage.sea("Ana")
    machine.ssh(documented("sh", "VACUUM INTO"))
    made = machine.ssh("basename -s .db /root/meshvoice-*.db").removeprefix("meshvoice-")
    restore = documented("sh", "systemctl stop meshvoice").replace("2026-01-31-0300", made)
    machine.ssh(f"set -e\n{restore}")
    assert '"status": "ok"' in site.deployer.fetch(machine, "/healthz")
    await ana.go("/my-sea/")
    await ana.join()


async def test_behind_nginx_a_browser_joins_too(site: Site, stage: Stage) -> None:
    """By what the command prints from the settings of this site."""
    machine = site.machine
    machine.ssh("systemctl disable --now caddy")
    machine.ssh("DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends nginx-light")
    tls = "/etc/caddy/tls"
    conf = site.deployer.proxy_conf("nginx", "--cert", f"{tls}/fullchain.pem", "--key", f"{tls}/privkey.pem")
    (site.disk / "etc/nginx/sites-enabled/meshvoice").write_text(conf)
    machine.ssh("nginx -t && systemctl reload-or-restart nginx")
    (ana,) = await stage.sea("Ana")
    await ana.join()


def test_no_run_of_all_these_printed_a_secret(site: Site) -> None:
    assert site.deployer.printed == []

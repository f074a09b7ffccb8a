"""The files in conf/ are complete, harden what they should, and do what their comments say."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from meshvoice import assets
from meshvoice.doctor import rotation
from meshvoice.doctor.turn_client import Leg, dial
from meshvoice.settings import Settings, TurnSettings
from meshvoice.turn import installed
from tests.deploy.documented import documented
from tests.doctor.authority import Authority
from tests.turn.coturn_server import SECRET, conf, issue, let_through, missing, namespace, running

CONF = assets.find("conf")
KEY = "Zk3vQ9mB1xT7cL5nW2rY8pD4sH6jF0aGuE1iO5wK7zM="
PUBLIC = IPv4Address("45.76.0.10")


def test_the_drop_in_for_low_ports_is_read_after_the_one_that_takes_every_capability_away() -> None:
    """systemd sorts them by name, and the last one counts."""
    text = (CONF / "coturn-playbook.yaml").read_text()
    names = re.findall(r"coturn\.service\.d/(\S+\.conf)", text)
    assert len(names) == 2
    assert sorted(names)[-1] == names[1]
    assert "low-port" in names[1]
    assert f"coturn.service.d/{names[1]}\n" in (CONF / "coturn-low-port.conf").read_text()


def test_the_example_explains_every_setting() -> None:
    explained = False
    for line in (CONF / "meshvoice.env.example").read_text().splitlines():
        if re.match("#?[A-Z][A-Z0-9_]+=", line):
            assert explained, line
        else:
            # A comment explains the variables below it, down to the next blank line.
            explained = line.startswith("# ")


@pytest.mark.parametrize("low_port", [False, True], ids=["usual ports", "port 443"])
@pytest.mark.parametrize("unit", ["coturn.service", "meshvoice.service"])
def test_the_services_are_hardened(unit: str, low_port: bool, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze")
    units = tmp_path / "etc/systemd/system"
    (units / "coturn.service.d").mkdir(parents=True)
    shutil.copy(CONF / "meshvoice.service", units)
    # Debian's, in what matters here.
    (units / "coturn.service").write_text(
        "[Service]\nUser=turnserver\nGroup=turnserver\nType=notify\n"
        "ExecStart=/usr/bin/turnserver -c /etc/turnserver.conf --pidfile=\n"
    )
    shutil.copy(CONF / "coturn-hardening.conf", units / "coturn.service.d/meshvoice.conf")
    if low_port:
        shutil.copy(CONF / "coturn-low-port.conf", units / "coturn.service.d/zz-meshvoice-low-port.conf")
    analysis = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", f"--root={tmp_path}", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    # The threshold is ten times the exposure: 2.0 of 10.
    assert analysis.returncode == 0, analysis.stdout.splitlines()[-1:] or analysis.stderr


def test_the_socket_is_where_the_settings_are_by_default() -> None:
    """And no instance of the service is made for each connection."""
    unit = configparser.ConfigParser(strict=False)
    unit.read(CONF / "meshvoice.socket")
    usual = Settings(secret_keys=(b"k" * 32,))
    assert unit["Socket"]["ListenStream"] == f"{usual.hosts[0]}:{usual.port}"
    assert unit["Socket"]["SocketMode"] == "0660"
    assert "Accept" not in unit["Socket"]


@pytest.mark.parametrize("unit", ["meshvoice.service", "meshvoice.socket"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze")
    for name in ("meshvoice.service", "meshvoice.socket"):
        text = (CONF / name).read_text()
        # The program and the documentation are on no machine but a deployed one.
        text = re.sub(r"(?m)^Documentation=.*\n", "", text).replace(
            "/opt/meshvoice/.venv/bin/meshvoice", "/bin/true"
        )
        (tmp_path / name).write_text(text)
    own = documented("ini", "[Socket]")
    (tmp_path / "meshvoice.socket.d").mkdir()
    (tmp_path / "meshvoice.socket.d/own.conf").write_text(own)
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in said.stderr.splitlines() if "meshvoice" in line] == []


PLAYBOOKS = ("coturn-playbook.yaml", "meshvoice-playbook.yaml")


TASKS = (
    "firewall-tasks.yaml",
    "coturn-renew-settings-tasks.yaml",
    "coturn-renew-tasks.yaml",
    "meshvoice-install-tasks.yaml",
)


@pytest.mark.parametrize("playbook", [*PLAYBOOKS, *TASKS])
def test_playbooks_use_what_ansible_itself_brings(playbook: str) -> None:
    text = (CONF / playbook).read_text()
    modules = set(re.findall(r"^ {2,12}(\w+(?:\.\w+)+):", text, re.M))
    assert modules
    assert all(module.startswith("ansible.builtin.") for module in modules)


def test_playbooks_open_ssh_before_they_turn_the_firewall_on() -> None:
    text = (CONF / "firewall-tasks.yaml").read_text()
    assert 0 < text.index("ansible_port | default(22)") < text.index("ufw --force enable")
    for playbook in PLAYBOOKS:
        assert "include_tasks: firewall-tasks.yaml" in (CONF / playbook).read_text()


@pytest.mark.parametrize(
    "task",
    [
        "Render the configuration",
        "Install the configuration",
        "Install the settings",
        "Read by what the app signs now",
    ],
)
def test_tasks_that_carry_a_secret_print_nothing(task: str) -> None:
    text = "".join((CONF / name).read_text() for name in PLAYBOOKS)
    body = text.split(f"- name: {task}\n")[1].split("\n\n")[0]
    assert "no_log: true" in body


def addresses(
    settings: str,
    own: str,
    found: str = "",
    inventory: dict[str, str] | None = None,
    relays: int = 1,
    others: tuple[str, ...] = (),
) -> tuple[str, str, str]:
    """Fill in (public, private, IPv6) as the playbook does, by the few words of Ansible's that it uses."""
    (play,) = yaml.safe_load((CONF / "coturn-playbook.yaml").read_text())
    jinja = Environment(undefined=StrictUndefined)
    jinja.globals["lookup"] = lambda plugin, path: settings
    jinja.filters["regex_findall"] = lambda text, pattern: re.findall(pattern, text)
    jinja.filters["bool"] = lambda text: text == "True"
    jinja.tests["match"] = lambda text, pattern: bool(re.match(pattern, text))
    known: dict[str, object] = {
        "meshvoice_env_file": "",
        "ansible_facts": {
            "default_ipv4": {"address": own},
            "default_ipv6": {"address": "2a0c:b641::5"},
            "all_ipv4_addresses": [each for each in (own, *others) if each],
        },
        "groups": {"coturn": ["relay.example.org"] * relays},
        "looked_up": {"stdout": found},
        **(inventory or {}),
    }
    # As Ansible does, a list stays one.
    own_ips = play["vars"]["coturn_own_ips"].strip("{} ")
    known["coturn_own_ips"] = jinja.compile_expression(own_ips)(known)
    for name in (
        *("coturn_own_ip", "coturn_alone", "coturn_set_ip", "coturn_set_ip6", "coturn_set_private_ip"),
        *("coturn_own_ip6", "coturn_name", "coturn_seen_ip", "coturn_private_ip"),
    ):
        known[name] = jinja.from_string(play["vars"][name]).render(known)
    filled = play["vars"]["coturn_environment"]
    public, private, six = (
        jinja.from_string(filled[name]).render(known)
        for name in ("COTURN_PUBLIC_IP", "COTURN_PRIVATE_IP", "COTURN_PUBLIC_IP6")
    )
    return public, private, six


@pytest.mark.parametrize(
    ("settings", "inventory", "own", "found", "public", "private"),
    [
        ("COTURN_PUBLIC_IP=45.76.0.10\n", {}, "45.76.0.10", "", "45.76.0.10", ""),
        ("", {"coturn_public_ip": "45.76.0.10"}, "10.0.0.5", "", "45.76.0.10", "10.0.0.5"),
        ("COTURN_PUBLIC_IP=home.example.org\n", {}, "10.0.0.5", "45.76.0.11", "45.76.0.11", "10.0.0.5"),
        ('COTURN_PUBLIC_IP="home.example.org"\n', {}, "45.76.0.11", "45.76.0.11", "45.76.0.11", ""),
        ("", {"coturn_public_ip": "a.example.org"}, "10.0.0.5", "45.76.0.12", "45.76.0.12", "10.0.0.5"),
        (
            "COTURN_PUBLIC_IP=home.example.org\n",
            {"coturn_public_ip": "45.76.0.10"},
            "45.76.0.10",
            "",
            "45.76.0.10",
            "",
        ),
        ("#COTURN_PUBLIC_IP=home.example.org\n", {}, "45.76.0.10", "", "45.76.0.10", ""),
        ("COTURN_PUBLIC_IP=45.76.0.10\n", {}, "10.0.0.5", "", "45.76.0.10", "10.0.0.5"),
        ("COTURN_PUBLIC_IP=\n", {}, "45.76.0.10", "", "45.76.0.10", ""),
        (" COTURN_PUBLIC_IP= '45.76.0.10' \r\n", {}, "10.0.0.5", "", "45.76.0.10", "10.0.0.5"),
    ],
    ids=[
        "own",
        "NAT",
        "name behind NAT",
        "name of its own",
        "name in inventory",
        "inventory first",
        "comment",
        "settings behind NAT",
        "empty",
        "blanks",
    ],
)
def test_the_playbook_knows_the_address_of_a_name_and_what_is_nat(
    settings: str, inventory: dict[str, str], own: str, found: str, public: str, private: str
) -> None:
    assert addresses(settings, own, found, inventory) == (public, private, "")


@pytest.mark.parametrize(
    ("settings", "private"),
    [
        ("COTURN_PUBLIC_IP=45.76.0.11\n", ""),
        ("COTURN_PUBLIC_IP=45.76.0.12\n", "45.76.0.10"),
        ("COTURN_PUBLIC_IP=45.76.0.12\n COTURN_PRIVATE_IP='10.0.0.5'\n", "10.0.0.5"),
        ("COTURN_PUBLIC_IP=45.76.0.12\nCOTURN_PRIVATE_IP=10.0.0.6\n", "45.76.0.10"),
        ("COTURN_PUBLIC_IP=45.76.0.11\nCOTURN_PRIVATE_IP=10.0.0.5\n", ""),
    ],
    ids=["on its interface", "NAT", "NAT of the one that is named", "of another host", "no NAT after all"],
)
def test_of_a_host_with_several_addresses_each_may_be_the_relays(settings: str, private: str) -> None:
    """An address that a provider adds is not the one by which the host reaches others."""
    public = settings.split()[0].partition("=")[2]
    found = addresses(settings, "45.76.0.10", others=("45.76.0.11", "10.0.0.5"))
    assert found == (public, private, "")


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize("line", ["{}", " {}", "'{}'", '"{}" ', "https://other.example.org, {}\r"])
def test_the_apps_playbook_reads_the_origin_as_the_app_does(line: str) -> None:
    (play,) = yaml.safe_load((CONF / "meshvoice-playbook.yaml").read_text())
    jinja = Environment(undefined=StrictUndefined)
    settings = "#MESHVOICE_ORIGIN=\n MESHVOICE_ORIGIN=" + line.format("https://voice.example.org") + "\nA=b\n"
    jinja.globals["lookup"] = lambda plugin, path: settings
    jinja.filters["regex_findall"] = lambda text, pattern: re.findall(pattern, text)
    origin = jinja.from_string(play["vars"]["meshvoice_origin"]).render(meshvoice_env_file="")
    assert origin.split(",")[-1].strip() == "https://voice.example.org"
    checks = next(task for task in play["pre_tasks"] if "settings are those" in task["name"])
    jinja.tests["search"] = lambda text, pattern: bool(re.search(pattern, text))
    trusted, unplaced, single = (
        jinja.compile_expression(check) for check in checks["ansible.builtin.assert"]["that"][1:]
    )
    assert trusted(settings="  MESHVOICE_TRUSTED_PROXIES=127.0.0.1\n")
    assert not unplaced(settings=" MESHVOICE_PORT=9000\n")
    assert [bool(single(settings=f" MESHVOICE_PROCESSES={each}\n")) for each in ("", "'1'", " 1", "3")] == [
        *(True, True, True, False)
    ]


def test_of_several_relays_the_settings_give_none_its_address() -> None:
    settings = "COTURN_PUBLIC_IP=45.76.0.10\nCOTURN_PUBLIC_IP6=2a0c:b641::10\n"
    assert addresses(settings, "45.76.0.11", relays=2) == ("45.76.0.11", "", "")


@pytest.mark.parametrize(
    ("settings", "inventory", "own", "six"),
    [
        ('COTURN_PUBLIC_IP6="2a0c:b641::10"\n', {}, "45.76.0.10", "2a0c:b641::10"),
        ("COTURN_PUBLIC_IP6=2a0c:b641::10\n", {"coturn_public_ip6": "2a0c:b641::11"}, "", "2a0c:b641::11"),
        ("COTURN_PUBLIC_IP=45.76.0.10\n", {}, "", "2a0c:b641::5"),
    ],
    ids=["settings", "inventory first", "a host without IPv4"],
)
def test_the_playbook_relays_by_the_ipv6_of_the_settings(
    settings: str, inventory: dict[str, str], own: str, six: str
) -> None:
    assert addresses(settings, own, inventory=inventory)[2] == six


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_what_a_failed_run_installed_is_restarted_all_the_same(name: str) -> None:
    """The next run would find nothing changed."""
    (play,) = yaml.safe_load((CONF / name).read_text())
    assert play["force_handlers"] is True


def test_the_playbook_knows_the_words_by_which_there_is_nothing_to_rotate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit code alone is that of a file that others may read, too, and of a command that isn't there."""
    assert rotation.run(Settings(secret_keys=(b"k" * 32,)), check=True) == 2
    words = "no secret is used without"
    assert words in capsys.readouterr().err
    assert f"'{words}' in (relay_asked.stderr" in (CONF / "meshvoice-playbook.yaml").read_text()


def test_the_playbook_passes_over_what_no_relay_has() -> None:
    """As `installed.of_a_relay` does, which looks the name up from then on."""
    (play,) = yaml.safe_load((CONF / "coturn-playbook.yaml").read_text())
    (command,) = (
        each["ansible.builtin.shell"] for each in play["pre_tasks"] if "ansible.builtin.shell" in each
    )
    found = [
        "127.0.1.1",
        "0.0.0.0",
        "169.254.1.1",
        "224.0.0.1",
        "255.1.1.1",
        "45.76.0.12",
        "45.76.0.9",
        "223.5.5.5",
    ]
    said = "; ".join(f"echo {address} STREAM" for address in found)
    filtered = command.partition("|")[2].partition("|")[2]
    done = subprocess.run(
        ["/bin/sh", "-c", f"{{ {said}; }} |{filtered}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(installed.of_a_relay(map(IPv4Address, found)))] == ["45.76.0.9"]


def test_the_timer_of_the_playbook_renders_by_what_the_playbook_rendered_by() -> None:
    """Else one would undo what the other did, every two minutes."""
    (play,) = yaml.safe_load((CONF / "coturn-playbook.yaml").read_text())
    followed, _ = yaml.safe_load((CONF / "coturn-renew-settings-tasks.yaml").read_text())
    told = next(task for task in followed["block"] if task["name"] == "Tell it of this host")
    content = told["ansible.builtin.copy"]["content"]
    assert set(re.findall(r"Environment=(\w+)=", content)) == set(play["vars"]["coturn_environment"])


def test_the_timer_of_an_earlier_run_knows_what_is_new_before_it_is_written() -> None:
    """Else it puts the old files back, if it comes in between; and an address that stays stops it before."""
    (play,) = yaml.safe_load((CONF / "coturn-playbook.yaml").read_text())
    steps: list[str] = []
    for task in play["tasks"]:
        included = task.get("ansible.builtin.include_tasks", "")
        blocks = yaml.safe_load((CONF / included).read_text()) if "renew" in included else [task]
        steps += (each["name"] for block in blocks for each in block.get("block", [block]))
    wanted = [
        "Install the settings by which it renders",
        "Tell it of this host",
        "Let systemd read it",
        "Stop the timer",
        "Install the kernel guard",
        "Install the configuration",
        "Start the timer now and at every boot",
        "Start coturn now and at every boot",
    ]
    assert [step for step in steps if step in wanted] == wanted


def test_a_wheel_carries_no_secrets() -> None:
    """All of conf/ is package data, and conf/ is where a deployment keeps its secrets."""
    packaging = configparser.ConfigParser()
    packaging.read(CONF.parent / "setup.cfg")
    left_out = packaging["options.exclude_package_data"]["meshvoice.conf"]
    assert {"meshvoice.env", "inventory.ini"} <= {name.strip() for name in left_out.split(",")}


class Renewal:
    """A coturn with TLS, and certbot's folder with a newer certificate."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.folder = folder
        self.lineage = folder / "live"
        self.lineage.mkdir()
        self.served = folder / "tls"
        self.turn = TurnSettings(
            shared_secrets=(SECRET,),
            public_ip=PUBLIC,
            tls_cert=str(self.served / "fullchain.pem"),
            tls_key=str(self.served / "privkey.pem"),
        )

    def renew(self) -> None:
        cert, key = self.authority.issue("turn.example.org")
        cert.rename(self.lineage / "fullchain.pem")
        key.rename(self.lineage / "privkey.pem")
        (self.lineage / "privkey.pem").chmod(0o600)

    def deploy(self, pid: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CONF / "coturn-deploy-hook.sh"],
            env=os.environ
            | {
                "RENEWED_LINEAGE": str(self.lineage),
                "COTURN_TLS_FOLDER": str(self.served),
                "COTURN_CONF": str(self.folder / "turnserver.conf"),
                "COTURN_PID": str(pid),
                "COTURN_TRIES": "2",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def fingerprint(self) -> str:
        return ssl.get_server_certificate((str(PUBLIC), 5349))


@pytest.fixture
def renewal(tmp_path: Path) -> Iterator[Renewal]:
    let_through(tmp_path / "turnserver.conf")
    with namespace(f"{PUBLIC}/32"):
        renewal = Renewal(tmp_path)
        renewal.renew()
        # The first one, before coturn runs.
        done = renewal.deploy(0)
        assert done.returncode == 0, done.stderr
        yield renewal


@pytest.mark.coturn
@pytest.mark.lab
async def test_a_renewed_certificate_is_served_without_dropping_a_call(
    renewal: Renewal, tmp_path: Path
) -> None:
    with running(conf(renewal.turn), tmp_path, user="turnserver") as server:
        tls = renewal.authority.trust()
        way = ((str(PUBLIC), 5349), Leg.TLS, issue())
        async with dial(*way, tls=tls, name="turn.example.org") as ana:
            at_ana = await ana.allocate()
            before = renewal.fingerprint()
            renewal.renew()
            done = renewal.deploy(server.process.pid)
            assert done.returncode == 0, done.stderr
            assert renewal.fingerprint() != before
            async with dial((str(PUBLIC), 3478), Leg.UDP, issue()) as bo:
                at_bo = await bo.allocate()
                await bo.send(b"", at_ana)
                await ana.send(b"over the TLS of before", at_bo)
                assert await bo.receive() == (b"over the TLS of before", at_ana)


@pytest.mark.coturn
@pytest.mark.lab
def test_only_coturn_can_read_the_deployed_key(renewal: Renewal) -> None:
    key = (renewal.served / "privkey.pem").stat()
    assert key.st_mode & 0o777 == 0o640
    assert renewal.served.stat().st_mode & 0o777 == 0o750
    assert (renewal.served / "privkey.pem").group() == "turnserver"


@pytest.mark.coturn
@pytest.mark.lab
def test_a_certificate_that_is_not_served_fails_the_hook(renewal: Renewal, tmp_path: Path) -> None:
    deaf = conf(replace(renewal.turn, tls_cert="", tls_key="")) + "tls-listening-port=5349\n"
    with running(deaf, tmp_path, user="turnserver") as server:
        done = renewal.deploy(server.process.pid)
    assert done.returncode == 1
    assert "does not serve" in done.stderr

"""compose.yaml starts what the image offers, with settings that are right, and no right that nobody needs."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from meshvoice.settings import NAMES, examine
from tests.web.running import SECRET_KEY, TURN_SECRET

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text()
CONTAINERFILE = (ROOT / "Containerfile").read_text()
DOCUMENT = (ROOT / "docs" / "container.md").read_text()
CHOSEN = {
    "MESHVOICE_ORIGIN": "https://voice.example.org",
    "COTURN_TURN_HOST": "turn.example.org",
    "COTURN_PUBLIC_IP": "198.51.100.10",
}


def composed() -> dict[str, Any]:
    """Read the file as an engine does, with what docs/container.md writes into .env."""
    filled = re.sub(r"\$\{(\w+):\?[^}]+\}", lambda found: CHOSEN[found[1]], TEXT)
    assert "$" not in filled
    read: dict[str, Any] = yaml.safe_load(filled)
    return read


SERVICES: dict[str, dict[str, Any]] = composed()["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "meshvoice"}


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Give a service's volumes by where they are mounted."""
    return {path: name for name, path in (line.split(":")[:2] for line in service["volumes"])}


def test_what_must_be_chosen_is_what_the_document_writes() -> None:
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(CHOSEN)
    assert " ".join(f"{name}={value}" for name, value in CHOSEN.items()) in DOCUMENT


@pytest.mark.parametrize("name", OURS)
def test_the_settings_are_right(name: str) -> None:
    environment = OURS[name]["environment"]
    assert set(environment) <= set(NAMES)
    secrets = {"MESHVOICE_SECRET_KEY": SECRET_KEY, "COTURN_SHARED_SECRET": TURN_SECRET}
    examined = examine({**secrets, **environment})
    assert examined.problems == ()


def test_coturns_file_is_rendered_for_the_coturn_that_runs() -> None:
    version = OURS["settings"]["environment"]["COTURN_VERSION"]
    assert SERVICES["coturn"]["image"] == f"coturn/coturn:{version}"
    assert SERVICES["coturn"]["network_mode"] == "host"


def test_our_containers_have_no_root_no_rights_and_no_network() -> None:
    assert set(OURS) == {"settings", "meshvoice"}
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "cap_add" not in service
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["network_mode"] == "none"
        assert "user" not in service  # the image's own


def test_each_reader_has_what_is_written_for_it_and_no_more() -> None:
    of = {name: mounts(service) for name, service in SERVICES.items()}
    assert of["meshvoice"] == {"/var/lib/meshvoice": "guest-book", "/run/meshvoice": "socket"}
    assert of["caddy"] == {"/etc/caddy": "caddyfile", "/data": "certificates", "/run/meshvoice": "socket"}
    assert of["coturn"] == {"/relay": "relay"}
    assert of["settings"] == {
        "/var/lib/meshvoice": "guest-book",
        "/rendered/caddy": "caddyfile",
        "/rendered/relay": "relay",
    }
    assert set(composed()["volumes"]) == {name for volumes in of.values() for name in volumes.values()}
    assert OURS["meshvoice"]["environment"]["MESHVOICE_HOST"] == "unix:/run/meshvoice/http.sock"
    assert SERVICES["coturn"]["command"] == ["-c", "/relay/turnserver.conf"]


def test_whoever_reads_waits_for_what_is_rendered() -> None:
    for name in ("meshvoice", "caddy", "coturn"):
        assert SERVICES[name]["depends_on"]["settings"]["condition"] == "service_completed_successfully"


def test_the_image_has_the_folders_that_volumes_are_mounted_on() -> None:
    """A new volume takes their owner over: user 10001, who is the socket's group and coturn's user, too."""
    made = re.findall(r"install -d .*?-o 10001 -g 10001 ([^\\&\n]+)", CONTAINERFILE)
    folders = {folder for line in made for folder in line.split()}
    for service in OURS.values():
        assert set(mounts(service)) <= folders
    assert re.findall(r"(?m)^USER (.*)$", CONTAINERFILE) == ["10001:10001"] == [SERVICES["coturn"]["user"]]
    assert SERVICES["caddy"]["group_add"] == ["10001"]


def test_the_health_checks_are_one() -> None:
    """The image's own is lost where an engine knows OCI's format alone."""
    (image,) = re.findall(r"(?m)^HEALTHCHECK (.*)$", CONTAINERFILE)
    check = OURS["meshvoice"]["healthcheck"]
    options = " ".join(
        f"--{name.replace('_', '-')}={check[name]}" for name in ("interval", "timeout", "start_period")
    )
    assert image == f"{options} CMD {str(check['test'][1:]).replace(chr(39), chr(34))}"


def test_what_is_copied_into_the_image_is_there_and_no_secret() -> None:
    copied = [
        part for line in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", CONTAINERFILE) for part in line.split()
    ]
    ignored = (ROOT / ".containerignore").read_text().splitlines()
    for part in copied:
        assert (ROOT / part).exists()
        assert f"!{part}" in ignored
    assert {"*", "conf/meshvoice.env", "conf/inventory.ini"} <= set(ignored)
    assert (ROOT / ".dockerignore").resolve() == ROOT / ".containerignore"
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_way_in_can_be_run() -> None:
    entry = ROOT / "conf" / "container-entry.sh"
    assert entry.stat().st_mode & stat.S_IXUSR
    subprocess.run(["sh", "-n", str(entry)], check=True)

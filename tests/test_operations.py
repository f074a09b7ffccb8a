"""What docs/ tells operators to type is there: commands, targets, settings, files, panels, alerts, links."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from meshvoice.__main__ import _parser
from meshvoice.settings import NAMES
from meshvoice.signaling.tally import REASONS

ROOT = Path(__file__).parents[1]
OPERATIONS = sorted((ROOT / "docs/operations").glob("*.md"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *OPERATIONS]
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}
DASHBOARD = TEXTS["docs/operations/dashboard.md"]
pages = pytest.mark.parametrize("page", TEXTS)
OUR_COMMAND = re.compile(r"^(?:\w+=\S+ )*(?:\S*/)?meshvoice (?!is |has )(.*)$")


def codes(text: str) -> Iterator[str]:
    """Give each line of a block for a shell, without its comment, and each code within a sentence."""
    for block in re.findall(r"^ *```(?:sh|console)\n(.*?)^ *```$", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            yield from (
                part.strip() for part in re.split(r" && | \|\| | \| |;", re.sub(r"(^| )# .*", "", line))
            )
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S))


def commands(text: str) -> Iterator[list[str]]:
    """Give the arguments of each `meshvoice` that is to be typed."""
    for code in codes(text):
        found = OUR_COMMAND.match(code)
        if found:
            yield shlex.split(re.sub(r" (>|2>&1).*", "", found[1]))


@pages
def test_each_command_of_ours_is_one_with_its_flags(page: str) -> None:
    for arguments in commands(TEXTS[page]):
        if len(arguments) > 1:
            _parser().parse_args(arguments)
            continue
        # Only its name, in a sentence: what it wants besides is said elsewhere.
        with pytest.raises(SystemExit) as helped:
            _parser().parse_args([*arguments, "--help"])
        assert helped.value.code == 0, arguments


def test_commands_are_found() -> None:
    found = [arguments for text in TEXTS.values() for arguments in commands(text)]
    assert ["coturn-rotate", "--check"] in found
    assert ["--env-file", "/etc/meshvoice/meshvoice.env", "health"] in found
    assert len(found) > 20


@pages
def test_each_target_of_make_is_one(page: str) -> None:
    (line,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
    for code in codes(TEXTS[page]):
        words = code.split()
        if words[:1] == ["make"]:
            targets = [word for word in words[1:] if "=" not in word]
            assert set(targets) <= {*line.split(), ".venv/check.done"}, code


@pages
def test_each_setting_is_one(page: str) -> None:
    named = set(re.findall(r"\b(?:MESHVOICE|COTURN)_[A-Z0-9_]*[A-Z0-9]\b", TEXTS[page]))
    assert named <= set(NAMES)


@pages
def test_each_file_of_the_checkout_is_there(page: str) -> None:
    made = {"conf/meshvoice.env", "conf/inventory.ini"}
    for named in (
        set(re.findall(r"(?<![\w/.])(?:conf|tests|benchmarks|docs|tools)/[\w./-]*\w", TEXTS[page])) - made
    ):
        assert list(ROOT.glob(f"{named}*")), named


def slug(heading: str) -> str:
    """Give a heading's anchor, as GitHub does."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pages
def test_each_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", TEXTS[page]):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
            assert anchor in map(slug, headings), target


def rows(text: str, heading: str) -> list[str]:
    """Give the first cells of the table below a heading."""
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [row.split("|")[1].strip().strip("`") for row in part.splitlines() if row.startswith("|")][2:]


def test_each_panel_that_is_explained_is_one() -> None:
    panels = json.loads((ROOT / "conf/grafana-dashboard.json").read_text())["panels"]
    explained = [*rows(DASHBOARD, "What the panels say"), *re.findall(r"panel \*([^*]+)\*", DASHBOARD)]
    assert len(explained) > 10
    titles = {panel["title"] for panel in panels}
    assert {name for name in explained if not any(title.startswith(name) for title in titles)} == set()


def test_each_alert_has_what_to_do_and_no_other() -> None:
    rules = yaml.safe_load((ROOT / "conf/meshvoice-alerts.yaml").read_text())["groups"][0]["rules"]
    assert sorted(rows(DASHBOARD, "What to do at an alert")) == sorted(rule["alert"] for rule in rules)


def test_each_reason_that_is_explained_is_one_of_the_clients() -> None:
    text = TEXTS["docs/operations/cant-hear.md"]
    explained = re.findall(r"^\| `(\w+)` \|", text, re.M)
    assert len(explained) > 4
    # A report has it where the other end's reason stands in that one's.
    assert set(explained) <= {*REASONS, "asked"}


def test_the_units_of_several_processes_are_what_sed_makes_of_the_one(tmp_path: Path) -> None:
    """Each is started with its number, listens on a port with that, and is handed that socket alone."""
    for name in ("meshvoice.service", "meshvoice.socket"):
        (tmp_path / name).write_text((ROOT / "conf" / name).read_text())
    text = TEXTS["docs/operations/several-processes.md"]
    lines = [line for line in text.splitlines() if line.startswith("sed ")]
    subprocess.run(["sh", "-ec", "\n".join(lines)], cwd=tmp_path, check=True)
    service, socket = [(tmp_path / f"meshvoice@.{kind}").read_text() for kind in ("service", "socket")]
    assert "\nExecStart=/opt/meshvoice/.venv/bin/meshvoice serve --process %i\n" in service
    assert "\nListenStream=127.0.0.1:808%i\n" in socket
    for line in service.splitlines():
        if not line.startswith("#"):
            assert "meshvoice.socket" not in line

"""Imports go down only, and what decides knows neither sockets nor clocks nor pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "meshvoice"
STATIC = ROOT / "static"

FLOORS = {
    "__main__": 3,
    "web": 2,
    "doctor": 2,
    "signaling": 1,
    "access": 1,
    "turn": 1,
    "proxies": 1,
    "settings": 0,
    "settings_report": 0,
    "settings_rows": 0,
    "turn_settings": 0,
    "sites": 0,
    "values": 0,
    "env_file": 0,
    "env_lines": 0,
    "assets": 0,
    "ids": 0,
    "languages": 0,
    "plurals": 0,
    "accepted": 0,
    "names": 0,
    "passphrases": 0,
    "lookalikes": 0,
    "forwarding": 0,
    "user_header": 0,
    "timekeeping": 0,
    "histogram": 0,
}
"""A module imports from its own house and from floors below; on the ground, from any, without a cycle."""

OUTSIDE = {
    "aiohttp",
    "aiohttp_jinja2",
    "aiohttp_session",
    "aioice",
    "asyncio",
    "concurrent",
    "datetime",
    "os",
    "pathlib",
    "prometheus_client",
    "random",
    "secrets",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "uvloop",
}
"""What reaches for the network, the clock, the dice, the disk or other programs."""

ALLOWED = {
    "access.guestbook": {"sqlite3"},
    "access.lock": {"sqlite3"},
    "access.schema": {"sqlite3"},
    "access.store": {"sqlite3"},
    "turn.installed": {"shutil", "socket", "subprocess"},
    "proxies.commands": {"sys"},
    "turn.commands": {"os", "pathlib", "subprocess", "sys"},
    "turn.renewal": {"os", "pathlib", "shutil", "subprocess", "sys"},
    "env_file": {"os", "pathlib", "secrets"},
    "assets": {"pathlib"},
}
"""The modules of the lower floors that reach outside, and for what."""


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
HOUSES = [name for name in MODULES if name]


def imports_of(path: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """Give the full name of all that a module imports, wherever in it; at run time: without TYPE_CHECKING."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            typing_only.update(inner for statement in node.body for inner in ast.walk(statement))
    for node in ast.walk(tree):
        if at_run_time and node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole.removeprefix("meshvoice.") in MODULES else node.module or ""


def ours(path: Path, *, at_run_time: bool = False) -> set[str]:
    found = {name for name in imports_of(path, at_run_time=at_run_time) if name.split(".")[0] == "meshvoice"}
    return {name.removeprefix("meshvoice").removeprefix(".") for name in found}


def house(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize("name", HOUSES)
def test_every_module_belongs_to_a_floor(name: str) -> None:
    assert house(name) in FLOORS


@pytest.mark.parametrize("name", HOUSES)
def test_imports_go_down_only(name: str) -> None:
    for imported in ours(MODULES[name]):
        inside = house(imported) == house(name)
        ground = FLOORS[house(name)] == FLOORS[house(imported)] == 0
        assert inside or ground or FLOORS[house(imported)] < FLOORS[house(name)], imported


def test_no_module_imports_itself_in_the_end() -> None:
    TopologicalSorter({name: ours(path, at_run_time=True) for name, path in MODULES.items()}).prepare()


@pytest.mark.parametrize("name", [name for name in HOUSES if FLOORS[house(name)] <= 1])
def test_the_lower_floors_reach_outside_only_where_it_is_their_work(name: str) -> None:
    reached = {house(imported) for imported in imports_of(MODULES[name])} & OUTSIDE
    assert reached <= ALLOWED.get(name, set())


# The client


FOLDERS: dict[str, set[str]] = {
    "": set(),
    "signaling": {""},
    "link": {""},
    "audio": {""},
    "browser": {"", "link"},
    "session": {"", "signaling"},
    "call": {"", "audio", "browser", "session", "signaling"},
    "room": {"", "audio", "browser", "call", "session", "signaling"},
    "check": {"", "signaling", "audio", "session"},
    "panel": {"", "signaling", "session"},
}
"""The folders of static/voice, and from which others each may import; "" is what lies beside them."""

PAGE = {
    "voice-button.js",
    "page.js",
    "dom.js",
    "handing.js",
    "partial-update.js",
    "invitation.js",
    "host-link.js",
    "check.js",
}
"""The scripts of static/ that show a page, as voice/panel and the check's view do; the rest is a library."""

PURE = sorted(
    path
    for pattern in (
        "signaling/signaling-*.js",
        "signaling/messages.js",
        "signaling/reading.js",
        "signaling/codes.js",
        "signaling/replay.js",
        "link/link-judging.js",
        "link/link-machine.js",
        "link/link-state.js",
        "link/link-stats.js",
        "link/link-table.js",
        "link/channel-limits.js",
        "link/figures.js",
        "link/link-history.js",
        "link/candidate-fit.js",
        "link/sdp-shape.js",
        "link/tune-opus.js",
        "audio/ceiling.js",
        "audio/constraints.js",
        "audio/microphone-words.js",
        "audio/frames.js",
        "session/suppressor-words.js",
        "session/bitrate.js",
        "session/band-messages.js",
        "session/between.js",
        "session/between-words.js",
        "session/note-text.js",
        "session/path-words.js",
        "session/people.js",
        "session/safety-code.js",
        "session/safety-emoji.js",
        "audio/gate.js",
        "decibels.js",
        "session/roster.js",
        "session/words.js",
        "session/shown.js",
        "session/talk.js",
        "session/journal.js",
        "panel/meant-words.js",
        "panel/panel-view.js",
        "panel/shortcuts.js",
        "panel/talk-key.js",
        "check/check-verdicts.js",
        "check/relay-verdicts.js",
        "check/site-word.js",
        "check/check-words.js",
    )
    for path in (STATIC / "voice").glob(pattern)
)
BROWSER = re.compile(
    r"\b(?:document|window|navigator|location|localStorage|sessionStorage|globalThis|fetch|WebSocket|"
    r"RTC\w+|HTML\w+|AudioContext|MediaStream|EventTarget|CustomEvent|addEventListener|requestAnimationFrame|"
    r"(?:set|clear)(?:Timeout|Interval)|queueMicrotask|Date|performance|crypto|Math\.random)\b"
)


def code_of(path: Path) -> str:
    """Give a script without its comments, so without the types that JSDoc imports."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r'("(?:\\.|[^"\\\n])*")|/\*.*?\*/|//[^\n]*', lambda found: found[1] or "", text, flags=re.S)


def imported_by(path: Path) -> set[Path]:
    """Give the scripts that a script imports, those too that it loads only when they are needed."""
    found = re.findall(r'(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"', code_of(path))
    return {(path.parent / name).resolve() for name in found}


def reached_from(path: Path) -> set[Path]:
    reached: set[Path] = set()
    waiting = {path.resolve()}
    while waiting:
        reached |= waiting
        waiting = {each for one in waiting for each in imported_by(one)} - reached
    return reached


SCRIPTS = sorted({*STATIC.rglob("*.js")} - {*(STATIC / "built").rglob("*.js")})


def folder_of(script: Path) -> str | None:
    """Give the folder of static/voice in which a script lies, or None where it lies outside."""
    if not script.is_relative_to(STATIC / "voice"):
        return None
    return script.parent.relative_to(STATIC / "voice").as_posix().removeprefix(".")


def test_the_files_that_these_tests_are_about_are_there() -> None:
    assert {folder_of(path) for path in SCRIPTS} == {None, *FOLDERS}
    assert len(PURE) >= 20
    assert {path.name for path in STATIC.glob("*.js")} >= PAGE


@pytest.mark.parametrize(
    "script",
    [path for path in SCRIPTS if folder_of(path) is not None],
    ids=lambda path: str(path.relative_to(STATIC)),
)
def test_a_folder_of_the_client_imports_from_those_that_it_may(script: Path) -> None:
    folder = folder_of(script) or ""
    reached = {folder_of(imported) for imported in imported_by(script)} - {folder, None}
    assert reached <= FOLDERS[folder]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_what_a_script_imports_is_there(script: Path) -> None:
    assert all(imported.is_file() for imported in imported_by(script))


@pytest.mark.parametrize("script", PURE, ids=lambda path: path.name)
def test_what_decides_in_the_client_reaches_no_page_clock_or_network(script: Path) -> None:
    for reached in reached_from(script):
        code = re.sub(r'"(?:\\.|[^"\\\n])*"|`[^`]*`', '""', code_of(reached))
        assert BROWSER.findall(code) == [], reached.name


def shows_a_page(script: Path) -> bool:
    return (
        folder_of(script) == "panel"
        or script.name == "check-view.js"
        or (script.parent == STATIC and script.name in PAGE)
    )


@pytest.mark.parametrize(
    "script",
    [path for path in SCRIPTS if not shows_a_page(path)],
    ids=lambda path: str(path.relative_to(STATIC)),
)
def test_the_library_never_imports_the_page(script: Path) -> None:
    assert [imported.name for imported in imported_by(script) if shows_a_page(imported)] == []


def test_scripts_do_not_import_each_other_in_a_circle() -> None:
    TopologicalSorter({script.resolve(): imported_by(script) for script in SCRIPTS}).prepare()

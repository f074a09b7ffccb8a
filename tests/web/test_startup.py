"""The real command starts with real settings only, and says what to mend (W8)."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from meshvoice.settings import SettingsError
from meshvoice.web.server import open_book
from tests.web.running import (
    SECRET_KEY,
    TURN_SECRET,
    Running,
    clean_environment,
    launch,
    serving,
    usual,
    write_env_file,
)

SHORT = "kV8pQ2x"
"""A secret that is none; it must not be printed."""


async def refused(folder: Path, env_file: Path, more: dict[str, str] | None = None) -> Running:
    """Start what must not start."""
    running = await launch(folder, env_file, more=more)
    try:
        assert await running.ends() == 2
    finally:
        await running.ends(signal.SIGKILL)
    return running


@pytest.mark.parametrize(
    ("variable", "value", "fix"),
    [
        ("MESHVOICE_SECRET_KEY", "", "meshvoice secrets"),
        ("MESHVOICE_SECRET_KEY", SHORT, "meshvoice secrets"),
        ("MESHVOICE_SECRET_KEY", "change-me-change-me-change-me-change-me-1234=", "meshvoice secrets"),
        ("MESHVOICE_SECRET_KEY", "A" * 43 + "=", "meshvoice secrets"),
        ("MESHVOICE_SECRET_KEY", f"{SECRET_KEY},{SHORT}", "meshvoice secrets"),
        ("COTURN_SHARED_SECRET", f"change_me {SHORT}", "meshvoice secrets"),
        ("COTURN_SHARED_SECRET", "your-secret-here-your-secret-here-0123", "meshvoice secrets"),
        ("MESHVOICE_PASSPHRASE", "changeme", "words"),
        ("MESHVOICE_PASSPRASE", SHORT, "MESHVOICE_PASSPHRASE"),
        ("COTURN_SECRET", SHORT, "remove or correct"),
        ("SECRET_KEY", SHORT, "remove or correct"),
    ],
)
async def test_a_secret_that_is_none_is_refused(tmp_path: Path, variable: str, value: str, fix: str) -> None:
    """Missing, short, placeholder or misspelt: exit 2, the name and the fix, and never the value (W8)."""
    env_file = write_env_file(tmp_path / "meshvoice.env", {**usual(tmp_path), variable: value})
    log = (await refused(tmp_path, env_file)).log.decode()
    (line,) = log.splitlines()
    assert line.startswith(f"meshvoice: {variable}: ")
    assert fix in line
    if value:
        assert value not in log
    assert SECRET_KEY not in log


@pytest.mark.parametrize("proxies", ["", "0.0.0.0/0", "127.0.0.1,::/0"])
async def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, proxies: str) -> None:
    """A user header that anyone could send needs the proxies' own addresses (W7, W8)."""
    values = {**usual(tmp_path), "MESHVOICE_USER_HEADER": "Remote-User", "MESHVOICE_TRUSTED_PROXIES": proxies}
    log = (await refused(tmp_path, write_env_file(tmp_path / "meshvoice.env", values))).log
    assert b"MESHVOICE_TRUSTED_PROXIES" in log


async def test_the_environment_is_read_as_strictly_as_the_file(tmp_path: Path) -> None:
    env_file = write_env_file(tmp_path / "meshvoice.env", usual(tmp_path))
    log = (await refused(tmp_path, env_file, {"MESHVOICE_SECRET": SHORT})).log
    assert b"MESHVOICE_SECRET: " in log
    assert SHORT.encode() not in log


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
async def test_a_secrets_file_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """World-readable or world-writable: refused with the command that mends it (W8)."""
    env_file = write_env_file(tmp_path / "meshvoice.env", usual(tmp_path), mode=mode)
    log = (await refused(tmp_path, env_file)).log.decode()
    assert f"chmod 600 {env_file}" in log


async def test_a_line_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    env_file = write_env_file(tmp_path / "meshvoice.env", usual(tmp_path))
    env_file.write_text(env_file.read_text() + f"export {SHORT}\n")
    log = (await refused(tmp_path, env_file)).log.decode()
    assert "line 5 is not NAME=value" in log
    assert SHORT not in log


async def test_an_env_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    env_file = tmp_path / "meshvoice.env"
    env_file.write_bytes(b"\xff\xfe")
    env_file.chmod(0o600)
    assert str(env_file).encode() in (await refused(tmp_path, env_file)).log


@pytest.mark.parametrize("kind", ["corrupt", "folder", "under a file", "no such device"])
async def test_a_guest_book_that_cannot_be_used_is_refused(tmp_path: Path, kind: str) -> None:
    """Corrupt or unwritable: a clear refusal, and the file stays as it is."""
    path = tmp_path / "book.db"
    content = b"this is no database, or no longer one" * 400
    match kind:
        case "corrupt":
            path.write_bytes(content)
        case "folder":
            path.mkdir()
        case "under a file":
            path.write_bytes(content)
            path = path / "book.db"
        case "no such device":
            path = Path("/proc/meshvoice/book.db")
    values = {**usual(tmp_path), "MESHVOICE_DATABASE": str(path)}
    log = (await refused(tmp_path, write_env_file(tmp_path / "meshvoice.env", values))).log.decode()
    assert log.splitlines()[-1].startswith("meshvoice: MESHVOICE_DATABASE: ")
    assert "Traceback" not in log
    if kind == "corrupt":
        assert path.read_bytes() == content


@pytest.mark.parametrize("form", ["plain", "json"])
async def test_a_port_in_use_is_told_as_such(tmp_path: Path, form: str) -> None:
    values = {**usual(tmp_path), "MESHVOICE_LOG_FORMAT": form}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(values["MESHVOICE_PORT"])))
        taken.listen()
        log = (await refused(tmp_path, write_env_file(tmp_path / "meshvoice.env", values))).log.decode()
    assert "MESHVOICE_PORT: 127.0.0.1:" in log
    assert "Traceback" not in log
    assert "serving on" not in log
    if form == "json":
        assert [json.loads(line)["level"] for line in log.splitlines()][-1:] == ["critical"]


async def test_a_setting_that_is_refused_is_told_in_the_logs_own_form(tmp_path: Path) -> None:
    """What gathers a log reads it line by line, the last one of a server that doesn't start above all."""
    values = {**usual(tmp_path), "MESHVOICE_LOG_FORMAT": "json", "MESHVOICE_PORT": "abc"}
    log = (await refused(tmp_path, write_env_file(tmp_path / "meshvoice.env", values))).log.decode()
    (line,) = log.splitlines()
    told = json.loads(line)
    assert told["level"] == "critical"
    assert told["message"].startswith("MESHVOICE_PORT: 'abc' is")


async def test_the_process_makes_its_guest_book_for_itself_alone(tmp_path: Path) -> None:
    """The file is 0600 in a folder of 0700, whatever the umask says, and so are SQLite's own beside it."""
    async with serving(tmp_path, usual(tmp_path)):
        folder = tmp_path / "var"
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert set(modes.values()) == {0o600}
        assert "meshvoice.db" in modes
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_guest_book_called_memory_is_a_file(tmp_path: Path) -> None:
    """SQLite gives `:memory:` a meaning of its own: everyone's rooms would end with the process."""
    async with serving(tmp_path, {**usual(tmp_path), "MESHVOICE_DATABASE": ":memory:"}):
        assert (tmp_path / ":memory:").stat().st_size > 0


async def test_new_secrets_are_made_once_and_start_the_server(tmp_path: Path) -> None:
    """`meshvoice secrets` writes a complete file, 0600, with which the server starts; never over another."""
    env_file = tmp_path / "conf" / "meshvoice.env"

    async def make() -> tuple[int, bytes]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "meshvoice", "secrets", str(env_file)),
            env=clean_environment(),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        return process.returncode or 0, said

    assert (await make())[0] == 0
    text = env_file.read_text()
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    found = re.findall(r"(?m)^(MESHVOICE_SECRET_KEY|COTURN_SHARED_SECRET)=(\S{40,})$", text)
    assert [name for name, _ in found] == ["MESHVOICE_SECRET_KEY", "COTURN_SHARED_SECRET"]
    code, said = await make()
    assert (code, env_file.read_text()) == (1, text)
    assert b"For a new secret let its line there stand empty" in said
    for _, secret in found:
        assert secret.encode() not in said
    port = usual(tmp_path)["MESHVOICE_PORT"]
    running = await launch(tmp_path, env_file, more={"MESHVOICE_PORT": port})
    try:
        await running.listens()
        assert await running.ends(signal.SIGTERM) == 0
    finally:
        await running.ends(signal.SIGKILL)
    assert TURN_SECRET.encode() not in running.log


async def test_a_second_server_on_one_guest_book_is_refused(tmp_path: Path) -> None:
    """It names the setting and the fix; kill -9 of the first lets the next one in."""
    values = usual(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    another_port = {**values, "MESHVOICE_PORT": usual(tmp_path)["MESHVOICE_PORT"]}
    async with serving(tmp_path, values):
        log = (await refused(other, write_env_file(other / "meshvoice.env", another_port))).log.decode()
    assert log.startswith(f"meshvoice: MESHVOICE_DATABASE: {values['MESHVOICE_DATABASE']}: Another meshvoice")
    assert "stop that one first, or give each its own MESHVOICE_DATABASE" in log
    async with serving(other, another_port):
        pass


def test_by_a_link_it_is_the_same_guest_book(tmp_path: Path) -> None:
    """A second server that came by a link once started, and both wrote."""
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "meshvoice.db")
    book = open_book(str(tmp_path / "meshvoice.db"))
    with pytest.raises(SettingsError, match="Another meshvoice"):
        open_book(str(link))
    book.close()


async def test_the_start_says_where_fewer_files_may_be_open_than_sockets_are_set(tmp_path: Path) -> None:
    env_file = write_env_file(tmp_path / "meshvoice.env", {**usual(tmp_path), "MESHVOICE_SOCKETS": "500"})
    running = await launch(tmp_path, env_file, files=300)
    try:
        await running.listens()
    finally:
        await running.ends(signal.SIGKILL)
    assert b"MESHVOICE_SOCKETS is 500, but this process may open 300 files only: raise" in running.log


async def test_the_start_names_every_address_and_the_one_without_tls(tmp_path: Path) -> None:
    addresses = ("https://voice.example.org/talk", "http://voice.lan/talk")
    async with serving(tmp_path, {**usual(tmp_path), "MESHVOICE_ORIGIN": ", ".join(addresses)}) as running:
        pass
    log = running.log.decode()
    assert f"serving on {', '.join(addresses)}\n" in log
    assert [line for line in log.splitlines() if "no microphone" in line and f" {addresses[1]} is" in line]
    assert f"{addresses[0]} is neither" not in log


async def test_this_machines_own_names_are_told_as_one(tmp_path: Path) -> None:
    values = usual(tmp_path)
    async with serving(tmp_path, values) as running:
        pass
    assert f"serving on http://localhost:{values['MESHVOICE_PORT']}\n" in running.log.decode()

"""`meshvoice settings` tells each value and where it comes from, all that is wrong, and no secret."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.__main__ import main
from meshvoice.settings import NAMES, SettingsError
from meshvoice.settings_report import Sources, report

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.urlsafe_b64encode(bytes(range(100, 132))).decode()
SECRET = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ_-0246"


def told(
    environment: dict[str, str] | None = None,
    file: dict[str, str] | None = None,
    strangers: tuple[SettingsError, ...] = (),
) -> tuple[dict[str, list[str]], bool]:
    """Give the lines of the table, and what is wrong beneath them, by variable."""
    sources = Sources(
        environment={"MESHVOICE_SECRET_KEY": KEY, **(environment or {})},
        file=file or {},
        file_name="the file",
    )
    text, right = report(sources, strangers)
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.startswith(" "):
            variable, _, rest = line.partition(" ")
            lines[variable] = []
            line = " ".join(rest.split())
        lines[variable].append(line)
    return lines, right


def test_every_setting_has_its_line_in_the_tables_order() -> None:
    lines, right = told()
    assert right
    assert (*lines,) == NAMES
    assert {len(line) for line in lines.values()} == {1}


@pytest.mark.parametrize(
    ("environment", "file", "line"),
    [
        ({}, {}, "8080 default port to listen on"),
        ({}, {"MESHVOICE_PORT": "1"}, "1 the file port to listen on"),
        ({"MESHVOICE_PORT": "2"}, {"MESHVOICE_PORT": "1"}, "2 environment port to listen on"),
        ({}, {"MESHVOICE_PORT": " "}, "8080 default port to listen on"),
        (
            {"MESHVOICE_PORT": ""},
            {"MESHVOICE_PORT": "1"},
            "8080 default (empty in the environment) port to listen on",
        ),
    ],
)
def test_a_value_is_told_with_where_it_comes_from(
    environment: dict[str, str], file: dict[str, str], line: str
) -> None:
    assert told(environment, file)[0]["MESHVOICE_PORT"] == [line]


@pytest.mark.parametrize(
    ("variable", "text", "shown"),
    [
        ("MESHVOICE_ORIGIN", "https://Voice.Club.net:443/", "https://voice.club.net"),
        ("MESHVOICE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/24", "127.0.0.1/32,10.0.0.0/24"),
        ("MESHVOICE_SEA_HOURS", "1.50", "1.5"),
        ("MESHVOICE_USER_HEADER", "", "none"),
        ("MESHVOICE_RELAY_ONLY", "no", "0"),
        ("COTURN_VERSION", "4.6", "4.6.0"),
        ("COTURN_PUBLIC_IP", "192.0.2.5", "192.0.2.5"),
    ],
)
def test_a_value_is_told_as_it_counts(variable: str, text: str, shown: str) -> None:
    assert told({variable: text})[0][variable][0].split(" ")[0] == shown


def test_what_stands_for_an_unset_value_is_told() -> None:
    assert told()[0]["COTURN_VERSION"][0].startswith("the installed one default ")


def test_the_realm_is_told_as_it_follows_from_the_host() -> None:
    lines, _ = told({"COTURN_TURN_HOST": "turn.club.net", "COTURN_SHARED_SECRET": SECRET})
    assert lines["COTURN_REALM"] == ["turn.club.net default coturn's realm"]


@pytest.mark.parametrize(
    ("variable", "text", "shown"),
    [
        ("MESHVOICE_SECRET_KEY", KEY, "set"),
        ("MESHVOICE_SECRET_KEY", f"{KEY},{OTHER_KEY}", "2 set"),
        ("MESHVOICE_PASSPHRASE", "four words are best", "set"),
        ("MESHVOICE_PASSPHRASE", "", "none"),
        ("COTURN_SHARED_SECRET", f"{SECRET},{SECRET[::-1]}", "2 set"),
        ("COTURN_SHARED_SECRET", "", "none"),
        ("COTURN_SHARED_SECRET", "'change_me'", "(wrong)"),
        ("MESHVOICE_PASSPHRASE", "12345678", "(wrong)"),
    ],
)
def test_a_secret_is_told_by_how_many_there_are(variable: str, text: str, shown: str) -> None:
    line = " ".join(told({variable: text})[0][variable])
    assert line.startswith(f"{shown} ")
    assert not text or text not in line


@given(st.sampled_from(["MESHVOICE_SECRET_KEY", "MESHVOICE_PASSPHRASE", "COTURN_SHARED_SECRET"]), st.data())
def test_no_secret_is_ever_told_whole_or_in_parts(variable: str, data: st.DataObject) -> None:
    text = data.draw(st.text("☠☢☣☮☯♔♕♖", min_size=1, max_size=50))
    sources = Sources(
        environment={"MESHVOICE_SECRET_KEY": KEY, variable: text}, file={}, file_name="the file"
    )
    told, _ = report(sources)
    assert not {*text} & {*told}
    assert KEY not in told


def test_what_is_wrong_is_marked_with_its_fix_and_the_rest_is_told() -> None:
    lines, right = told({"MESHVOICE_PORT": "0", "MESHVOICE_SEA_PEERS": "5", "COTURN_TTL": "a"})
    assert not right
    assert lines["MESHVOICE_PORT"] == [
        "(wrong) environment port to listen on",
        "    wrong: '0' is not a whole number from 1 to 65535",
    ]
    assert len(lines["COTURN_TTL"]) == 2
    assert lines["MESHVOICE_SEA_PEERS"] == ["5 environment seats of a sea"]


def test_a_value_that_contradicts_another_is_told_and_marked() -> None:
    lines, right = told({}, {"COTURN_PRIVATE_IP": "10.0.0.5"})
    assert not right
    value, wrong = lines["COTURN_PRIVATE_IP"]
    assert value.startswith("10.0.0.5 the file")
    assert "set COTURN_PUBLIC_IP" in wrong


def test_a_name_that_is_no_setting_stands_below_the_table() -> None:
    stranger = SettingsError("PATH", "in the file is no setting of meshvoice: remove or correct it")
    lines, right = told({}, {"MESHVOICE_PROT": "1", "PATH": "/bin"}, (stranger,))
    assert not right
    assert (*lines,) == (*NAMES, "PATH", "MESHVOICE_PROT")
    assert lines["MESHVOICE_PROT"][0] == "(wrong) the file"
    assert "did you mean MESHVOICE_PORT?" in lines["MESHVOICE_PROT"][1]
    assert lines["PATH"] == ["(wrong) the file", f"    wrong: {stranger.fix}"]


def test_columns_stand_below_each_other() -> None:
    text, _ = report(Sources(environment={"MESHVOICE_SECRET_KEY": KEY}, file={}, file_name="the file"))
    lines = {line.split()[0]: line for line in text.splitlines()}
    columns = {lines[name].index("default") for name in NAMES[1:] if name != "MESHVOICE_ORIGIN"}
    assert len(columns) == 1


# The command


@pytest.fixture
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("MESHVOICE_", "COTURN_")):
            monkeypatch.delenv(name)


def written(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


@pytest.mark.usefixtures("_nothing_set")
def test_the_command_prints_what_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "env", f"MESHVOICE_SECRET_KEY={KEY}\nMESHVOICE_PORT=9090\n")
    assert main(["--env-file", path, "settings"]) == 0
    out, err = capsys.readouterr()
    (line,) = (line.split() for line in out.splitlines() if line.startswith("MESHVOICE_PORT"))
    assert line[1:3] == ["9090", path]
    assert err == ""
    assert KEY not in out


@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize(
    "line", ["MESHVOICE_PORT=0", "MESHVOICE_PROT=1", "PATH=/bin", "COTURN_PRIVATE_IP=10.0.0.5"]
)
def test_the_command_ends_with_2_where_something_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    path = written(tmp_path / "env", f"MESHVOICE_SECRET_KEY={KEY}\n{line}\n")
    assert main(["--env-file", path, "settings"]) == 2
    out = capsys.readouterr().out
    assert out.count("    wrong: ") == 1
    assert all(f"\n{name} " in f"\n{out}" for name in (*NAMES, line.partition("=")[0]))


@pytest.mark.usefixtures("_nothing_set")
def test_a_file_that_cannot_be_read_prints_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its settings aren't known, so no value that was printed would be true."""
    assert main(["--env-file", written(tmp_path / "env", "export A\n"), "settings"]) == 2
    assert capsys.readouterr().out == ""

"""The file of settings and secrets is written once, for its owner alone, and read strictly."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from meshvoice import env_file
from meshvoice.settings import Settings, SettingsError

EXAMPLE = (Path(__file__).parents[1] / "conf" / "meshvoice.env.example").read_text(encoding="utf-8")


def parse(text: str) -> dict[str, str]:
    return env_file.parse(text, name="the file")


def private(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


# Reading


def test_a_file_is_read_line_by_line() -> None:
    assert parse("# A=1\n\n  ; B=2\n \t \nC=3\r\nD=four\u2028 \u2029\rE=\n") == {
        "C": "3",
        "D": "four\u2028 \u2029",
        "E": "",
    }


def test_a_line_that_cannot_be_taken_is_refused_by_its_number() -> None:
    with pytest.raises(SettingsError, match="the file: line 2 is not NAME=value"):
        parse("#\nexport A=b")


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="A: stands twice in the file, in line 1 and line 3: keep one"):
        parse("A=1\n\nA=1")


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert env_file.read(tmp_path / "none") == {}


def test_a_private_file_is_read(tmp_path: Path) -> None:
    assert env_file.read(private(tmp_path / "env", "A=b")) == {"A": "b"}


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o644, 0o777])
def test_a_file_that_everyone_can_reach_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    path = private(tmp_path / "env", "A=b")
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        env_file.read(path)


def test_a_file_that_its_group_may_read_is_taken(tmp_path: Path) -> None:
    path = private(tmp_path / "env", "A=b")
    path.chmod(0o640)
    assert env_file.read(path) == {"A": "b"}


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        env_file.read(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 2 is no UTF-8 text"):
        env_file.read(private(tmp_path / "env", b"A=b\nC=\xff"))


# The environment over the file


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = private(tmp_path / "env", "MESHVOICE_PORT=1\nMESHVOICE_HOST=a")
    merged = env_file.merged(path, {"MESHVOICE_PORT": "2", "PATH": "/bin"})
    assert merged == {"MESHVOICE_HOST": "a", "MESHVOICE_PORT": "2", "PATH": "/bin"}


def test_a_variable_in_the_file_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "env", "PATH=/bin")
    with pytest.raises(SettingsError, match=r"PATH: in .* is no setting of meshvoice"):
        env_file.merged(path, {})


# Writing


def test_what_is_written_starts_the_server(tmp_path: Path) -> None:
    path = tmp_path / "conf" / "meshvoice.env"
    env_file.write_new(path, EXAMPLE)
    settings = Settings.from_env(env_file.merged(path, {}))
    assert len(settings.secret_keys) == len(settings.turn.shared_secrets) == 1


def test_only_the_owner_can_reach_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "meshvoice.env"
    env_file.write_new(path, EXAMPLE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    path = private(tmp_path / "meshvoice.env", "MESHVOICE_PORT=1")
    with pytest.raises(FileExistsError):
        env_file.write_new(path, EXAMPLE)
    assert path.read_text(encoding="utf-8") == "MESHVOICE_PORT=1"


def test_each_file_has_secrets_of_its_own() -> None:
    first, second = (parse(env_file.with_secrets(EXAMPLE)) for _ in range(2))
    for name in ("MESHVOICE_SECRET_KEY", "COTURN_SHARED_SECRET"):
        assert first[name] != second[name]


def test_the_rest_of_the_example_stays_as_it_is() -> None:
    before, after = EXAMPLE.splitlines(), env_file.with_secrets(EXAMPLE).splitlines()
    changed = [line.partition("=")[0] for line, now in zip(before, after, strict=True) if line != now]
    assert changed == ["MESHVOICE_SECRET_KEY", "COTURN_SHARED_SECRET"]


@pytest.mark.parametrize("example", ["", "MESHVOICE_SECRET_KEY=\n", "MESHVOICE_SECRET_KEY=\n" * 2])
def test_an_example_without_a_line_for_each_secret_is_refused(example: str) -> None:
    with pytest.raises(SettingsError, match="has no line of its own in the example file"):
        env_file.with_secrets(example)


def test_secrets_that_stand_empty_in_a_file_are_filled_and_all_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "meshvoice.env"
    path.write_text("# mine\nMESHVOICE_PORT=9090\nMESHVOICE_SECRET_KEY=\nCOTURN_SHARED_SECRET=kept\n")
    assert env_file.fill(path) == ["MESHVOICE_SECRET_KEY"]
    text = path.read_text()
    assert text.startswith("# mine\nMESHVOICE_PORT=9090\nMESHVOICE_SECRET_KEY=")
    assert parse(text)["COTURN_SHARED_SECRET"] == "kept"
    assert len(parse(text)["MESHVOICE_SECRET_KEY"]) == 44
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["meshvoice.env"]


def test_a_file_with_its_secrets_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "meshvoice.env"
    env_file.write_new(path, EXAMPLE)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert env_file.fill(path) == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before

"""The joined files stand for the modules that they were made of, and for no others."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from meshvoice import assets
from meshvoice.web import bundle
from meshvoice.web.static import VERSION
from tests.web.house import House
from tests.web.person import Person

JOINED = b"// joined\n"
PLAIN = b"// as written\n"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """Make a client whose entry is joined."""
    root = tmp_path / "static"
    shutil.copytree(assets.find("static"), root, ignore=shutil.ignore_patterns(bundle.FOLDER))
    (root / "voice-mesh.js").write_bytes(PLAIN)
    made = root / bundle.FOLDER
    (made / "voice").mkdir(parents=True)
    (made / "voice-mesh.js").write_bytes(JOINED)
    (made / "voice" / "part-A1.js").write_bytes(JOINED)
    said = {"of": bundle.digest(root), "files": ["voice-mesh.js", "voice/part-A1.js"]}
    (made / bundle.SOURCES).write_text(json.dumps(said), encoding="utf-8")
    return root


async def entry(house: House, static: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bytes]:
    """Give the version that a page names with that client, and the entry under it."""
    monkeypatch.setattr(house.app[VERSION], "root", static)
    house.clock.now += 1.0
    page = (await Person(house).get("/")).text
    found = re.search(r'src="(/static/v-[0-9a-f]{16}/)page\.js"', page)
    assert found is not None
    answer = await Person(house).get(f"{found[1]}voice-mesh.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    return found[1], answer.body


async def test_a_joined_file_is_served_in_place_of_its_module(
    house: House, static: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, body = await entry(house, static, monkeypatch)
    assert body == JOINED
    assert (await Person(house).get(f"{version}voice/part-A1.js")).status == 200
    # What isn't joined is served as it is written.
    assert "export" in (await Person(house).get(f"{version}voice/store.js")).text
    # So does a page from before an upgrade get it.
    old = await Person(house).get("/static/v-0123456789abcdef/voice-mesh.js")
    assert old.text == JOINED.decode()


async def test_a_changed_module_is_served_as_it_is_written_and_under_another_path(
    house: House, static: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so: after an upgrade nobody would know why pages load later."""
    caplog.set_level("INFO")
    before, _ = await entry(house, static, monkeypatch)
    with (static / "voice" / "store.js").open("a") as changed:
        changed.write("// changed\n")
    assert "make bundle" not in caplog.text
    after, body = await entry(house, static, monkeypatch)
    assert caplog.text.count("make bundle") == 1
    assert after != before
    assert body == PLAIN
    assert (await Person(house).get(f"{after}voice/part-A1.js")).status == 404


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"of": 1, "files": 2}', "\0", '{"of": "'])
def test_what_is_half_written_joins_nothing(static: Path, said: str) -> None:
    assert bundle.files(static) == {"voice-mesh.js", "voice/part-A1.js"}
    (static / bundle.FOLDER / bundle.SOURCES).write_text(said, encoding="utf-8")
    assert bundle.files(static) == frozenset()


@pytest.mark.parametrize("name", ["voice-mesh.js", "voice/part-A1.js"])
def test_what_is_half_there_joins_nothing(static: Path, name: str) -> None:
    """A copy that was cut short, or a `make clean`: the modules as they are written are there."""
    (static / bundle.FOLDER / name).unlink()
    assert bundle.files(static) == frozenset()


def test_words_and_styles_are_no_part_of_it(static: Path) -> None:
    before = bundle.digest(static)
    (static / "lang" / "xx.js").write_text("// another language\n", encoding="utf-8")
    (static / "style.css").write_text("", encoding="utf-8")
    assert bundle.digest(static) == before
    (static / "voice" / "new.js").write_text("", encoding="utf-8")
    assert bundle.digest(static) != before

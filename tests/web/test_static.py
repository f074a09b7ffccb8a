"""The client's files: kept for ever under the path that the pages name, asked for anew under any other."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from meshvoice import assets
from meshvoice.web.keys import LANGUAGES
from meshvoice.web.language import read_all
from meshvoice.web.static import VERSION, Version
from tests.web.house import House
from tests.web.person import Person


async def page_script(house: House) -> str:
    """Give the path of a script that the sign-in page names."""
    page = (await Person(house).get("/")).text
    found = re.search(r'src="(/static/v-[0-9a-f]{16}/page\.js)"', page)
    assert found is not None
    return found[1]


async def test_what_a_page_names_is_kept_without_asking(house: House) -> None:
    answer = await Person(house).get(await page_script(house))
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["Content-Type"]


async def test_a_page_from_before_an_upgrade_gets_what_there_is_now_but_keeps_it_not(house: House) -> None:
    path = re.sub("v-[0-9a-f]{16}", "v-0123456789abcdef", await page_script(house))
    answer = await Person(house).get(path)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_nothing_outside_the_folder_is_served_under_a_version(house: House) -> None:
    base = (await page_script(house)).removesuffix("page.js")
    for path in ("voice", "none.js", "/etc/passwd"):
        assert (await Person(house).get(base + path)).status == 404
    # As no client of good manners writes it: others take such a path together before they send it.
    beside = "meshvoice/__init__.py"
    assert (assets.find("static").parent / beside).is_file()
    for path in (f"../{beside}", f"%2e%2e/{beside}", f"..%2f{beside}", f"voice/../../{beside}"):
        for folder in (base, "/static/"):
            head = f"GET {folder}{path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n"
            assert (await house.raw(head.encode())).startswith(b"HTTP/1.1 404 "), path


async def test_what_the_server_says_since_its_start_has_a_version_of_its_own(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the words of before an upgrade would be kept under the name of those after it."""
    static = tmp_path / "static"
    shutil.copytree(assets.find("static"), static)
    words = (static / "lang" / "de.js").read_text(encoding="utf-8")
    # What only the manifest says.
    (static / "lang" / "de.js").write_text(words.replace('"about": "', '"about": "Ja, '), encoding="utf-8")
    until_then = Version(static, lambda: 0.0, house.app[LANGUAGES])
    monkeypatch.setattr(assets, "find", lambda name: static)
    after_it = Version(static, lambda: 0.0, read_all())
    for tag in ("en", "de"):
        assert until_then.of(tag) != after_it.of(tag)
    assert after_it.now() == Version(static, lambda: 0.0, read_all()).now()


def test_bytes_tell_where_times_and_sizes_are_alike(tmp_path: Path) -> None:
    """As in an image whose times are all of one moment."""
    (tmp_path / "page.js").write_text("// one", encoding="utf-8")
    os.utime(tmp_path / "page.js", (0, 0))
    before = Version(tmp_path, lambda: 0.0, {}).now()
    (tmp_path / "page.js").write_text("// two", encoding="utf-8")
    os.utime(tmp_path / "page.js", (0, 0))
    assert Version(tmp_path, lambda: 0.0, {}).now() != before


async def test_what_is_refused_of_a_file_is_not_kept(house: House) -> None:
    script = await page_script(house)
    answer = await Person(house).ask("GET", script, headers={"Range": "bytes=9999999-"})
    assert (answer.status, answer.headers["Cache-Control"]) == (416, "no-cache")


async def test_only_what_renders_a_page_looks_at_the_files(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    scandir = os.scandir

    def watched(folder: str) -> Any:
        looked.append(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", watched)
    somebody = Person(house)
    assert (await somebody.credentials()).status == 401
    assert (await somebody.post("/sign-in", name="")).status == 400
    assert looked == []
    await somebody.get("/")
    assert looked.count(str(assets.find("static"))) == 1


async def test_files_that_go_away_while_they_are_looked_at_cost_nobody_a_page(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make bundle` or an upgrade takes a folder away, and a file."""
    static = tmp_path / "static"
    shutil.copytree(assets.find("static"), static)
    gone = static / "voice" / "link"
    scandir = os.scandir

    def vanishing(folder: str) -> Any:
        if folder == str(gone):
            shutil.rmtree(gone)
        entries = scandir(folder)
        if folder == str(static / "lang"):
            listed = [*entries]
            (static / "lang" / "de.js").unlink()
            return contextlib.nullcontext(listed)
        return entries

    monkeypatch.setattr(house.app[VERSION], "root", static)
    monkeypatch.setattr(os, "scandir", vanishing)
    house.clock.now += 1.0
    assert (await Person(house).get("/")).status == 200
    assert not gone.exists()
    assert not (static / "lang" / "de.js").exists()


async def test_many_pages_at_once_look_at_the_files_once_and_a_second_later_anew(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await page_script(house)
    grown = tmp_path / "static"
    shutil.copytree(assets.find("static"), grown)
    (grown / "page.js").write_text("// a new release\n", encoding="utf-8")
    monkeypatch.setattr(house.app[VERSION], "root", grown)
    assert await page_script(house) == before
    house.clock.now += 1.0
    assert await page_script(house) != before

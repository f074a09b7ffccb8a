"""The client's files are held in memory, and go out compressed to whoever takes that; other answers never."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import pytest
from aiohttp import web

from meshvoice import assets
from meshvoice.web.file_forms import takes_gzip
from meshvoice.web.static import VERSION
from tests.web.house import House

SCRIPT = "/static/voice-button.js"
EITHER = ["voice-button.js", "vendor/rnnoise/rnnoise.js"]
"""One that goes out of memory, and one that the system sends."""
TEXT = (assets.find("static") / "voice-button.js").read_bytes()


async def ask(
    house: House, path: str = SCRIPT, method: str = "GET", **headers: str
) -> tuple[aiohttp.ClientResponse, bytes]:
    """Ask as it is written, and leave what comes as it came."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=("Accept-Encoding",)) as http,
        http.request(method, house.url + path, headers=named) as answer,
    ):
        return answer, await answer.read()


@pytest.mark.parametrize("accepted", ["gzip, deflate, br, zstd", "GZIP;q=0.5", "*", "br, *;q=0.1"])
def test_gzip_is_taken_where_it_is_named_or_anything_is(accepted: str) -> None:
    assert takes_gzip(accepted)


@pytest.mark.parametrize(
    "accepted", ["", "br", "identity", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "x-gzipped"]
)
def test_gzip_is_not_taken_where_it_is_refused_or_not_named(accepted: str) -> None:
    assert not takes_gzip(accepted)


async def test_a_path_of_any_length_costs_no_time(house: House) -> None:
    """Each of 3,900 folders that are none was looked for: 14 ms for one request."""
    with mock.patch.object(Path, "resolve", autospec=True, side_effect=Path.resolve) as looked:
        answer, _ = await ask(house, "/static/" + "a/" * 3900)
    assert answer.status == 404
    assert not [path for path, *_ in (call.args for call in looked.mock_calls) if len(str(path)) > 1000]


async def test_a_script_goes_out_compressed_to_whoever_takes_that(house: House) -> None:
    answer, body = await ask(house, Accept_Encoding="gzip, br")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "javascript" in answer.headers["Content-Type"]
    assert gzip.decompress(body) == TEXT
    assert len(body) < len(TEXT) / 2


async def test_the_words_of_a_language_go_out_compressed_too(house: House) -> None:
    path = "/static/words/voice.js"
    answer, body = await ask(house, path, Accept_Encoding="gzip", Accept_Language="de")
    plain, text = await ask(house, path, Accept_Language="de")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(body) == text
    assert "Stumm" in text.decode()
    for each in (answer, plain):
        assert each.headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie"


async def test_whoever_takes_no_gzip_gets_the_file_itself_under_another_tag(house: House) -> None:
    plain, body = await ask(house)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert body == TEXT
    packed, _ = await ask(house, Accept_Encoding="gzip")
    assert packed.headers["ETag"] != plain.headers["ETag"]


async def test_the_compressed_form_is_kept_as_long_as_the_file_and_known_by_its_tag(house: House) -> None:
    versioned = f"/static/v-{house.app[VERSION].now()}/voice-button.js"
    answer, _ = await ask(house, versioned, Accept_Encoding="gzip")
    assert "immutable" in answer.headers["Cache-Control"]
    again, body = await ask(house, Accept_Encoding="gzip", If_None_Match=answer.headers["ETag"])
    assert (again.status, body) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    assert again.headers["Vary"] == "Accept-Encoding"
    assert again.headers["Cache-Control"] == "no-cache"
    other, _ = await ask(house, Accept_Encoding="gzip", If_None_Match='"another"')
    assert other.status == 200


async def test_head_tells_of_the_compressed_form_without_it(house: House) -> None:
    got, packed = await ask(house, Accept_Encoding="gzip")
    told, body = await ask(house, method="HEAD", Accept_Encoding="gzip")
    assert body == b""
    for name in ("Content-Length", "Content-Encoding", "ETag", "Content-Type", "Vary"):
        assert told.headers[name] == got.headers[name]
    assert got.headers["Content-Length"] == str(len(packed))


async def test_a_range_is_one_of_the_file_itself(house: House) -> None:
    answer, body = await ask(house, Accept_Encoding="gzip", Range="bytes=3-9")
    assert answer.status == 206
    assert "Content-Encoding" not in answer.headers
    assert body == TEXT[3:10]


@pytest.mark.parametrize("name", EITHER)
async def test_a_part_of_another_state_is_no_part(house: House, name: str) -> None:
    """A download that goes on would be put together of two releases."""
    path, text = f"/static/{name}", (assets.find("static") / name).read_bytes()
    whole, _ = await ask(house, path)
    packed, _ = await ask(house, path, Accept_Encoding="gzip")
    for state in (whole.headers["ETag"], whole.headers["Last-Modified"]):
        part, body = await ask(house, path, Range="bytes=3-9", If_Range=state)
        assert (part.status, body) == (206, text[3:10])
    weak = f"W/{whole.headers['ETag']}"
    times = ("Mon, 01 Jan 2024 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", "garbage")
    for state in ('"another"', packed.headers["ETag"], weak, *times):
        answer, body = await ask(house, path, Range="bytes=3-9", If_Range=state)
        assert (answer.status, body) == (200, text), state
        assert answer.headers["ETag"] == whole.headers["ETag"]


@pytest.mark.parametrize("name", EITHER)
async def test_a_range_of_an_unknown_unit_is_none_and_of_no_body_either(house: House, name: str) -> None:
    path, text = f"/static/{name}", (assets.find("static") / name).read_bytes()
    answer, body = await ask(house, path, Range="lines=1-2")
    assert (answer.status, body) == (200, text)
    told, _ = await ask(house, path, "HEAD", Range="bytes=3-9")
    assert (told.status, told.headers["Content-Length"]) == (200, str(len(text)))


async def test_encodings_in_two_lines_are_one_list(house: House) -> None:
    head = (
        f"GET {SCRIPT} HTTP/1.1\r\nHost: localhost:8080\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n"
    )
    answer = await house.raw(f"{head}Connection: close\r\n\r\n".encode())
    assert b"Content-Encoding: gzip" in answer


async def test_since_when_it_changed_is_asked_of_the_file_itself(house: House) -> None:
    answer, _ = await ask(house, Accept_Encoding="gzip")
    since = answer.headers["Last-Modified"]
    again, _ = await ask(house, Accept_Encoding="gzip", If_Modified_Since=since)
    assert again.status == 304


async def test_what_is_compressed_by_itself_and_what_holds_secrets_goes_out_as_it_is(house: House) -> None:
    for path in ("/static/icon-192.png", "/", "/invitation/", "/api/voice/turn-credentials/?room=mysea-x"):
        answer, _ = await ask(house, path, Accept_Encoding="gzip, br")
        assert "Content-Encoding" not in answer.headers, path


async def test_a_file_that_changes_is_compressed_anew(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = tmp_path / "static"
    shutil.copytree(assets.find("static"), grown)
    monkeypatch.setattr(house.app[VERSION], "root", grown)
    file = grown / "voice-button.js"
    for text in (b"// one\n" * 50, b"// two\n" * 50):
        file.write_bytes(text)
        os.utime(file, ns=(0, hash(text) % 10**15))
        _, body = await ask(house, Accept_Encoding="gzip")
        assert gzip.decompress(body) == text


async def test_what_compressing_makes_no_smaller_goes_out_as_it_is(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small.js").write_bytes(b"1")
    monkeypatch.setattr(house.app[VERSION], "root", tmp_path)
    answer, body = await ask(house, "/static/small.js", Accept_Encoding="gzip")
    assert ("Content-Encoding" in answer.headers, body) == (False, b"1")


@pytest.fixture
def grown(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the client's files that may be changed."""
    folder = tmp_path / "grown"
    folder.mkdir()
    monkeypatch.setattr(house.app[VERSION], "root", folder)
    return folder


async def test_a_file_is_read_once_for_each_state(
    house: House, grown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_bytes = Path.read_bytes

    def watched(self: Path) -> bytes:
        read.append(self.name)
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", watched)
    for kind in (b"// one", b"// other"):
        (grown / "a.js").write_bytes(kind * 100)
        for accepted in ("gzip", "identity"):
            for path in ("/static/a.js", "/static/v-0123456789abcdef/a.js"):
                answer, body = await ask(house, path, Accept_Encoding=accepted)
                packed = answer.headers.get("Content-Encoding") == "gzip"
                assert (packed, gzip.decompress(body) if packed else body) == (accepted == "gzip", kind * 100)
    assert read == ["a.js", "a.js"]


@pytest.mark.parametrize(("name", "size"), [("small.js", 1000), ("large.js", 100_000), ("icon.png", 1000)])
async def test_the_file_itself_is_the_same_whether_it_is_held_or_sent_from_the_disk(
    house: House, grown: Path, name: str, size: int
) -> None:
    text = os.urandom(size)
    (grown / name).write_bytes(text)
    path = f"/static/{name}"
    held, body = await ask(house, path)
    sent, part = await ask(house, path, Range=f"bytes=0-{size - 1}")
    assert (held.status, sent.status, body, part) == (200, 206, text, text)
    names = ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Accept-Ranges", "Cache-Control")
    assert [held.headers.get(name) for name in names] == [sent.headers.get(name) for name in names]
    again, nothing = await ask(house, path, If_None_Match=held.headers["ETag"])
    assert (again.status, nothing, again.headers["ETag"]) == (304, b"", held.headers["ETag"])
    precise, _ = await ask(house, path, If_Match='"another"')
    assert precise.status == 412


async def test_a_file_that_came_to_lie_outside_is_there_no_more(
    house: House, grown: Path, tmp_path: Path
) -> None:
    file, outside = grown / "a.js", tmp_path / "outside.js"
    file.write_bytes(b"// within")
    outside.write_bytes(b"// a secret")
    assert (await ask(house, "/static/a.js"))[0].status == 200
    file.unlink()
    assert (await ask(house, "/static/a.js"))[0].status == 404
    file.symlink_to(outside)
    assert (await ask(house, "/static/a.js"))[0].status == 404
    assert (await ask(house, f"/static/{outside}"))[0].status == 404


async def test_a_range_that_counts_for_nothing_holds_no_copy_of_its_own(
    house: House, grown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiohttp keeps an answer until the next request on its connection: such copies would be 200 KB each."""
    (grown / "large.js").write_bytes(os.urandom(200_000))
    bodies: list[object] = []
    made = web.Response.__init__

    def watched(self: web.Response, **named: Any) -> None:
        bodies.append(named.get("body"))
        made(self, **named)

    monkeypatch.setattr(web.Response, "__init__", watched)
    for method in ("GET", "HEAD", "GET"):
        answer, _ = await ask(house, "/static/large.js", method, Range="lines=1-2")
        assert (answer.status, answer.headers["Content-Length"]) == (200, "200000")
    assert len(bodies) == 3
    assert all(body is bodies[0] for body in bodies)


async def test_a_file_that_could_not_be_read_once_is_read_the_next_time(
    house: House, grown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when there were no descriptors left for a moment."""
    (grown / "a.js").write_bytes(b"// one" * 100)
    with monkeypatch.context() as broken:
        broken.setattr(
            Path, "read_bytes", mock.Mock(side_effect=OSError(errno.EMFILE, "too many open files"))
        )
        await ask(house, "/static/a.js", Accept_Encoding="gzip")
    answer, body = await ask(house, "/static/a.js", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == b"// one" * 100

"""MESHVOICE_HOSTING=invited: nobody comes in without a link, and hosts come by a link of their own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.web.conftest import MakeHouse
from tests.web.house import House
from tests.web.person import Person
from tests.web.running import Outside, clean_environment, serving, usual, write_env_file

TOKEN = "k7m2" * 8


@pytest.fixture
async def closed(make_house: MakeHouse) -> House:
    return await make_house(hosting="invited")


async def host(house: House, name: str = "Ana", token: str = TOKEN) -> Person:
    """Somebody who came by a host link."""
    house.book.host_links.make(token, now=house.clock.now)
    somebody = Person(house)
    await somebody.does("/host-links/accept", token=token, name=name)
    return somebody


async def test_a_stranger_cannot_sign_in(closed: House) -> None:
    answer = await Person(closed).post("/sign-in", name="Cleo")
    assert (answer.status, answer.code) == (403, "invited-only")
    assert "come by an invitation, or ask the host" in answer.text


async def test_the_page_says_so_in_place_of_the_form(closed: House) -> None:
    stranger = Person(closed)
    posted = await stranger.ask("POST", "/sign-in", data={"name": "Cleo"}, headers={"Accept": "text/html"})
    assert posted.status == 403
    for page in ((await stranger.get("/")).text, posted.text):
        assert "come by an invitation, or ask the host" in page
        assert 'action="/sign-in"' not in page


async def test_whoever_comes_by_a_host_link_hosts_after_a_restart_too(closed: House) -> None:
    ana = await host(closed)
    assert "Hello, Ana" in (await ana.get("/")).text
    assert (await ana.post("/my-sea/open")).status == 200
    await closed.restart()
    closed.clock.now += 2 * 86_400
    assert (await ana.post("/tables", name="Chess")).status == 200


async def test_a_guest_comes_by_invitation_and_hosts_nothing(closed: House) -> None:
    ana, bo = await host(closed), Person(closed)
    assert (await bo.accept(await ana.invite(await ana.make_table()), name="Bo")).status == 200
    for path in ("/my-sea/open", "/tables"):
        answer = await bo.post(path, name="x")
        assert (answer.status, answer.code) == (403, "guest")
        assert "passphrase" not in answer.text
    assert (await bo.post("/host", passphrase="")).code == "no-passphrase"
    assert (await bo.post("/my-sea/open")).status == 403
    page = (await bo.get("/")).text
    assert "a link from the host of this site" in page
    assert 'action="/host"' not in page
    assert "ask the host of this site for a link" in (await bo.get("/my-sea/")).text


async def test_a_guest_with_a_host_link_stays_who_they_are_and_hosts(closed: House) -> None:
    ana, bo = await host(closed), Person(closed)
    await bo.accept(await ana.invite(await ana.make_table()), name="Bo")
    closed.book.host_links.make("b" * 32, now=closed.clock.now)
    copy = Person(closed, cookies=bo.cookies)
    await bo.does("/host-links/accept", token="b" * 32)
    page = (await bo.get("/")).text
    assert "Hello, Bo" in page
    assert "Chess" in page
    assert (await bo.post("/my-sea/open")).status == 200
    # The session with more rights is a new one.
    assert (await copy.credentials()).status == 401


async def test_a_host_uses_no_link_up(closed: House) -> None:
    ana = await host(closed)
    closed.book.host_links.make("b" * 32, now=closed.clock.now)
    assert (await ana.post("/host-links/accept", token="b" * 32)).status == 200
    assert (await Person(closed).post("/host-links/accept", token="b" * 32, name="Bo")).status == 200


async def test_a_link_works_once_and_for_a_day(closed: House) -> None:
    await host(closed)
    late = await Person(closed).post("/host-links/accept", token=TOKEN, name="Bo")
    assert (late.status, late.code) == (410, "invitation-used")
    closed.book.host_links.make("b" * 32, now=closed.clock.now)
    closed.clock.now += 86_400
    assert (await Person(closed).post("/host-links/accept", token="b" * 32, name="Bo")).status == 410
    assert (await Person(closed).post("/host-links/accept", token="x", name="Bo")).status == 410


@pytest.mark.parametrize("name", ["", "x" * 41])
async def test_a_name_that_is_none_leaves_the_link_as_it_was(closed: House, name: str) -> None:
    closed.book.host_links.make(TOKEN, now=closed.clock.now)
    answer = await Person(closed).post("/host-links/accept", token=TOKEN, name=name)
    assert (answer.status, answer.code) == (400, "bad-name")
    assert (await Person(closed).post("/host-links/accept", token=TOKEN, name="Bo")).status == 200


async def test_getting_the_page_uses_nothing_up(closed: House) -> None:
    closed.book.host_links.make(TOKEN, now=closed.clock.now)
    page = (await Person(closed).get("/host-link/")).text
    assert "host-link.js" in page
    assert (await Person(closed).post("/host-links/accept", token=TOKEN, name="Bo")).status == 200


async def test_a_passphrase_lets_guests_host_and_still_nobody_in(make_house: MakeHouse) -> None:
    house = await make_house(hosting="invited", passphrase="four words of calm")
    answer = await Person(house).post("/sign-in", name="Cleo", passphrase="four words of calm")
    assert answer.code == "invited-only"
    ana, bo = await host(house), Person(house)
    await bo.accept(await ana.invite(await ana.open_sea()), name="Bo")
    assert (await bo.post("/host", passphrase="four words of calm")).status == 200
    assert (await bo.post("/my-sea/open")).status == 200


async def test_where_a_proxy_signs_in_no_link_does(make_house: MakeHouse) -> None:
    house = await make_house(hosting="invited", user_header="Remote-User")
    house.book.host_links.make(TOKEN, now=house.clock.now)
    answer = await Person(house).post("/host-links/accept", token=TOKEN, name="Bo")
    assert (answer.status, answer.code) == (403, "signed-in-elsewhere")
    assert "host-link.js" not in (await Person(house).get("/host-link/")).text


def command(folder: Path, values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `meshvoice host-link`."""
    env_file = write_env_file(folder / "host-link.env", values)
    return subprocess.run(
        [sys.executable, "-m", "meshvoice", "--env-file", str(env_file), "host-link"],
        env=clean_environment(),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_command_prints_a_link_while_the_server_runs(tmp_path: Path) -> None:
    values = {**usual(tmp_path), "MESHVOICE_HOSTING": "invited"}
    async with (
        serving(tmp_path, values) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        done = await asyncio.to_thread(command, tmp_path, values)
        assert done.returncode == 0, done.stderr
        assert "once, within 24 hours" in done.stderr
        page, _, token = done.stdout.strip().partition("#")
        assert page == f"http://localhost:{values['MESHVOICE_PORT']}/host-link/"
        assert len(token) == 32
        assert token.isalnum()
        ana = Person(Outside(running, http, values))
        await ana.does("/host-links/accept", token=token, name="Ana")
        assert (await ana.post("/my-sea/open")).status == 200


def test_without_a_guest_book_the_command_says_what_to_do(tmp_path: Path) -> None:
    done = command(tmp_path, usual(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "MESHVOICE_DATABASE: there is no guest book at" in done.stderr
    assert "start the server once" in done.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("content", [b"this is no database" * 400])
def test_a_guest_book_that_cannot_be_opened_is_told_with_the_fix(tmp_path: Path, content: bytes) -> None:
    values = usual(tmp_path)
    os.makedirs(tmp_path / "var")
    Path(values["MESHVOICE_DATABASE"]).write_bytes(content)
    done = command(tmp_path, values)
    assert (done.returncode, done.stdout) == (2, "")
    assert "MESHVOICE_DATABASE" in done.stderr
    assert "move it away" in done.stderr

"""What the log of a real process holds after all that a person can do, a line an event, and never holds."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from meshvoice.web.logs import Json, Plain
from meshvoice.web.server import quiet
from tests.signaling.descriptions import SDP
from tests.web.house import METRICS_TOKEN, House
from tests.web.person import Person
from tests.web.running import SECRET_KEY, TURN_SECRET, Outside, serving, usual

CANARY = "canary-2f9c"
CONTROL = "\x1b[31mred\x07"


@pytest.mark.parametrize("form", ["plain", "json"])
async def test_the_log_holds_no_secret_token_address_or_sdp(tmp_path: Path, form: str) -> None:
    """At the default level: no secret, cookie, token, ticket, address, name, SDP or raw control (W5, W9)."""
    passphrase = "several words of calm"
    values = {
        **usual(tmp_path),
        "MESHVOICE_PASSPHRASE": passphrase,
        "MESHVOICE_LOG_FORMAT": form,
        "MESHVOICE_METRICS_TOKEN": METRICS_TOKEN,
        "MESHVOICE_TRUSTED_PROXIES": "127.0.0.0/8",
        "COTURN_TURN_HOST": "turn.example.org",
    }
    async with (
        serving(tmp_path, values) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        house = Outside(running, http, values)
        ana = await Person(house, address="203.0.113.77").sign_in(f"Ana {CANARY}", passphrase=passphrase)
        await ana.post("/sign-in", name="Ana", passphrase=f"{CANARY} wrong")
        bo = Person(house, address="2001:db8:77::1")
        room = await ana.open_sea()
        invitation = await ana.invite(room)
        assert (await bo.accept(invitation, name="Bo")).status == 200
        assert (await bo.accept(invitation, name="Bo")).status == 200
        late = Person(house)
        assert (await late.accept(invitation, name="Late")).status == 410
        await late.ask("GET", f"/invitation/?token={invitation.token}")
        await late.ask("GET", f"/{CANARY}/%1b%5b31m%0d%0afaked")
        credentials = (await ana.credentials(room)).json
        hers, his = await ana.join(room), await bo.join(room)
        await hers.say(type="offer", target=his.peer, gen=1, sdp=f"{SDP}a=x:{CANARY}\r\n")
        await hers.say(type="offer", target=his.peer, gen=1, sdp=f"{CANARY}{CONTROL}")
        await hers.say(type=CONTROL, sdp=f"v=0 {CANARY}")
        await hers.say(type="links", links={his.peer: {"state": "up"}}, first=[412])
        await hers.caught_up()
        await ana.metrics()
        await ana.get("/metrics", Authorization=f"Bearer {CANARY}")
        await his.leave()
        back = await bo.connect(room)
        await back.hello("Bo", ticket=f"{CANARY}.{CONTROL}")
        for request in (
            b"GET / HTTP/1.1\r\nHost: x\r\nCookie: meshvoice=%b\r\nBad\x00Header: \x1b[31m\r\n\r\n",
            b"GET /%b HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01%b\r\n\r\n",
            b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: %b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (b"%b" + b"x" * 20_000),
        ):
            await _raw(house.address, request % CANARY.encode())
        await ana.does(f"/my-sea/guests/{await _guest(ana)}/remove")
        await back.closed()
        await (await offering(ana, room, f"bearer.{CANARY}")).close()
        await ana.does("/sign-out")
        assert await running.ends(signal.SIGTERM) == 0
        log = running.log.decode()
    lines = [read(line, form) for line in log.splitlines()]
    ends = [
        found.groups()
        for line in lines
        if (found := re.fullmatch(r"socket (\d+): ended with (\d+), (.*)", line))
    ]
    # Ana's, Bo's first and his second, and one that offers what nobody speaks: each once, by its number.
    assert sorted(ends) == [
        ("1", "4401", "you signed out"),
        ("2", "1000", "the client closed it"),
        ("3", "4403", "You were removed from this room."),
        ("4", "1000", "the client closed it"),
    ]
    assert "socket 3: a seat ticket was not taken" in log
    secrets = [
        *(SECRET_KEY, TURN_SECRET, passphrase, CANARY, invitation.token, "v=0", "203.0.113.77", "2001:db8"),
        *(
            "127.0.0.1:",
            METRICS_TOKEN,
            hers.welcome["ticket"],
            credentials["username"],
            credentials["credential"],
        ),
        *bo.cookies.values(),
    ]
    assert [secret for secret in secrets if secret in log] == []
    assert re.search(r"from 127\.0\.0\.1", log) is None
    assert re.search(r"[^\x20-\x7e\n]", log) is None
    assert "Traceback" not in log


def read(line: str, form: str) -> str:
    """Give what one line says, and fail where it is none of its form."""
    if form == "json":
        said: dict[str, Any] = json.loads(line)
        assert [*said][:4] == ["time", "level", "logger", "message"]
        ended = re.match(r"socket (\d+): ended with (\d+), ", said["message"])
        assert ended is None or (said["socket"], said["code"]) == (int(ended[1]), int(ended[2]))
        return str(said["message"])
    found = re.fullmatch(r"[0-9-]{10} [0-9:]{8}\.\d{3} [A-Z]+ [a-z._]+: (.*)", line)
    assert found is not None, line
    return found[1]


async def test_what_strangers_bring_about_stands_in_the_log_once_a_minute(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for each request that is no HTTP, or has a cookie of anybody's, filled the disk in the end."""
    for name in ("aiohttp.server", "aiohttp.websocket", "aiohttp_session"):
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    seconds = [1000.0]
    quiet(lambda: seconds[0])
    nobody = Person(house, cookies={"meshvoice": "gAAAAA"})
    ana = await Person(house).sign_in("Ana")
    room = await ana.open_sea()
    for minute in (1, 2):
        for number in range(5):
            await house.raw(b"GET / HTTP/1.1\r\nno colon here\r\n\r\n")
            assert (await nobody.get("/")).status == 200
            await (await offering(ana, room, f"{number}" * 1000)).close()
        told = [record.getMessage() for record in caplog.records if record.name.startswith("aiohttp")]
        assert len(told) == 3 * minute
        assert all(line.endswith(" (told once a minute)") for line in told)
        seconds[0] += 60


@pytest.mark.parametrize(
    "address",
    [
        *("203.0.113.77", "2a02:908:1a2b:3c4d:5e6f:7a8b:9cad:beef", "2001:db8::7", "::ffff:203.0.113.77"),
        *("203.0.113.77:443", "2a02:908:1a2b:3c4d:5e6f:7a8b:9cad:beef:8080", "[2001:db8::7]:443", "::1"),
    ],
)
@pytest.mark.parametrize("behind", ["", ": Client protocols", ", port 9", ")", "."])
def test_no_address_stands_in_what_a_library_says(address: str, behind: str) -> None:
    told = formatted(Plain(), "aiohttp.websocket", "%s", (f"from {address}{behind}",), None)
    said = told.partition("aiohttp.websocket: ")[2]
    assert re.fullmatch(r"from \[?\(address\)(\]?:443)?:?" + re.escape(behind.lstrip(":")), said), told


def test_a_library_says_only_so_much() -> None:
    told = formatted(Plain(), "aiohttp.web", "%s", ("x" * 30_000,), None)
    assert len(told) < 400


HOOKED = """
import sys, threading
from meshvoice.web import logs
class Held:
    def __del__(self):
        raise OSError("no way to 203.0.113.77")
logs.setup(sys.argv[1])
held = Held()
del held
def end():
    raise OSError("no way to 203.0.113.78")
thread = threading.Thread(target=end)
thread.start()
thread.join()
logs.log.info("%d", "no number")
logs.log.info("done")
"""


@pytest.mark.parametrize("form", ["plain", "json"])
def test_what_breaks_where_nobody_waits_for_it_is_a_line_too(form: str) -> None:
    """In a thread, as something is forgotten, or in a line that can't be written."""
    ended = subprocess.run(
        [sys.executable, "-c", HOOKED, form], capture_output=True, text=True, check=True, timeout=60
    )
    forgotten, thread, last = [read(line, form) for line in ended.stderr.splitlines()]
    assert forgotten.startswith("nobody waited for what broke in a function")
    assert thread.startswith("nobody waited for what broke in a Thread")
    assert last == "done"
    assert "203.0.113" not in ended.stderr


@pytest.mark.parametrize("formatter", [Plain(), Json()])
def test_an_error_stands_on_its_line_with_what_led_to_it(formatter: logging.Formatter) -> None:
    """And with no address that a library put into it."""

    def broken() -> None:
        try:
            raise OSError("no way to 203.0.113.77 or [2001:db8:77::1]:443, ::ffff:203.0.113.77\r\nfaked")
        except OSError as problem:
            raise ValueError("nothing was said") from problem

    try:
        broken()
    except ValueError:
        told = formatted(
            formatter, "asyncio", "socket %s broke", ("<raddr=('203.0.113.77', 9)>",), sys.exc_info()
        )
    assert "ValueError: nothing was said (test_logs.py:" in told
    assert ", because of OSError: no way to (address) or [(address)]:443, (address)" in told
    assert "socket <raddr=('(address)', 9)> broke" in told
    assert ".113." not in told
    assert told.isprintable()


def test_what_has_several_lines_is_one(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody writes lines of their own into the log."""
    told = formatted(Plain(), "meshvoice", "%s", (f"a\n2026-11-26 faked{CONTROL}\u2028",), None)
    assert told.endswith("INFO meshvoice: a\\n2026-11-26 faked\\x1b[31mred\\x07\\u2028")


def formatted(formatter: logging.Formatter, name: str, said: str, values: tuple[str, ...], error: Any) -> str:
    return formatter.format(logging.LogRecord(name, logging.INFO, __file__, 1, said, values, error))


async def _raw(address: tuple[str, int], request: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    writer.write_eof()
    await reader.read()
    writer.close()


async def offering(person: Person, room: str, subprotocol: str) -> aiohttp.ClientWebSocketResponse:
    """Dial by another subprotocol than ours."""
    url = f"{person.house.url}/ws/voice/{room}/"
    return await person.house.http.ws_connect(url, headers=person.headers(None), protocols=(subprotocol,))


async def _guest(owner: Person) -> str:
    """The id of the owner's only guest, from his page."""
    found: list[str] = re.findall(r"/my-sea/guests/([0-9a-f]{32})/remove", (await owner.get("/my-sea/")).text)
    assert len(found) == 1
    return found[0]

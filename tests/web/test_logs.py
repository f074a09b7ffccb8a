"""What the log of a real process holds after all that a person can do, and what it never holds (W9)."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

import aiohttp

from tests.signaling.descriptions import SDP
from tests.web.person import Person
from tests.web.running import SECRET_KEY, TURN_SECRET, Outside, serving, usual

CANARY = "canary-2f9c"
CONTROL = "\x1b[31mred\x07"


async def test_the_log_holds_no_secret_token_address_or_sdp(tmp_path: Path) -> None:
    """At the default level: no secret, cookie, token, ticket, address, name, SDP or raw control (W5, W9)."""
    passphrase = "several words of calm"
    values = {
        **usual(tmp_path),
        "MESHVOICE_PASSPHRASE": passphrase,
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
        await hers.caught_up()
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
        await ana.does("/sign-out")
        assert await running.ends(signal.SIGTERM) == 0
        log = running.log.decode()
    ends = re.findall(r"socket (\d+): ended with (\w+), (.*)", log)
    # Ana's, Bo's first and his second: each once, by its number.
    assert sorted(ends) == [
        ("1", "4401", "you signed out"),
        ("2", "1000", "not by us"),
        ("3", "4403", "You were removed from this room."),
    ]
    assert "socket 3: a seat ticket was not taken" in log
    secrets = [
        *(SECRET_KEY, TURN_SECRET, passphrase, CANARY, invitation.token, "v=0", "203.0.113.77", "2001:db8"),
        *("127.0.0.1:", hers.welcome["ticket"], credentials["username"], credentials["credential"]),
        *bo.cookies.values(),
    ]
    assert [secret for secret in secrets if secret in log] == []
    assert re.search(r"from 127\.0\.0\.1", log) is None
    assert re.search(r"[^\x20-\x7e\n]", log) is None
    assert "Traceback" not in log


async def _raw(address: tuple[str, int], request: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    writer.write_eof()
    await reader.read()
    writer.close()


async def _guest(owner: Person) -> str:
    """The id of the owner's only guest, from his page."""
    found: list[str] = re.findall(r"/my-sea/guests/([0-9a-f]{32})/remove", (await owner.get("/my-sea/")).text)
    assert len(found) == 1
    return found[0]

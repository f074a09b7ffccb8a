"""`GET /api/voice/turn-credentials/`: what it gives, and to whom (C1, C2, C3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re

import pytest

from meshvoice.settings import TurnSettings
from meshvoice.signaling.limits import Buckets
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import TURN_SECRET, House
from tests.web.person import Person


async def test_the_username_is_an_expiry_and_a_pseudonym(ana: Person, bo: Person) -> None:
    """USERNAME travels in clear: it names a user stably and never by the user's id or name (C1)."""
    await ana.open_sea()
    await bo.open_sea()
    first = (await ana.credentials()).json["username"]
    ana.house.clock.now += 60
    second, other = [(await somebody.credentials()).json["username"] for somebody in (ana, bo)]
    pattern = r"(\d{10}):([A-Za-z0-9_-]{22})"
    matched = [re.fullmatch(pattern, username) for username in (first, second, other)]
    assert all(matched)
    parts = [match.groups() for match in matched if match]
    assert int(parts[1][0]) == int(parts[0][0]) + 60 == int(ana.house.clock.now) + 3600
    assert parts[0][1] == parts[1][1] != parts[2][1]
    assert ana.user_id not in first
    assert "Ana" not in first


async def test_the_pseudonym_outlives_a_restart(ana: Person) -> None:
    """coturn's quotas go by the user, so he stays the same one (C1)."""
    await ana.open_sea()
    first = (await ana.credentials()).json["username"].partition(":")[2]
    await ana.house.restart()
    assert (await ana.credentials()).json["username"].partition(":")[2] == first


async def test_the_body_is_what_a_browser_takes(ana: Person) -> None:
    """The schema of C3, and a credential that coturn computes alike (tests/turn asks a real one)."""
    await ana.open_sea()
    answer = await ana.credentials()
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body, now = answer.json, int(ana.house.clock.now)
    signed = hmac.digest(TURN_SECRET.encode(), body["username"].encode(), hashlib.sha1)
    credential = base64.b64encode(signed).decode()
    assert body == {
        "ttl": 3600,
        "server_time": now,
        "expires_at": now + 3600,
        "username": body["username"],
        "credential": credential,
        "iceServers": [
            {"urls": ["stun:turn.example.org:3478"]},
            {
                "urls": [
                    "turn:turn.example.org:3478?transport=udp",
                    "turn:turn.example.org:3478?transport=tcp",
                ],
                "username": body["username"],
                "credential": credential,
            },
        ],
    }


@pytest.mark.parametrize(
    ("turn", "urls"),
    [
        (TurnSettings(shared_secrets=(TURN_SECRET,)), []),
        (
            TurnSettings(shared_secrets=(TURN_SECRET,), host="2001:db8::1", tls_cert="/c", tls_key="/k"),
            [
                "stun:[2001:db8::1]:3478",
                "turn:[2001:db8::1]:3478?transport=udp",
                "turn:[2001:db8::1]:3478?transport=tcp",
                "turns:[2001:db8::1]:5349?transport=tcp",
            ],
        ),
    ],
)
async def test_the_urls_are_those_of_the_deployment(
    make_house: MakeHouse, turn: TurnSettings, urls: list[str]
) -> None:
    """None without a host, `turns:` with a certificate only, brackets around IPv6, four at most (C3)."""
    ana = await Person(await make_house(turn=turn)).sign_in("Ana")
    await ana.open_sea()
    servers = (await ana.credentials()).json["iceServers"]
    assert [url for server in servers for url in server["urls"]] == urls


async def test_the_page_says_what_no_turn_server_means(make_house: MakeHouse) -> None:
    house = await make_house(turn=TurnSettings(shared_secrets=(TURN_SECRET,)))
    ana = await Person(house).sign_in("Ana")
    assert "no TURN server yet" in (await ana.get("/my-sea/")).text


async def test_who_is_not_signed_in_is_told_in_json(house: House) -> None:
    """401, for browsers too (C2)."""
    for accept in ("application/json", "text/html"):
        answer = await Person(house).ask(
            "GET", "/api/voice/turn-credentials/?room=x", headers={"Accept": accept}
        )
        assert (answer.status, answer.code) == (401, "signed-out")


async def test_who_may_enter_no_room_gets_none(ana: Person) -> None:
    """403 before the first room and after the last (C2)."""
    assert ((await ana.credentials()).status, (await ana.credentials()).code) == (403, "no-room")
    await ana.open_sea()
    assert (await ana.credentials()).status == 200
    await ana.does("/my-sea/close")
    assert (await ana.credentials()).status == 403


@pytest.mark.parametrize(
    "room", ["", "x", "mysea-", "mysea-" + "0" * 32, "00000000-0000-4000-8000-000000000000", "%ff", "a%00b"]
)
async def test_a_room_that_is_not_yours_is_404(ana: Person, room: str) -> None:
    await ana.open_sea()
    answer = await ana.credentials(room)
    assert (answer.status, answer.code) == (404, "not-found")


async def test_a_room_that_is_others_answers_like_one_that_is_not(ana: Person, bo: Person) -> None:
    """The same bytes (S9)."""
    room = await ana.open_sea()
    real, none = await bo.credentials(room), await bo.credentials("mysea-" + "0" * 32)
    assert (real.status, real.body) == (none.status, none.body)


async def test_the_removed_gets_no_new_credentials(ana: Person, bo: Person) -> None:
    """Neither for the room nor at large (S10)."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    assert (await bo.credentials(room)).status == 200
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
    assert (await bo.credentials(room)).code == "removed"
    assert (await bo.credentials()).status == 403


async def test_asking_too_often_is_429(make_house: MakeHouse) -> None:
    """By user; somebody else isn't held up (C2)."""
    house = await make_house(throttles=Throttles(credentials=Buckets(rate=1, burst=2)))
    ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
    assert [(await ana.credentials()).status for _ in range(3)] == [403, 403, 429]
    assert (await bo.credentials()).status == 403


async def test_without_a_secret_nothing_is_signed(make_house: MakeHouse) -> None:
    """503 that names the variable; an empty secret signs nothing (C2)."""
    ana = await Person(await make_house(turn=TurnSettings())).sign_in("Ana")
    await ana.open_sea()
    answer = await ana.credentials()
    assert (answer.status, answer.code) == (503, "no-turn-secret")
    assert "COTURN_SHARED_SECRET" in answer.text
    assert "credential" not in answer.json


async def test_credentials_are_neither_stored_nor_given_to_other_sites(ana: Person) -> None:
    """no-store, and no CORS for anybody (C2)."""
    await ana.open_sea()
    path = "/api/voice/turn-credentials/"
    for method in ("GET", "OPTIONS"):
        answer = await ana.ask(
            method,
            path,
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
        )
        assert answer.headers["Cache-Control"] == "no-store"
        assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


async def test_credentials_are_renewed_over_the_socket_at_half_their_time(make_house: MakeHouse) -> None:
    """Without asking, and by the endpoint's own body (C4)."""
    turn = TurnSettings(shared_secrets=(TURN_SECRET,), host="turn.example.org", ttl=20)
    house = await make_house(turn=turn, trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))
    ana = await Person(house).sign_in("Ana")
    voice = await ana.join(await ana.open_sea())
    house.clock.now += 9
    assert "credentials" not in [frame["type"] for frame in await voice.caught_up()]
    house.clock.now += 1
    renewed = await voice.next("credentials")
    body = (await ana.credentials()).json
    assert {key: renewed[key] for key in body} == body
    assert set(renewed) == {*body, "type", "seq"}

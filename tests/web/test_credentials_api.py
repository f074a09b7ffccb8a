"""`GET /api/voice/turn-credentials/`: what it gives, and to whom (C1, C2, C3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re

import pytest

from meshvoice.settings import TurnSettings
from meshvoice.signaling.limits import Buckets, Tiered, TokenBucket
from meshvoice.web.throttles import Relayed, Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import LOOPBACK, TURN_SECRET, House
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
    assert int(parts[1][0]) == int(parts[0][0]) + 60 == int(ana.house.clock.now) + 300
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
        "ttl": 300,
        "server_time": now,
        "expires_at": now + 300,
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
            TurnSettings(shared_secrets=(TURN_SECRET,), hosts=("2001:db8::1",), tls_cert="/c", tls_key="/k"),
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


async def test_a_relays_fixed_user_is_given_to_everybody_who_may_enter_a_room(make_house: MakeHouse) -> None:
    turn = TurnSettings(
        shared_secrets=(TURN_SECRET,), username="voice", password="four plain words", hosts=("a.net", "b.net")
    )
    ana = await Person(await make_house(turn=turn)).sign_in("Ana")
    assert (await ana.credentials()).status == 403
    await ana.open_sea()
    body = (await ana.credentials()).json
    assert (body["username"], body["credential"]) == ("voice", "four plain words")
    assert body["expires_at"] == body["server_time"] + body["ttl"]
    assert [(server["username"], server["credential"]) for server in body["iceServers"]] == [
        ("voice", "four plain words")
    ] * 2


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
    turn = TurnSettings(shared_secrets=(TURN_SECRET,), hosts=("turn.example.org",), ttl=20)
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


async def test_one_address_gets_credentials_for_so_many_people_only(make_house: MakeHouse) -> None:
    """Eighty names took all of the relay: names cost nothing without a passphrase (C5)."""
    house = await make_house(trusted_proxies=LOOPBACK)
    people = [Person(house, address="203.0.113.7") for _ in range(32)]
    for number, somebody in enumerate(people):
        await somebody.sign_in(f"Name {number}")
        await somebody.open_sea()
    statuses = [(await somebody.credentials()).status for somebody in people]
    assert statuses == [200] * 30 + [429] * 2
    # Those who count already ask as often as they like; who comes by another address is none of them.
    assert (await people[0].credentials()).status == 200
    owner = await Person(house, address="203.0.113.8").sign_in("Ana")
    await owner.open_sea()
    assert (await owner.credentials()).status == 200
    house.clock.now += 120
    assert [(await somebody.credentials()).status for somebody in people[30:]] == [200, 429]


async def test_people_of_one_ipv6_network_count_together(make_house: MakeHouse) -> None:
    """By /64 and by /48 (C5)."""
    one, two = Buckets(rate=1, burst=1), Buckets(rate=1, burst=2)
    people = Tiered(one, two, again=TokenBucket(rate=1, burst=9, now=0))
    relayed = Relayed(people, known=Buckets(rate=1, burst=1))
    house = await make_house(throttles=Throttles(relayed=relayed), trusted_proxies=LOOPBACK)
    statuses = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:1::1"):
        somebody = await Person(house, address=address).sign_in("Somebody")
        await somebody.open_sea()
        statuses.append((await somebody.credentials()).status)
    assert statuses == [200, 429, 200, 429, 200]


async def test_one_too_many_gets_no_credentials_over_a_socket_either(make_house: MakeHouse) -> None:
    """The call goes on without the relay (C5)."""
    people = Tiered(Buckets(rate=1, burst=1), again=TokenBucket(rate=1, burst=9, now=0))
    relayed = Relayed(people, known=Buckets(rate=1, burst=1))
    house = await make_house(throttles=Throttles(relayed=relayed))
    ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
    hers = await ana.join(await ana.open_sea())
    his = await bo.join(await bo.open_sea())
    house.clock.now += 1800
    house.tick()
    assert "credentials" in [frame["type"] for frame in await hers.caught_up()]
    assert "credentials" not in [frame["type"] for frame in await his.caught_up()]


async def test_credentials_of_somebody_alone_are_good_for_five_minutes(ana: Person, bo: Person) -> None:
    """For the room that is asked for, or without one in any that one may enter (C5)."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    await ana.join(room)
    assert [(await ana.credentials(each)).json["ttl"] for each in (None, room)] == [300, 300]
    body = (await bo.credentials(room)).json
    assert (body["ttl"], body["expires_at"]) == (3600, int(ana.house.clock.now) + 3600)
    assert (await bo.credentials()).json["ttl"] == 3600
    assert (await bo.credentials(await bo.make_table())).json["ttl"] == 300


async def test_whoever_was_alone_gets_new_credentials_before_the_newcomer(ana: Person, bo: Person) -> None:
    """So the first connection is made with such as last (C5)."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    await ana.credentials(room)
    hers = await ana.join(room)
    ana.house.clock.now += 900
    await bo.credentials(room)
    his = await bo.join(room)
    told = [frame for frame in await hers.caught_up() if frame["type"] in ("credentials", "hello")]
    assert [(frame["type"], frame.get("ttl")) for frame in told] == [("credentials", 3600), ("hello", None)]
    assert [frame["seq"] for frame in told] == [2, 3]
    assert "credentials" not in [frame["type"] for frame in await his.caught_up()]
    # They are half used up by their own time, not by that of those before.
    ana.house.clock.now += 1799
    ana.house.tick()
    assert "credentials" not in [frame["type"] for frame in await hers.caught_up()]
    ana.house.clock.now += 1
    ana.house.tick()
    assert (await hers.next("credentials"))["ttl"] == 3600


async def test_two_who_asked_before_either_was_there_both_get_new_ones(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    assert [(await each.credentials(room)).json["ttl"] for each in (ana, bo)] == [300, 300]
    hers, his = await ana.join(room), await bo.join(room)
    assert (await hers.next("credentials"))["ttl"] == 3600
    await his.caught_up()
    kinds = [(frame["type"], frame.get("ttl")) for frame in his.frames][:3]
    assert kinds == [("welcome", None), ("credentials", 3600), ("present", None)]


async def test_whoever_is_alone_again_has_short_ones_in_the_end(ana: Person, bo: Person) -> None:
    """By the renewal at half of the time; and again others when somebody comes."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    hers, his = await ana.join(room), await bo.join(room)
    await his.say(type="bye")
    await hers.next("left")
    ana.house.clock.now += 1800
    ana.house.tick()
    assert (await hers.next("credentials"))["ttl"] == 300
    await bo.join(room)
    assert (await hers.next("credentials"))["ttl"] == 3600

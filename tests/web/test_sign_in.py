"""Signing in: names, the passphrase, limits, and bodies that no browser sends."""

from __future__ import annotations

import unicodedata
from unittest import mock

import pytest
from aiohttp import web

from meshvoice.signaling.limits import Buckets, Tiered, TokenBucket, address_keys
from meshvoice.web.keys import CLOCK, THROTTLES
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import LOOPBACK, House
from tests.web.person import Person


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ana", "Ana"),
        ("  Ana \u00a0  Lu ", "Ana Lu"),
        ("Łukasz 🦦", "Łukasz 🦦"),
        ("علی‌رضا", "علی‌رضا"),
        ("e\u0301", "é"),
        ("x" * 40, "x" * 40),
        ("<b>Ana</b>", "<b>Ana</b>"),
    ],
)
async def test_a_name_is_kept_as_people_write_it(house: House, typed: str, kept: str) -> None:
    assert (await Person(house).sign_in(typed)).name == kept


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "x" * 41, "A\u202ena", "A\u2066na", "A\x00na", "A\nna", "A\u200bna", "\u3164", "A\u007fna"],
)
async def test_a_name_with_which_others_are_fooled_is_refused(house: House, typed: str) -> None:
    """Control, bidi-override and invisible characters make no name, and nobody is signed in by one."""
    somebody = Person(house)
    answer = await somebody.post("/sign-in", name=typed)
    assert (answer.status, answer.code, somebody.cookies) == (400, "bad-name", {})


async def test_a_refused_name_stands_in_the_form_again(house: House) -> None:
    answer = await Person(house).ask(
        "POST", "/sign-in", data={"name": '"><script>A\u202e'}, headers={"Accept": "text/html"}
    )
    assert answer.status == 400
    assert "&#34;&gt;&lt;script&gt;A\u202e" in answer.text
    assert 'role="alert"' in answer.text


async def test_a_name_is_escaped_where_it_is_shown(house: House) -> None:
    page = await (await Person(house).sign_in("<b>Ana</b>")).get("/")
    assert "<b>Ana</b>" not in page.text
    assert "&lt;b&gt;Ana&lt;/b&gt;" in page.text


async def test_each_one_who_signs_in_is_somebody_else_whatever_the_name(house: House) -> None:
    first, second = await Person(house).sign_in("Ana"), await Person(house).sign_in("Ana")
    assert first.user_id != second.user_id


async def test_a_passphrase_is_asked_for_where_one_is_set(make_house: MakeHouse) -> None:
    """With a passphrase configured nobody signs in without it."""
    house = await make_house(passphrase="four words of calm")
    somebody = Person(house)
    for given in ({}, {"passphrase": ""}, {"passphrase": "four words of"}, {"passphrase": "Ä" * 40}):
        answer = await somebody.post("/sign-in", name="Ana", **given)
        assert (answer.status, answer.code, somebody.cookies) == (403, "wrong-passphrase", {})
    assert (await somebody.sign_in("Ana", passphrase=" four words of calm ")).name == "Ana"
    assert 'name="passphrase"' in (await Person(house).get("/")).text


async def test_a_passphrase_cannot_be_tried_on_and_on(make_house: MakeHouse) -> None:
    """Wrong passphrases are limited by address; others sign in all the while, and it wears off (S6)."""
    house = await make_house(passphrase="four words of calm", trusted_proxies=LOOPBACK)
    guesser, neighbour = Person(house, address="192.0.2.1"), Person(house, address="192.0.2.2")
    codes = [(await guesser.post("/sign-in", name="Ana", passphrase=f"{n}")).status for n in range(11)]
    assert codes == [403] * 10 + [429]
    await neighbour.sign_in("Bo", passphrase="four words of calm")
    house.clock.now += 30
    assert (await guesser.post("/sign-in", name="Ana", passphrase="no")).status == 403


async def test_out_of_guesses_the_right_passphrase_is_not_even_looked_at(make_house: MakeHouse) -> None:
    """Else the limit would stop nobody: whoever goes on guessing would come in by the right one (S6)."""
    house = await make_house(passphrase="four words of calm")
    guesser = Person(house)
    for n in range(10):
        await guesser.post("/sign-in", name="Ana", passphrase=f"{n}")
    answer = await guesser.post("/sign-in", name="Ana", passphrase="four words of calm")
    assert (answer.status, answer.code, guesser.cookies) == (429, "too-many", {})
    house.clock.now += 30
    await guesser.sign_in("Ana", passphrase="four words of calm")


async def test_a_passphrase_of_any_length_costs_no_time(make_house: MakeHouse) -> None:
    """Marks are put in order one by one: 60 KB of them once held the server for two seconds."""
    house = await make_house(passphrase="four words of calm")
    body = '{"name": "Ana", "passphrase": "a' + "\u0301\u0323" * 14_000 + '"}'
    with mock.patch("unicodedata.normalize", wraps=unicodedata.normalize) as normalize:
        answer = await Person(house).ask(
            "POST", "/sign-in", data=body.encode(), headers={"Content-Type": "application/json"}
        )
    assert answer.code == "wrong-passphrase"
    assert all(len(call.args[1]) < 1000 for call in normalize.mock_calls)


async def test_a_network_has_few_guesses_however_many_addresses_it_has(make_house: MakeHouse) -> None:
    """40 from one IPv6 /48, and 300 from everywhere; whoever guessed nothing comes in all the while (S6)."""
    house = await make_house(passphrase="four words of calm", trusted_proxies=LOOPBACK)

    async def guess(address: str) -> int:
        return (await Person(house, address=address).post("/sign-in", name="Ana", passphrase="no")).status

    assert [await guess(f"2001:db8:0:{n:x}::1") for n in range(41)] == [403] * 40 + [429]
    everywhere = [await guess(f"198.51.100.{n % 130}") for n in range(390)]
    assert everywhere.count(403) == 260
    assert await guess("198.51.100.7") == 429
    for address in ("2001:db8:1::1", "192.0.2.7"):
        await Person(house, address=address).sign_in("Bo", passphrase="four words of calm")
    house.clock.now += 30
    assert await guess("198.51.100.7") == 403


async def test_a_right_passphrase_uses_up_no_guess(make_house: MakeHouse) -> None:
    """A club behind one address comes in by the dozen."""
    house = await make_house(passphrase="four words of calm")
    for n in range(12):
        await Person(house).sign_in(f"Ana {n}", passphrase="four words of calm")


async def test_sign_ins_are_limited_by_address_and_by_ipv6_network(make_house: MakeHouse) -> None:
    """Whoever has a /64 has one address to us (S6)."""
    throttles = Throttles(
        sign_ins=Tiered(Buckets(rate=1, burst=2), again=TokenBucket(rate=1, burst=100, now=0))
    )
    house = await make_house(throttles=throttles, trusted_proxies=LOOPBACK)
    statuses = []
    for host in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"):
        answer = await Person(house, address=host).post("/sign-in", name="Ana")
        statuses.append((answer.status, answer.headers.get("Retry-After")))
    assert statuses == [(200, None), (200, None), (429, "60"), (200, None)]


async def test_sign_ins_are_limited_by_the_networks_around_an_address(make_house: MakeHouse) -> None:
    """A /48 has 65,536 addresses of the kind that is one to us, and each sign-in is a row (S6)."""
    house = await make_house(trusted_proxies=LOOPBACK)
    limits = house.app[THROTTLES].sign_ins
    now = house.app[CLOCK].steady()
    taken = sum(limits.take(address_keys(f"2001:db8:0:{number:x}::1"), now) for number in range(2000))
    assert taken == 300
    assert limits.take(address_keys("2001:db8:1::1"), now)
    answer = await Person(house, address="2001:db8:0:fff::1").post("/sign-in", name="Ana")
    assert answer.status == 429


def part(header: bytes, value: bytes = b"Ana") -> bytes:
    """A form of one multipart field, with one more header than browsers send."""
    name = b'Content-Disposition: form-data; name="name"'
    return b"\r\n".join([b"--x", name, header, b"", value, b"--x--", b""])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"["),
        ("application/json", b"[" * 60_000),
        ("application/json", b'{"name": 1}'),
        ("application/json", b'["name"]'),
        ("application/json", b'{"name": "\\ud800"}'),
        ("application/json", b'{"name": "\xff"}'),
        ("application/json; charset=klingon", b"\xff"),
        ("application/x-www-form-urlencoded; charset=klingon", b"name=Ana"),
        ("application/x-www-form-urlencoded", b"name=%ff%00"),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("multipart/form-data", b"name=Ana"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nAna\r\n--x--"),
        ("multipart/form-data; boundary=x", b"name"),
        ("text/plain", b"name=Ana"),
        ("application/x-www-form-urlencoded; charset=utf-16", "name=Ana".encode("utf-16")),
        ("application/x-www-form-urlencoded; charset=utf-7", b"name=Ana&next=+2AA-"),
        ("application/x-www-form-urlencoded; charset=raw_unicode_escape", b"name=Ana&next=\\ud800"),
        ("application/json; charset=latin-1", b'{"name": "Ana"}'),
        ("multipart/form-data; boundary=x", part(b"A: b")),
        ("multipart/form-data; boundary=x", part(b"A: b\r\n" * 5000)),
        ("application/x-www-form-urlencoded", b"name=Ana&" + b"a&" * 64),
        ("multipart/form-data; boundary=x", part(b"Content-Transfer-Encoding: x-none")),
        ("multipart/form-data; boundary=x", part(b"Content-Transfer-Encoding: base64")),
        ("multipart/form-data; boundary=x", part(b"Content-Type: text/plain; charset=utf-7", b"+2AA-")),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_a_body_that_cannot_be_read_is_400(
    house: House, content_type: str, body: bytes, accept: str
) -> None:
    """Whatever is posted, the answer is a refusal, never an error of ours."""
    headers = {"Content-Type": content_type, "Accept": accept}
    answer = await Person(house).ask("POST", "/sign-in", data=body, headers=headers)
    assert answer.status == 400


@pytest.mark.parametrize("unit", [";", ";a=b", '"', "(", ";a*0=b", " ", "="])
async def test_a_content_type_of_any_length_costs_no_time(house: House, unit: str) -> None:
    """One of 30 KB once held the loop for 26 seconds, and anybody could send it."""
    headers = {"Content-Type": "text/plain" + unit * (30_000 // len(unit))}
    with mock.patch.object(web.BaseRequest, "_parse_content_type") as slow:
        answer = await Person(house).ask("POST", "/sign-in", data=b"name=Ana", headers=headers)
    assert answer.status == 400
    assert not slow.called


async def test_what_a_content_type_says_besides_changes_nothing(house: House) -> None:
    kind = 'Application/X-WWW-Form-Urlencoded ; x="y"; Charset="UTF-8"'
    answer = await Person(house).ask("POST", "/sign-in", data=b"name=Ana", headers={"Content-Type": kind})
    assert answer.status == 200


async def test_a_large_body_is_413(house: House) -> None:
    answer = await Person(house).post("/sign-in", name="x" * 70_000)
    assert (answer.status, answer.code) == (413, "request-entity-too-large")

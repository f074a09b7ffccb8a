"""What a reverse proxy says counts when it comes from one that is configured, and from nobody else (W7)."""

from __future__ import annotations

import ipaddress

import pytest
from multidict import CIMultiDict

from meshvoice.forwarding import client_address
from meshvoice.settings import Network
from meshvoice.signaling.limits import Buckets, Tiered, TokenBucket
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, LOOPBACK, House
from tests.web.person import Person

ELSEWHERE = (ipaddress.ip_network("10.9.8.0/24"),)


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        # Nobody is trusted: the connection is all that counts.
        ("192.0.2.1", ["203.0.113.9"], "", "192.0.2.1"),
        # A stranger says he comes from elsewhere.
        ("192.0.2.1", ["203.0.113.9"], "10.0.0.1", "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9"], "10.0.0.1", "203.0.113.9"),
        # What the visitor wrote stands before what the proxy added.
        ("10.0.0.1", ["127.0.0.1, 203.0.113.9"], "10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", ["127.0.0.1", "203.0.113.9"], "10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.1, 203.0.113.9"], "10.0.0.1", "203.0.113.9"),
        # Proxies in a row.
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.0.0.2"], "10.0.0.0/24", "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.7"], "10.0.0.0/24", "10.0.0.7"),
        ("10.0.0.1", [], "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1", "10.0.0.1"),
        ("fd00::1", ["2001:db8::9"], "fd00::/8", "2001:db8::9"),
        ("", ["203.0.113.9"], "10.0.0.1", ""),
    ],
)
def test_the_address_is_what_a_trusted_proxy_says(
    peer: str, forwarded: list[str], proxies: str, address: str
) -> None:
    """X-Forwarded-For is read from its end, and only behind a configured proxy (W7)."""
    trusted: list[Network] = [ipaddress.ip_network(proxy) for proxy in proxies.split(",") if proxy]
    assert client_address(peer, forwarded, [], trusted) == address


async def test_nobody_escapes_a_limit_by_claiming_another_address(make_house: MakeHouse) -> None:
    """X-Forwarded-For from somewhere else than a configured proxy changes nothing (W7)."""
    for proxies, last in (((), 429), (ELSEWHERE, 429), (LOOPBACK, 200)):
        throttles = Throttles(
            sign_ins=Tiered(Buckets(rate=1, burst=1), again=TokenBucket(rate=1, burst=100, now=0))
        )
        house = await make_house(throttles=throttles, trusted_proxies=proxies)
        first = await Person(house, address="192.0.2.1").post("/sign-in", name="Ana")
        second = await Person(house, address="192.0.2.2").post("/sign-in", name="Ana")
        assert (first.status, second.status) == (200, last)


async def test_the_user_header_counts_from_a_configured_proxy(make_house: MakeHouse) -> None:
    """The proxy's user is one person through restarts; there is nothing to sign in to here."""
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    assert "Hello, ana" in await _home(house, ("Remote-User", "ana"))
    first = house.book.users.by_external("ana", name="ana", random=bytes(16), now=0)
    await house.restart()
    assert "Hello, ana" in await _home(house, ("Remote-User", "ana"))
    assert house.book.users.by_external("ana", name="ana", random=bytes(16), now=0) == first
    answer = await Person(house).post("/sign-in", name="Ana")
    assert (answer.status, answer.code) == (403, "signed-in-elsewhere")


@pytest.mark.parametrize("path", ["/", "/invitation/"])
async def test_whom_the_proxy_did_not_name_is_shown_no_form_that_can_only_fail(
    make_house: MakeHouse, path: str
) -> None:
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User", passphrase="four words")
    page = await Person(house).get(path)
    assert page.status == 200
    assert "This site signs people in through its proxy" in page.text
    # Another language works all the same.
    assert page.text.count("<form") == page.text.count('action="/language"')


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [("Remote-User", "")],
        [("Remote-User", "x" * 201)],
        [("Remote-User", "\u202eana")],
        [("Remote-User", "=?utf-8?q?J=C3?=")],
        [("Remote-User", "ana"), ("Remote-User", "root")],
        [("X-Remote-User", "ana")],
        [("Remote_User", "ana")],
    ],
)
async def test_a_user_header_that_says_no_one_name_signs_nobody_in(
    make_house: MakeHouse, lines: list[tuple[str, str]]
) -> None:
    """None, an unusable one, or two of them, of which one may be the visitor's own: signed out (W7)."""
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    assert "Hello" not in await _home(house, *lines)


async def test_the_user_header_from_elsewhere_is_ignored(make_house: MakeHouse) -> None:
    """Whoever reaches the server past the proxy is nobody, whatever header he sends (W7)."""
    house = await make_house(trusted_proxies=ELSEWHERE, user_header="Remote-User")
    assert "Hello" not in await _home(
        house, ("Remote-User", "ana"), ("X-Forwarded-For", "10.9.8.1"), ("Forwarded", "for=10.9.8.1")
    )
    unset = await make_house(trusted_proxies=LOOPBACK)
    assert "Hello" not in await _home(unset, ("Remote-User", "ana"))


@pytest.mark.parametrize("sent", ["J\u00f6rg", "=?utf-8?q?J=C3=B6rg?=", "J%C3%B6rg"])
async def test_the_user_header_is_shown_as_a_name(make_house: MakeHouse, sent: str) -> None:
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    assert "Hello, J\u00f6rg" in await _home(house, ("Remote-User", sent))


async def test_a_user_header_in_latin_1_is_read(make_house: MakeHouse) -> None:
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRemote-User: J\xf6rg\r\n\r\n"
    assert "Hello, J\u00f6rg" in (await house.raw(request)).decode()


async def test_two_long_addresses_are_two_people_of_two_names(make_house: MakeHouse) -> None:
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    users = []
    for end in ("hohenstein", "hohenfels"):
        external = f"maria-magdalena.von-und-zu-{end}@example.org"
        await _home(house, ("Remote-User", external))
        users.append(house.book.users.by_external(external, name="unused", random=bytes(16), now=0))
    assert users[0].user_id != users[1].user_id
    assert users[0].name != users[1].name


async def test_a_second_header_gives_the_name_to_show(
    make_house: MakeHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """The id stays who somebody is; the name follows the proxy, and falls back to the id."""
    house = await make_house(
        trusted_proxies=LOOPBACK,
        user_header="Remote-User",
        name_header="Remote-Name",
        passphrase="four words",
    )
    who = ("Remote-User", "ana@example.org")
    assert "Hello, Ana Lopez" in await _home(house, who, ("Remote-Name", "Ana Lopez"))
    assert "Hello, Ana Gomez" in await _home(house, who, ("Remote-Name", "=?utf-8?q?Ana_Gomez?="))
    assert "Hello, Ana Gomez" in await _home(house, who)
    assert "Hello, bo" in await _home(house, ("Remote-User", "bo"), ("Remote-Name", ""))
    assert "Hello, cleo" in await _home(house, ("Remote-User", "cleo"), ("Remote-Name", "\u202eoelc"))
    twice = (("Remote-Name", "Dan"), ("Remote-Name", "Root"))
    assert "Hello, dan" in await _home(house, ("Remote-User", "dan"), *twice)
    assert "Hello" not in await _home(house, ("Remote-Name", "Ana Lopez"))
    assert sum("MESHVOICE_NAME_HEADER" in line for line in caplog.messages) == 2


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_a_proxy_that_nobody_named_is_told_of_once(
    make_house: MakeHouse, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    """One line an hour names the variable, and no address."""
    house = await make_house(trusted_proxies=ELSEWHERE)
    for address in ("203.0.113.9", "203.0.113.10"):
        await _home(house, (header, f"for={address}"))
    told = [
        record.getMessage() for record in caplog.records if "MESHVOICE_TRUSTED_PROXIES" in record.getMessage()
    ]
    assert len(told) == 1
    assert "203.0.113" not in told[0]
    house.clock.now += HOUR
    await _home(house, (header, "203.0.113.9"))
    assert sum("MESHVOICE_TRUSTED_PROXIES" in line for line in caplog.messages) == 2


@pytest.mark.parametrize("lines", [["\u202eana"], ["x" * 201], ["ana", "root"], ["=?utf-8?q?J=C3?="]])
async def test_an_unusable_user_header_is_told_of_without_the_name(
    make_house: MakeHouse, caplog: pytest.LogCaptureFixture, lines: list[str]
) -> None:
    house = await make_house(trusted_proxies=LOOPBACK, user_header="Remote-User")
    for _ in range(2):
        await _home(house, *(("Remote-User", line) for line in lines))
    (told,) = [
        record.getMessage() for record in caplog.records if "MESHVOICE_USER_HEADER" in record.getMessage()
    ]
    assert not any(line in told for line in lines)


async def _home(house: House, *lines: tuple[str, str]) -> str:
    async with house.http.get(house.url + "/", headers=CIMultiDict(lines)) as answer:
        assert answer.status == 200
        return await answer.text()

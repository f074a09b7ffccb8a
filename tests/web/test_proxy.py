"""What a reverse proxy says counts when it comes from one that is configured, and from nobody else (W7)."""

from __future__ import annotations

import ipaddress

import pytest
from multidict import CIMultiDict

from meshvoice.settings import Network
from meshvoice.signaling.limits import Buckets
from meshvoice.web.sessions import client_address
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse
from tests.web.house import LOOPBACK, House
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
        ("10.0.0.1", ["nonsense"], "10.0.0.1", "nonsense"),
        ("fd00::1", ["2001:db8::9"], "fd00::/8", "2001:db8::9"),
        ("", ["203.0.113.9"], "10.0.0.1", ""),
    ],
)
def test_the_address_is_what_a_trusted_proxy_says(
    peer: str, forwarded: list[str], proxies: str, address: str
) -> None:
    """X-Forwarded-For is read from its end, and only behind a configured proxy (W7)."""
    trusted: list[Network] = [ipaddress.ip_network(proxy) for proxy in proxies.split(",") if proxy]
    assert client_address(peer, forwarded, trusted) == address


async def test_nobody_escapes_a_limit_by_claiming_another_address(make_house: MakeHouse) -> None:
    """X-Forwarded-For from somewhere else than a configured proxy changes nothing (W7)."""
    for proxies, last in (((), 429), (ELSEWHERE, 429), (LOOPBACK, 200)):
        throttles = Throttles(sign_ins=Buckets(rate=1, burst=1))
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
    assert "<form" not in page.text


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [("Remote-User", "")],
        [("Remote-User", "x" * 201)],
        [("Remote-User", "\u202eana")],
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


@pytest.mark.parametrize(
    ("forwarded", "proxies", "status"),
    [
        (None, (), 200),
        ("203.0.113.9", (), 404),
        ("127.0.0.1", (), 404),
        ("203.0.113.9", LOOPBACK, 404),
        ("203.0.113.9, 127.0.0.2", LOOPBACK, 404),
        ("127.0.0.1", LOOPBACK, 200),
    ],
)
async def test_metrics_are_for_this_machine_and_the_proxies(
    make_house: MakeHouse, forwarded: str | None, proxies: tuple[Network, ...], status: int
) -> None:
    """Neither a forged header nor a proxy that nobody named shows the metrics to the world."""
    house = await make_house(trusted_proxies=proxies)
    assert (await Person(house, address=forwarded).get("/metrics")).status == status


async def _home(house: House, *lines: tuple[str, str]) -> str:
    async with house.http.get(house.url + "/", headers=CIMultiDict(lines)) as answer:
        assert answer.status == 200
        return await answer.text()

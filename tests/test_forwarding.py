"""Behind proxies a visitor is counted by the address that a trusted one saw, by nothing of their choice."""

from __future__ import annotations

import ipaddress
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice import forwarding
from meshvoice.forwarding import Seldom, client_address, within
from meshvoice.signaling.limits import address_key
from meshvoice.values import Peers, peers

PROXIES = peers("127.0.0.1,10.0.0.0/24,2001:db8:1::/64")
PEER = "127.0.0.1"


def key(*x_forwarded_for: str, forwarded: tuple[str, ...] = (), peer: str = PEER) -> str:
    return address_key(client_address(peer, x_forwarded_for, forwarded, PROXIES))


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ("203.0.113.9:", "203.0.113.9"),
        ('"203.0.113.9:51234"', "203.0.113.9"),
        ("  203.0.113.9  ", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("::ffff:203.0.113.9:51234", "203.0.113.9"),
        ("0:0:0:0:0:FFFF:203.0.113.9:80", "203.0.113.9"),
        ("::ffff:cb00:7109", "203.0.113.9"),
        ("[203.0.113.9]:443", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("[2001:db8::1]:443", "2001:db8::/64"),
        ('"[2001:db8::1]:443"', "2001:db8::/64"),
        ("2001:DB8:0::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("[fe80::1%25eth0]:443", "fe80::/64"),
        ("203.0.113.9, ::ffff:10.0.0.5", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.5:8080", "203.0.113.9"),
        ("203.0.113.9, [2001:db8:1::7]:443", "203.0.113.9"),
        ("203.0.113.9,, ", "203.0.113.9"),
    ],
)
def test_an_entry_is_an_address_however_it_is_written(entry: str, right: str) -> None:
    assert key(entry) == right
    assert key("198.51.100.1, " + entry) == right
    assert key("198.51.100.1", entry) == right


@pytest.mark.parametrize(
    "nonsense",
    ["unknown", "_hidden", "random123", "203.0.113", "203.0.113.999", "[x]:1", "[]", "a b", '"', "٣.٣.٣.٣"],
)
def test_nonsense_is_counted_by_the_last_trusted_hop(nonsense: str) -> None:
    assert key(nonsense) == PEER
    assert key(f"203.0.113.9, {nonsense}") == PEER
    assert key(f"203.0.113.9, {nonsense}, 10.0.0.5") == "10.0.0.5"
    assert key(forwarded=(f"for={nonsense}",)) == PEER
    assert key(f"{nonsense}, 203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    ("lines", "right"),
    [
        (("for=203.0.113.9",), "203.0.113.9"),
        (("For=203.0.113.9;Proto=https;HOST=voice.example.org",), "203.0.113.9"),
        (("proto=https; for=203.0.113.9 ;by=_gw",), "203.0.113.9"),
        (('for="203.0.113.9:51234"',), "203.0.113.9"),
        (('for="203.0.113.9:_port"',), "203.0.113.9"),
        (('for="[2001:db8::1]:443"',), "2001:db8::/64"),
        (("for=[2001:db8::1]",), "2001:db8::/64"),
        (('for="[2001:db8\\::1]"',), "2001:db8::/64"),
        (("for=198.51.100.1, for=203.0.113.9",), "203.0.113.9"),
        (("for=198.51.100.1", 'for=203.0.113.9, for="[2001:db8:1::7]:443"'), "203.0.113.9"),
        (("for=203.0.113.9;", ", for=10.0.0.5,"), "203.0.113.9"),
        (('for=203.0.113.9;host="a,for=198.51.100.1"',), "203.0.113.9"),
        # All is trusted: the one that is furthest away.
        (("for=10.0.0.7, for=10.0.0.5",), "10.0.0.7"),
        # An element that names nobody, where others do; one that was never closed; two who are for.
        (("for=203.0.113.9, proto=https",), PEER),
        (('for=203.0.113.9;x=", for=10.0.0.5',), PEER),
        (('x="', "for=203.0.113.9"), "203.0.113.9"),
        (('for=198.51.100.1;x=", for="[2001:db8::1]"',), PEER),
        (("for=203.0.113.9;for=198.51.100.1",), PEER),
        (("203.0.113.9",), PEER),
        (("for=",), PEER),
        (('for=""',), PEER),
        (("proto=https;host=voice.example.org",), PEER),
        (("",), PEER),
    ],
)
def test_forwarded_counts_as_well(lines: tuple[str, ...], right: str) -> None:
    assert key(forwarded=lines) == right


def test_two_headers_that_agree_are_believed() -> None:
    assert key("203.0.113.9", forwarded=('for="203.0.113.9:51234";proto=https',)) == "203.0.113.9"
    assert key("203.0.113.9", forwarded=("proto=https",)) == "203.0.113.9"


def test_of_two_headers_that_disagree_neither_chooses() -> None:
    assert key("203.0.113.9", forwarded=("for=198.51.100.1",)) == PEER
    assert key("203.0.113.9", forwarded=("for=198.51.100.2",)) == PEER
    assert key("198.51.100.1", forwarded=("for=203.0.113.9",)) == PEER
    assert key("203.0.113.9", forwarded=("for=unknown",)) == PEER


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "/run/proxy.sock"])
def test_what_no_trusted_proxy_sent_changes_nothing(peer: str) -> None:
    assert key("203.0.113.9", forwarded=("for=203.0.113.9",), peer=peer) == peer


def test_a_proxy_is_trusted_however_its_address_is_written() -> None:
    assert key("203.0.113.9", peer="::ffff:10.0.0.5") == "203.0.113.9"
    assert within("::ffff:10.0.0.5", PROXIES)
    assert within("2001:db8:1::7%eth0", PROXIES)
    assert not within("::ffff:10.0.1.5", PROXIES)
    for proxies in ("::ffff:10.0.0.0/120", "::ffff:10.0.0.5"):
        assert within("10.0.0.5", peers(proxies))
        assert within("::ffff:10.0.0.5", peers(proxies))
        assert not within("10.0.1.5", peers(proxies))
    assert not within("10.0.0.5", peers("::/0"))
    assert not within("nonsense", PROXIES)
    assert not within("10.0.0.5:80", PROXIES)


TEXT = st.text(st.sampled_from('for=,;" \\[]:.%_1029afx\t'), max_size=40) | st.text(max_size=40)


@given(TEXT)
def test_what_a_visitor_puts_before_the_proxys_entry_chooses_nothing(sent: str) -> None:
    assert key(f"{sent}, 203.0.113.9") == "203.0.113.9"
    assert key(forwarded=(sent, "for=203.0.113.9")) == "203.0.113.9"
    # On one line, what was sent may spoil it.
    assert key(forwarded=(f"{sent}, for=203.0.113.9",)) in ("203.0.113.9", PEER)
    assert key(forwarded=(f'{sent}, for="[2001:db8::1]:443";proto=https',)) in ("2001:db8::/64", PEER)


@given(TEXT, TEXT)
def test_whatever_comes_the_key_is_an_address(one: str, other: str) -> None:
    ipaddress.ip_network(key(one, forwarded=(other,)))


def test_a_matter_is_told_once_in_a_while() -> None:
    seldom = Seldom(every=60, most=2)
    assert [seldom.due("a", now) for now in (0, 1, 59, 60, 61)] == [True, False, False, True, False]
    assert seldom.due("b", 61)
    assert not seldom.due("c", 61)
    assert seldom.due("c", 121)


def test_a_clock_that_goes_back_silences_nothing() -> None:
    seldom = Seldom(every=60)
    assert seldom.due("a", 1_000_000)
    assert seldom.due("a", 0)


@pytest.mark.parametrize(
    ("trusted", "lines", "address"),
    [
        ((), ["203.0.113.9"], "unix"),
        (("unix",), ["203.0.113.9"], "203.0.113.9"),
        (("unix",), [], "unix"),
        (("unix",), ["unix"], "unix"),
        (("unix",), ["203.0.113.9, unix"], "unix"),
        # Whoever is an address is not the Unix socket.
        (PROXIES, ["203.0.113.9"], "unix"),
    ],
)
def test_who_comes_by_the_unix_socket_is_who_its_proxy_says_where_that_is_trusted(
    trusted: Peers, lines: list[str], address: str
) -> None:
    assert client_address("unix", lines, [], trusted) == address


def test_no_text_of_a_header_is_the_unix_socket() -> None:
    assert client_address("127.0.0.1", ["unix"], [], ("unix",)) == "127.0.0.1"


@pytest.mark.parametrize("text", ["1" * 32_000, "1" * 16_000 + "." * 16_000, "f" * 32_000])
def test_an_address_of_any_length_costs_no_time(text: str) -> None:
    """Digits without an end were looked at once from each of them: three seconds for one header."""
    with mock.patch.object(forwarding, "_NODE") as node:
        assert key(text, forwarded=(f'for="{text}"',)) == PEER
    assert not node.fullmatch.called


@pytest.mark.parametrize("unit", ["1,", "::1,", "for=1,", "for=127.0.0.1,", 'for="[::1]",', ",;"])
@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded"])
def test_a_chain_of_any_length_costs_no_time(header: str, unit: str) -> None:
    """A proxy that adds to what came, as most do, hands on 60 KB of it: that took 90 ms of everybody's.

    No more is read than what proxies of one's own can have added.
    """
    line = unit * (30_000 // len(unit))
    own = "for=203.0.113.9" if header == "forwarded" else "203.0.113.9"
    chains: list[tuple[str, ...]] = [(line, line), (f"{line}{own}",)]
    reads = "_node" if header == "x_forwarded_for" else "_elements"
    for sent in chains:
        with mock.patch.object(forwarding, reads, wraps=getattr(forwarding, reads)) as read:
            key(*sent) if header == "x_forwarded_for" else key(forwarded=sent)
        assert sum(len(call.args[0]) for call in read.mock_calls) < 5000


def test_of_a_chain_that_is_far_too_long_the_end_counts_and_nothing_before_it() -> None:
    """A visitor's own words stand before the address that the proxy saw."""
    assert key(*["203.0.113.7"] * 5000, "203.0.113.9") == "203.0.113.9"
    assert key("203.0.113.7", *[PEER] * 31) == "203.0.113.7"
    assert key("203.0.113.7", *[PEER] * 40) == PEER
    assert key(forwarded=("for=203.0.113.7" + " " * 5000,)) == PEER

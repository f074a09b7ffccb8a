"""Credentials are what coturn's REST scheme expects, and tell nobody who their user is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.settings import TurnSettings
from meshvoice.turn import credentials
from meshvoice.turn.errors import NotConfigured, TurnError

SECRET = "Zk3vQ9mB1xT7cL5nW2rY8pD4sH6jF0aG"
KEY = credentials.derive_pseudonym_key(b"k" * 32)


def issue(user_id: str = "user-17", **changes: Any) -> credentials.TurnCredentials:
    values: dict[str, Any] = {
        "secret": SECRET,
        "user_id": user_id,
        "pseudonym_key": KEY,
        "ttl": 3600,
        "now": 1_700_000_000,
    }
    return credentials.issue(**(values | changes))


def turn(**changes: Any) -> TurnSettings:
    return TurnSettings(**({"shared_secrets": (SECRET,), "hosts": ("turn.example.org",)} | changes))


def test_username_is_expiry_and_pseudonym() -> None:
    expiry, _, name = issue().username.partition(":")
    assert expiry == "1700003600"
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name)


def test_credential_is_the_hmac_that_coturn_computes() -> None:
    issued = issue()
    expected = hmac.new(SECRET.encode(), issued.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(issued.credential) == expected


def test_expiry_counts_from_the_servers_clock() -> None:
    issued = issue(ttl=20, now=1000)
    assert (issued.server_time, issued.ttl, issued.expires_at) == (1000, 20, 1020)


def test_pseudonym_stays_the_same_when_time_and_shared_secret_change() -> None:
    names = {issue(now=now, secret=secret).username.split(":")[1] for now in (1, 2) for secret in "ab"}
    assert len(names) == 1


def test_pseudonym_depends_on_the_key() -> None:
    other = credentials.derive_pseudonym_key(b"l" * 32)
    assert issue().username != issue(pseudonym_key=other).username


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_user_id_gives_a_name_that_coturn_takes(user_id: str) -> None:
    assert re.fullmatch(r"\d+:[A-Za-z0-9_-]{22}", issue(user_id).username)


@given(st.uuids(version=4))
def test_the_user_id_is_nowhere_in_the_body(user_id: object) -> None:
    for form in (str(user_id), str(user_id).replace("-", "")):
        text = json.dumps(credentials.body(turn(), issue(form)))
        assert form not in text
        assert base64.b64encode(form.encode()).decode().rstrip("=") not in text


def test_two_users_have_two_pseudonyms() -> None:
    assert issue("a").username != issue("b").username


def test_an_empty_secret_never_signs() -> None:
    with pytest.raises(NotConfigured) as caught:
        issue(secret="")
    assert caught.value.code == "turn_not_configured"
    assert isinstance(caught.value, TurnError)


def test_an_empty_pseudonym_key_never_signs() -> None:
    with pytest.raises(NotConfigured):
        issue(pseudonym_key=b"")


def test_ice_servers_are_stun_then_turn_by_udp_and_tcp() -> None:
    issued = issue()
    assert credentials.ice_servers(turn(), issued) == [
        {"urls": ["stun:turn.example.org:3478"]},
        {
            "urls": [
                "turn:turn.example.org:3478?transport=udp",
                "turn:turn.example.org:3478?transport=tcp",
            ],
            "username": issued.username,
            "credential": issued.credential,
        },
    ]


def test_turns_is_offered_only_where_tls_is_configured() -> None:
    with_tls = turn(tls_cert="/c", tls_key="/k", tls_port=443)
    urls = credentials.ice_servers(with_tls, issue())[1]["urls"]
    assert urls[-1] == "turns:turn.example.org:443?transport=tcp"
    assert not any(url.startswith("turns:") for url in credentials.ice_servers(turn(), issue())[1]["urls"])


def test_there_are_four_urls_at_most() -> None:
    servers = credentials.ice_servers(turn(tls_cert="/c", tls_key="/k"), issue())
    assert sum(len(server["urls"]) for server in servers) == 4


@pytest.mark.parametrize(
    ("tls", "urls"),
    [
        (False, [["turn:a.net:3478?transport=udp", "turn:a.net:3478?transport=tcp"],
                 ["turn:b.net:3478?transport=udp", "turn:b.net:3478?transport=tcp"]]),
        (True, [["turn:a.net:3478?transport=udp", "turns:a.net:443?transport=tcp"],
                ["turn:b.net:3478?transport=udp", "turns:b.net:443?transport=tcp"]]),
    ],
)  # fmt: skip
def test_of_two_hosts_each_is_offered_by_udp_and_by_what_gets_through_more(
    tls: bool, urls: list[list[str]]
) -> None:
    issued = issue()
    two = turn(hosts=("a.net", "b.net"), public_tls_port=443 if tls else None)
    servers = credentials.ice_servers(two, issued)
    assert [server["urls"] for server in servers] == urls
    assert {server["username"] for server in servers} == {issued.username}
    assert {server["credential"] for server in servers} == {issued.credential}


@pytest.mark.parametrize("many", [1, 2, 3, 4])
@pytest.mark.parametrize("tls", [False, True])
def test_every_host_is_offered_and_four_urls_at_most(many: int, tls: bool) -> None:
    hosts = tuple(f"{letter}.net" for letter in "abcd"[:many])
    servers = credentials.ice_servers(turn(hosts=hosts, public_tls_port=443 if tls else None), issue())
    urls = [url for server in servers for url in server["urls"]]
    assert len(urls) == (3 if many == 1 and not tls else 4)
    for host in hosts:
        assert f"turn:{host}:3478?transport=udp" in urls


def test_a_fixed_user_is_everybodys() -> None:
    chosen = turn(username="voice", password="four plain words")
    given = credentials.fixed(chosen, ttl=60, now=1000)
    assert (given.username, given.credential, given.expires_at) == ("voice", "four plain words", 1060)


def test_ipv6_stands_in_brackets_and_ipv4_does_not() -> None:
    assert credentials.bracketed("2001:DB8::1") == "[2001:db8::1]"
    assert credentials.bracketed("192.0.2.7") == "192.0.2.7"
    first = credentials.ice_servers(turn(hosts=(str(ipaddress.IPv6Address("2001:db8::1")),)), issue())[0]
    assert first["urls"] == ["stun:[2001:db8::1]:3478"]


def test_without_a_host_there_are_no_ice_servers() -> None:
    assert credentials.body(turn(hosts=()), issue())["iceServers"] == []


def test_body_has_exactly_the_documented_fields() -> None:
    body = json.loads(json.dumps(credentials.body(turn(), issue())))
    assert sorted(body) == ["credential", "expires_at", "iceServers", "server_time", "ttl", "username"]
    assert body["expires_at"] - body["server_time"] == body["ttl"] == 3600

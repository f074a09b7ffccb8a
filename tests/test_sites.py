"""MESHVOICE_ORIGIN as browsers have it: what is read, what is refused, and which address a request is on."""

from __future__ import annotations

import pytest

from meshvoice.sites import Sites, addresses

LAN, PUBLIC = "http://voice.lan:8080", "https://voice.example.org"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"{LAN}, {PUBLIC}", (LAN, PUBLIC)),
        ("https://Voice.Example.org:443/,http://voice.lan:80", (PUBLIC, "http://voice.lan")),
        ("https://example.org/voice/", ("https://example.org/voice",)),
        (f"{PUBLIC}/a/b,{LAN}/a/b/", (f"{PUBLIC}/a/b", f"{LAN}/a/b")),
        (f"{PUBLIC}/static/voice", (f"{PUBLIC}/static/voice",)),
        (f"{PUBLIC}/Voice_2.0~x", (f"{PUBLIC}/Voice_2.0~x",)),
        (f"{PUBLIC},https://voice.example.org:8443", (PUBLIC, "https://voice.example.org:8443")),
        ("https://[2001:db8::1]/voice", ("https://[2001:db8::1]/voice",)),
    ],
)
def test_addresses_are_read_as_browsers_write_them(text: str, read: tuple[str, ...]) -> None:
    assert addresses(text) == read


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{PUBLIC},", "comma"),
        (f"{PUBLIC},,{LAN}", "comma"),
        (f"{PUBLIC},voice.lan", "'voice.lan' is no origin: write scheme and host"),
        (f"{PUBLIC};{LAN}", "is no origin"),
        (f"{PUBLIC} {LAN}", "is no origin"),
        (f"{PUBLIC},https://VOICE.example.org:443", "https://voice.example.org stands there twice"),
        ("http://a.example,https://a.example", "keep the https:// one"),
        ("https://a.example,http://a.example:443", "keep the https:// one"),
        (f"{PUBLIC}/voice,{LAN}", f"common to all addresses, as {PUBLIC}/voice,{LAN}/voice"),
        (f"{PUBLIC}/voice,{LAN}/talk", "one path must be common"),
        (f"{PUBLIC}/voice?x", "is no origin"),
        (f"{PUBLIC}/voice#x", "is no origin"),
        (f"{PUBLIC}/a//b", "has a path that can't be used"),
        (f"{PUBLIC}//", "has a path that can't be used"),
        (f"{PUBLIC}/a/../b", "has a path that can't be used"),
        (f"{PUBLIC}/.", "has a path that can't be used"),
        (f"{PUBLIC}/a%20b", "has a path that can't be used"),
        (f"{PUBLIC}/a;b", "has a path that can't be used"),
        (f"{PUBLIC}/b\u00fccher", "has a path that can't be used"),
        (f"{PUBLIC}/{'a' * 200}", "has a path that can't be used"),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_fix(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        addresses(text)
    assert says in str(refused.value)


def test_the_host_says_which_site_a_request_is_on() -> None:
    sites = Sites((LAN, PUBLIC))
    for host, origin in (
        ("voice.lan:8080", LAN),
        ("voice.example.org", PUBLIC),
        ("VOICE.example.org:443", PUBLIC),
    ):
        site = sites.at(host)
        assert site is not None
        assert (site.origin, site.alike) == (origin, (origin,))
    for host in ("", "voice.lan", "voice.example.org:80", "voice.example.org:8080", "localhost:8080"):
        assert sites.at(host) is None


def test_whoever_has_one_site_may_come_by_any_host() -> None:
    """A proxy that changes the Host needs no setting there."""
    sites = Sites((f"{PUBLIC}/voice",))
    for host in ("", "127.0.0.1:8080", "voice.example.org"):
        site = sites.at(host)
        assert site is not None
        assert (site.url, site.path) == (f"{PUBLIC}/voice", "/voice")
    assert sites.named("127.0.0.1:8080") is None


def test_all_names_of_this_machine_on_one_port_are_one_site() -> None:
    home = ("http://localhost:8080", "http://127.0.0.1:8080")
    sites = Sites((*home, PUBLIC, "http://localhost:9000"))
    assert [site.origin for site in sites.distinct] == [home[0], PUBLIC, "http://localhost:9000"]
    for host, origin in (
        ("localhost:8080", home[0]),
        ("127.0.0.1:8080", home[1]),
        ("[::1]:8080", home[0]),
        ("[::1]:9000", "http://localhost:9000"),
    ):
        site = sites.at(host)
        assert site is not None
        assert site.origin == origin
        assert site.alike == (home if origin in home else (origin,))
    assert sites.at("127.0.0.2:8080") is None


@pytest.mark.parametrize(
    ("origin", "https", "local"),
    [
        (PUBLIC, True, False),
        (LAN, False, False),
        ("http://localhost", False, True),
        ("http://127.0.0.2:8080", False, True),
        ("https://[::1]", True, True),
        ("http://192.168.1.5:8080", False, False),
        ("http://localhost.example", False, False),
    ],
)
def test_a_site_knows_what_browsers_give_it(origin: str, https: bool, local: bool) -> None:
    (site,) = Sites((origin,)).all
    assert (site.https, site.local) == (https, local)

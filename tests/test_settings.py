"""Settings are right, or the server doesn't start and says which variable to mend and how."""

from __future__ import annotations

import base64
import re
from dataclasses import fields
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice import values
from meshvoice.settings import (
    NAMES,
    PREFIXES,
    TABLE,
    Settings,
    SettingsError,
    TurnSettings,
    examine,
    relay_contradictions,
)
from meshvoice.settings_rows import REQUIRED, Row, environment, rows, written

KEY = bytes(range(32))
KEY_TEXT = base64.urlsafe_b64encode(KEY).decode()
OTHER_KEY = bytes(range(100, 132))
SECRET = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ_-0246"
MINIMAL = {"MESHVOICE_SECRET_KEY": KEY_TEXT}
TURN = {"COTURN_TURN_HOST": "turn.voice.net", "COTURN_SHARED_SECRET": SECRET}


def read(**variables: str) -> Settings:
    return Settings.from_env({**MINIMAL, **variables})


def refusal(variables: dict[str, str]) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**MINIMAL, **variables})
    assert str(caught.value) == f"{caught.value.variable}: {caught.value.fix}"
    return caught.value


def test_a_secret_key_is_all_that_must_be_set() -> None:
    assert read() == Settings(
        secret_keys=(KEY,),
        origins=("http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"),
        turn=TurnSettings(),
    )


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(
        {
            "MESHVOICE_HOST": "0.0.0.0, unix:/run/meshvoice/http.sock",
            "MESHVOICE_SOCKET_GROUP": "caddy",
            "MESHVOICE_PORT": "8443",
            "MESHVOICE_ORIGIN": "https://Voice.Club.net:443/",
            "MESHVOICE_SECRET_KEY": f"{KEY_TEXT}, {base64.urlsafe_b64encode(OTHER_KEY).decode()}",
            "MESHVOICE_DATABASE": "/var/lib/meshvoice/book.db",
            "MESHVOICE_PASSPHRASE": "four words are best",
            "MESHVOICE_HOSTING": "Invited",
            "MESHVOICE_METRICS_TOKEN": "mT4xR8qLw2Zc7Vb9",
            "MESHVOICE_LOG_FORMAT": "JSON",
            "MESHVOICE_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/24",
            "MESHVOICE_USER_HEADER": "Remote-User",
            "MESHVOICE_NAME_HEADER": "Remote-Name",
            "MESHVOICE_SOCKETS": "5200",
            "MESHVOICE_TABLE_SEATS": "4",
            "MESHVOICE_SEA_HOURS": "1.5",
            "MESHVOICE_SEA_PEERS": "5",
            "MESHVOICE_RELAY_ONLY": "Yes",
            "COTURN_SHARED_SECRET": f"{SECRET},{SECRET[::-1]}",
            "COTURN_USERNAME": "voice",
            "COTURN_PASSWORD": "four plain words",
            "COTURN_TURN_HOST": "[2001:db8::5], turn.club.net",
            "COTURN_REALM": "club.net",
            "COTURN_TTL": "600",
            "COTURN_PORT": "80",
            "COTURN_TLS_PORT": "443",
            "COTURN_PUBLIC_TLS_PORT": "8443",
            "COTURN_PUBLIC_IP": "192.0.2.5",
            "COTURN_PRIVATE_IP": "10.0.0.5",
            "COTURN_PUBLIC_IP6": "2001:db8::5",
            "COTURN_TLS_CERT": "/etc/tls/cert.pem",
            "COTURN_TLS_KEY": "/etc/tls/key.pem",
            "COTURN_VERSION": "4.6",
            "COTURN_MIN_PORT": "50000",
            "COTURN_MAX_PORT": "50100",
        }
    )
    assert settings == Settings(
        secret_keys=(KEY, OTHER_KEY),
        hosts=("0.0.0.0", "unix:/run/meshvoice/http.sock"),
        socket_group="caddy",
        port=8443,
        origins=("https://voice.club.net",),
        database="/var/lib/meshvoice/book.db",
        passphrase="four words are best",
        hosting="invited",
        metrics_token="mT4xR8qLw2Zc7Vb9",
        log_format="json",
        trusted_proxies=(ip_network("127.0.0.1"), ip_network("10.0.0.0/24")),
        user_header="Remote-User",
        name_header="Remote-Name",
        sockets=5200,
        table_seats=4,
        sea_hours=1.5,
        sea_peers=5,
        relay_only=True,
        turn=TurnSettings(
            shared_secrets=(SECRET, SECRET[::-1]),
            username="voice",
            password="four plain words",
            hosts=("2001:db8::5", "turn.club.net"),
            realm="club.net",
            ttl=600,
            port=80,
            tls_port=443,
            public_tls_port=8443,
            public_ip=IPv4Address("192.0.2.5"),
            private_ip=IPv4Address("10.0.0.5"),
            public_ip6=IPv6Address("2001:db8::5"),
            tls_cert="/etc/tls/cert.pem",
            tls_key="/etc/tls/key.pem",
            version=(4, 6, 0),
            min_port=50000,
            max_port=50100,
        ),
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "MESHVOICE_SECRET_KEY"])
def test_an_empty_variable_means_its_default(name: str) -> None:
    assert read(**{name: "  "}) == read()


def test_variables_of_others_are_none_of_our_business() -> None:
    assert read(PATH="/bin", HOME="\n") == read()


# What follows from what


def test_the_canonical_origin_is_the_first() -> None:
    assert read(MESHVOICE_PORT="9000").origin == "http://localhost:9000"


@pytest.mark.parametrize(
    ("origin", "https"), [("https://voice.club.net", True), ("http://voice.club.net", False)]
)
def test_https_is_known_by_the_origin(origin: str, https: bool) -> None:
    assert read(MESHVOICE_ORIGIN=origin).https is https


def test_a_path_is_told_from_the_origin() -> None:
    settings = read(MESHVOICE_ORIGIN="https://voice.club.net/a/b/, http://voice.lan/a/b")
    assert (settings.origin, settings.path) == ("https://voice.club.net", "/a/b")
    assert [site.url for site in settings.sites.all] == ["https://voice.club.net/a/b", "http://voice.lan/a/b"]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://voice.club.net", "https://voice.club.net"),
        ("https://VOICE.club.net/", "https://voice.club.net"),
        ("https://voice.club.net:443", "https://voice.club.net"),
        ("http://voice.club.net:80", "http://voice.club.net"),
        ("http://voice.club.net:443", "http://voice.club.net:443"),
        ("http://[2001:DB8::5]:8080", "http://[2001:db8::5]:8080"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(written: str, sent: str) -> None:
    assert read(MESHVOICE_ORIGIN=written).origins == (sent,)


@pytest.mark.parametrize("written", ["Gr\u00fc\u00dfe im Park", "Gru\u0308\u00dfe\u00a0im  Park\u3000"])
def test_a_passphrase_is_kept_as_it_is_compared(written: str) -> None:
    assert read(MESHVOICE_PASSPHRASE=written).passphrase == "Gr\u00fc\u00dfe im Park"


def test_the_realm_is_the_turn_hosts_name_by_default() -> None:
    assert read(**TURN).turn.realm == "turn.voice.net"


@pytest.mark.parametrize(("name", "tls"), [("COTURN_TLS_CERT", True), ("HOME", False)])
def test_tls_is_offered_where_a_certificate_is_configured(name: str, tls: bool) -> None:
    assert read(**{name: "/cert", "COTURN_TLS_KEY": "/key" if tls else ""}).turn.tls is tls


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("Off", False)],
)
def test_a_flag_is_yes_or_no(text: str, value: bool) -> None:
    assert read(**TURN, MESHVOICE_RELAY_ONLY=text).relay_only is value


def test_a_version_may_leave_the_last_number_out() -> None:
    assert read(COTURN_VERSION="4.6.1").turn.version == (4, 6, 1)
    assert read(COTURN_VERSION="4.13").turn.version == (4, 13, 0)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("::", ("::",)),
        ("0:0::0", ("::",)),
        ("[::1]", ("::1",)),
        ("127.0.0.1, ::1", ("127.0.0.1", "::1")),
        ("localhost,voice.lan", ("localhost", "voice.lan")),
        ("127.0.0.1,127.0.0.1", ("127.0.0.1",)),
        ("unix:/run/meshvoice/http.sock", ("unix:/run/meshvoice/http.sock",)),
        ("unix:///run/http.sock,2001:DB8::5", ("unix:/run/http.sock", "2001:db8::5")),
    ],
)
def test_several_places_may_be_listened_on(text: str, hosts: tuple[str, ...]) -> None:
    assert read(MESHVOICE_HOST=text).hosts == hosts


def test_the_last_port_may_be_the_last_process() -> None:
    settings = read(MESHVOICE_PROCESSES="3", MESHVOICE_PORT="65533")
    assert settings.port + settings.processes - 1 == 65_535


@pytest.mark.parametrize("group", ["www-data", "caddy", "_proxy", "101"])
def test_a_unix_socket_may_be_a_groups(group: str) -> None:
    assert read(MESHVOICE_HOST="unix:/s", MESHVOICE_SOCKET_GROUP=group).socket_group == group


def test_the_unix_socket_may_be_a_trusted_proxy_beside_others() -> None:
    trusted = read(MESHVOICE_TRUSTED_PROXIES="10.0.0.0/24, unix").trusted_proxies
    assert trusted == (ip_network("10.0.0.0/24"), "unix")
    assert written(trusted) == "10.0.0.0/24,unix"


# What is refused, by the variable that is to be mended


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        ("127.0.0.1:8080", "write 127.0.0.1 alone, and the port in MESHVOICE_PORT"),
        ("[::1]:8080", "write ::1 alone, and the port in MESHVOICE_PORT"),
        ("localhost:80", "write localhost alone, and the port in MESHVOICE_PORT"),
        ("*", "write :: for all addresses, of IPv4 and IPv6"),
        ("/run/http.sock", "a Unix socket is written unix:/run/http.sock"),
        ("127.0.0.1 ::1", "write addresses with commas, as 127.0.0.1,::1"),
        ("127.0.0.1,", "write addresses with commas, as 127.0.0.1,::1"),
        ("[localhost]", "write addresses with commas, as 127.0.0.1,::1"),
        ("unix:", "write its whole path, as unix:/run/meshvoice/http.sock"),
        ("unix:http.sock", "write its whole path, as unix:/run/meshvoice/http.sock"),
        ("unix:@meshvoice", "write its whole path, as unix:/run/meshvoice/http.sock"),
        ("unix:/run/meshvoice/", "write its whole path, as unix:/run/meshvoice/http.sock"),
        ("unix:/" + "s" * 107, "is longer than the 107 bytes that the kernel takes"),
    ],
)
def test_a_place_that_is_none_is_refused_with_what_to_write(host: str, advice: str) -> None:
    problem = refusal({"MESHVOICE_HOST": f"::1,{host}"})
    assert problem.variable == "MESHVOICE_HOST"
    assert problem.fix.endswith(advice)


def test_no_secret_key_is_refused_with_the_command_that_makes_one() -> None:
    with pytest.raises(SettingsError, match="MESHVOICE_SECRET_KEY: is not set: run `meshvoice secrets`"):
        Settings.from_env({})


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("MESHVOICE_PROT", "MESHVOICE_PORT"), ("COTURN_SHARED_SECRETS", "COTURN_SHARED_SECRET")],
)
def test_an_unknown_variable_is_refused_and_the_likely_one_named(wrong: str, meant: str) -> None:
    problem = refusal({wrong: "1"})
    assert problem.variable == wrong
    assert f"did you mean {meant}?" in problem.fix


@pytest.mark.parametrize(
    "key",
    [
        "change-me",
        "short",
        base64.urlsafe_b64encode(b"x" * 32).decode(),
        base64.urlsafe_b64encode(KEY[:31]).decode(),
        base64.urlsafe_b64encode(KEY + b"x").decode(),
        KEY_TEXT[:-1],
        KEY_TEXT + ",",
        f"{KEY_TEXT},change-me",
        KEY_TEXT[:-2] + "é=",
        "placeholder" + KEY_TEXT[11:],
    ],
)
def test_a_secret_key_that_is_none_is_refused_without_being_told(key: str) -> None:
    problem = refusal({"MESHVOICE_SECRET_KEY": key})
    assert problem.variable == "MESHVOICE_SECRET_KEY"
    assert key not in str(problem)


@pytest.mark.parametrize(
    "secret",
    [
        "change_me",
        "change_me_" + SECRET,
        "your-secret-" + SECRET,
        SECRET + " " + SECRET,
        SECRET + ",",
        SECRET + ',"quoted"',
        SECRET + "\N{LATIN SMALL LETTER E WITH ACUTE}",
        SECRET * 7,
    ],
)
def test_a_shared_secret_that_is_none_is_refused_without_being_told(secret: str) -> None:
    problem = refusal({"COTURN_SHARED_SECRET": secret})
    assert problem.variable == "COTURN_SHARED_SECRET"
    assert secret not in str(problem)


@pytest.mark.parametrize(
    ("secret", "is_strong"),
    [
        (SECRET, True),
        ("q83vEjRWeJq83vEjRWeJ+/83vEjRWeJ=", True),
        ("hunter2", False),
        (SECRET[:31], False),
        ("a" * 32, False),
        (SECRET + "!", False),
    ],
)
def test_a_shared_secret_that_another_chose_is_taken_and_its_worth_is_known(
    secret: str, is_strong: bool
) -> None:
    assert read(COTURN_SHARED_SECRET=f"{SECRET},{secret}").turn.shared_secrets == (SECRET, secret)
    assert values.strong(secret) is is_strong


@pytest.mark.parametrize("secret", ["your-secret", "mydefaultpw", "two words", "it's", SECRET * 7])
def test_a_secret_that_another_chose_is_taken_as_it_is(secret: str) -> None:
    """A relay of one's own gets another; where a user has a password the secret signs nothing."""
    assert read(COTURN_SHARED_SECRET=secret, COTURN_OURS="0").turn.shared_secrets == (secret,)
    turn = read(COTURN_SHARED_SECRET=secret, COTURN_USERNAME="ana", COTURN_PASSWORD=secret).turn
    assert turn.password == secret
    refused = refusal({"COTURN_SHARED_SECRET": secret})
    assert "COTURN_OURS=0" in refused.fix


@pytest.mark.parametrize(
    "secret", ['"quoted"', "'quoted'", "a,", "p\N{LATIN SMALL LETTER A WITH ACUTE}ss", "s" * 1001]
)
def test_a_secret_that_was_copied_wrongly_is_refused_whoever_chose_it(secret: str) -> None:
    assert refusal({"COTURN_SHARED_SECRET": secret, "COTURN_OURS": "0"}).variable == "COTURN_SHARED_SECRET"


def test_several_turn_hosts_are_kept_in_their_order_and_once() -> None:
    turn = read(**TURN | {"COTURN_TURN_HOST": "b.net, [2001:db8::5],b.net,a.net"}).turn
    assert turn.hosts == ("b.net", "2001:db8::5", "a.net")
    assert (turn.host, turn.realm) == ("b.net", "b.net")


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("Turn.Voice.net,turn.voice.NET", ("Turn.Voice.net",)),
        ("[2001:DB8:0::5],2001:db8::5,a.net", ("2001:db8::5", "a.net")),
    ],
)
def test_two_spellings_of_a_turn_host_are_one(text: str, hosts: tuple[str, ...]) -> None:
    assert read(**TURN | {"COTURN_TURN_HOST": text}).turn.hosts == hosts


def test_a_relay_with_a_fixed_user_needs_no_secret() -> None:
    turn = read(COTURN_TURN_HOST="turn.voice.net", COTURN_USERNAME="voice", COTURN_PASSWORD="pass").turn
    assert turn.fixed
    assert turn.offered
    assert not read(COTURN_USERNAME="voice", COTURN_PASSWORD="pass").turn.offered


def test_a_tls_port_before_coturns_offers_tls_without_a_certificate_of_ours() -> None:
    turn = read(COTURN_PUBLIC_TLS_PORT="443").turn
    assert (turn.tls, turn.dialled_tls_port, turn.tls_port) == (True, 443, 5349)
    assert read(COTURN_TLS_PORT="8443").turn.dialled_tls_port == 8443


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HOST": "2a01:4f8::1"},
        {"HOST": "[2a01:4f8::1],45.76.0.10,turn.voice.net"},
        {"HOST": f"{'relay.' * 30}net"},
        {"REALM": "voice.net", "TTL": "600", "PORT": "443", "MIN_PORT": "50000", "MAX_PORT": "50999"},
        {"USERNAME": "voice", "PASSWORD": "one, two =#'\"\\ $three", "SHARED_SECRET": ""},
        {"SHARED_SECRET": f"{'mR7tW8xK' * 4},short,q83v/+==", "OURS": "0", "PUBLIC_TLS_PORT": "443"},
        {"PUBLIC_IP": "home.voice.net", "PRIVATE_IP": "10.0.0.5", "PUBLIC_IP6": "2a01:4f8::1"},
        {"PUBLIC_IP": "45.76.0.10", "TLS_CERT": "/etc/a b.pem", "TLS_KEY": "/etc/k.pem", "VERSION": "4.10"},
    ],
)
def test_what_is_read_of_a_relay_is_written_so_that_it_is_read_again(variables: dict[str, str]) -> None:
    """The server hands them to the doctor, which is a process of its own."""
    named = {"HOST": "turn.voice.net", "SHARED_SECRET": "mR7tW8xK" * 4, **variables}
    texts = {f"COTURN_{'TURN_HOST' if name == 'HOST' else name}": text for name, text in named.items()}
    turn = read(**texts).turn
    assert read(**environment(turn)).turn == turn


def test_the_relays_address_may_be_a_name() -> None:
    assert read(COTURN_PUBLIC_IP="home.voice.net").turn.public_ip == "home.voice.net"
    assert read(COTURN_PUBLIC_IP="192.0.2.5").turn.public_ip == IPv4Address("192.0.2.5")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MESHVOICE_HOST", "not a host"),
        ("MESHVOICE_HOST", "fe80::1%eth0"),
        ("MESHVOICE_SOCKET_GROUP", "two words"),
        ("MESHVOICE_METRICS_TOKEN", "short"),
        ("MESHVOICE_METRICS_TOKEN", "changeme-changeme-changeme"),
        ("MESHVOICE_METRICS_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("MESHVOICE_METRICS_TOKEN", "not one word of a token"),
        ("MESHVOICE_LOG_FORMAT", "xml"),
        ("MESHVOICE_PROCESSES", "0"),
        ("MESHVOICE_PROCESSES", "17"),
        ("MESHVOICE_TRUSTED_PROXIES", "unix:/run/meshvoice/http.sock"),
        ("MESHVOICE_PORT", "0"),
        ("MESHVOICE_PORT", "65536"),
        ("MESHVOICE_PORT", "80a"),
        ("MESHVOICE_PORT", "٨٠"),
        ("MESHVOICE_PORT", "²"),
        ("MESHVOICE_PORT", "9" * 5000),
        ("COTURN_PORT", "0000000080999"),
        ("MESHVOICE_ORIGIN", "voice.club.net"),
        ("MESHVOICE_ORIGIN", "ftp://voice.club.net"),
        ("MESHVOICE_ORIGIN", "https://voice.club.net/pa th"),
        ("MESHVOICE_ORIGIN", "https://voice.club.net?x"),
        ("MESHVOICE_ORIGIN", "https://ana@voice.club.net"),
        ("MESHVOICE_ORIGIN", "https://"),
        ("MESHVOICE_ORIGIN", "https://voice.club.net:99999"),
        ("MESHVOICE_ORIGIN", "https://[2001:db8::5"),
        ("MESHVOICE_ORIGIN", "null"),
        ("MESHVOICE_ORIGIN", "*"),
        ("MESHVOICE_PASSPHRASE", "abc"),
        ("MESHVOICE_PASSPHRASE", "password"),
        ("MESHVOICE_PASSPHRASE", "Change-Me"),
        ("MESHVOICE_PASSPHRASE", "12345678"),
        ("MESHVOICE_TRUSTED_PROXIES", "proxy.club.net"),
        ("MESHVOICE_TRUSTED_PROXIES", "10.0.0.1/24"),
        ("MESHVOICE_TRUSTED_PROXIES", "127.0.0.1,"),
        ("MESHVOICE_USER_HEADER", "Remote User"),
        ("MESHVOICE_USER_HEADER", "X:Y"),
        ("MESHVOICE_NAME_HEADER", "X:Y"),
        ("MESHVOICE_SOCKETS", "7"),
        ("MESHVOICE_SOCKETS", "15001"),
        ("MESHVOICE_TABLE_SEATS", "1"),
        ("MESHVOICE_TABLE_SEATS", "9"),
        ("MESHVOICE_SEA_PEERS", "-2"),
        ("MESHVOICE_SEA_HOURS", "0"),
        ("MESHVOICE_SEA_HOURS", "169"),
        ("MESHVOICE_SEA_HOURS", "1e2"),
        ("MESHVOICE_SEA_HOURS", "nan"),
        ("MESHVOICE_RELAY_ONLY", "maybe"),
        ("COTURN_TURN_HOST", "turn:voice.net"),
        ("COTURN_TURN_HOST", "voice.net:3478"),
        ("COTURN_TURN_HOST", "fe80::1%eth0"),
        ("COTURN_REALM", "two words"),
        ("MESHVOICE_HOSTING", "nobody"),
        ("COTURN_TTL", "19"),
        ("COTURN_TTL", "86401"),
        ("COTURN_TURN_HOST", "a.net,"),
        ("COTURN_TURN_HOST", "a.net,b.net,c.net,d.net,e.net"),
        ("COTURN_USERNAME", "two words"),
        ("COTURN_USERNAME", "an:na"),
        ("COTURN_PASSWORD", "p" * 1001),
        ("COTURN_PASSWORD", "p\N{LATIN SMALL LETTER A WITH ACUTE}ss"),
        ("COTURN_PUBLIC_IP", "198.51.100"),
        ("COTURN_PUBLIC_IP", "turn voice.net"),
        ("COTURN_PUBLIC_IP", "2001:db8::5"),
        ("COTURN_PUBLIC_IP", "0.0.0.0"),
        ("COTURN_PUBLIC_IP", "0.1.2.3"),
        ("COTURN_PUBLIC_IP", "169.254.1.1"),
        ("COTURN_PUBLIC_IP", "224.0.0.1"),
        ("COTURN_PUBLIC_IP", "255.255.255.255"),
        ("COTURN_PRIVATE_IP", "0.0.0.0"),
        ("COTURN_PUBLIC_IP6", "::"),
        ("COTURN_PUBLIC_IP6", "::ffff:45.76.0.10"),
        ("COTURN_PUBLIC_IP6", "fe80::1"),
        ("COTURN_PUBLIC_IP6", "ff02::1"),
        ("COTURN_PUBLIC_IP6", "192.0.2.5"),
        ("COTURN_PUBLIC_IP6", "fe80::1%eth0"),
        ("COTURN_TLS_CERT", "cert.pem"),
        ("COTURN_TLS_KEY", '/etc/"tls"/key.pem'),
        ("COTURN_VERSION", "latest"),
        ("COTURN_VERSION", "4"),
        ("COTURN_MIN_PORT", "0"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_its_name(name: str, text: str) -> None:
    assert refusal({name: text}).variable == name


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\tb", "a\u2028b", "\x7f"])
def test_a_value_with_a_control_character_is_refused(text: str) -> None:
    assert refusal({"MESHVOICE_DATABASE": text}).variable == "MESHVOICE_DATABASE"


@pytest.mark.parametrize(
    ("variables", "variable"),
    [
        ({"MESHVOICE_USER_HEADER": "Remote-User"}, "MESHVOICE_USER_HEADER"),
        (
            {"MESHVOICE_USER_HEADER": "Remote-User", "MESHVOICE_TRUSTED_PROXIES": "10.0.0.1,::/0"},
            "MESHVOICE_TRUSTED_PROXIES",
        ),
        ({"MESHVOICE_NAME_HEADER": "Remote-Name"}, "MESHVOICE_NAME_HEADER"),
        ({"MESHVOICE_PROCESSES": "3", "MESHVOICE_HOST": "127.0.0.1,unix:/s"}, "MESHVOICE_HOST"),
        ({"MESHVOICE_PROCESSES": "3", "MESHVOICE_PORT": "65534"}, "MESHVOICE_PORT"),
        ({"MESHVOICE_SOCKET_GROUP": "caddy"}, "MESHVOICE_SOCKET_GROUP"),
        ({"MESHVOICE_SOCKET_GROUP": "caddy", "MESHVOICE_HOST": "::1"}, "MESHVOICE_SOCKET_GROUP"),
        ({"MESHVOICE_RELAY_ONLY": "1"}, "MESHVOICE_RELAY_ONLY"),
        ({"MESHVOICE_RELAY_ONLY": "1", "COTURN_SHARED_SECRET": SECRET}, "MESHVOICE_RELAY_ONLY"),
        ({"COTURN_TURN_HOST": "turn.voice.net"}, "COTURN_SHARED_SECRET"),
        ({"COTURN_USERNAME": "voice"}, "COTURN_PASSWORD"),
        ({"COTURN_PASSWORD": "four plain words"}, "COTURN_USERNAME"),
        ({"COTURN_PRIVATE_IP": "10.0.0.5"}, "COTURN_PRIVATE_IP"),
        ({"COTURN_TLS_CERT": "/cert"}, "COTURN_TLS_KEY"),
        ({"COTURN_TLS_KEY": "/key"}, "COTURN_TLS_CERT"),
        ({"COTURN_MIN_PORT": "50000", "COTURN_MAX_PORT": "50000"}, "COTURN_MAX_PORT"),
    ],
)
def test_what_means_nothing_alone_is_refused(variables: dict[str, str], variable: str) -> None:
    assert refusal(variables).variable == variable


@given(st.sampled_from(NAMES), st.text(max_size=80))
def test_whatever_the_text_it_is_read_or_refused(name: str, text: str) -> None:
    try:
        Settings.from_env({**MINIMAL, name: text})
    except SettingsError as problem:
        assert problem.variable in NAMES  # noqa: PT017  # both outcomes are right


@pytest.mark.parametrize(
    "origin", ["https://x;y", "http://a b", "https://\u00e9t\u00e9.example.org", "https://-.org"]
)
def test_an_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError, match=r"MESHVOICE_ORIGIN: .* is no origin"):
        Settings.from_env({**MINIMAL, "MESHVOICE_ORIGIN": origin})


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("voice.\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "voice.xn--r8jz45g.xn--zckzah"),
        ("b\u00fccher2", "xn--bcher2-3ya"),
        ("voice.club.example.", "voice.club.example"),
        ("b\u00fccher.example.", "xn--bcher-kva.example"),
        ("my_voice.example", "my-voice.example"),
        ("my_voice.example.", "my-voice.example"),
        ("_voice.my_club.example", "voice.my-club.example"),
    ],
)
def test_a_name_that_only_people_read_is_refused_with_what_to_write(name: str, instead: str) -> None:
    for text, right in (
        (f"https://{name}", f"https://{instead}"),
        (f"https://{name}:8443/", f"https://{instead}:8443"),
        (f"http://ana@{name}/voice", f"http://{instead}"),
    ):
        assert refusal({"MESHVOICE_ORIGIN": text}).fix.endswith(f" {right}")
        assert read(MESHVOICE_ORIGIN=right).origin == right
    assert refusal({"COTURN_TURN_HOST": name}).fix.endswith(f" {instead}")


# The table, and the two texts that repeat it


README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLE = (Path(__file__).parents[1] / "conf" / "meshvoice.env.example").read_text(encoding="utf-8")


def test_the_readmes_table_is_the_table() -> None:
    assert re.findall(r"(?m)^\| `((?:MESHVOICE|COTURN)_\w+)` \| (.+?) \| (.+?) \|$", README) == [
        (row.variable, row.default_words, row.words) for row in TABLE
    ]


def test_the_example_file_shows_every_variable_in_the_tables_order() -> None:
    assert tuple(re.findall(r"(?m)^#?((?:MESHVOICE|COTURN)_\w+)=", EXAMPLE)) == NAMES


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.variable)
def test_the_example_file_shows_what_can_be_read(row: Row) -> None:
    (shown,) = re.findall(rf"(?m)^#?{row.variable}=(.*)$", EXAMPLE)
    if row.follows:
        assert row.read(shown)  # an example, for the default is another on each deployment
    elif not row.unset and written(row.default):
        assert row.read(shown) == row.default
    else:
        assert not shown or row.read(shown)


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.default is not REQUIRED], ids=lambda row: row.variable
)
def test_a_default_is_what_one_could_write(row: Row) -> None:
    assert written(row.default) == "" or row.read(written(row.default)) == row.default


def test_every_field_is_a_setting() -> None:
    for kind in (Settings, TurnSettings):
        assert {field.name for field in fields(kind)} - {*rows(kind)} <= {"turn"}


def test_a_setting_stands_in_the_table_once() -> None:
    assert len({*NAMES}) == len(NAMES)
    assert all(name.startswith(PREFIXES) for name in NAMES)


# All that is wrong, at once


def test_what_is_wrong_is_found_beside_what_is_wrong() -> None:
    examined = examine({"MESHVOICE_PROT": "1", "MESHVOICE_PORT": "x", "COTURN_TTL": "0", "COTURN_PORT": "80"})
    assert examined.settings is None
    wrong = ["MESHVOICE_PROT", "MESHVOICE_SECRET_KEY", "MESHVOICE_PORT", "COTURN_TTL"]
    assert [problem.variable for problem in examined.problems] == wrong
    assert examined.values["COTURN_PORT"] == 80
    assert not {*wrong} & {*examined.values}


def test_rules_are_kept_quiet_while_a_value_is_wrong() -> None:
    """COTURN_PRIVATE_IP isn't alone: what stands beside it is misspelt."""
    problem = refusal({"COTURN_PRIVATE_IP": "10.0.0.5", "COTURN_PUBLIC_IP": "198.51.100"})
    assert problem.variable == "COTURN_PUBLIC_IP"


def test_every_rule_that_is_broken_is_told() -> None:
    examined = examine({**MINIMAL, "MESHVOICE_RELAY_ONLY": "1", "COTURN_PRIVATE_IP": "10.0.0.5"})
    assert [problem.variable for problem in examined.problems] == [
        "COTURN_PRIVATE_IP",
        "MESHVOICE_RELAY_ONLY",
    ]


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ({}, []),
        ({"COTURN_PORT": "50000"}, ["COTURN_PORT"]),
        ({"COTURN_TLS_PORT": "50000"}, []),
        ({"COTURN_TLS_PORT": "50000", "COTURN_TLS_CERT": "/c", "COTURN_TLS_KEY": "/k"}, ["COTURN_TLS_PORT"]),
        ({"COTURN_TLS_PORT": "3478", "COTURN_TLS_CERT": "/c", "COTURN_TLS_KEY": "/k"}, ["COTURN_TLS_PORT"]),
    ],
)
def test_ports_of_a_relay_of_ours_stay_apart(variables: dict[str, str], wrong: list[str]) -> None:
    problems = relay_contradictions(read(**variables).turn)
    assert [problem.variable for problem in problems] == wrong

"""The proxy's configuration follows the settings, and no value of theirs becomes a directive."""

from __future__ import annotations

import ipaddress
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from meshvoice import assets
from meshvoice.proxies import commands, conf
from meshvoice.settings import Settings, SettingsError
from meshvoice.values import peers

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = {proxy: (assets.find("conf") / name).read_text() for proxy, name in conf.TEMPLATES.items()}
PLAIN = Settings(
    secret_keys=(b"k" * 32,),
    origins=("https://voice.example.org",),
    trusted_proxies=(ipaddress.ip_network("127.0.0.1"),),
)
NAMED = replace(PLAIN, user_header="X-Forwarded-User")
ODD = replace(
    NAMED,
    origins=("https://[2001:db8::1]:8443",),
    hosts=("::",),
    port=9000,
    user_header="X-Authentik-Username",
)
LOCAL = replace(PLAIN, origins=("http://localhost:8081",))
SUBPATH = replace(NAMED, origins=("https://example.org/voice",))
SEVERAL = replace(
    PLAIN, origins=("https://voice.example.org", "http://voice.lan", "https://[2001:db8::1]:8443")
)
PROCESSES = replace(SUBPATH, processes=3)
OWN = conf.Certificate(chain="/etc/caddy/tls/fullchain.pem", key="/etc/caddy/tls/privkey.pem")

IN_ONE = replace(OWN, key=OWN.chain)
"""As HAProxy wants it."""
SOCKET = "/run/meshvoice/http.sock"
DIALS: dict[conf.Proxy, str] = {
    "nginx": "server {};",
    "caddy": "reverse_proxy {} {{",
    "apache": 'ProxyPass "/" "{}/" nocanon upgrade=websocket connectiontimeout=5 retry=0 timeout=3600'
    " ttl=600",
    "haproxy": "server meshvoice {}",
    "traefik": "- url: {}",
}
BY_HTTP: tuple[conf.Proxy, ...] = ("apache", "traefik")
"""Those that write an address as a URL."""
STRIPS: dict[conf.Proxy, str] = {
    "nginx": 'proxy_set_header (\\S+) (?:"";|\\$meshvoice_user;)',
    "caddy": "request_header -(\\S+)",
    "apache": "RequestHeader unset (\\S+)",
    "haproxy": "http-request del-header (\\S+)",
    "traefik": '"?([^"]+)"?: ""',
}
"""The line of each that takes a header away."""

each = pytest.mark.parametrize("proxy", get_args(conf.Proxy))


def render(settings: Settings, proxy: conf.Proxy, certificate: conf.Certificate | None = None) -> str:
    return conf.render(settings, proxy=proxy, template=TEMPLATES[proxy], certificate=certificate)


def stripped(text: str, proxy: conf.Proxy) -> list[str]:
    """Name the headers that a file takes from visitors."""
    found = (re.fullmatch(f"{STRIPS[proxy]}(?: .*)?", line) for line in directives(text))
    return [match[1] for match in found if match]


def directives(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [" ".join(line.split()) for line in stripped if line and not line.startswith("#")]


@each
@pytest.mark.parametrize(
    ("name", "settings", "certificate"),
    [
        ("plain", PLAIN, None),
        ("user-header", NAMED, OWN),
        ("odd", ODD, None),
        ("local", LOCAL, None),
        ("subpath", SUBPATH, None),
        ("several", SEVERAL, None),
    ],
)
def test_render_is_as_reviewed(
    proxy: conf.Proxy, name: str, settings: Settings, certificate: conf.Certificate | None
) -> None:
    """`UPDATE_GOLDEN=1 pytest` writes the files anew; review their diff."""
    certificate = IN_ONE if certificate and proxy == "haproxy" else certificate
    golden, text = GOLDEN / f"{name}.{proxy}", render(settings, proxy, certificate)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_nginx_leads_each_room_to_one_of_several_processes() -> None:
    text = directives(render(PROCESSES, "nginx"))
    assert [line for line in text if line.startswith(("server 127", "hash"))] == [
        "hash $meshvoice_room consistent;",
        *(f"server 127.0.0.1:{port} max_fails=0;" for port in (8080, 8081, 8082)),
    ]
    assert '"~^/voice/ws/voice/(?<meshvoice_voice>[^/?]+)" $meshvoice_voice;' in text


@each
def test_a_proxy_that_could_not_split_rooms_refuses_several_processes(proxy: conf.Proxy) -> None:
    """With one process there is nothing of it in any file."""
    assert "meshvoice_room" not in render(PLAIN, proxy)
    if proxy != "nginx":
        with pytest.raises(SettingsError, match="MESHVOICE_PROCESSES: nginx alone"):
            render(PROCESSES, proxy)


@each
def test_the_two_settings_that_must_agree_do(proxy: conf.Proxy) -> None:
    """The header that counts is the header that is stripped, whatever its name."""
    name = "X-" + "Long-" * 12 + "Id"
    assert name in stripped(render(replace(NAMED, user_header=name), proxy), proxy)


@pytest.mark.parametrize(
    ("uri", "room"),
    [
        ("/voice/api/voice/turn-credentials/?room=mysea-0a", "mysea-0a"),
        ("/voice/api/voice/turn-credentials/?a=b&room=mysea-0a&c", "mysea-0a"),
        ("/voice/ws/voice/mysea-0a/?x", "mysea-0a"),
        ("/voice/sign-in?room=mysea-0a", None),
        ("/voice/invitation/accept?x&room=mysea-0a", None),
    ],
)
def test_what_is_of_no_room_is_counted_by_one_process_whatever_is_asked(uri: str, room: str | None) -> None:
    """Else a visitor would have so many guesses and sign-ins from each process."""
    rules = re.findall(r'"~(\S+)" +\$(\w+);', render(PROCESSES, "nginx"))
    found = [
        match[name]
        for rule, name in rules
        if name.startswith("meshvoice_") and (match := re.search(rule.replace("(?<", "(?P<"), uri))
    ]
    assert found == ([] if room is None else [room])


@each
@pytest.mark.parametrize("header", ["", "X-Else", *conf.USUAL_USER_HEADERS, "remote-user"])
def test_the_usual_headers_are_stripped_too_and_each_once(proxy: conf.Proxy, header: str) -> None:
    names = [name.lower() for name in stripped(render(replace(PLAIN, user_header=header), proxy), proxy)]
    for usual in conf.USUAL_USER_HEADERS:
        assert names.count(usual.lower()) == 1
    assert len(names) == len(set(names))


@each
@pytest.mark.parametrize(
    ("name", "times"), [("X-Display-Name", 1), ("Remote-User", 0), ("x-forwarded-user", 0)]
)
def test_the_header_of_the_name_to_show_is_stripped_too(proxy: conf.Proxy, name: str, times: int) -> None:
    before, after = (directives(render(replace(NAMED, name_header=given), proxy)) for given in ("", name))
    assert [line for line in after if line not in before] == [
        line for line in after if name in line.replace("_", "-") and line not in before
    ]
    assert (len(after) > len(before)) is bool(times)


@each
def test_forward_auth_is_off(proxy: conf.Proxy) -> None:
    assert not [line for line in directives(render(NAMED, proxy)) if "auth" in line.partition(" ")[0]]


def test_without_a_user_header_there_is_no_forward_auth_to_switch_on() -> None:
    assert "orward auth with" not in "".join(render(PLAIN, proxy) for proxy in get_args(conf.Proxy))


@each
@pytest.mark.parametrize(
    ("host", "dialled"),
    [
        ("0.0.0.0", "127.0.0.1:8080"),
        ("::", "[::1]:8080"),
        ("10.0.0.5", "10.0.0.5:8080"),
        ("fd00::5", "[fd00::5]:8080"),
        ("localhost", "localhost:8080"),
    ],
)
def test_the_proxy_dials_where_meshvoice_listens(proxy: conf.Proxy, host: str, dialled: str) -> None:
    lines = directives(render(replace(PLAIN, hosts=(host,)), proxy))
    assert DIALS[proxy].format(f"http://{dialled}" if proxy in BY_HTTP else dialled) in lines


@pytest.mark.parametrize("hosts", [(f"unix:{SOCKET}",), ("127.0.0.1", f"unix:{SOCKET}")])
@pytest.mark.parametrize(
    ("proxy", "dialled"),
    [
        ("nginx", f"unix:{SOCKET}"),
        ("caddy", f"unix/{SOCKET}"),
        ("apache", f"unix:{SOCKET}|http://localhost"),
        ("haproxy", f"unix@{SOCKET}"),
    ],
)
def test_the_proxy_dials_the_unix_socket_where_there_is_one(
    proxy: conf.Proxy, dialled: str, hosts: tuple[str, ...]
) -> None:
    assert DIALS[proxy].format(dialled) in directives(render(replace(PLAIN, hosts=hosts), proxy))


def test_a_proxy_that_dials_no_unix_socket_is_told_so() -> None:
    with pytest.raises(
        SettingsError, match=r"^MESHVOICE_HOST: Traefik dials no Unix socket: write an address"
    ):
        render(replace(PLAIN, hosts=(f"unix:{SOCKET}",)), "traefik")


def test_haproxy_is_given_the_key_where_it_looks_for_it() -> None:
    for key in (OWN.chain, f"{OWN.chain}.key"):
        assert f" ssl crt {OWN.chain} " in render(PLAIN, "haproxy", replace(OWN, key=key))
    with pytest.raises(SettingsError, match=rf"^--key: .* or from {OWN.chain}\.key: put it there"):
        render(PLAIN, "haproxy", OWN)


def test_of_several_addresses_the_proxy_dials_the_first() -> None:
    lines = directives(render(replace(PLAIN, hosts=("10.0.0.5", "127.0.0.1")), "nginx"))
    assert "server 10.0.0.5:8080;" in lines


def test_by_the_unix_socket_the_proxy_may_have_meshvoices_own_port() -> None:
    settings = Settings(secret_keys=(b"k" * 32,), hosts=("unix:/s",))
    assert "http://localhost:8080 {" in directives(render(settings, "caddy"))


INJECTIONS = [f"a{character}b" for character in "\n\r\0 \t\"';{}$#\\`\u00e4"]


@each
@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    ("variable", "field", "form"),
    [
        ("MESHVOICE_USER_HEADER", "user_header", "X{}"),
        ("MESHVOICE_HOST", "hosts", "h{}"),
        ("MESHVOICE_HOST", "hosts", "unix:/{}"),
        ("MESHVOICE_ORIGIN", "origins", "https://{}"),
        ("MESHVOICE_ORIGIN", "origins", "https://voice.example.org:{}"),
        ("MESHVOICE_ORIGIN", "origins", "https://voice.example.org/{}"),
    ],
)
def test_no_value_becomes_a_directive(
    proxy: conf.Proxy, text: str, variable: str, field: str, form: str
) -> None:
    value = form.format(text)
    changes: dict[str, Any] = {field: (value,) if field in ("hosts", "origins") else value}
    bad = replace(NAMED, **changes)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as refused:
        render(bad, proxy)
    assert refused.value.variable == variable


@each
@pytest.mark.parametrize("text", [*INJECTIONS, "relative.pem", ""])
def test_no_path_becomes_a_directive(proxy: conf.Proxy, text: str) -> None:
    path = text if text in ("relative.pem", "") else f"/etc/{text}"
    for option, own in (("--cert", replace(OWN, chain=path)), ("--key", replace(OWN, key=path))):
        with pytest.raises(SettingsError, match=f"^{option}: "):
            render(PLAIN, proxy, own)


@each
@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example/",
        "https://a.example/b?c",
        "ftp://a.example",
        "https://you@a.example",
        "a.example",
        "https://",
    ],
)
def test_an_origin_that_is_none_is_refused(proxy: conf.Proxy, origin: str) -> None:
    with pytest.raises(SettingsError, match=r"^MESHVOICE_ORIGIN: "):
        render(replace(PLAIN, origins=(origin,)), proxy)


@pytest.mark.parametrize("name", ["Host", "cookie", "X-Forwarded-For", "Sec-WebSocket-Key", "Connection"])
def test_a_header_that_has_its_own_meaning_is_refused(name: str) -> None:
    """Stripping it would break the site, and filling it would be worse."""
    with pytest.raises(SettingsError, match=r"^MESHVOICE_USER_HEADER: .*Remote-User"):
        render(replace(PLAIN, user_header=name), "nginx")


def test_the_proxy_does_not_take_the_servers_own_port() -> None:
    """As it would by the defaults, where nobody has set an origin."""
    with pytest.raises(SettingsError, match=r"^MESHVOICE_ORIGIN: .*https://voice\.example\.org"):
        render(Settings(secret_keys=(b"k" * 32,)), "caddy")
    elsewhere = replace(PLAIN, origins=("http://voice.example.org:8080",), hosts=("10.0.0.5",))
    assert "http://voice.example.org:8080 {" in directives(render(elsewhere, "caddy"))


def test_every_name_is_served_with_its_own_host() -> None:
    nginx, caddy, apache, haproxy, _ = (directives(render(SEVERAL, proxy)) for proxy in get_args(conf.Proxy))
    for host in ("voice.example.org", "voice.lan", "[2001:db8::1]:8443"):
        assert f"proxy_set_header Host {host};" in nginx
        assert f"header_up Host {host}" in caddy
        assert f"RequestHeader set Host {host}" in apache
        assert sum(line.startswith(f"http-request set-header Host {host} if ") for line in haproxy) == 1
    addresses = [line.removesuffix(" {") for line in caddy if "://" in line]
    assert addresses == [*SEVERAL.origins]
    assert nginx.count("return 301 https://voice.example.org$request_uri;") == 1


def test_port_80_of_a_name_leads_to_one_place() -> None:
    """nginx would warn of the second one, and take the first."""
    two = replace(PLAIN, origins=("https://a.example", "https://a.example:8443"))
    assert [line for line in directives(render(two, "nginx")) if line.startswith("return 301")] == [
        "return 301 https://a.example$request_uri;"
    ]
    plain = replace(PLAIN, origins=("https://a.example:8443", "http://a.example"))
    assert [line for line in directives(render(plain, "nginx")) if line.startswith("return 301")] == []


def test_haproxy_listens_once_for_all_names_of_a_port() -> None:
    """Two places that listen on one port would share its visitors by chance."""
    origins = ("https://a.example", "https://b.example", "http://c.example")
    lines = directives(render(replace(PLAIN, origins=origins), "haproxy"))
    assert [line for line in lines if line.startswith("frontend")] == [
        "frontend meshvoice_443",
        "frontend meshvoice_80",
    ]
    crt = " ".join(f"crt /etc/haproxy/certs/{name}.example.pem" for name in "ab")
    assert f"bind :443 ssl {crt} alpn h2,http/1.1" in lines
    led = [line.partition(" code")[0] for line in lines if " redirect prefix " in line]
    assert led == [f"http-request redirect prefix https://{name}.example" for name in "ab"]


def test_a_path_is_passed_on_as_it_is() -> None:
    nginx, caddy, *more = (directives(render(SUBPATH, proxy)) for proxy in get_args(conf.Proxy))
    assert {"location /voice/ {", "location /voice/ws/ {"} <= {*nginx}
    assert {line for line in nginx if line.startswith("proxy_pass")} == {"proxy_pass http://meshvoice;"}
    told = [*nginx, *caddy, *(line for lines in more for line in lines)]
    # Apache's rules refuse, or mark, and lead nowhere else.
    others = [
        line for line in told if not line.startswith(("RewriteRule ^ - [", "RewriteCond ", "RewriteEngine "))
    ]
    assert not [line for line in others if re.search(r"(?i)rewriterule|\brewrite|strip|replace-path", line)]
    assert "@meshvoice path /voice/* /oauth2/*" in caddy
    unnamed = directives(render(replace(SUBPATH, user_header=""), "caddy"))
    assert "@meshvoice path /voice/*" in unnamed


def test_a_certificate_without_https_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^--cert: "):
        render(LOCAL, "nginx", OWN)


@pytest.mark.parametrize(
    ("host", "trusted", "noted"),
    [
        ("127.0.0.1", "", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "127.0.0.0/8", False),
        ("127.0.0.1", "::1", True),
        ("0.0.0.0", "10.0.0.1", True),
        ("::1", "::1", False),
        ("::", "127.0.0.1", True),
        ("localhost", "::1", False),
        ("10.0.0.5", "", True),
        ("10.0.0.5", "10.0.0.1", False),
        ("10.0.0.5", "unix", True),
        ("127.0.0.1", "unix", True),
        ("unix:/s", "127.0.0.1", True),
        ("unix:/s", "unix", False),
    ],
)
def test_a_proxy_that_is_not_trusted_is_noted(host: str, trusted: str, noted: bool) -> None:
    networks = peers(trusted) if trusted else ()
    told = conf.notes(replace(PLAIN, hosts=(host,), trusted_proxies=networks))
    assert [note.partition(" ")[0] for note in told] == ["MESHVOICE_TRUSTED_PROXIES"] * noted


# The command


def test_the_command_prints_the_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(replace(NAMED, trusted_proxies=()), proxy="nginx") == 0
    out, err = capsys.readouterr()
    assert out == render(NAMED, "nginx")
    assert err.startswith("note: MESHVOICE_TRUSTED_PROXIES ")


def test_the_command_takes_a_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.print_conf(PLAIN, proxy="caddy", cert=OWN.chain, key=OWN.key) == 0
    assert capsys.readouterr().out == render(PLAIN, "caddy", OWN)


@pytest.mark.parametrize(("given", "missing"), [("cert", "--key"), ("key", "--cert")])
def test_half_a_certificate_is_refused(given: str, missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SettingsError, match=f"^{missing}: "):
        commands.print_conf(PLAIN, proxy="nginx", **{given: "/etc/a.pem"})
    assert capsys.readouterr().out == ""


def test_make_prints_the_one_that_is_asked_for() -> None:
    for asked, proxy in (((), "nginx"), (("PROXY=caddy",), "caddy")):
        said = subprocess.run(
            ["make", "--dry-run", "proxy-conf", *asked],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"proxy-conf {proxy}\n" in said.stdout

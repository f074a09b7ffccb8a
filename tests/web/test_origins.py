"""Several addresses of one site: each request is on the one that its Host names, and nothing crosses (W4)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from multidict import CIMultiDict

from meshvoice.settings import SettingsError
from meshvoice.web import host_link
from meshvoice.web.pages import qr_code
from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, OPENS, House
from tests.web.person import UPGRADE, Person

LAN, PUBLIC = "http://voice.lan:8080", "https://voice.example.org"
HOSTS = {LAN: "voice.lan:8080", PUBLIC: "voice.example.org"}
BOTH = (LAN, PUBLIC)


class Visitor(Person):
    """Somebody whose browser is on one of the addresses."""

    def __init__(self, house: House, origin: str, *, host: str = "") -> None:
        super().__init__(house)
        self._origin = origin
        self._host = host or HOSTS[origin]

    def headers(self, more: Mapping[str, str | None] | None = None) -> CIMultiDict[str]:
        return super().headers({"Host": self._host, "Origin": self._origin, **(more or {})})


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    return await make_house(origins=BOTH)


@pytest.mark.parametrize(
    ("origin", "name", "secure"), [(LAN, "meshvoice", False), (PUBLIC, "__Host-meshvoice", True)]
)
async def test_each_address_has_the_cookie_that_its_browsers_keep(
    house: House, origin: str, name: str, secure: bool
) -> None:
    """Secure and of the `__Host-` prefix by https, which a browser would drop by http (W2)."""
    ana = await Visitor(house, origin).sign_in("Ana")
    (made,) = ana.set_cookie
    assert made.startswith(f"{name}=")
    assert ("Secure" in made, "Path=/;" in f"{made};") == (secure, True)
    assert "Hello, Ana" in (await ana.get("/")).text
    await ana.does("/sign-out")
    (ended,) = ana.set_cookie
    assert ended.startswith(f'{name}="";')
    assert ("Secure" in ended) is secure


async def test_a_form_on_one_address_comes_from_that_one(house: House) -> None:
    for here in BOTH:
        for sent in (*BOTH, "https://evil.example", "null", None):
            answer = await Visitor(house, here).ask(
                "POST", "/sign-in", data={"name": "Ana"}, headers={"Origin": sent}
            )
            # By https, a browser that hides the Origin of a form may sign in.
            ours = sent == here or (sent == "null" and here == PUBLIC)
            assert answer.status == (200 if ours else 403), (here, sent)
            if sent in BOTH and not ours:
                assert here in answer.text
                assert sent not in answer.text


async def test_voice_on_one_address_is_opened_from_that_one(house: House) -> None:
    for here in BOTH:
        ana = await Visitor(house, here).sign_in("Ana")
        room = await ana.open_sea()
        for sent in (*BOTH, "https://evil.example", "null", None):
            assert await ana.knock(room, {"Origin": sent}) == (101 if sent == here else 403), (here, sent)


@pytest.mark.parametrize("origin", BOTH)
async def test_links_are_made_for_the_address_on_which_their_maker_is(house: House, origin: str) -> None:
    ana = await Visitor(house, origin).sign_in("Ana")
    await ana.open_sea()
    made = await ana.does("/my-sea/invitations")
    assert made["url"].startswith(f"{origin}/invitation/#")
    table = await ana.does("/tables", name="Chess")
    answer = await ana.ask("POST", f"{table['url']}invitations", headers={"Accept": "text/html"})
    assert answer.status == 303
    page = (await ana.get(answer.headers["Location"])).text
    (link,) = re.findall(r'id="id_link" readonly value="([^"]+)"', page)
    assert link.startswith(f"{origin}/invitation/#")
    assert qr_code(link).replace("'", "&#39;") in page


@pytest.mark.parametrize("origin", BOTH)
async def test_no_page_tells_the_other_address(house: House, origin: str) -> None:
    """Strangers who know the public name learn nothing of the network behind it."""
    other = next(each for each in BOTH if each != origin)
    ana = await Visitor(house, origin).sign_in("Ana")
    await ana.open_sea()
    await ana.does("/my-sea/invitations")
    for path in ("/", "/my-sea/", "/check/", "/nothing-here", "/static/style.css"):
        answer = await ana.get(path)
        assert HOSTS[other] not in answer.text
        assert HOSTS[other] not in str(answer.headers)
        sockets = f"connect-src 'self' ws{origin.removeprefix('http')};"
        assert sockets in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "evil.example", "voice.lan", "<b>.example", ""])
async def test_a_host_that_is_not_set_is_told_what_to_set(house: House, host: str) -> None:
    stranger = Visitor(house, PUBLIC, host=host or " ")
    for path in ("/", "/my-sea/", "/static/style.css", "/nothing-here"):
        answer = await stranger.get(path)
        assert answer.status == 421
        assert "MESHVOICE_ORIGIN" in answer.text
        assert "<b>" not in answer.text
        assert "href" not in answer.text
        assert "Content-Security-Policy" in answer.headers
    told = await stranger.post("/sign-in", name="Ana")
    assert (told.status, told.code) == (421, "unknown-host")
    assert await stranger.knock("x") == 421
    assert (
        'meshvoice_refused_joins_total{reason="unknown-host"} 1.0' in await Visitor(house, PUBLIC).metrics()
    )


async def test_programs_on_this_machine_ask_by_any_host(house: House) -> None:
    for path in ("/healthz", "/metrics"):
        assert (await Visitor(house, PUBLIC, host="127.0.0.1:8080").get(path, **OPENS)).status == 200


async def test_where_one_address_is_set_any_host_is_that(make_house: MakeHouse) -> None:
    """A proxy that says a Host of its own goes on working."""
    house = await make_house(origins=(PUBLIC,))
    ana = await Visitor(house, PUBLIC, host="meshvoice:8080").sign_in("Ana")
    assert ana.set_cookie[0].startswith("__Host-meshvoice=")
    room = await ana.open_sea()
    assert (await ana.does("/my-sea/invitations"))["url"].startswith(f"{PUBLIC}/invitation/#")
    assert await ana.knock(room) == 101


async def test_the_names_of_this_machine_are_one(make_house: MakeHouse) -> None:
    """As without MESHVOICE_ORIGIN: whoever opens 127.0.0.1 is on the site, too."""
    names = tuple(f"http://{name}:8080" for name in ("localhost", "127.0.0.1", "[::1]"))
    house = await make_house(origins=names)
    for origin in names:
        for host in ("localhost:8080", "127.0.0.1:8080", "[::1]:8080", "192.168.1.5:8080"):
            assert (await Visitor(house, origin, host=host).post("/sign-in", name="Ana")).status == 200
    bo = await Visitor(house, names[1], host="127.0.0.1:8080").sign_in("Bo")
    await bo.open_sea()
    assert (await bo.does("/my-sea/invitations"))["url"].startswith(names[1])


# What the log says


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in caplog.messages if "MESHVOICE_ORIGIN" in line]


async def test_an_origin_that_is_not_set_is_told_once_an_hour(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """By forms and by voice alike, with the fix; what a stranger writes stays on its line (W9)."""
    wrong = Visitor(house, "https://voice.example.net\u0085\u202e" + "x" * 500, host=HOSTS[PUBLIC])
    for _ in range(3):
        assert (await wrong.post("/sign-in", name="Ana")).status == 403
    assert await Visitor(house, "https://else.example", host=HOSTS[PUBLIC]).knock("x") == 403
    (line,) = told(caplog)
    assert "add it there: 'https://voice.example.net" in line
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 400
    house.clock.now += 2 * HOUR
    assert await Visitor(house, "https://else.example", host=HOSTS[PUBLIC]).knock("x") == 403
    assert "add it there: 'https://else.example'" in told(caplog)[1]


async def test_a_host_that_is_not_set_is_told_once_an_hour(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    for host in ("127.0.0.1:8080", "evil.example"):
        await Visitor(house, PUBLIC, host=host).get("/")
    (line,) = told(caplog)
    assert "Host" in line
    assert line.endswith(": '127.0.0.1:8080' (told once an hour)")


async def test_a_host_that_a_proxy_changed_is_told_as_that(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await Visitor(house, PUBLIC, host=HOSTS[LAN]).post("/sign-in", name="Ana")).status == 403
    (line,) = told(caplog)
    assert "let it pass the browser's Host on" in line


async def test_what_is_nobodys_mistake_is_not_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    ana = await Visitor(house, PUBLIC).sign_in("Ana")
    await ana.ask("POST", "/tables", headers={"Origin": None})
    await ana.ask("POST", "/tables", headers={"Sec-Fetch-Site": "cross-site"})
    await ana.ask("GET", "/ws/voice/x/", headers={**UPGRADE, "Origin": None})
    assert told(caplog) == []


# The command that prints a link


def test_a_host_link_is_for_the_first_address_or_the_one_that_is_asked_for(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked, origin in (("", LAN), (PUBLIC, PUBLIC), (f"{LAN}/", LAN)):
        assert host_link.print_link(house.settings, origin=asked) == 0
        assert capsys.readouterr().out.startswith(f"{origin}/host-link/#")
    with pytest.raises(SettingsError, match=rf"^--origin: .*{LAN}, {PUBLIC}"):
        host_link.print_link(house.settings, origin="https://evil.example")
    assert capsys.readouterr().out == ""

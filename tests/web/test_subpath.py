"""A site under a path of its host: nothing on it, or sent by it, lies anywhere else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest

from meshvoice.ids import UserId
from meshvoice.web import site
from tests.web.conftest import MakeHouse
from tests.web.house import OPENS, ORIGIN, TURN_SECRET, House
from tests.web.person import UPGRADE, Person

BASE = "/voice"
HTTPS = "https://example.org/voice"
TWISTED = ["/static/voice", "/api", "/ws/voice", "/sea", "/invitation"]
"""Paths that our own routes begin by, too."""
NAMING = {"href", "src", "action", "formaction", "poster", "data", "srcset", "cite", "background", "manifest"}
"""Attributes by which a page names an address."""


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    return await make_house(origins=(ORIGIN + BASE,))


class Named(HTMLParser):
    """The addresses that a page names, and the values that a script may take for one."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # `d` draws, and a path is no text that people read.
        self.found += [
            value or ""
            for name, value in attrs
            if name in NAMING or (name != "d" and (value or "").startswith(("/", "http:", "https:")))
        ]
        if dict(attrs).get("http-equiv"):
            self.found.append(dict(attrs).get("content") or "")


def astray(address: str, page: str, base: str) -> bool:
    """Tell whether an address leads out of the site, as a browser on that page reads it."""
    if address.startswith("data:"):
        return False
    return not urljoin(ORIGIN + page, address).startswith(f"{ORIGIN}{base}/")


async def crawled(house: House) -> dict[str, str]:
    """Give every page that there is by its path, as a host, a guest and a stranger see them."""
    base = house.settings.path
    ana, bo, stranger = await Person(house).sign_in("Ana"), Person(house), Person(house)
    first = (await ana.get("/")).text
    sea, table = await ana.open_sea(), await ana.make_table()
    for room in (sea, table):
        await bo.accept(await ana.invite(room), name="Bo")
        await ana.invite(room)
        path = "/my-sea" if room == sea else f"/table/{table}"
        # The page of a fresh link, once.
        await ana.ask("POST", f"{path}/invitations", headers={"Accept": "text/html"})
    pages = {
        "/ of a newcomer": first,
        "/ of a stranger": (await stranger.get("/")).text,
        "/ of a guest": (await bo.get("/")).text,
        "/none of a stranger": (await stranger.get("/none")).text,
        "/sign-in refused": (await stranger.ask("POST", "/sign-in", headers={"Accept": "text/html"})).text,
        "/tables refused": (await ana.ask("POST", "/tables", headers={"Accept": "text/html"})).text,
        "/tables of a stranger": (
            await stranger.ask("POST", "/tables", headers={"Accept": "text/html"})
        ).text,
        f"/sea/{ana.user_id}/": (await bo.get(f"/sea/{ana.user_id}/")).text,
        "/invitation/ of a stranger": (await stranger.get("/invitation/")).text,
    }
    waiting = ["/", "/invitation/", "/host-link/", "/check/", f"/table/{table}/", "/none"]
    while waiting:
        path = waiting.pop()
        answer = await ana.get(path)
        assert answer.status in (200, 404), path
        pages[path] = answer.text
        for found in re.findall(r'<a [^>]*href="([^"#]+)', answer.text):
            further = html.unescape(found).removeprefix(base)
            if further not in pages and further not in waiting:
                waiting.append(further)
    return pages


@pytest.mark.parametrize("base", ["", BASE, *TWISTED])
async def test_no_page_names_an_address_outside_the_site(make_house: MakeHouse, base: str) -> None:
    house = await make_house(origins=(ORIGIN + base,))
    pages = await crawled(house)
    assert {"/", "/my-sea/", "/check/", "/host-link/"} <= {*pages}
    assert len(pages) >= 14
    named = 0
    for page, text in pages.items():
        found = Named(text).found
        assert [each for each in found if astray(each, base + page.partition(" ")[0], base)] == [], page
        assert "functools" not in text
        named += len(found)
    assert named > 150
    loaded = {
        each for text in pages.values() for each in Named(text).found if each.startswith(f"{base}/static/")
    }
    assert len(loaded) >= 7
    for each in loaded:
        assert (await Person(house).get(each.removeprefix(base))).status == 200, each


@pytest.mark.parametrize("base", [BASE, *TWISTED])
async def test_no_answer_to_a_program_names_a_path_outside_the_site(make_house: MakeHouse, base: str) -> None:
    house = await make_house(origins=(ORIGIN + base,))
    ana, bo = await Person(house).sign_in("Ana"), Person(house)
    sea = await ana.open_sea()
    answers: list[Any] = [await ana.does("/tables", name="Chess")]
    table = answers[0]["room_id"]
    for room in (sea, table):
        invitation = await ana.invite(room)
        answers.append(await ana.does("/invitations/look", token=invitation.token))
        answers.append((await bo.accept(invitation, name="Bo")).json)
        again = await ana.invite(room)
        answers.append(await bo.does("/invitations/look", token=again.token))
    house.book.host_links.make("b" * 32, now=house.clock.now)
    answers.append(await ana.does("/host-links/accept", token="b" * 32))
    urls = [answer["url"] for answer in answers]
    assert len(urls) == 8
    assert [url for url in urls if not url.startswith(f"{base}/")] == []
    for url in urls:
        asking = ana if url == f"{base}/my-sea/" or url == f"{base}/" else bo
        assert (await asking.get(url.removeprefix(base))).status in (200, 303, 404), url
    made = await ana.does("/my-sea/invitations")
    assert made["url"].startswith(f"{ORIGIN}{base}/invitation/#")


def posts(house: House) -> Iterator[str]:
    for route in house.app.router.routes():
        if route.method == "POST" and route.resource is not None:
            yield route.resource.canonical


async def test_every_redirect_leads_to_the_site(house: House) -> None:
    ana, bo = await Person(house).sign_in("Ana"), Person(house)
    sea, table = await ana.open_sea(), await ana.make_table()
    await bo.accept(await ana.invite(sea), name="Bo")
    bo.user_id = next(iter(house.book.seas.guests(UserId(ana.user_id)))).user_id
    led = 0
    for canonical in sorted(posts(house), key=lambda path: (path.endswith(("close", "sign-out")), path)):
        path = canonical.removeprefix(BASE).format(
            owner_id=ana.user_id, user_id=bo.user_id, table_id=table, invitation_id="1"
        )
        fields = {"name": "Cleo", "next": f"{BASE}/check/", "user_id": ana.user_id, "links": "keep"}
        answer = await ana.ask("POST", path, data=fields, headers={"Accept": "text/html"})
        if answer.status == 303:
            led += 1
            assert answer.headers["Location"].startswith(f"{BASE}/"), path
    assert led >= 8
    for path, to in (("/my-sea/", "/?next=/voice/my-sea/"), ("/check/", "/?next=/voice/check/")):
        assert (await Person(house).get(path)).headers["Location"] == BASE + to
    sea_of_ones_own = await bo.get(f"/sea/{bo.user_id}/")
    assert sea_of_ones_own.headers["Location"] == f"{BASE}/my-sea/"
    async with house.http.get(house.url, allow_redirects=False) as answer_:
        assert (answer_.status, answer_.headers["Location"]) == (308, f"{BASE}/")


async def test_whoever_signs_in_comes_back_to_the_page_that_asked(house: House) -> None:
    bo = Person(house)
    to = (await bo.get("/my-sea/")).headers["Location"].removeprefix(BASE)
    next_, other_language = re.findall(r'name="next" value="([^"]*)"', (await bo.get(to)).text)
    assert other_language == f"{BASE}/?next={BASE}/my-sea/"
    form = {"name": "Bo", "next": next_}
    answer = await bo.ask("POST", "/sign-in", data=form, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{BASE}/my-sea/")


@pytest.mark.parametrize(
    "asked",
    [
        *("/", "/voice", "/voicemail/", "/other/", "//evil.example", "/voice//evil.example"),
        *(
            "/voice/../other/",
            "/voice/..",
            "/voice/./x",
            "/voice/%2e%2e/other/",
            "/voice/.%2E/",
            "/voice/a/..?x",
        ),
        *("/voice/\\evil", "https://example.org/voice/", "voice/", "", "/VOICE/my-sea/"),
    ],
)
async def test_next_leads_nowhere_else_on_the_host(house: House, asked: str) -> None:
    """What lies beside us on the host is another site, too (W4)."""
    form = {"name": "Ana", "next": asked}
    answer = await Person(house).ask("POST", "/sign-in", data=form, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{BASE}/")


@pytest.mark.parametrize(
    ("origin", "name", "secure"), [(ORIGIN + BASE, "meshvoice", False), (HTTPS, "__Secure-meshvoice", True)]
)
async def test_the_cookie_is_for_the_path_alone(
    make_house: MakeHouse, origin: str, name: str, secure: bool
) -> None:
    """Which `__Host-` can't be: what else lies on the host gets no session of ours (W2)."""
    ana = await Person(await make_house(origins=(origin,))).sign_in("Ana")
    made = list(ana.set_cookie)
    await ana.does("/sign-out")
    for lines in (made, ana.set_cookie):
        (line,) = lines
        assert line.startswith(f"{name}=")
        assert "; Path=/voice/" in line
        assert ("; Secure" in line) is secure
    assert (await ana.credentials()).status == 401


async def test_a_browser_that_hides_its_origin_signs_in_under_the_path(make_house: MakeHouse) -> None:
    """There alone, as at the root (W4)."""
    stranger = Person(await make_house(origins=(HTTPS,)))
    form = {"name": "Ana"}
    assert (await stranger.ask("POST", "/tables", headers={"Origin": "null"}, data=form)).status == 403
    assert (await stranger.ask("POST", "/sign-in", headers={"Origin": "null"}, data=form)).status == 200


async def test_voice_and_credentials_are_under_the_path(house: House) -> None:
    ana = await Person(house).sign_in("Ana")
    room = await ana.open_sea()
    wire = await ana.join(room)
    assert wire.welcome["type"] == "welcome"
    await wire.leave()
    assert (await ana.credentials(room)).status == 200
    assert TURN_SECRET not in (await ana.credentials(room)).text
    assert await ana.knock(room, {"Origin": ORIGIN + BASE}) == 403


@pytest.mark.parametrize("base", [BASE, *TWISTED])
async def test_the_sites_path_is_never_taken_for_a_route(make_house: MakeHouse, base: str) -> None:
    """What holds for `/static/`, `/api/` and `/ws/` holds for ours, and not for a page that lies so."""
    ana = await Person(await make_house(origins=(ORIGIN + base,))).sign_in("Ana")
    page = await ana.get("/none")
    assert (page.status, page.headers["Cache-Control"]) == (404, "no-store")
    assert page.headers["Content-Type"].startswith("text/html")
    style = await ana.get("/static/style.css")
    assert (style.status, style.headers["Cache-Control"]) == (200, "no-cache")
    for path in ("/api/none", "/ws/voice/x/"):
        refused = await ana.ask("GET", path, headers={"Accept": "text/html", **UPGRADE})
        assert set(refused.json["error"]) == {"code", "message"}


@pytest.mark.parametrize("path", ["/voicemail/", "/voic", "/Voice/", "/x"])
async def test_a_path_of_another_site_is_none_of_ours_and_shows_the_way_home(house: House, path: str) -> None:
    async with house.http.get(house.url.removesuffix(BASE) + path, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 404
        assert 'href="/voice/"' in await answer.text()


async def test_behind_a_proxy_that_strips_the_path_all_is_the_same(house: House) -> None:
    async def send(method: str, path: str, **how: Any) -> Any:
        how.setdefault("headers", {}).update({"Origin": ORIGIN, "Accept": "application/json"})
        where = house.url.removesuffix(BASE) + path
        async with house.http.request(method, where, allow_redirects=False, **how) as answer:
            return answer.status, await answer.text(), answer.headers

    _, page, _ = await send("GET", "/", headers={})
    assert 'src="/voice/static/v-' in page
    status, _, headers = await send("POST", "/sign-in", data={"name": "Ana"})
    assert (status, "Path=/voice" in headers["Set-Cookie"]) == (200, True)
    status, _, headers = await send("GET", "/my-sea/")
    assert (status, headers.get("Location")) == (401, None)
    async with house.http.get(house.url.removesuffix(BASE) + "/my-sea/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/voice/?next=/voice/my-sea/")
    assert (await send("GET", "/static/style.css"))[0] == 200


def test_every_route_of_ours_is_known_where_a_sites_path_might_be_one(house: House) -> None:
    roots = {route.resource.canonical.split("/")[1] for route in house.app.router.routes() if route.resource}
    assert roots - {"", "voice"} == site._OURS


async def test_programs_on_this_machine_need_no_path(house: House) -> None:
    for path in ("/healthz", "/metrics"):
        for where in (house.url, house.url.removesuffix(BASE)):
            async with house.http.get(where + path, headers=OPENS) as answer:
                assert answer.status == 200


async def test_what_is_no_request_is_shown_the_way_home(house: House) -> None:
    answer = await house.raw(b"GET /voice/ HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 40_000 + b"\r\n\r\n")
    assert b'href="/voice/"' in answer

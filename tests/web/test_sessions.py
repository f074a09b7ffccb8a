"""Sessions: what the cookie is, when it counts no more, and where signing in leads (W2, W3, W4)."""

from __future__ import annotations

import base64
import re
from http.cookies import SimpleCookie
from urllib.parse import unquote

import pytest
from aiohttp import web
from cryptography.fernet import Fernet, MultiFernet

from meshvoice.web.sessions import SESSION_SECONDS
from tests.web.conftest import MakeHouse, SignIn
from tests.web.house import HOUR, ORIGIN, House
from tests.web.person import Person

HTTPS, HTTP = ("https://voice.example.org",), (ORIGIN,)
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def attributes(line: str) -> dict[str, str]:
    """A Set-Cookie line's attributes, lower-cased, without the value and the dates."""
    parts = (part.strip().partition("=") for part in line.split(";")[1:])
    return {name.lower(): value for name, _, value in parts if name.lower() != "expires"}


async def test_the_cookie_over_http_is_hidden_from_scripts_and_other_sites(ana: Person) -> None:
    """HttpOnly, SameSite=Lax and an end; no Secure where browsers come by plain http (localhost)."""
    assert list(ana.cookies) == ["meshvoice"]
    (line,) = (await Person(ana.house).ask("POST", "/sign-in", data={"name": "Ana"})).headers.getall(
        "Set-Cookie"
    )
    expected = {"httponly": "", "samesite": "Lax", "path": "/", "max-age": str(SESSION_SECONDS)}
    assert attributes(line) == expected


async def test_the_cookie_over_https_is_secure_and_host_bound(make_house: MakeHouse) -> None:
    """Behind https the cookie is `__Host-`, Secure, without Domain: no other host can set or read it."""
    ana = await Person(await make_house(origins=HTTPS)).sign_in("Ana")
    (line,) = ana.set_cookie
    assert line.startswith("__Host-meshvoice=")
    expected = {"httponly": "", "samesite": "Lax", "path": "/", "secure": "", "max-age": str(SESSION_SECONDS)}
    assert attributes(line) == expected


@pytest.mark.parametrize("origins", [HTTP, HTTPS])
async def test_the_deletion_has_the_attributes_of_the_cookie(
    make_house: MakeHouse, origins: tuple[str]
) -> None:
    """Browsers ignore the deletion of a `__Host-` cookie that isn't Secure, so ours says Secure too."""
    ana = await Person(await make_house(origins=origins)).sign_in("Ana")
    kept = attributes(ana.set_cookie[0])
    await ana.does("/sign-out")
    (line,) = ana.set_cookie
    assert next(iter(SimpleCookie(line).values())).value == ""
    assert attributes(line) == {**kept, "max-age": "0"}
    assert ana.cookies == {}


async def test_the_cookie_tells_nothing(ana: Person) -> None:
    """The session is encrypted: neither the name nor the user's id can be read in it."""
    token = ana.cookies["meshvoice"]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"Ana" not in raw
    assert ana.user_id.encode() not in raw


async def test_our_cookie_is_found_among_those_of_others(ana: Person) -> None:
    token = ana.cookies["meshvoice"]
    for line in (
        f'theirs="a, b"; meshvoice={token}',
        f'meshvoice="{token}" ;broken; more=1',
        f"notmeshvoice=x; meshvoice=old; meshvoice={token}; meshvoices=y",
    ):
        answer = await Person(ana.house).ask("GET", "/", headers={"Cookie": line})
        assert "Hello, Ana" in answer.text, line


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/page.js", "/api/voice/relay/", "/none"])
async def test_cookies_of_others_are_never_read_one_by_one(
    ana: Person, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As aiohttp reads them, 32 KB of nonsense took 28 ms of the one loop, for each request."""
    read: list[str] = []

    def note(request: web.BaseRequest) -> dict[str, str]:
        read.append(request.path)
        return {}

    monkeypatch.setattr(web.BaseRequest, "cookies", property(note))
    for unit in ("a=b ", ";", "meshvoice=;", "meshvoice-language=de "):
        await Person(ana.house).ask("GET", path, headers={"Cookie": (unit * 32_000)[:32_000]})
    assert read == []


async def test_a_replayed_cookie_is_refused_after_signing_out(ana: Person) -> None:
    """Signing out ends the session on the server: a copy of the cookie opens nothing, ever."""
    copy = Person(ana.house, cookies=ana.cookies)
    assert "Hello, Ana" in (await copy.get("/")).text
    await ana.does("/sign-out")
    for _ in ("now", "after a restart"):
        assert (await copy.credentials()).status == 401
        assert "Hello" not in (await copy.get("/")).text
        await ana.house.restart()


async def test_a_revocation_is_pruned_only_when_the_cookie_has_ended(ana: Person) -> None:
    """The revoked session is remembered for as long as any copy of its cookie could live."""
    copy = Person(ana.house, cookies=ana.cookies)
    await ana.does("/sign-out")
    clock = ana.house.clock
    clock.now += SESSION_SECONDS
    ana.house.book.prune(now=clock.now)
    assert (await copy.credentials()).status == 401


async def test_signing_in_makes_a_new_session_and_ends_the_one_before(ana: Person) -> None:
    """A session that somebody planted or copied before the sign-in isn't that of whoever signs in."""
    planted = Person(ana.house, cookies=ana.cookies)
    before = ana.user_id
    await ana.does("/sign-out")
    ana.cookies = dict(planted.cookies)
    await ana.sign_in("Ana")
    assert ana.cookies != planted.cookies
    assert ana.user_id != before
    assert (await planted.credentials()).status == 401


async def test_who_is_signed_in_is_not_replaced_by_a_program(ana: Person) -> None:
    """There are no accounts: a second sign-in would lose the first person's rooms without a word."""
    voice, before = await ana.join(await ana.open_sea()), dict(ana.cookies)
    answer = await ana.post("/sign-in", name="Bo")
    assert (answer.status, answer.code) == (409, "signed-in")
    assert answer.json["error"]["message"] == "You are signed in as Ana: go on, or sign out first."
    assert ana.cookies == before
    assert await voice.caught_up() == []


async def test_a_sign_in_form_of_who_is_signed_in_leads_on(ana: Person) -> None:
    """The form of a tab that stood open: they are in, and nothing is lost."""
    voice, before = await ana.join(await ana.open_sea()), dict(ana.cookies)
    answer = await ana.ask(
        "POST", "/sign-in", data={"name": "Bo", "next": "/my-sea/"}, headers={"Accept": "text/html"}
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/my-sea/")
    assert ana.cookies == before
    assert "Hello, Ana" in (await ana.get("/")).text
    assert await voice.caught_up() == []


async def test_keys_rotate_without_signing_anyone_out(make_house: MakeHouse) -> None:
    """The first key encrypts and all are read; a cookie of a key that is gone counts as none."""
    house = await make_house(secret_keys=(OLD,))
    ana = await Person(house).sign_in("Ana")
    await house.restart(secret_keys=(NEW, OLD))
    assert (await ana.get("/")).text.count("Hello, Ana") == 1
    bo = await Person(house).sign_in("Bo")
    await house.restart(secret_keys=(NEW,))
    assert "Hello, Bo" in (await bo.get("/")).text
    assert (await ana.credentials()).status == 401


@pytest.mark.parametrize(
    "cookie",
    [
        b"\xff\xfe\x80",
        b"caf\xc3\xa9",
        b"",
        b"x",
        b"gAAAAA",
        b'"quoted;"',
        Fernet(base64.urlsafe_b64encode(NEW)).encrypt(b'{"session": {"user": "x", "sid": "y"}}'),
        Fernet(base64.urlsafe_b64encode(OLD)).encrypt(
            b'{"created": 1, "session": {"user": "x", "sid": "y"}}'
        ),
        Fernet(base64.urlsafe_b64encode(OLD)).encrypt(b'{"created": 9999999999, "session": {"user": 1}}'),
    ],
)
async def test_a_cookie_that_is_not_ours_counts_as_signed_out(house: House, cookie: bytes) -> None:
    """Bytes that are no UTF-8, another key's token, an old one: each is signed out, and none is a 500."""
    request = b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: meshvoice=%b\r\n\r\n"
    for path, status in ((b"/", b"200"), (b"/api/voice/turn-credentials/", b"401"), (b"/my-sea/", b"303")):
        assert (await house.raw(request % (path, cookie))).split()[1] == status


async def test_a_cookie_is_opened_once_and_judged_each_time(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening it costs more than all else that is asked of a session; what decides is never kept."""
    opened: list[bytes | str] = []
    decrypt = MultiFernet.decrypt

    def watched(self: MultiFernet, token: bytes | str, ttl: int | None = None) -> bytes:
        opened.append(token)
        return decrypt(self, token, ttl)

    monkeypatch.setattr(MultiFernet, "decrypt", watched)
    house = await make_house()
    ana, bo = await Person(house).sign_in("Ana"), await Person(house).sign_in("Bo")
    copy = Person(house, cookies=ana.cookies)
    for _ in range(3):
        for somebody in (ana, bo):
            assert f"Hello, {somebody.name}" in (await somebody.get("/")).text
    await ana.does("/sign-out")
    assert (await copy.credentials()).status == 401
    house.clock.now += SESSION_SECONDS + 1
    assert (await bo.credentials()).status == 401
    assert len(opened) == 2


async def test_what_is_the_same_for_everybody_asks_for_nobody(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are most of what a page brings, and each request brings the cookie."""

    def never(self: MultiFernet, token: bytes | str, ttl: int | None = None) -> bytes:
        raise AssertionError(token)

    monkeypatch.setattr(MultiFernet, "decrypt", never)
    ana = await Person(await make_house()).sign_in("Ana")
    for path in ("/static/style.css", "/static/words/voice.js", "/healthz"):
        assert (await ana.get(path)).status == 200
    assert await ana.metrics()
    assert (await ana.get("/static/none.js")).status == 404
    assert (await ana.get("/")).status == 500


async def test_a_session_in_use_goes_on(ana: Person) -> None:
    """The cookie is dated anew once a day, and with it the person stays known."""
    await ana.make_table()
    assert (await ana.get("/")).headers.getall("Set-Cookie", []) == []
    ana.house.clock.now += 25 * HOUR
    answer = await ana.get("/")
    assert attributes(answer.headers["Set-Cookie"])["max-age"] == str(SESSION_SECONDS)
    assert (await ana.credentials()).status == 200


async def test_somebody_whom_the_guest_book_forgot_is_signed_out(ana: Person) -> None:
    ana.house.clock.now += 91 * 24 * HOUR
    ana.house.book.prune(now=ana.house.clock.now)
    assert (await ana.credentials()).status == 401


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/my-sea/", "/my-sea/"),
        ("/sea/0123/?a=b#c", "/sea/0123/?a=b#c"),
        ("", "/"),
        ("my-sea", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("https://evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        (" /my-sea/", "/"),
        ("\u00a0//evil.example", "/"),
    ],
)
async def test_next_leads_to_a_local_path_only(house: House, asked: str, leads_to: str) -> None:
    """After the sign-in nobody is sent to another site, however the link was written (W4)."""
    form = {"name": "Ana", "next": asked}
    answer = await Person(house).ask("POST", "/sign-in", data=form, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (303, leads_to)
    page = await Person(house).ask("GET", "/", params={"next": asked}, headers={"Accept": "text/html"})
    signs_in, other_language = re.findall(r'name="next" value="([^"]*)"', page.text)
    assert signs_in == leads_to.replace("&", "&amp;")
    back = unquote(other_language.partition("next=")[2]) or "/"
    assert (other_language.startswith("/?next=") or other_language == "/", back) == (True, leads_to)


async def test_a_page_that_needs_a_sign_in_is_come_back_to(house: House, person: SignIn) -> None:
    answer = await Person(house).get("/my-sea/")
    assert (answer.status, answer.headers["Location"]) == (303, "/?next=/my-sea/")

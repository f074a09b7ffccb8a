"""What every answer carries, what every POST must prove, and how errors are told (W4, W6)."""

from __future__ import annotations

import re

import pytest

from meshvoice.web.keys import SWITCHBOARD
from tests.web.conftest import MakeHouse
from tests.web.house import HOUR, LOOPBACK, OPENS, ORIGIN, House
from tests.web.person import UPGRADE, Person

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "manifest-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self' wss://voice.example.org",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
USER, TABLE = "0" * 32, "00000000-0000-4000-8000-000000000000"


def policy_of(line: str) -> dict[str, str]:
    pairs = (directive.strip().partition(" ") for directive in line.split(";"))
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("HEAD", "/", {}, 200),
        ("GET", "/my-sea/", {}, 200),
        ("GET", "/invitation/", {}, 200),
        ("GET", "/static/style.css", {}, 200),
        ("GET", "/static/voice-mesh.js", {"Range": "bytes=0-9"}, 206),
        ("GET", "/static/voice-mesh.js", {"Range": "bytes=9999999-"}, 416),
        ("GET", "/static/icon.svg", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ("GET", "/static/none.js", {}, 404),
        ("GET", "/static/", {}, 404),
        ("GET", "/healthz", {}, 200),
        ("GET", "/metrics", OPENS, 200),
        ("GET", "/metrics", {}, 401),
        ("GET", "/nothing-here", {}, 404),
        ("GET", f"/sea/{USER}/", {}, 404),
        ("GET", f"/table/{TABLE}/", {}, 404),
        ("GET", "/sign-out", {}, 405),
        ("OPTIONS", "/sign-in", {}, 204),
        ("TRACE", "/", {}, 405),
        ("POST", "/my-sea/open", {}, 303),
        ("POST", "/sign-in", {"Origin": "https://evil.example"}, 403),
        ("POST", "/tables", {}, 400),
        ("POST", "/invitations/accept", {}, 410),
        ("GET", "/api/voice/turn-credentials/", {}, 403),
        ("GET", f"/ws/voice/mysea-{USER}/", {}, 404),
        ("GET", "/", {"Expect": "nothing"}, 417),
    ],
)
async def test_every_answer_carries_the_security_headers(
    make_house: MakeHouse, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Pages, static files, redirects, JSON and errors alike: the policy, nosniff, Referer, COOP (W6)."""
    house = await make_house(origins=("https://voice.example.org",))
    ana = await Person(house).sign_in("Ana")
    answer = await ana.ask(method, path, headers={"Accept": "text/html", **headers})
    assert answer.status == status
    assert policy_of(answer.headers["Content-Security-Policy"]) == POLICY
    assert answer.headers["Permissions-Policy"] == "microphone=(self)"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Server" not in answer.headers
    assert answer.headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")


async def test_an_error_of_ours_carries_the_headers_and_tells_nothing(ana: Person) -> None:
    """A handler that breaks answers 500 with a mark for the log, and neither its reason nor a trace."""
    del ana.house.app[SWITCHBOARD].hub.registry
    for accept in ("text/html", "application/json"):
        answer = await ana.ask("GET", "/my-sea/", headers={"Accept": accept})
        assert answer.status == 500
        assert "Content-Security-Policy" in answer.headers
        assert re.search(r"in the log under [0-9a-f]{8}\.", answer.text)
        assert "Traceback" not in answer.text
        assert "rooms" not in answer.text


async def test_the_policy_of_localhost_names_each_of_its_sockets(ana: Person) -> None:
    """'self' doesn't include WebSockets in every browser, so they are named; IPv6 literals can't be."""
    house_policy = policy_of((await ana.get("/")).headers["Content-Security-Policy"])
    assert house_policy["connect-src"] == "'self' ws://localhost:8080"


async def test_no_page_has_a_script_or_style_of_its_own(ana: Person) -> None:
    """What the policy would block isn't there: no inline script, handler or style on any page (W6)."""
    sea, table = await ana.open_sea(), await ana.make_table()
    await ana.invite(sea)
    await ana.invite(table)
    pages = ["/", "/my-sea/", f"/table/{table}/", "/invitation/", "/check/", "/nothing-here"]
    texts = [(await ana.get(path)).text for path in pages] + [(await Person(ana.house).get("/")).text]
    for text in texts:
        # Of the type application/json it is no script, but the page's words for one.
        foreign = r"<script(?! type=\"application/json\")(?![^>]*\bsrc=\"/static/v-[0-9a-f]{16}/)"
        assert re.findall(rf"{foreign}|<style|\son\w+=|\sstyle=|javascript:", text) == []


ORIGINS = [
    # Origin, Sec-Fetch-Site, whether a page of ours sent it
    (ORIGIN, None, True),
    (ORIGIN, "same-origin", True),
    ("null", "same-origin", True),
    (None, "same-origin", True),
    (None, None, False),
    ("null", None, False),
    ("null", "cross-site", False),
    (None, "cross-site", False),
    (None, "same-site", False),
    (None, "none", False),
    (ORIGIN, "cross-site", False),
    (ORIGIN, "same-site", False),
    ("https://evil.example", None, False),
    ("https://evil.example", "same-origin", False),
    ("http://localhost", None, False),
    ("http://localhost:8081", None, False),
    ("https://localhost:8080", None, False),
    (ORIGIN + ".evil.example", None, False),
    (ORIGIN + "/", None, False),
    (ORIGIN.upper(), None, False),
]


async def test_no_post_is_taken_from_another_site(ana: Person) -> None:
    """Each POST route, sign-in included, refuses what its own pages did not send (W4)."""
    routes = {
        route.resource.canonical
        for route in ana.house.app.router.routes()
        if route.method == "POST" and route.resource is not None
    }
    assert {"/sign-in", "/sign-out", "/my-sea/open", "/invitations/accept", "/tables"} <= routes
    for path in sorted(routes):
        for origin, site, ours in ORIGINS:
            stranger = Person(ana.house)
            filled = path.format(owner_id=USER, user_id=USER, table_id=TABLE, invitation_id="1")
            # Signed out, whatever passes is refused later, by another code.
            answer = await stranger.ask(
                "POST", filled, headers={"Origin": origin, "Sec-Fetch-Site": site}, data={"name": ""}
            )
            told = (path, origin, site, answer.status)
            wrong_origin = answer.status == 403 and answer.code == "wrong-origin"
            assert wrong_origin is not ours, told
    assert (await ana.credentials()).code == "no-room"


HTTPS = "https://voice.example.org"


async def test_every_form_works_in_a_browser_without_sec_fetch(make_house: MakeHouse) -> None:
    """Safari before 16.4 says the Origin alone, and where something hides it no more than `null` (W4)."""
    house = await make_house(origins=(HTTPS,))
    ana = await Person(house).sign_in("Ana")
    sea, table = await ana.open_sea(), await ana.make_table()
    for room in (sea, table):
        await ana.invite(room)
        await Person(house).accept(await ana.invite(room), name="Bo")
    guest = Person(house)
    await guest.accept(await ana.invite(table), name="Cleo")
    forms = {
        (somebody, action)
        for somebody in (ana, guest, Person(house))
        for path in ("/", "/my-sea/", f"/table/{table}/", "/invitation/")
        for action in re.findall(r'method="post"[^>]*action="([^"]+)"', (await somebody.get(path)).text)
    }
    actions = {action for _, action in forms}
    assert {"/sign-in", "/sign-out", "/tables", "/my-sea/close", f"/table/{table}/invitations"} <= actions
    for somebody, action in sorted(forms, key=lambda form: form[1]):
        for origin in (HTTPS, "null"):
            if origin == "null" and not somebody.cookies and action != "/sign-in":
                continue
            # A worn-out cookie: the form does nothing, and its answer still tells whether it was let in.
            cookie = "__Host-meshvoice=worn" if somebody.cookies else None
            answer = await somebody.ask("POST", action, headers={"Origin": origin, "Cookie": cookie})
            assert "wrong-origin" not in answer.text, (action, origin)
    answer = await Person(house).ask(
        "POST",
        "/sign-in",
        headers={"Origin": "null", "Accept": "text/html"},
        data={"name": "Ana", "next": "/"},
    )
    assert answer.status == 303


async def test_no_origin_at_all_proves_nothing_without_our_cookie(make_house: MakeHouse) -> None:
    """A page without an origin, of another site, says `null` too; the cookie doesn't come with it (W4)."""
    house = await make_house(origins=(HTTPS,))
    ana = await Person(house).sign_in("Ana")
    nothing = {"Origin": "null", "Cookie": None}
    for path in ("/tables", "/sign-out", "/host", "/invitations/accept", "/my-sea/open"):
        assert (await ana.ask("POST", path, headers=nothing)).code == "wrong-origin"
        assert (await ana.ask("POST", path, headers={"Origin": None})).code == "wrong-origin"
        assert (
            await ana.ask("POST", path, headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"})
        ).status == 403
    chess = await ana.ask("POST", "/tables", headers={"Origin": "null"}, data={"name": "Chess"})
    assert chess.status == 200


async def test_where_the_proxy_signs_in_our_cookie_proves_nothing(make_house: MakeHouse) -> None:
    """Whoever the proxy names is known without the cookie of ours, by one of its own (W4)."""
    house = await make_house(origins=(HTTPS,), trusted_proxies=LOOPBACK, user_header="Remote-User")
    headers = {"Origin": "null", "Remote-User": "ana", "Cookie": "__Host-meshvoice=x"}
    assert (await Person(house).ask("POST", "/tables", headers=headers)).code == "wrong-origin"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_that_change_things_are_checked_too(ana: Person, method: str) -> None:
    answer = await ana.ask(method, "/sign-out", headers={"Origin": "https://evil.example"})
    assert (answer.status, answer.code) == (403, "wrong-origin")


async def test_errors_are_json_for_programs_and_pages_for_people(ana: Person) -> None:
    for path in ("/nothing-here", f"/sea/{USER}/", f"/table/{TABLE}/"):
        told = await ana.ask("GET", path)
        assert told.status == 404
        assert told.headers["Content-Type"].startswith("application/json")
        assert set(told.json["error"]) == {"code", "message"}
        shown = await ana.get(path)
        assert shown.status == 404
        assert shown.headers["Content-Type"].startswith("text/html")
        assert "Nothing here" in shown.text


async def test_the_api_and_the_handshake_tell_errors_as_json_to_everyone(house: House) -> None:
    somebody = Person(house)
    for path in ("/api/voice/turn-credentials/", f"/ws/voice/{TABLE}/", "/api/none"):
        answer = await somebody.ask("GET", path, headers={"Accept": "text/html", **UPGRADE})
        assert set(answer.json["error"]) == {"code", "message"}


async def test_a_wrong_method_says_which_is_right(ana: Person) -> None:
    answer = await ana.get("/sign-out")
    assert (answer.status, answer.headers["Allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize(
    "path",
    [b"/static/../setup.cfg", b"/static/%2e%2e/setup.cfg", b"/static//etc/passwd", b"/static/..%2fsetup.cfg"],
)
async def test_static_files_end_at_their_folder(house: House, path: bytes) -> None:
    answer = await house.raw(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
    assert answer.split()[1] in (b"403", b"404")


async def test_what_a_visitor_sends_is_not_said_back_unescaped(ana: Person) -> None:
    answer = await ana.get("/%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in answer.text


async def test_the_guest_book_out_of_order_is_told_as_such(ana: Person) -> None:
    """A full disk or the like is 503 for whoever wanted to write, and nothing is claimed to be done."""
    ana.house.book._store._connection.execute("PRAGMA query_only = 1")
    answer = await ana.post("/my-sea/open")
    assert (answer.status, answer.code) == (503, "guest-book")
    ana.house.book._store._connection.execute("PRAGMA query_only = 0")
    ana.house.clock.now += HOUR
    assert (await ana.post("/my-sea/open")).status == 200

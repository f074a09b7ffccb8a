"""How an address can be asked: HEAD for what has a page, OPTIONS for everything, 405 for the rest."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import SignIn
from tests.web.house import ORIGIN, House
from tests.web.person import Person


def routes(house: House) -> dict[str, set[str]]:
    """Give a path of each route, and the methods that it takes."""
    found: dict[str, set[str]] = {}
    for route in house.app.router.routes():
        assert route.resource is not None
        path = re.sub(r"\{(\w+)(?::[^{}]*(?:\{\d+\}[^{}]*)?)?\}", "0" * 16, route.resource.canonical)
        found.setdefault(path, set()).add(route.method)
    return found


async def test_options_say_how_each_address_can_be_asked(house: House, person: SignIn) -> None:
    """To whoever asks, signed in or not, from whichever site."""
    ana, known = await person("Ana"), routes(house)
    assert len(known) >= 25
    for path, methods in known.items():
        for who in (ana, Person(house)):
            answer = await who.ask("OPTIONS", path, headers={"Origin": "https://evil.example"})
            assert (answer.status, answer.text) == (204, ""), path
            assert answer.headers["Allow"].split(", ") == sorted({*methods, "OPTIONS"}), path
            assert "Content-Security-Policy" in answer.headers
            # So no page of another site may send what a preflight asks for.
            assert not any(name.startswith("Access-Control-") for name in answer.headers)
            assert "Set-Cookie" not in answer.headers


async def test_options_of_the_server_are_those_of_all_addresses_together(house: House) -> None:
    answer = await house.raw(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204 ")
    together = sorted({"OPTIONS", *(method for methods in routes(house).values() for method in methods)})
    assert f"\r\nAllow: {', '.join(together)}\r\n".encode() in answer
    assert b"\r\nContent-Security-Policy: " in answer


@pytest.mark.parametrize("path", ["/nothing", "/static/", "/healthz/more", "//"])
async def test_options_of_what_is_not_there_are_none(house: House, path: str) -> None:
    assert (await Person(house).ask("OPTIONS", path)).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("origin", [ORIGIN, None])
async def test_what_no_address_takes_is_answered_with_what_it_takes(
    house: House, method: str, origin: str | None
) -> None:
    """In our own form, a page or JSON; another site's page is told nothing (test_security)."""
    headers = {"Origin": origin} if origin else {}
    for path, allowed in (("/healthz", "GET, HEAD, OPTIONS"), ("/sign-in", "OPTIONS, POST")):
        page = await Person(house).ask(method, path, headers={"Accept": "text/html", **headers})
        assert (page.status, page.headers["Allow"]) == (405, allowed)
        assert "<h1>Not that way</h1>" in page.text
        told = await Person(house).ask(method, path, headers={"Accept": "application/json", **headers})
        assert (told.status, told.code, told.headers["Allow"]) == (405, "method-not-allowed", allowed)


async def test_the_head_of_health_is_that_of_its_answer(house: House) -> None:
    asked = [await Person(house).ask(method, "/healthz") for method in ("GET", "HEAD")]
    assert [answer.status for answer in asked] == [200, 200]
    assert [answer.headers["Content-Length"] for answer in asked] == ["16", "16"]
    assert asked[1].text == ""

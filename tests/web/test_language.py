"""Everybody is answered in their own language: as they chose, else as their browser asks."""

from __future__ import annotations

import json
import re

import pytest

from meshvoice.access.errors import GuestBookError
from meshvoice.web.error_pages import refused_access
from meshvoice.web.keys import LANGUAGES
from meshvoice.web.language import VARY
from tests.web.conftest import MakeHouse
from tests.web.house import House
from tests.web.person import Person

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def language_of(page: str) -> str:
    found = re.search(r'<html lang="([^"]+)">', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr,de;q=0.1", "de"),
        ("fr", "en"),
    ],
)
async def test_a_page_is_in_the_language_that_the_browser_asks_for(
    house: House, asked: str | None, given: str
) -> None:
    headers = {} if asked is None else {"Accept-Language": asked}
    answer = await Person(house).get("/", **headers)
    assert language_of(answer.text) == given
    assert ("Dein Name" in answer.text) is (given == "de")
    assert answer.headers["Vary"] == VARY


async def test_what_was_chosen_counts_more_and_is_kept(house: House) -> None:
    somebody = Person(house)
    answer = await somebody.ask(
        "POST",
        "/language",
        data={"language": "de", "next": "/?next=/my-sea/"},
        headers={"Accept": "text/html"},
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/?next=/my-sea/")
    (cookie,) = somebody.set_cookie
    assert cookie.startswith("meshvoice-language=de;")
    for part in ("HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"):
        assert part in cookie
    for asked in ("en", "fr", "de"):
        assert language_of((await somebody.get("/", **{"Accept-Language": asked})).text) == "de"


async def test_the_choice_can_be_taken_back(house: House) -> None:
    somebody = Person(house, cookies={"meshvoice-language": "de"})
    assert (await somebody.post("/language", language="")).json == {"language": ""}
    assert somebody.cookies == {}
    assert language_of((await somebody.get("/")).text) == "en"


@pytest.mark.parametrize("kept", ["tlh", "", "../de", "DE", "x" * 3000])
async def test_a_cookie_that_names_no_language_of_ours_counts_for_nothing(house: House, kept: str) -> None:
    somebody = Person(house, cookies={"meshvoice-language": kept})
    assert language_of((await somebody.get("/", **GERMAN)).text) == "de"


async def test_a_language_that_nobody_speaks_here_is_refused(house: House) -> None:
    somebody = Person(house)
    answer = await somebody.post("/language", language="tlh")
    assert (answer.status, answer.code, somebody.set_cookie) == (400, "bad-language", [])


async def test_another_site_cannot_change_the_language(house: House) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = await Person(house).ask("POST", "/language", data={"language": "de"}, headers=headers)
    assert (answer.status, answer.code) == (403, "wrong-origin")


async def test_the_cookie_belongs_to_the_path_and_to_https(make_house: MakeHouse) -> None:
    house = await make_house(origins=("https://example.org/voice",))
    somebody = Person(house)
    assert (await somebody.ask("POST", "/language", data={"language": "de"})).status == 200
    (cookie,) = somebody.set_cookie
    assert "Path=/voice/;" in cookie
    assert "Secure" in cookie


async def test_the_start_page_offers_every_language_and_leads_back(house: House, ana: Person) -> None:
    for somebody in (Person(house), ana):
        page = (await somebody.get("/")).text
        offered = re.findall(
            r'<button name="language" value="(\w+)" lang="\1"( aria-current="true")?>(\w+)<', page
        )
        assert offered == [("en", ' aria-current="true"', "English"), ("de", "", "Deutsch")]
    # On a room's page a form that leads away would end the call: the settings have it there.
    await ana.open_sea()
    assert 'name="language"' not in (await ana.get("/my-sea/")).text


@pytest.mark.parametrize(
    ("path", "words"),
    [("/nothing", "Diese Seite gibt es nicht"), ("/sea/" + "0" * 32 + "/", "Diesen Raum gibt es nicht")],
)
async def test_an_error_is_told_in_the_language_too(ana: Person, path: str, words: str) -> None:
    page = await ana.get(path, **GERMAN)
    assert (page.status, language_of(page.text)) == (404, "de")
    assert words in page.text
    program = await ana.ask("GET", path, headers=GERMAN)
    assert words in program.json["error"]["message"]
    assert program.headers["Vary"] == VARY


async def test_a_program_that_asks_for_no_language_is_answered_in_english(house: House) -> None:
    answer = await Person(house).ask("GET", "/api/voice/turn-credentials/")
    assert answer.json == {"error": {"code": "signed-out", "message": "Sign in first."}}


async def test_what_is_wrong_about_a_name_is_said_with_its_figures(house: House) -> None:
    answer = await Person(house).ask("POST", "/sign-in", data={"name": "x" * 41}, headers=GERMAN)
    assert answer.json["error"]["message"] == "Dieser Name ist zu lang: höchstens 40 Zeichen."


async def test_a_name_is_no_markup_in_any_sentence(house: House) -> None:
    somebody = await Person(house).sign_in("<b>&{name}\"'")
    for headers in ({}, GERMAN):
        page = (await somebody.get("/", **headers)).text
        assert "<b>" not in page
        assert "&lt;b&gt;&amp;{name}&#34;&#39;" in page


@pytest.mark.parametrize(("guests", "said"), [(1, "Ein Gast darf herein."), (2, "2 Gäste dürfen herein.")])
async def test_a_number_has_its_form_on_a_page(house: House, ana: Person, guests: int, said: str) -> None:
    room = await ana.open_sea()
    for name in ("Bo", "Cleo")[:guests]:
        await (await Person(house).sign_in(name)).accept(await ana.invite(room))
    assert said in (await ana.get("/", **GERMAN)).text


async def test_the_parts_that_pages_share_are_in_each_pages_language(ana: Person) -> None:
    await ana.open_sea()
    for headers, said, other in (
        ({}, "Invite somebody", "einladen"),
        (GERMAN, "Jemanden einladen", "Invite"),
    ) * 2:
        page = (await ana.get("/my-sea/", **headers)).text
        assert (said in page, other in page) == (True, False)


async def test_a_page_hands_its_scripts_their_words_and_the_readers_region(house: House) -> None:
    for headers, locale, tomorrow in (({}, "en-GB", "tomorrow"), (GERMAN, "de-AT", "morgen")):
        page = (await Person(house).get("/", **headers)).text
        given = re.search(r'<script type="application/json" id="id_words">(.*?)</script>', page)
        assert given is not None
        words = json.loads(given[1])
        assert (words["locale"], words["tomorrow"]) == (locale, tomorrow)


async def static_of(somebody: Person, **headers: str) -> str:
    page = (await somebody.get("/", **headers)).text
    found = re.search(r'src="(/static/v-[0-9a-f]{16}/)page\.js"', page)
    assert found is not None
    return found[1]


async def test_the_modules_words_are_kept_for_good_for_each_language(house: House) -> None:
    somebody = Person(house)
    english, german = await static_of(somebody), await static_of(somebody, **GERMAN)
    assert english != german
    for base, words in ((english, '"bar.mute": "Mute"'), (german, '"bar.mute": "Stumm"')):
        # Whatever the browser says later: the page is in one language, wholly.
        answer = await somebody.get(f"{base}words/voice.js", **{"Accept-Language": "fr"})
        assert words in answer.text
        assert answer.text.startswith("export default {")
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert (await somebody.get(f"{base}voice-mesh.js")).headers["Cache-Control"].endswith("immutable")


async def test_what_is_the_same_in_every_language_does_not_vary(ana: Person) -> None:
    """Else a cache would keep each file of the client once for every visitor."""
    room = await ana.open_sea()
    for path in (
        f"{await static_of(ana)}voice-mesh.js",
        "/static/style.css",
        f"/api/voice/turn-credentials/?room={room}",
    ):
        answer = await ana.get(path, **GERMAN)
        assert answer.status == 200
        assert "language" not in answer.headers.get("Vary", "").lower()
    kept = await ana.get(f"{await static_of(ana)}words/voice.js", **GERMAN)
    assert kept.headers["Vary"] == "Accept-Encoding"


async def test_what_is_installed_is_told_in_the_pages_language(house: House) -> None:
    somebody = Person(house)
    for headers, told in (
        ({}, "Voice rooms for a few people you know."),
        (GERMAN, "Sprachräume für ein paar Leute"),
    ):
        answer = await somebody.get(f"{await static_of(somebody, **headers)}manifest.webmanifest")
        assert answer.json["description"].startswith(told)


async def test_a_guest_book_in_trouble_is_told_in_the_language_with_the_fix_as_it_is(house: House) -> None:
    german, english = house.app[LANGUAGES]["de"], house.app[LANGUAGES]["en"]
    refused = refused_access(GuestBookError("Free some space on /var."))
    assert english.say("server", refused.key, refused.values) == "Free some space on /var."
    assert "Für die Betreiber: Free some space" in german.say("server", refused.key, refused.values)
    assert refused_access(GuestBookError()).key == "access.guest-book"


async def test_under_no_version_the_words_are_those_that_the_browser_asks_for(house: House) -> None:
    for path in ("/static/words/voice.js", "/static/v-0123456789abcdef/words/voice.js"):
        answer = await Person(house).get(path, **GERMAN)
        assert '"bar.mute": "Stumm"' in answer.text
        said = (answer.headers["Cache-Control"], answer.headers["Vary"])
        assert said == ("no-cache", f"Accept-Encoding, {VARY}")

"""A sea's pages and POSTs: opening, closing, guests who leave or are removed, and what the pages show."""

from __future__ import annotations

import re

import pytest

from tests.web.house import HOUR, House
from tests.web.person import Person


def voice_button(page: str) -> str:
    """The tag of the voice button."""
    tags: list[str] = re.findall(r'<button id="id_voice_btn"[^>]*>', page)
    assert len(tags) == 1
    return tags[0]


def standings(page: str) -> list[str]:
    """What the owner's page says of each guest."""
    return re.findall(
        r'<span class="name[^>]*>[^<]*</span>\s*<span class="state[^>]*>.*?</svg>([^<]*)<', page
    )


async def test_the_voice_button_is_active_exactly_while_the_sea_is_open(ana: Person) -> None:
    for opened in (False, True, False, True):
        if opened:
            room = await ana.open_sea()
            assert room == f"mysea-{ana.user_id}"
        else:
            await ana.does("/my-sea/close")
        tag = voice_button((await ana.get("/my-sea/")).text)
        assert ('class="active"' in tag) is opened
        assert (f'data-room-id="mysea-{ana.user_id}"' in tag) is opened


async def test_whoever_comes_by_a_link_finds_the_check_before_joining(ana: Person, bo: Person) -> None:
    """A guest sees the room's page first, and may never see the home page."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    page = (await bo.get(f"/sea/{ana.user_id}/")).text
    menu = page[page.index('id="id_burger_menu"') : page.index("</nav>")]
    assert 'href="/check/"' in menu


async def test_a_sea_closes_by_itself_after_its_hours(ana: Person) -> None:
    closes_at = (await ana.does("/my-sea/open"))["closes_at"]
    assert closes_at == int(ana.house.clock.now + 24 * HOUR)
    ana.house.clock.now += 24 * HOUR - 1
    assert 'class="active"' in voice_button((await ana.get("/my-sea/")).text)
    ana.house.clock.now += 1
    assert 'class="active"' not in voice_button((await ana.get("/my-sea/")).text)


async def test_opening_an_open_sea_changes_nothing(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    first = await ana.does("/my-sea/open")
    ana.house.clock.now += HOUR
    assert await ana.does("/my-sea/open") == first
    assert (await bo.get(f"/sea/{ana.user_id}/")).status == 200


async def test_a_sea_opened_anew_has_no_guests(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    await ana.does("/my-sea/close")
    await ana.open_sea()
    assert (await bo.get(f"/sea/{ana.user_id}/")).status == 404


async def test_closing_ends_everyones_voice_within_a_second(ana: Person, bo: Person) -> None:
    """Everyone's socket closes with 4410, the owner's too (S8)."""
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    voices = [await ana.join(room), await bo.join(room)]
    await ana.does("/my-sea/close")
    assert [await voice.closed() for voice in voices] == [4410, 4410]


async def test_the_owner_sees_who_is_invited_present_and_in_voice(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await ana.invite(room)
    page = (await ana.get("/my-sea/")).text
    assert ("Open link" in page, standings(page)) == (True, [])
    await bo.accept(await ana.invite(room))
    assert standings((await ana.get("/my-sea/")).text) == ["may come in"]
    voice = await bo.join(room)
    assert standings((await ana.get("/my-sea/")).text) == ["in voice"]
    await voice.say(type="bye")
    await voice.closed()
    assert standings((await ana.get("/my-sea/")).text) == ["may come in"]
    await bo.does(f"/sea/{ana.user_id}/leave")
    assert standings((await ana.get("/my-sea/")).text) == ["left"]
    await bo.accept(await ana.invite(room))
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove")
    assert standings((await ana.get("/my-sea/")).text) == ["removed"]


async def test_home_lists_the_seas_that_one_may_visit(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    assert f'href="/sea/{ana.user_id}/"' in (await bo.get("/")).text
    await ana.does("/my-sea/close")
    assert f'href="/sea/{ana.user_id}/"' not in (await bo.get("/")).text


async def test_a_guests_page_joins_the_owners_room(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    await bo.accept(await ana.invite(room))
    page = (await bo.get(f"/sea/{ana.user_id}/")).text
    assert f'data-room-id="{room}"' in voice_button(page)
    assert "Ana's sea" in page


async def test_an_owner_who_opens_the_guests_page_comes_to_the_own(ana: Person) -> None:
    answer = await ana.get(f"/sea/{ana.user_id}/")
    assert (answer.status, answer.headers["Location"]) == (303, "/my-sea/")


async def test_nobody_is_removed_who_never_was_a_guest(ana: Person, bo: Person) -> None:
    """Only the owner's own guests can be removed, by him: the path names no other sea."""
    for path in (f"/my-sea/guests/{bo.user_id}/remove", "/my-sea/guests/nobody/remove"):
        assert (await ana.post(path)).status == 404
    await ana.open_sea()
    assert (await ana.post(f"/my-sea/guests/{bo.user_id}/remove")).status == 404


@pytest.mark.parametrize("path", ["/my-sea/open", "/my-sea/close", "/my-sea/invitations", "/tables"])
async def test_whoever_is_not_signed_in_is_told_to(house: House, path: str) -> None:
    answer = await Person(house).post(path, name="Chess")
    assert (answer.status, answer.code) == (401, "signed-out")


async def test_a_form_is_answered_by_the_page_to_go_on_with(ana: Person) -> None:
    html = {"Accept": "text/html"}
    for path, leads_to in (("/my-sea/open", "/my-sea/"), ("/my-sea/close", "/my-sea/"), ("/sign-out", "/")):
        answer = await ana.ask("POST", path, headers=html)
        assert (answer.status, answer.headers["Location"], answer.body) == (303, leads_to, b"")


async def test_leaving_what_one_is_not_in_says_nothing_about_it(ana: Person, bo: Person) -> None:
    """The answer is the same for a sea that isn't, is others', or is no id at all (S9)."""
    await ana.open_sea()
    answers = [await bo.post(f"/sea/{owner}/leave") for owner in (ana.user_id, "0" * 32, "nobody")]
    assert len({(answer.status, answer.body) for answer in answers}) == 1

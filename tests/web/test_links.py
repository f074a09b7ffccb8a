"""A removal takes the room's open links along, unless they are kept; whoever leaves takes the own ones."""

from __future__ import annotations

import pytest

from tests.web.house import House
from tests.web.person import Person

HTML = {"Accept": "text/html"}


async def with_guest(ana: Person, bo: Person, kind: str) -> tuple[str, str]:
    """A room of Ana's with Bo in it, and where she removes him."""
    room = await (ana.open_sea() if kind == "sea" else ana.make_table())
    await bo.accept(await ana.invite(room))
    base = "/my-sea/guests" if kind == "sea" else f"/table/{room}/seats"
    return room, f"{base}/{bo.user_id}/remove"


@pytest.mark.parametrize("kind", ["sea", "table"])
@pytest.mark.parametrize("fields", [{}, {"links": "revoke"}])
async def test_the_removed_comes_back_by_no_link_of_before_under_another_name(
    ana: Person, bo: Person, house: House, kind: str, fields: dict[str, str]
) -> None:
    """The room's open links end with the removal, and the answer says how many (S10)."""
    room, remove = await with_guest(ana, bo, kind)
    spare = [await ana.invite(room) for _ in range(2)]
    assert await ana.does(remove, **fields) == {"revoked": 2}
    refused = await Person(house).accept(spare[0], name="Somebody else")
    assert (refused.status, refused.code) == (410, "invitation-revoked")
    assert (await Person(house).accept(await ana.invite(room), name="Cleo")).status == 200


@pytest.mark.parametrize("kind", ["sea", "table"])
async def test_an_owner_may_keep_the_links(ana: Person, bo: Person, house: House, kind: str) -> None:
    room, remove = await with_guest(ana, bo, kind)
    spare = await ana.invite(room)
    assert await ana.does(remove, links="keep") == {"revoked": 0}
    assert (await bo.accept(spare)).code == "removed"
    assert (await Person(house).accept(spare, name="Cleo")).status == 200


async def test_a_removal_in_voice_ends_the_links_too(ana: Person, bo: Person, house: House) -> None:
    room, _ = await with_guest(ana, bo, "sea")
    spare = await ana.invite(room)
    hers, his = await ana.join(room), await bo.join(room)
    await hers.say(type="remove", target=his.peer)
    assert await his.closed() == 4403
    assert (await Person(house).accept(spare, name="Bo again")).code == "invitation-revoked"


@pytest.mark.parametrize("kind", ["sea", "table"])
async def test_a_removal_in_voice_may_keep_the_links(
    ana: Person, bo: Person, house: House, kind: str
) -> None:
    room, _ = await with_guest(ana, bo, kind)
    spare = await ana.invite(room)
    hers, his = await ana.join(room), await bo.join(room)
    await hers.say(type="remove", target=his.peer, links=False)
    assert await his.closed() == 4403
    assert (await bo.accept(spare)).code == "removed"
    assert (await Person(house).accept(spare, name="Cleo")).status == 200


async def test_what_is_neither_is_refused_and_removes_nobody(ana: Person, bo: Person) -> None:
    room, remove = await with_guest(ana, bo, "table")
    answer = await ana.post(remove, links="all")
    assert (answer.status, answer.code) == (400, "bad-links")
    assert await bo.knock(room) == 101


@pytest.mark.parametrize("kind", ["sea", "table"])
@pytest.mark.parametrize("ticked", [True, False])
async def test_the_form_says_what_its_tick_does(ana: Person, bo: Person, kind: str, ticked: bool) -> None:
    """A form sends what is ticked after what is hidden, and the later one counts."""
    room, remove = await with_guest(ana, bo, kind)
    spare = await ana.invite(room)
    page = (await ana.get("/my-sea/" if kind == "sea" else f"/table/{room}/")).text
    form = page[page.index(f'action="{remove}"') :].partition("</form>")[0]
    assert form.count('<input type="hidden" name="links" value="keep">') == 1
    assert form.count('<input type="checkbox" name="links" value="revoke" checked>') == 1
    assert "Also revoke this room&#39;s open links" in form.replace("'", "&#39;")
    sent = [("links", "keep"), ("links", "revoke")] if ticked else [("links", "keep")]
    body = "&".join(f"{name}={value}" for name, value in sent)
    kind_of_body = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await ana.ask("POST", remove, data=body, headers=HTML | kind_of_body)).status == 303
    stranger = Person(ana.house)
    assert (await stranger.accept(spare, name="Cleo")).status == (410 if ticked else 200)


async def test_an_owner_who_leaves_comes_back_by_no_link_of_the_own(
    ana: Person, bo: Person, house: House
) -> None:
    room, _ = await with_guest(ana, bo, "table")
    spare = await ana.invite(room)
    await ana.does(f"/table/{room}/seats/leave")
    for somebody, more in ((ana, {}), (Person(house), {"name": "Another Ana"})):
        assert (await somebody.accept(spare, **more)).code == "invitation-revoked"
    assert (await ana.accept(await bo.invite(room))).status == 200

"""Tables over HTTP: seats taken in order, a seventh person, ownership, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.web.conftest import SignIn
from tests.web.house import House
from tests.web.person import Person


def seats(page: str) -> list[str]:
    """The names on a table's page, in the order of their seats; empty for each free one."""
    names = re.findall(r'<li class="person member".*?<span class="name">([^<]*)', page, re.S)
    [free] = re.findall(r"(?:(One|\d) seats? (?:is|are) free|Every seat is taken)", page)
    return [*(name.strip() for name in names), *[""] * (1 if free == "One" else int(free or 0))]


async def seat(owner: Person, table: str, people: Sequence[Person]) -> None:
    for somebody in people:
        assert (await somebody.accept(await owner.invite(table))).status == 200


async def test_seats_are_taken_in_order(ana: Person, bo: Person, cleo: Person) -> None:
    table = await ana.make_table("Friday game")
    await seat(ana, table, [bo, cleo])
    page = (await bo.get(f"/table/{table}/")).text
    assert seats(page) == ["Ana", "Bo", "Cleo", "", "", ""]
    assert "<h1>Friday game</h1>" in page
    await bo.does(f"/table/{table}/seats/leave")
    assert seats((await cleo.get(f"/table/{table}/")).text) == ["Ana", "Cleo", "", "", "", ""]


async def test_while_a_link_is_open_each_page_of_the_table_awaits_somebody(ana: Person, bo: Person) -> None:
    table = await ana.make_table()
    await seat(ana, table, [bo])
    pages = [(await who.get(f"/table/{table}/")).text for who in (ana, bo)]
    assert ["data-awaits" in page for page in pages] == [False, False]
    await ana.invite(table)
    ours, theirs = [(await who.get(f"/table/{table}/")).text for who in (ana, bo)]
    assert "data-awaits" in ours
    assert "data-awaits" in theirs
    # That there is one is all that the others learn.
    assert "Revoke" in ours
    assert "Revoke" not in theirs


async def test_a_seventh_person_is_told_so_and_keeps_the_invitation(house: House, person: SignIn) -> None:
    ana, *guests = [await person(f"P{number}") for number in range(7)]
    table = await ana.make_table()
    *taken, last = [await ana.invite(table) for _ in guests]
    for guest, invitation in zip(guests, taken, strict=False):
        assert (await guest.accept(invitation)).status == 200
    refused = await guests[5].accept(last)
    assert (refused.status, refused.code) == (409, "table-full")
    assert "seat" in refused.json["error"]["message"]
    await guests[0].does(f"/table/{table}/seats/leave")
    assert (await guests[5].accept(last)).status == 200


async def test_home_lists_my_tables(ana: Person, bo: Person) -> None:
    table = await ana.make_table("Friday game")
    await seat(ana, table, [bo])
    for somebody in (ana, bo):
        page = (await somebody.get("/")).text
        assert f'href="/table/{table}/"' in page
        assert "2 of 6 seats taken" in page


async def test_only_the_owner_invites_removes_and_hands_over(ana: Person, bo: Person, cleo: Person) -> None:
    table = await ana.make_table()
    await seat(ana, table, [bo, cleo])
    invitation = await ana.invite(table)
    for path, fields in (
        ("invitations", {}),
        (f"invitations/{invitation.id}/revoke", {}),
        (f"seats/{cleo.user_id}/remove", {}),
        ("owner", {"user_id": bo.user_id}),
    ):
        answer = await bo.post(f"/table/{table}/{path}", **fields)
        assert (answer.status, answer.code) == (403, "not-allowed"), path


async def test_whoever_has_no_seat_learns_nothing_of_a_table(ana: Person, bo: Person) -> None:
    """Each way to a table answers a stranger as for one that isn't (S9)."""
    table, none = await ana.make_table("Secret plans"), "00000000-0000-4000-8000-000000000000"
    for path in (
        "/table/{}/invitations",
        "/table/{}/invitations/1/revoke",
        "/table/{}/seats/leave",
        f"/table/{{}}/seats/{ana.user_id}/remove",
        "/table/{}/owner",
    ):
        real = await bo.post(path.format(table), user_id=bo.user_id)
        other = await bo.post(path.format(none), user_id=bo.user_id)
        assert (real.status, real.body) == (other.status, other.body), path
    real, other = await bo.get(f"/table/{table}/"), await bo.get(f"/table/{none}/")
    assert (real.status, real.body) == (other.status, other.body)


async def test_a_table_passes_to_the_one_whom_the_owner_names(ana: Person, bo: Person) -> None:
    table = await ana.make_table()
    await seat(ana, table, [bo])
    await ana.does(f"/table/{table}/owner", user_id=bo.user_id)
    assert (await ana.post(f"/table/{table}/invitations")).status == 403
    assert (await bo.post(f"/table/{table}/invitations")).status == 201


async def test_a_table_passes_only_to_somebody_seated(ana: Person, bo: Person) -> None:
    table = await ana.make_table()
    stranger = await ana.post(f"/table/{table}/owner", user_id=bo.user_id)
    nonsense = await ana.post(f"/table/{table}/owner", user_id="nobody")
    assert (stranger.status, nonsense.status, nonsense.code) == (404, 400, "bad-user")


async def test_an_owner_who_leaves_is_followed_by_the_longest_seated(
    ana: Person, bo: Person, cleo: Person
) -> None:
    table = await ana.make_table()
    for somebody in (cleo, bo):
        await seat(ana, table, [somebody])
        ana.house.clock.now += 1
    await ana.does(f"/table/{table}/seats/leave")
    assert (await ana.get(f"/table/{table}/")).status == 404
    assert (await bo.post(f"/table/{table}/invitations")).status == 403
    assert (await cleo.post(f"/table/{table}/invitations")).status == 201


async def test_names_that_look_alike_are_marked_on_the_pages(ana: Person, bo: Person, person: SignIn) -> None:
    """A table's seats and a sea's guests say which names could be taken for each other (W13)."""
    mark = "looks like another name here"
    table, sea = await ana.make_table(), await ana.open_sea()
    for room in (table, sea):
        await bo.accept(await ana.invite(room))
    for path in (f"/table/{table}/", "/my-sea/"):
        assert mark not in (await ana.get(path)).text
    other = await person("B\u043e")
    for room in (table, sea):
        await other.accept(await ana.invite(room))
    assert (await bo.get(f"/table/{table}/")).text.count(mark) == 2
    assert (await ana.get("/my-sea/")).text.count(mark) == 2


async def test_roles_in_voice_follow_at_once(ana: Person, bo: Person) -> None:
    """The new owner removes by his socket, the old one no longer."""
    table = await ana.make_table()
    await seat(ana, table, [bo])
    old, new = await ana.join(table), await bo.join(table)
    assert (old.welcome["role"], new.welcome["role"]) == ("owner", "seated")
    await ana.does(f"/table/{table}/owner", user_id=bo.user_id)
    await old.say(type="remove", target=new.peer)
    assert (await old.next("error"))["code"] == "not-allowed"
    await new.say(type="remove", target=old.peer)
    assert await old.closed() == 4403
    assert (await ana.get(f"/table/{table}/")).status == 403


async def test_a_table_ends_with_its_last_one(ana: Person, bo: Person) -> None:
    table = await ana.make_table()
    invitation = await ana.invite(table)
    await ana.does(f"/table/{table}/seats/leave")
    assert (await ana.get(f"/table/{table}/")).status == 404
    assert (await bo.accept(invitation)).status == 410


async def test_the_owner_leaves_by_leaving_not_by_removing_himself(ana: Person) -> None:
    table = await ana.make_table()
    answer = await ana.post(f"/table/{table}/seats/{ana.user_id}/remove")
    assert (answer.status, answer.code) == (403, "not-allowed")


async def test_a_tables_name_is_checked_like_a_persons(ana: Person) -> None:
    for name in ("", "x" * 61, "a\u202eb"):
        answer = await ana.post("/tables", name=name)
        assert (answer.status, answer.code) == (400, "bad-name")


async def test_ids_that_are_none_are_not_found(ana: Person) -> None:
    table = await ana.make_table()
    for path in (
        "/table/x/invitations",
        f"/table/{table.upper()}/seats/leave",
        f"/table/mysea-{ana.user_id}/seats/leave",
        f"/table/{table}/seats/x/remove",
        f"/table/{table}/invitations/x/revoke",
    ):
        assert (await ana.post(path)).status in (404, 410), path

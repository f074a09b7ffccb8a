"""Invitations over HTTP: used once, by POST alone, by one of fifty; known as used after a restart (W5)."""

from __future__ import annotations

import asyncio
import re

import pytest

from meshvoice.ids import UserId, parse_room
from meshvoice.signaling.limits import Buckets
from meshvoice.web.throttles import Throttles
from tests.web.conftest import MakeHouse, SignIn
from tests.web.house import HOUR, ORIGIN, House
from tests.web.person import Invitation, Person


async def test_the_token_stands_in_the_fragment_only(ana: Person) -> None:
    """A fragment is sent to no server, so the token reaches no log, no Referer and no link preview (W5)."""
    await ana.open_sea()
    made = await ana.does("/my-sea/invitations")
    assert re.fullmatch(rf"{ORIGIN}/invitation/#[a-z2-7]{{32}}", made["url"])
    assert made["expires_at"] == int(ana.house.clock.now + 24 * HOUR)


async def test_getting_the_link_uses_nothing_up(ana: Person, bo: Person) -> None:
    """Link previews and prefetching fetch GETs: neither the page nor a look at it accepts (W5)."""
    invitation = await ana.invite(await ana.open_sea())
    for method in ("GET", "HEAD", "GET"):
        answer = await bo.ask(method, "/invitation/", params={"token": invitation.token})
        assert (answer.status, invitation.token in answer.text) == (200, False)
    for _ in range(2):
        assert (await bo.does("/invitations/look", token=invitation.token))["state"] == "open"
    for path in ("/invitations/accept", "/invitations/look"):
        assert (await bo.ask("GET", path, params={"token": invitation.token})).status == 405
    assert (await bo.accept(invitation)).status == 200


@pytest.mark.parametrize(
    "path", ["/invitation", "/invitation/%23TOKEN", "/invitation/%23TOKEN/", "/invitation/TOKEN?x=1"]
)
async def test_a_link_that_lost_its_hash_gets_the_page_that_finds_the_token(bo: Person, path: str) -> None:
    """The page is the same, and holds nothing of the token (W5)."""
    whole, answer = await bo.get("/invitation/"), await bo.get(path)
    assert (answer.status, answer.text) == (200, whole.text)


async def test_a_token_of_before_still_works(ana: Person, bo: Person) -> None:
    """Links sent before tokens were of letters and digits alone are in people's chats."""
    room, book = await ana.open_sea(), ana.house.book
    sea = parse_room(room)
    assert sea is not None
    token = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV_"
    book.invitations.make(sea, by=UserId(ana.user_id), token=token, now=ana.house.clock.now)
    assert (await bo.does("/invitations/look", token=token[:-1]))["state"] == "unknown"
    assert (await bo.accept(Invitation(token=token, id=0))).status == 200


async def test_of_fifty_who_post_at_once_one_comes_in(ana: Person, house: House, person: SignIn) -> None:
    """An invitation is used once, however many use it at the same time (W5)."""
    room = await ana.open_sea()
    invitation = await ana.invite(room)
    people = [await person(f"Guest {number}") for number in range(50)]
    answers = await asyncio.gather(*(somebody.accept(invitation) for somebody in people))
    assert sorted(answer.status for answer in answers) == [200] + [410] * 49
    assert {answer.code for answer in answers if answer.status == 410} == {"invitation-used"}
    for somebody, answer in zip(people, answers, strict=True):
        assert (await somebody.credentials(room)).status == (200 if answer.status == 200 else 404)


async def test_of_fifty_newcomers_who_post_at_once_one_comes_in(ana: Person, house: House) -> None:
    """The same for those who have no session yet: the others are not signed in by it either (W5)."""
    invitation = await ana.invite(await ana.open_sea())
    people = [Person(house) for _ in range(50)]
    answers = await asyncio.gather(*(somebody.accept(invitation, name="Guest") for somebody in people))
    assert sorted(answer.status for answer in answers) == [200] + [410] * 49
    assert sum(bool(somebody.cookies) for somebody in people) == 1


async def test_a_used_token_is_used_after_a_restart(
    ana: Person, bo: Person, cleo: Person, house: House
) -> None:
    """What was used, taken back or who was removed is known to the next process (W5)."""
    room = await ana.open_sea()
    used, revoked, fresh = [await ana.invite(room) for _ in range(3)]
    await bo.accept(used)
    await ana.does(f"/my-sea/invitations/{revoked.id}/revoke")
    await ana.does(f"/my-sea/guests/{bo.user_id}/remove", links="keep")
    await house.restart()
    assert (await cleo.accept(used)).code == "invitation-used"
    assert (await cleo.accept(revoked)).code == "invitation-revoked"
    assert (await bo.accept(fresh)).code == "removed"
    assert (await bo.credentials(room)).code == "removed"
    assert (await cleo.accept(fresh)).status == 200


async def test_the_token_is_not_in_the_file(ana: Person, house: House) -> None:
    """The guest book keeps a hash: a copy of the file invites nobody (W5)."""
    invitation = await ana.invite(await ana.open_sea())
    from pathlib import Path

    for part in Path(house.settings.database).parent.iterdir():
        assert invitation.token.encode() not in part.read_bytes()


async def test_a_second_click_of_the_same_person_does_no_harm(ana: Person, bo: Person) -> None:
    invitation = await ana.invite(await ana.open_sea())
    first, second = await bo.accept(invitation), await bo.accept(invitation)
    assert first.json == second.json == {"room_id": f"mysea-{ana.user_id}", "url": f"/sea/{ana.user_id}/"}


async def test_a_newcomer_gives_a_name_and_lands_in_the_room(ana: Person, house: House) -> None:
    """Whoever has no session is asked for a name on the way in, and is signed in by the same POST."""
    room = await ana.open_sea()
    invitation, newcomer = await ana.invite(room), Person(house)
    nameless = await newcomer.accept(invitation)
    assert (nameless.status, nameless.code, newcomer.cookies) == (401, "signed-out", {})
    refused = await newcomer.accept(invitation, name="\u202e")
    assert (refused.status, refused.code) == (400, "bad-name")
    answer = await newcomer.ask(
        "POST",
        "/invitations/accept",
        data={"token": invitation.token, "name": "Bo"},
        headers={"Accept": "text/html"},
    )
    assert (answer.status, answer.headers["Location"]) == (303, f"/sea/{ana.user_id}/")
    assert (await newcomer.get(answer.headers["Location"])).status == 200


async def test_a_link_that_is_worth_nothing_signs_nobody_in(house: House) -> None:
    newcomer = Person(house)
    answer = await newcomer.post("/invitations/accept", token="x" * 32, name="Bo")
    assert (answer.status, answer.code, newcomer.cookies) == (410, "invitation-unknown", {})


async def test_an_invitation_stands_in_for_the_passphrase_but_makes_no_host(make_house: MakeHouse) -> None:
    """With a passphrase set, a guest comes in by invitation alone, and can't open rooms of his own."""
    house = await make_house(passphrase="four words of calm")
    ana = await Person(house).sign_in("Ana", passphrase="four words of calm")
    guest = Person(house)
    assert (await guest.get("/invitation/")).status == 200
    assert (await guest.accept(await ana.invite(await ana.open_sea()), name="Bo")).status == 200
    for path in ("/my-sea/open", "/tables"):
        answer = await guest.post(path, name="Chess")
        assert (answer.status, answer.code) == (403, "guest")


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_look_tells_each_state(house: House, person: SignIn, signed_in: bool) -> None:
    ana = await person("Ana")
    room = await ana.open_sea()
    visitor = await person("Bo") if signed_in else Person(house)
    opened, used, revoked, late = [await ana.invite(room) for _ in range(4)]
    await (await person("Cleo")).accept(used)
    await ana.does(f"/my-sea/invitations/{revoked.id}/revoke")

    async def look(invitation: Invitation) -> str:
        state: str = (await visitor.does("/invitations/look", token=invitation.token))["state"]
        return state

    said = await visitor.does("/invitations/look", token=opened.token)
    assert said == {
        "state": "open",
        "kind": "sea",
        "by": "Ana",
        "title": "Ana\u2019s sea",
        "expires_at": int(house.clock.now + 24 * HOUR),
        "already_in": False,
        "url": None,
    }
    assert await look(used) == "used"
    assert await look(revoked) == "revoked"
    assert await look(Invitation(token="x" * 32, id=0)) == "unknown"
    await ana.does("/my-sea/close")
    assert await look(late) == "closed"


async def test_a_look_tells_an_expired_and_a_full_table(
    ana: Person, bo: Person, make_house: MakeHouse
) -> None:
    table = await ana.make_table()
    late = await ana.invite(table)
    ana.house.clock.now += 24 * HOUR
    assert (await bo.does("/invitations/look", token=late.token))["state"] == "expired"
    small = await make_house(table_seats=2)
    host = await Person(small).sign_in("Ana")
    table = await host.make_table()
    first, second = await host.invite(table), await host.invite(table)
    await (await Person(small).sign_in("Bo")).accept(first)
    assert (await Person(small).does("/invitations/look", token=second.token))["state"] == "full"


async def test_a_look_tells_ones_own_and_where_one_is_in_already(ana: Person, bo: Person) -> None:
    invitation = await ana.invite(await ana.open_sea())
    own = await ana.does("/invitations/look", token=invitation.token)
    assert own == {"state": "yours", "url": f"/sea/{ana.user_id}/"}
    await bo.accept(invitation)
    again = await bo.does("/invitations/look", token=invitation.token)
    assert (again["state"], again["already_in"], again["url"]) == ("open", True, f"/sea/{ana.user_id}/")


async def test_ones_own_invitation_is_not_used_up(ana: Person, bo: Person) -> None:
    invitation = await ana.invite(await ana.open_sea())
    answer = await ana.accept(invitation)
    assert (answer.status, answer.code) == (409, "yours")
    assert (await bo.accept(invitation)).status == 200


async def test_a_former_owner_who_left_is_led_to_no_room_that_is_shut(ana: Person, bo: Person) -> None:
    """Their own old link says that it is used or taken back, not that the room is theirs to go to."""
    table = await ana.make_table()
    used, unused = await ana.invite(table), await ana.invite(table)
    await bo.accept(used)
    assert (await ana.does("/invitations/look", token=unused.token))["state"] == "yours"
    await ana.does(f"/table/{table}/seats/leave")
    said = [await ana.does("/invitations/look", token=link.token) for link in (used, unused)]
    assert [look["state"] for look in said] == ["used", "revoked"]
    assert not any("url" in look for look in said)


async def test_an_invitation_is_taken_back_one_by_one(ana: Person, bo: Person) -> None:
    room = await ana.open_sea()
    first, second = await ana.invite(room), await ana.invite(room)
    await ana.does(f"/my-sea/invitations/{first.id}/revoke")
    assert (await bo.accept(first)).code == "invitation-revoked"
    assert (await bo.accept(second)).status == 200
    late = await ana.post(f"/my-sea/invitations/{second.id}/revoke")
    assert (late.status, late.code) == (410, "invitation-used")


async def test_nobody_takes_back_an_invitation_of_another(ana: Person, bo: Person) -> None:
    """An invitation's number opens nothing in the hands of somebody else (S9: and tells nothing)."""
    invitation = await ana.invite(await ana.open_sea())
    await bo.open_sea()
    paths = [f"/my-sea/invitations/{number}/revoke" for number in (invitation.id, 999, 0, "x", 10**30)]
    answers = [await bo.post(path) for path in paths]
    assert {answer.status for answer in answers} <= {404, 410}
    assert (answers[0].status, answers[0].body) == (answers[1].status, answers[1].body)
    assert (await bo.accept(invitation)).status == 200


async def test_a_closed_sea_invites_nobody(ana: Person) -> None:
    answer = await ana.post("/my-sea/invitations")
    assert (answer.status, answer.code) == (410, "sea-closed")


async def test_a_fresh_link_is_shown_once_and_only_to_who_made_it(ana: Person, bo: Person) -> None:
    """Only the hash is kept, so the page shows the link, and its QR code, this once."""
    await ana.open_sea()
    html = {"Accept": "text/html"}
    assert (await ana.ask("POST", "/my-sea/invitations", headers=html)).headers["Location"] == "/my-sea/"
    assert "/invitation/#" not in (await bo.get("/my-sea/")).text
    page = (await ana.get("/my-sea/")).text
    assert len(re.findall(rf'value="{ORIGIN}/invitation/#[a-z2-7]{{32}}"', page)) == 1
    assert 'src="data:image/svg+xml' in page
    assert "/invitation/#" not in (await ana.get("/my-sea/")).text


async def test_a_fresh_link_waits_for_the_page_of_its_room(ana: Person) -> None:
    room, table = await ana.open_sea(), await ana.make_table()
    await ana.ask("POST", f"/table/{table}/invitations", headers={"Accept": "text/html"})
    assert room
    assert "/invitation/#" not in (await ana.get("/my-sea/")).text
    assert "/invitation/#" in (await ana.get(f"/table/{table}/")).text


async def test_making_invitations_is_limited(make_house: MakeHouse) -> None:
    """By user (S6)."""
    house = await make_house(throttles=Throttles(invitations=Buckets(rate=0.5, burst=2)))
    ana = await Person(house).sign_in("Ana")
    await ana.open_sea()
    statuses = [(await ana.post("/my-sea/invitations")).status for _ in range(3)]
    house.clock.now += 2
    assert [*statuses, (await ana.post("/my-sea/invitations")).status] == [201, 201, 429, 201]


async def test_open_invitations_of_a_room_are_bounded(ana: Person) -> None:
    await ana.open_sea()
    for _ in range(50):
        await ana.does("/my-sea/invitations")
    answer = await ana.post("/my-sea/invitations")
    assert (answer.status, answer.code) == (409, "too-many-invitations")


async def test_trying_tokens_is_limited(make_house: MakeHouse) -> None:
    """By address: looks and acceptances together (S6)."""
    house = await make_house(throttles=Throttles(acceptances=Buckets(rate=1, burst=2)))
    somebody = Person(house)
    statuses = [
        (await somebody.post(path, token="x" * 32, name="Bo")).status
        for path in ("/invitations/look", "/invitations/accept", "/invitations/look", "/invitations/accept")
    ]
    assert statuses == [200, 410, 429, 429]

"""Who may come in, seen and heard in real browsers: invited by a link, and out at once when removed."""

from __future__ import annotations

from typing import Any

from tests.browser.harness import Person, Stage, all_hear_each_other, until


async def invited_by_page(owner: Person) -> str:
    """Click for a new link, as the owner does, and read it."""
    await owner.page.get_by_role("button", name="Invite somebody").click()
    await owner.page.wait_for_selector("#id_link")
    return await owner.page.input_value("#id_link")


async def test_who_opens_a_link_without_a_session_lands_in_the_room_in_one_step_and_is_heard(
    stage: Stage,
) -> None:
    ana = await stage.person("Ana")
    await ana.go("/my-sea/")
    await ana.page.get_by_role("button", name="Open your sea").click()
    await ana.page.wait_for_selector("#id_voice_btn.active")
    link = await invited_by_page(ana)
    bo = await stage.person("Bo", sign_in=False)
    await bo.page.goto(link)
    await bo.page.fill("#id_name", "Bo")
    await bo.page.get_by_role("button", name="Come in").click()
    await bo.page.wait_for_url(f"**/sea/{ana.user_id}/")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    assert "#" not in bo.page.url


async def test_a_link_that_a_messenger_changed_leads_in_and_leaves_no_token_in_the_path(stage: Stage) -> None:
    (ana,) = await stage.sea("Ana")
    link = await ana.invite()
    bo = await stage.person("Bo")
    for changed in (link.replace("#", "%23") + "?fbclid=IwAR0abc", link + ").", link.replace("/#", "#")):
        await bo.page.goto("about:blank")
        await bo.page.goto(changed)
        await bo.page.get_by_role("heading", name="Ana invites you").wait_for()
        assert bo.page.url == link
    await bo.page.get_by_role("button", name="Come in").click()
    await bo.page.wait_for_url(f"**/sea/{ana.user_id}/")


async def test_a_removed_guest_is_silent_and_stays_out(stage: Stage) -> None:
    """Removal in a mesh counts when every other peer drops the connection, and nothing lets one back in."""
    ana, cleo = await stage.sea("Ana", "Cleo")
    link = await ana.invite()
    bo = await stage.person("Bo")
    await bo.come(link)
    for person in (ana, bo, cleo):
        await person.join()
    await all_hear_each_other([ana, bo, cleo])
    room = f"mysea-{ana.user_id}"

    marks = {person.name: await person.mark() for person in (ana, cleo)}
    answer = await ana.post(f"/my-sea/guests/{bo.user_id}/remove")
    assert answer["status"] == 200
    await all_hear_each_other([ana, cleo])
    for person in (ana, cleo):
        silent = await person.page.evaluate("tone => globalThis.ear.silentFor(tone)", bo.tone)
        heard_for = (await person.mark() - marks[person.name]) * 1024 / 48 - silent
        print(f"\n{person.name} heard the removed guest for {heard_for:.0f} ms more")
        assert heard_for <= 1000
    assert await bo.tones() == []

    async def told() -> bool:
        return "removed" in (await bo.events("state"))[-1]["words"]

    await until("the removed guest is told", told)
    closed = await bo.page.evaluate("globalThis.seen.sockets.at(-1).readyState")
    assert closed == 3

    # Neither the old link, nor the page, nor the socket, nor credentials.
    assert (await bo.post("/invitations/accept", token=link.partition("#")[2]))["status"] == 410
    refusal = await bo.page.request.get(f"{stage.server.origin}/sea/{ana.user_id}/")
    assert refusal.status == 403
    for path in (f"/api/voice/turn-credentials/?room={room}", "/api/voice/turn-credentials/"):
        answer = await bo.page.evaluate("async path => (await fetch(path)).status", path)
        assert answer in (403, 404)
    opened: Any = await bo.page.evaluate(
        """room => new Promise((done) => {
          const socket = new WebSocket(`ws://${location.host}/ws/voice/${room}/`, "meshvoice.v1");
          socket.onopen = () => done(true);
          socket.onerror = () => done(false);
        })""",
        room,
    )
    assert opened is False
    await all_hear_each_other([ana, cleo])


async def test_a_removed_guest_comes_back_by_a_new_invitation(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await ana.post(f"/my-sea/guests/{bo.user_id}/remove")
    await bo.come(await ana.invite())
    await bo.join()
    await all_hear_each_other([ana, bo])


async def test_closing_the_sea_ends_everyones_voice_and_says_so(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    await ana.post("/my-sea/close")

    async def over() -> bool:
        states = [await person.events("state") for person in (ana, bo)]
        return all(events[-1].get("code") == 4410 for events in states)

    await until("both are told that the room closed", over)
    await until("Ana hears nobody", lambda: ana.hears())
    await until("Bo hears nobody", lambda: bo.hears())
    await bo.click_voice()
    assert "flash" in (await bo.page.get_attribute("#id_voice_btn", "class") or "")

"""From page to page past the server: what people do while it is away reaches the others all the same."""

from __future__ import annotations

import asyncio
import signal
from functools import partial

from tests.browser.harness import Person, Stage, all_hear_each_other, until


async def open_channels(person: Person) -> int:
    """Count the channels for words that are open on a page."""
    ids: list[int] = await person.page.evaluate(
        "globalThis.seen.channels.filter((each) => each.readyState === 'open').map((each) => each.id)"
    )
    return ids.count(0)


async def in_band(people: list[Person]) -> None:
    """Wait until everyone's channels to everyone are open."""

    async def all_open(person: Person) -> bool:
        return await open_channels(person) == len(people) - 1

    for person in people:
        await until(f"{person.name}'s channels are open", partial(all_open, person))


async def row(person: Person, name: str) -> dict[str, object]:
    """Give somebody's row as a page shows it; empty where there is none."""
    return next((each for each in await person.people() if each["name"] == name), {})


async def reads(person: Person, name: str, **what: object) -> bool:
    shown = await row(person, name)
    return {key: shown.get(key) for key in what} == what


async def test_muting_and_leaving_reach_the_others_while_the_server_is_down(own_stage: Stage) -> None:
    people = await own_stage.sea("Ana", "Bo", "Cleo")
    ana, bo, cleo = people
    for person in people:
        await person.join()
    await all_hear_each_other(people)
    await in_band(people)
    await own_stage.server.end(signal.SIGKILL)
    await until("Ana's page misses the server", lambda: _reconnecting(ana))
    await ana.click_voice()
    for other in (bo, cleo):
        await until(f"{other.name} sees Ana muted", partial(reads, other, "Ana", word="muted"), seconds=2)
    await ana.click_voice()
    for other in (bo, cleo):
        await until(f"{other.name} sees Ana here", partial(reads, other, "Ana", word="here"), seconds=2)
    await bo.leave()
    for other in (ana, cleo):
        await until(f"{other.name} sees that Bo left", partial(_without, other, "Bo"), seconds=2)
    await all_hear_each_other([ana, cleo])
    await own_stage.server.start()
    await own_stage.server.ready()
    for other in (ana, cleo):
        await until(f"{other.name} is back", other.joined)
        assert await row(other, "Bo") == {}
    await all_hear_each_other([ana, cleo])


async def _reconnecting(person: Person) -> bool:
    return bool(await person.page.evaluate("globalThis.seen.room.state === 'reconnecting'"))


async def _without(person: Person, name: str) -> bool:
    return await row(person, name) == {}


async def test_a_flood_in_the_data_channel_costs_nobody_a_word(stage: Stage) -> None:
    people = await stage.sea("Ana", "Bo", "Cleo")
    ana, bo, cleo = people
    for person in people:
        await person.join()
    await all_hear_each_other(people)
    await in_band(people)
    mark = await ana.mark()
    await bo.page.evaluate(
        """async () => {
          const text = JSON.stringify({ type: "state", n: 1, muted: true, deafened: true });
          const open = globalThis.seen.channels.filter((each) => each.readyState === "open");
          const send = (channel, data) => {
            try { channel.send(data); } catch { /* shut by the other side, or full */ }
          };
          for (let round = 0; round < 40; round += 1) {
            for (const channel of open) {
              for (let count = 0; count < 500; count += 1) send(channel, text);
              send(channel, "x".repeat(200 * 1024));
              send(channel, new Uint8Array(1000));
            }
            await new Promise((resolve) => setTimeout(resolve, 25));
          }
        }"""
    )

    async def shut() -> bool:
        """Ask whether Ana's page still has a channel to Bo."""
        return await open_channels(ana) == 1

    await until("Ana's page shut the channel", shut)
    assert await asyncio.wait_for(ana.page.evaluate("1 + 1"), 1) == 2
    await until("Ana hears Cleo and Bo", lambda: ana.hears(bo, cleo))
    gap = await ana.gap(cleo, mark)
    print(f"\nlongest gap {gap:.0f} ms")
    assert gap <= 200
    assert [each["word"] for each in await ana.people()][1:] != ["unheard", "unheard"]

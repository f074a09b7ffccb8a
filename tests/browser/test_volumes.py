"""How loud somebody is for one listener, measured at that listener's ear."""

from __future__ import annotations

import math

import pytest

from tests.browser.harness import Person, Stage, all_hear_each_other, until


async def loudness(listener: Person, speaker: Person) -> float:
    """Give the amplitude of another's tone as heard now."""
    return float(await listener.page.evaluate("tone => globalThis.ear.loudness(tone)", speaker.tone))


async def as_they_come(listener: Person, speaker: Person) -> float:
    """Give how loud somebody is who was heard for a while."""
    await listener.page.wait_for_timeout(500)
    return await loudness(listener, speaker)


async def set_volume(listener: Person, speaker: Person, percent: int) -> None:
    await listener.page.evaluate(
        "([user, percent]) => globalThis.seen.room.setVolume(user, percent)", [speaker.user_id, percent]
    )


async def mute_for_me(listener: Person, speaker: Person, muted: bool) -> None:
    await listener.page.evaluate(
        "([user, muted]) => globalThis.seen.room.muteForMe(user, muted)", [speaker.user_id, muted]
    )


async def comes_to(listener: Person, speaker: Person, reference: float, decibels: float) -> None:
    """Wait until another's tone is so many dB louder than a reference, give or take one."""

    async def there() -> bool:
        heard = await loudness(listener, speaker)
        return heard > 0 and abs(20 * math.log10(heard / reference) - decibels) < 1

    await until(f"{speaker.name} is heard at {decibels:+.0f} dB", there, seconds=8)
    await listener.page.wait_for_timeout(300)
    assert await there()


@pytest.mark.slow
async def test_somebody_is_heard_as_loud_as_chosen_and_nobody_else_changes(stage: Stage) -> None:
    ana, bo, cleo = await stage.sea("Ana", "Bo", "Cleo")
    for person in (ana, bo, cleo):
        await person.join()
    await all_hear_each_other([ana, bo, cleo])
    # Somebody at 200 % is seen a little in their neighbours' places, too.
    await ana.page.context.add_init_script("globalThis.ear.THRESHOLD = 0.06")
    await ana.page.evaluate("globalThis.ear.THRESHOLD = 0.06")
    as_bo_comes = await as_they_come(ana, bo)
    as_cleo_comes = await as_they_come(ana, cleo)
    for percent, decibels in ((25, -12.0), (200, 6.0), (100, 0.0), (50, -6.0), (150, 3.5)):
        await set_volume(ana, bo, percent)
        await comes_to(ana, bo, as_bo_comes, decibels)
        await comes_to(ana, cleo, as_cleo_comes, 0)
    await set_volume(ana, bo, 0)
    await until("Ana hears Cleo alone", lambda: ana.hears(cleo))
    await set_volume(ana, bo, 200)
    await comes_to(ana, bo, as_bo_comes, 6)
    await mute_for_me(ana, bo, True)
    await until("Ana hears Cleo alone again", lambda: ana.hears(cleo))
    assert await cleo.hears(ana, bo)
    assert {await person.page.evaluate("globalThis.seen.room.volumeRange.max") for person in (ana, cleo)} == {
        200
    }
    # It is this device that remembers, by the user's id.
    await ana.page.reload()
    await ana.join()
    await until("Ana hears Cleo alone after coming again", lambda: ana.hears(cleo))
    await mute_for_me(ana, bo, False)
    await comes_to(ana, bo, as_bo_comes, 6)


async def test_a_loud_voice_at_200_percent_stays_below_full_scale(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await bo.page.evaluate("globalThis.voice.loudness = 0.95")
    # So loud a tone is seen a little in its neighbours' places, too.
    await ana.page.evaluate("globalThis.ear.THRESHOLD = 0.15")
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    as_bo_comes = await as_they_come(ana, bo)
    assert as_bo_comes > 0.7
    await set_volume(ana, bo, 200)

    async def louder() -> bool:
        return await loudness(ana, bo) > as_bo_comes * 1.05

    await until("Bo is louder", louder)
    await ana.page.evaluate("globalThis.ear.peak = 0")
    await ana.page.wait_for_timeout(2000)
    peak = float(await ana.page.evaluate("globalThis.ear.peak"))
    print(f"\nlargest sample at 200 % of an amplitude of {as_bo_comes:.2f}: {peak:.3f}")
    assert 0.9 < peak < 1


async def test_where_webaudio_is_refused_200_percent_is_heard_as_100_and_the_range_says_so(
    stage: Stage,
) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.page.context.add_init_script(
        "AudioContext.prototype.createMediaStreamSource = () => { throw new DOMException('no'); };"
    )
    await ana.page.reload()
    await ana.join()
    await bo.join()
    await all_hear_each_other([ana, bo])
    as_bo_comes = await as_they_come(ana, bo)
    await set_volume(ana, bo, 200)
    await until("the range says so", lambda: ana.events("volumerange"))
    assert (await ana.events("volumerange"))[-1]["max"] == 100
    await comes_to(ana, bo, as_bo_comes, 0)

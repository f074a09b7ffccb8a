"""The sounds of a room, as they leave the page: heard when on, soft beside words, not heard when off."""

from __future__ import annotations

from typing import Any

from tests.browser.harness import Person, Stage, all_hear_each_other, until

LISTEN = """
globalThis.sounds = [];
const { play } = HTMLMediaElement.prototype;
const analysers = new WeakMap();
HTMLMediaElement.prototype.play = function () {
  if (this.src.startsWith("blob:") && !this.loop) {
    const sound = { volume: this.volume, peak: 0, over: false };
    globalThis.sounds.push(sound);
    this.addEventListener("ended", () => { sound.over = true; }, { once: true });
    const context = globalThis.__listening ??= new AudioContext();
    if (!analysers.has(this)) {
      analysers.set(this, context.createAnalyser());
      // What comes from the element is as loud as its volume says.
      context.createMediaElementSource(this).connect(analysers.get(this)).connect(context.destination);
    }
    const samples = new Float32Array(2048);
    const look = () => {
      analysers.get(this).getFloatTimeDomainData(samples);
      sound.peak = Math.max(sound.peak, ...samples.map(Math.abs));
      if (!this.ended && !this.paused) setTimeout(look, 20);
    };
    setTimeout(look, 20);
  }
  return play.call(this);
};
"""
"""What runs before the page's scripts: an ear at what plays a file of its own."""


async def sounds(person: Person) -> list[dict[str, Any]]:
    """List the sounds that were audible, with the volume at their beginning and their loudest sample."""
    heard: list[dict[str, Any]] = await person.page.evaluate(
        "globalThis.sounds.filter(({ peak }) => peak > 0.005)"
    )
    return heard


async def quiet_again(person: Person) -> bool:
    """Whether no sound plays: while one does, the next that concerns others is left out."""
    return all(sound["over"] for sound in await sounds(person))


async def heard_since(person: Person, before: int) -> list[dict[str, Any]]:
    return (await sounds(person))[before:]


async def test_a_sound_tells_who_comes_soft_beside_words_and_not_when_it_is_off(stage: Stage) -> None:
    ana, bo, cleo, dee = await stage.sea("Ana", "Bo", "Cleo", "Dee")
    await ana.page.context.add_init_script(LISTEN)
    await ana.page.reload()
    await ana.join()
    assert await sounds(ana) == []
    # Bo comes muted, so no word of his is beside the sound.
    await bo.click_voice()
    await bo.page.keyboard.press("m")
    await until("Bo is seated", bo.joined)
    assert await bo.page.evaluate("globalThis.seen.room.muted")
    await until("Ana hears the sound of Bo's coming", lambda: heard_since(ana, 0))
    await bo.page.keyboard.press("m")
    await all_hear_each_other([ana, bo])
    await until("the sound of Bo's coming is over", lambda: quiet_again(ana))
    # Bo speaks without a pause.
    await cleo.join()
    await until("Ana hears the sound of Cleo's coming", lambda: heard_since(ana, 1))
    await all_hear_each_other([ana, bo, cleo])
    await until("the sound of Cleo's coming is over", lambda: quiet_again(ana))
    alone, beside = await sounds(ana)
    print(f"\nloudest sample of a sound: {alone['peak']:.3f} at first, {beside['peak']:.3f} beside words")
    assert alone["volume"] == 0.6
    assert abs(beside["volume"] - 0.12) < 0.001
    assert 0.005 < beside["peak"] < 0.04
    await ana.page.evaluate("globalThis.seen.room.sounds.choose('leave', false)")
    await cleo.leave()
    await until("Ana hears Bo alone", lambda: ana.hears(bo))
    await ana.page.evaluate("globalThis.seen.room.deafen()")
    await dee.join()
    await until("Dee is here", lambda: _names(ana, "Ana", "Bo", "Dee"))
    await ana.page.wait_for_timeout(600)
    # Neither was heard; but that one speaks while muted concerns oneself.
    later = await heard_since(ana, 2)
    assert len(later) <= 1
    await until("Ana is told that she is muted", lambda: heard_since(ana, 2), seconds=6)


async def _names(person: Person, *names: str) -> bool:
    return await person.names() == list(names)


async def test_where_webaudio_is_missing_the_sounds_are_there_all_the_same(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await ana.page.context.add_init_script(
        "globalThis.__listening = new AudioContext(); delete globalThis.AudioContext;" + LISTEN
    )
    await ana.page.reload()
    await ana.join()
    await bo.join()
    await until("Ana hears the sound of Bo's coming", lambda: heard_since(ana, 0))

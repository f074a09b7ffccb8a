"""Microphones and speakers changed, pulled out and plugged in during a call, as the other one hears it."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import need
from tests.browser.firefox import sound_server
from tests.browser.harness import Person, Stage, all_hear_each_other, chromium, until
from tests.process import Server

RATE = 48000
HOT_PLUG = """
globalThis.plugged = [
  { kind: "audioinput", deviceId: "default", groupId: "inside", label: "Default" },
  { kind: "audioinput", deviceId: "headset", groupId: "bt-1", label: "Headset" },
];
globalThis.TONE_OF = { default: 500, headset: 700 };
navigator.mediaDevices.enumerateDevices = async () => structuredClone(globalThis.plugged);
navigator.mediaDevices.getUserMedia = async ({ audio }) => {
  // Opening a device takes its time.
  await new Promise((open) => setTimeout(open, 250));
  const id = audio?.deviceId?.exact ?? "default";
  const found = globalThis.plugged.find(({ deviceId }) => deviceId === id);
  if (!found && audio?.deviceId) throw new OverconstrainedError("deviceId");
  if (!found) throw new DOMException("none", "NotFoundError");
  const stream = globalThis.voice.speak(globalThis.TONE_OF[id]);
  const [track] = stream.getAudioTracks();
  track.getSettings = () => ({ deviceId: id, groupId: found.groupId });
  globalThis.microphone = track;
  return stream;
};
globalThis.plug = (devices) => {
  globalThis.plugged = devices;
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
};
globalThis.pullOut = (devices) => {
  globalThis.microphone.stop();
  globalThis.microphone.dispatchEvent(new Event("ended"));
  globalThis.plug(devices);
};
"""
"""What runs before the page's scripts: devices that a test plugs and pulls, each with a tone of its own."""


async def choose_microphone(person: Person, device: dict[str, str] | None) -> None:
    await person.page.evaluate("device => globalThis.seen.room.devices.chooseMicrophone(device)", device)


async def silence_of_both(listener: Person, tones: tuple[int, int], since: int) -> float:
    """Give the longest time in which neither of two tones was heard, in ms."""
    return float(
        await listener.page.evaluate(
            """([tones, since]) => {
              const rows = tones.map((tone) => globalThis.ear.levels.get(tone) ?? []);
              let longest = 0, run = 0;
              for (let at = since; at <= globalThis.ear.last; at++) {
                run = rows.some((row) => (row[at] ?? 0) > globalThis.ear.THRESHOLD) ? 0 : run + 1;
                longest = Math.max(longest, run);
              }
              return longest * 1024 / globalThis.ear.ctx.sampleRate * 1000;
            }""",
            [list(tones), since],
        )
    )


async def hears_tone(listener: Person, tone: int) -> bool:
    # While one gives way to the other, both are heard from one element.
    return bool(await listener.page.evaluate("globalThis.ear.now()") == [[tone]])


async def said(person: Person) -> list[str]:
    """List what the microphone told, in order."""
    return [status["code"] for status in await person.events("microphone")]


async def in_a_call(stage: Stage) -> tuple[Person, Person]:
    """Bring Ana, whose devices can be plugged and pulled, and Bo, who listens to her, into a call."""
    bo = await stage.person("Bo", tone=900)
    ana = await stage.person("Ana", tone=500)
    await ana.page.context.add_init_script(HOT_PLUG)
    await bo.open_sea()
    await ana.come(await bo.invite())
    await ana.page.reload()
    await bo.join()
    await ana.join()
    await until("Bo hears Ana", lambda: hears_tone(bo, 500))
    return ana, bo


async def test_another_microphone_is_heard_without_a_gap(stage: Stage) -> None:
    ana, bo = await in_a_call(stage)
    since = await bo.mark()
    await choose_microphone(ana, {"id": "headset", "label": "Headset"})
    await until("Bo hears the headset", lambda: hears_tone(bo, 700))
    gap = await silence_of_both(bo, (500, 700), since)
    print(f"\nlongest gap while the microphone was changed: {gap:.0f} ms")
    assert gap < 300
    assert await ana.page.evaluate("globalThis.voice.tracks.filter(t => t.readyState === 'live').length") <= 2


async def test_other_processing_is_heard_without_a_gap_and_music_reaches_96_kbit(stage: Stage) -> None:
    ana, bo = await in_a_call(stage)
    since = await bo.mark()
    await ana.page.evaluate("globalThis.seen.room.devices.process({ music: true })")
    rate = """async () => {
      const [connection] = globalThis.seen.connections.filter((c) => c.connectionState === "connected");
      return connection.getSenders()[0].getParameters().encodings[0].maxBitrate;
    }"""
    await until("96 kbit/s are allowed", lambda: _is(ana, rate, 96_000))
    await ana.page.wait_for_timeout(1000)
    assert await bo.gap(ana, since) < 300
    await ana.page.evaluate("globalThis.seen.room.devices.process({ music: false })")
    await until("40 kbit/s are allowed again", lambda: _is(ana, rate, 40_000))


async def _is(person: Person, expression: str, wanted: Any) -> bool:
    return bool(await person.page.evaluate(expression) == wanted)


async def test_a_headset_pulled_out_changed_and_plugged_in_again_never_ends_the_call(stage: Stage) -> None:
    ana, bo = await in_a_call(stage)
    inside = {"kind": "audioinput", "deviceId": "default", "groupId": "inside", "label": "Default"}
    headset = {"kind": "audioinput", "deviceId": "headset", "groupId": "bt-2", "label": "Headset"}
    await choose_microphone(ana, {"id": "headset", "label": "Headset"})
    await until("Bo hears the headset", lambda: hears_tone(bo, 700))
    await ana.page.evaluate("inside => globalThis.pullOut([inside])", inside)
    await until("Bo hears the default", lambda: hears_tone(bo, 500), seconds=4)
    assert (await said(ana))[-1] == "device-gone"
    # Back, with another profile, and so in another group.
    await ana.page.evaluate("devices => globalThis.plug(devices)", [inside, headset])
    await until("Bo hears the headset again", lambda: hears_tone(bo, 700), seconds=4)
    assert (await said(ana))[-1] == "returned"
    # The profile changes under the same id: the old track is of the former shape, and opened anew.
    opened = len(await ana.page.evaluate("globalThis.voice.tracks.map(t => t.id)"))
    await ana.page.evaluate("devices => globalThis.plug(devices)", [inside, {**headset, "groupId": "bt-3"}])
    await until(
        "it is opened anew",
        lambda: _is(ana, f"globalThis.voice.tracks.length > {opened}", True),
        seconds=4,
    )
    await until("Bo hears the headset still", lambda: hears_tone(bo, 700), seconds=4)
    # Nothing is there at all for a moment.
    await ana.page.evaluate("globalThis.pullOut([])")
    await until("Bo hears nobody", lambda: bo.hears(), seconds=4)
    await ana.page.evaluate("inside => globalThis.plug([inside])", inside)
    await until("Bo hears the default again", lambda: hears_tone(bo, 500), seconds=4)
    assert await ana.joined()
    assert [state["state"] for state in await ana.events("state")] == ["joining", "joined"]


async def test_whoever_means_to_listen_only_is_never_asked_for_a_microphone(stage: Stage) -> None:
    ana, bo = await stage.sea("Ana", "Bo")
    await bo.page.check("#id_listen_only")
    await ana.join()
    await bo.join()
    await until("Bo hears Ana", lambda: bo.hears(ana))
    assert await bo.page.evaluate("globalThis.voice.asked") == 0
    assert (await bo.people())[0]["doing"] == "listening only: by choice"
    assert await bo.page.locator(".notices").get_by_text("You listen only, as you chose.").is_visible()
    # As the others see it; and hearing nobody for a while asks for no microphone.
    for _ in range(2):
        for mute in ("#id_voice_btn", ".call-bar [aria-keyshortcuts=m]"):
            assert await bo.page.get_attribute(mute, "aria-pressed") == "true", mute
        assert (await bo.page.title()).startswith("🔇 ")
        await bo.page.keyboard.press("d")
        await bo.page.keyboard.press("d")
    assert await bo.page.evaluate("globalThis.voice.asked") == 0
    # Another day, and another mind, before the call and in it.
    await bo.page.reload()
    await until("the box shows what was chosen", lambda: bo.page.is_checked("#id_listen_only"))
    await bo.page.uncheck("#id_listen_only")
    await bo.join()
    await all_hear_each_other([ana, bo])
    await bo.leave()
    await bo.page.check("#id_listen_only")
    await bo.join()
    # Unmuting by the bar opens no microphone: it leads to what does.
    await bo.page.locator(".call-bar").get_by_role("button", name="Mute").click()
    await bo.page.get_by_text("there is nothing to unmute").wait_for()
    assert await bo.page.evaluate("document.activeElement.textContent") == "Use the microphone"
    await bo.page.keyboard.press("Enter")
    await all_hear_each_other([ana, bo])
    await bo.leave()
    assert not await bo.page.is_checked("#id_listen_only")


@pytest.mark.slow
async def test_the_check_lets_one_choose_a_microphone_and_hear_a_sample_that_stays_on_the_page(
    stage: Stage,
) -> None:
    ana = await stage.person("Ana")
    await ana.page.context.add_init_script(HOT_PLUG)
    asked: list[str] = []
    await ana.go("/check/")
    await ana.page.click("#id_devices_start")
    await ana.page.wait_for_selector("#id_microphone")
    await ana.page.select_option("#id_microphone", label="Headset")
    await until(
        "its level is shown",
        lambda: _is(ana, "document.querySelector('#id_devices meter').value > -40", True),
    )
    ana.page.on("request", lambda request: asked.append(request.url))
    await ana.page.evaluate(
        """() => {
          globalThis.played = [];
          const { play } = HTMLMediaElement.prototype;
          HTMLMediaElement.prototype.play = function () {
            this.addEventListener("ended", () => globalThis.played.push(this.duration));
            return play.call(this);
          };
        }"""
    )
    await ana.page.get_by_role("button", name="Record a sample").click()
    await until("the sample is played", lambda: _is(ana, "globalThis.played.length", 1))
    assert [url for url in asked if not url.startswith("blob:") and not url.endswith("/icon.svg")] == []
    await ana.page.get_by_role("button", name="Play a test sound").click()
    await until("the test sound is played", lambda: _is(ana, "globalThis.played.length", 2))
    await ana.open_sea()
    await ana.join()
    used = "globalThis.microphone?.getSettings().deviceId"
    await until("the chosen one is used in the call", lambda: _is(ana, used, "headset"))


@asynccontextmanager
async def two_microphones(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Run a sound server with two microphones, into which two tones are played; gives the environment."""
    async with sound_server(folder) as sound:
        players = []
        for name, tone in (("one", 500), ("two", 700)):
            sink = f"sink_name={name} rate={RATE} channels=1"
            label = f"source_properties=device.description=Mic-{name}"
            source = f"source_name=mic_{name} master={name}.monitor {label}"
            for module in (f"module-null-sink {sink}", f"module-remap-source {source}"):
                await _pactl(sound, "load-module", *module.split(" "))
            players.append(await _play(sound, name, tone))
        await _pactl(sound, "set-default-source", "mic_one")
        try:
            yield sound
        finally:
            for player in players:
                player.cancel()


async def _pactl(sound: dict[str, str], *arguments: str) -> str:
    """Tell the sound server something; gives its answer: of a module that is loaded, the number."""
    process = await asyncio.create_subprocess_exec(
        "pactl", *arguments, env=sound, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    assert process.returncode == 0, arguments
    return answer.decode().strip()


async def _play(sound: dict[str, str], sink: str, tone: int) -> asyncio.Task[None]:
    process = await asyncio.create_subprocess_exec(
        *(
            "pacat",
            f"--device={sink}",
            f"--rate={RATE}",
            "--channels=1",
            "--format=s16le",
            "--latency-msec=50",
        ),
        stdin=asyncio.subprocess.PIPE,
        env=sound,
    )
    second = array("h", (int(9000 * math.sin(2 * math.pi * tone * at / RATE)) for at in range(RATE)))

    async def feed() -> None:
        assert process.stdin is not None
        try:
            while True:
                process.stdin.write(second.tobytes())
                await process.stdin.drain()
        finally:
            process.kill()
            await process.wait()

    return asyncio.create_task(feed())


@pytest.mark.long
async def test_real_microphones_are_changed_without_a_gap(server: Server, tmp_path: Path) -> None:
    need("pactl", "pulseaudio-utils")
    async with (
        two_microphones(tmp_path) as sound,
        chromium(sound=sound) as browser,
        Stage(server, lent=browser) as stage,
    ):
        bo = await stage.person("Bo", tone=900)
        ana = await stage.person("Ana", tone=500)
        await ana.page.context.add_init_script(
            "if (globalThis.voice.real) navigator.mediaDevices.getUserMedia = globalThis.voice.real;"
        )
        await bo.open_sea()
        await ana.come(await bo.invite())
        await ana.page.reload()
        # What is played here is a tone, which noise suppression would take for noise.
        await ana.page.evaluate(
            """localStorage.setItem("meshvoice:processing", JSON.stringify(
              { echoCancellation: false, noiseSuppression: false, autoGainControl: false }))"""
        )
        await ana.page.reload()
        await bo.join()
        await ana.join()
        await until("Bo hears the first microphone", lambda: hears_tone(bo, 500))
        lists = await ana.page.evaluate(
            """async () => (await globalThis.seen.room.devices.list()).microphones
              .map(({ deviceId, label }) => ({ id: deviceId, label }))"""
        )
        other = next(device for device in lists if "two" in device["label"])
        await bo.page.wait_for_timeout(1000)
        since = await bo.mark()
        await choose_microphone(ana, other)
        await until("Bo hears the second microphone", lambda: hears_tone(bo, 700))
        gap = await silence_of_both(bo, (500, 700), since)
        print(f"\nlongest gap while a real microphone was changed: {gap:.0f} ms")
        assert gap < 300
        assert stage.problems == []


async def tone_at(sound: dict[str, str], sink: str, tone: int) -> float:
    """Give the amplitude, 0 to 1, of a tone that comes out at a speaker within the next half second."""
    process = await asyncio.create_subprocess_exec(
        *("parec", f"--device={sink}.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le"),
        "--latency-msec=20",
        stdout=asyncio.subprocess.PIPE,
        env=sound,
    )
    assert process.stdout is not None
    try:
        heard = array("h", await process.stdout.readexactly(RATE))
    finally:
        process.kill()
        await process.wait()
    turns = [2 * math.pi * tone * at / RATE for at in range(len(heard))]
    across = sum(value * math.cos(turn) for value, turn in zip(heard, turns, strict=True))
    along = sum(value * math.sin(turn) for value, turn in zip(heard, turns, strict=True))
    return 2 * math.hypot(across, along) / len(heard) / 32768


@pytest.mark.long
async def test_a_voice_comes_out_at_the_speaker_that_is_chosen(server: Server, tmp_path: Path) -> None:
    """A real one, as far as the browser can tell; and at the usual one again where that is unplugged."""
    need("pactl", "pulseaudio-utils")
    async with sound_server(tmp_path) as sound:
        plugged = {}
        for name in ("one", "two"):
            label = f"sink_properties=device.description=Speaker-{name}"
            plugged[name] = await _pactl(
                sound, "load-module", "module-null-sink", f"sink_name={name}", f"rate={RATE}", label
            )
        await _pactl(sound, "set-default-sink", "one")
        async with chromium(sound=sound) as browser, Stage(server, lent=browser) as stage:
            bo, ana = await stage.person("Bo", tone=900), await stage.person("Ana", tone=500)
            await bo.open_sea()
            await ana.come(await bo.invite())
            await bo.join()
            await ana.join()

            async def at(speaker: str) -> bool:
                heard = [name for name in plugged if await tone_at(sound, name, 900) > 0.005]
                return heard == [speaker]

            # Bo hears Ana alone: his own tone comes out for her.
            await until("Bo is heard at the usual speaker", lambda: at("one"))
            speakers = await ana.page.evaluate(
                """async () => (await globalThis.seen.room.devices.list()).speakers
                  .map(({ deviceId, label }) => ({ id: deviceId, label }))"""
            )
            other = next(speaker for speaker in speakers if "two" in speaker["label"])
            await ana.page.evaluate("device => globalThis.seen.room.devices.chooseSpeaker(device)", other)
            await until("Bo is heard at the other speaker alone", lambda: at("two"))
            await _pactl(sound, "unload-module", plugged.pop("two"))
            await until("Bo is heard at the usual one again", lambda: at("one"))
            assert stage.problems == []

// @ts-check
// The sounds of a room: which are heard, how loud, and never over somebody's words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FIRST, LINKING } from "../../static/voice/call/afterwards.js";
import { VoiceRoom } from "../../static/voice-mesh.js";
import { playOnce } from "../../static/voice/audio/play-once.js";
import { record } from "../../static/voice/audio/sample.js";
import { SoundChoices } from "../../static/voice/audio/sound-choices.js";
import { Sounds } from "../../static/voice/audio/sounds.js";
import { TUNES, render, soundOf } from "../../static/voice/audio/tunes.js";
import { RATE, wave } from "../../static/voice/audio/wave.js";
import { REMOVED } from "../../static/voice/signaling/codes.js";
import { Store } from "../../static/voice/store.js";
import { FakePlatform, FakeTrack, present, seatBesideBo, settle, welcome } from "./fake-platform.js";

/** @typedef {import("../../static/voice/audio/sounds.js").Sound} Sound */

/** @param {(platform: FakePlatform) => void} [prepare] */
function sounds(prepare = () => {}) {
  const platform = new FakePlatform();
  prepare(platform);
  const choices = new SoundChoices(new Store());
  const it = new Sounds(choices, platform);
  it.prepare();
  const element = /** @type {any} */ (platform.audios[0]);
  element.onended();
  const before = element.src;
  /** Whether it is heard. @param {Sound} sound */
  const heard = (sound) => {
    element.src = before;
    it.play(sound);
    const plays = element.src !== before;
    if (plays) element.onended();
    return plays;
  };
  return { it, choices, platform, element, heard };
}

test("each tune begins and ends softly, is short, and stays far below full scale even where notes overlap", () => {
  for (const [name, notes] of Object.entries(TUNES)) {
    const samples = render(notes);
    assert.ok(samples.length / RATE <= 1.1, name);
    assert.ok(samples.every((x) => Math.abs(x) <= 0.5), name);
    assert.ok(Math.max(...samples) > 0.1, name);
    assert.ok(samples.slice(0, RATE / 1000).every((x) => Math.abs(x) < 0.03), name);
    assert.deepEqual([Math.abs(samples[0]) < 0.01, Math.abs(samples[samples.length - 1]) < 0.01], [true, true], name);
  }
});

test("no note is one by which the tests know a person", () => {
  const tones = [500, 700, 900, 1100, 1300, 1500, 1700, 1900];
  assert.ok(Object.values(TUNES).flat().every(([, frequency]) => tones.every((tone) => Math.abs(tone - frequency) >= 100)));
});

test("samples become a file of 16 bits that says its length and rate", async () => {
  const view = new DataView(await wave(Float32Array.of(0, 1, -1, 2)).arrayBuffer());
  assert.deepEqual([view.byteLength, view.getUint32(24, true), view.getUint32(40, true)], [52, RATE, 8]);
  assert.deepEqual([44, 46, 48, 50].map((at) => view.getInt16(at, true)), [0, 32767, -32767, 32767]);
});

test("a sound is heard when it is on, not when it is off or the volume is none", () => {
  const { choices, heard } = sounds();
  assert.ok(choices.all.every((sound) => heard(sound)));
  choices.choose("join", false);
  assert.deepEqual([heard("join"), heard("leave")], [false, true]);
  choices.choose("join", true);
  choices.volume = 0;
  assert.equal(heard("join"), false);
});

test("the volume is common to all, and much lower while somebody speaks, also in the middle of a sound", () => {
  const { it, choices, element } = sounds();
  choices.volume = 50;
  it.play("join");
  assert.equal(element.volume, 0.5);
  it.speaking = true;
  assert.equal(element.volume, 0.1);
  it.speaking = false;
  assert.equal(element.volume, 0.5);
});

test("a device that lets no page set a volume hears no sound over somebody's words", () => {
  const { it, heard } = sounds((platform) => {
    const { createAudio } = platform;
    platform.createAudio = () => Object.defineProperty(createAudio(), "volume", { get: () => 1, set: () => {} });
  });
  it.speaking = true;
  assert.equal(heard("join"), false);
  it.speaking = false;
  assert.equal(heard("join"), true);
});

test("while deafened only what concerns oneself is heard", () => {
  const { it, choices, heard } = sounds();
  it.deafened = true;
  assert.deepEqual(choices.all.filter(heard), ["lost", "back", "removed", "muted"]);
});

test("many who come at once make one sound, and what concerns oneself comes first", () => {
  const { it, element } = sounds();
  it.play("join");
  const { src } = element;
  it.play("join");
  it.play("leave");
  assert.equal(element.src, src);
  it.play("lost");
  assert.notEqual(element.src, src);
});

test("a sound that takes the place of another before that began is no less heard to its end", async () => {
  const { it, element } = sounds();
  element.play = async () => { throw Object.assign(new Error("a new load"), { name: "AbortError" }); };
  it.play("join");
  delete element.play;
  it.play("removed");
  await settle();
  it.close();
  assert.equal(element.paused, false);
});

test("a sound that the system pauses, or that fails in the middle, silences none after it", () => {
  const { it, element, heard } = sounds();
  it.play("join");
  element.paused = true;
  element.onpause();
  assert.equal(heard("leave"), true);
  it.play("join");
  Object.assign(element, { paused: false, error: { code: 3 } });
  element.onerror();
  assert.equal(heard("leave"), true);
});

test("the late word of a sound that another replaced ends nothing", () => {
  const { it, element, heard } = sounds();
  it.play("join");
  it.play("lost");
  element.paused = false;
  element.onpause();
  assert.equal(heard("leave"), false);
});

test("a sound that is paused after the end of a call is let go of, too", () => {
  const { it, element, platform } = sounds();
  it.play("removed");
  it.close();
  element.onpause();
  assert.deepEqual([element.paused, platform.urls.size], [true, 0]);
});

test("the end of a call lets a sound end, and then nothing is left", () => {
  const { it, element, platform } = sounds();
  it.play("removed");
  it.close();
  assert.deepEqual([element.paused, platform.urls.size > 0], [false, true]);
  element.onended();
  assert.deepEqual([element.paused, platform.urls.size], [true, 0]);
});

test("nonsense in the storage is no choice", () => {
  const store = new Store(() => ({ getItem: () => '{"a":1}', setItem: () => {} }));
  const choices = new SoundChoices(store);
  assert.deepEqual([choices.volume, choices.isOn("join")], [60, true]);
  const loud = new SoundChoices(new Store(() => ({ getItem: () => "900", setItem: () => {} })));
  assert.equal(loud.volume, 100);
});

/** The names of all tunes by what their files hold. */
const NAMES = Promise.all(Object.keys(TUNES).map(async (tune) => /** @type {[string, string]} */ ([
  Buffer.from(await soundOf(/** @type {Sound} */ (tune)).arrayBuffer()).toString("base64"), tune,
]))).then((pairs) => new Map(pairs));

test("a room tells its sounds: who joins and leaves, the page's own, the server lost and back, being removed", async () => {
  const platform = new FakePlatform();
  const room = new VoiceRoom("mysea-ua", { name: "Ana", store: new Store(), platform });
  const joining = room.join();
  await settle();
  const { socket } = platform;
  seatBesideBo(platform);
  await joining;
  await settle();
  const element = /** @type {any} */ (platform.audios.find((audio) => "onended" in audio));
  /** The sound that began since. */
  const played = async () => {
    const blob = platform.urls.get(element.src);
    element.src = "";
    const { onended } = element;
    onended?.();
    return blob && (await NAMES).get(Buffer.from(await blob.arrayBuffer()).toString("base64"));
  };
  assert.equal(await played(), undefined);
  assert.equal(platform.urls.size, 0);
  await platform.advance(FIRST);
  assert.equal(platform.urls.size, 1, "made before anybody comes");
  socket.say({ ...present("c", "Cleo", 60), type: "hello" });
  assert.equal(await played(), undefined, "their link comes first");
  await platform.advance(LINKING);
  assert.equal(await played(), "join");
  socket.say({ type: "left", source: "c", user: "uc", reason: "left" });
  assert.equal(await played(), "leave");
  room.announce("Dan is at the door.", "knock");
  assert.equal(await played(), "knock");
  room.announce("You are muted.");
  assert.equal(await played(), undefined);
  socket.end(1006);
  await platform.advance(3100);
  assert.equal(await played(), "lost");
  const next = platform.socket;
  next.accept();
  next.seq = socket.seq;
  next.say(welcome({ resumed: true }));
  await settle();
  assert.equal(await played(), "back");
  next.end(REMOVED);
  await settle();
  assert.equal(await played(), "removed");
  assert.deepEqual([room.state, platform.urls.size], ["refused", 0]);
});

/** @param {FakePlatform} platform @param {(recorder: any) => void} [prepare] */
function recorder(platform, prepare = () => {}) {
  /** @type {any[]} */
  const made = [];
  platform.MediaRecorder = /** @type {any} */ (class {
    state = "inactive";
    mimeType = "audio/webm";
    /** @param {any} stream */
    constructor(stream) {
      this.stream = stream;
      made.push(this);
      prepare(this);
    }

    start() {
      this.state = "recording";
    }

    stop() {
      this.state = "inactive";
      /** @type {any} */ (this).ondataavailable({ data: new Blob(["sound"]) });
      /** @type {any} */ (this).onstop();
    }
  });
  platform.emptyStream = () => /** @type {any} */ ({ addTrack() {} });
  return made;
}

test("a sample is three seconds of an enabled clone, which is let go", async () => {
  const platform = new FakePlatform();
  recorder(platform);
  const track = Object.assign(new FakeTrack(), { enabled: false });
  const recording = record(/** @type {any} */ (track), platform);
  assert.deepEqual([track.clones[0].enabled, track.clones[0].readyState], [true, "live"]);
  await platform.advance(3000);
  const sample = await recording;
  assert.deepEqual([sample?.type, await sample?.text(), track.clones[0].readyState, track.readyState], ["audio/webm", "sound", "ended", "live"]);
  assert.equal(platform.timers.size, 0);
});

test("where nothing can be recorded, or it is ended early, there is no sample and nothing live", async () => {
  const track = new FakeTrack();
  assert.equal(await record(/** @type {any} */ (track), new FakePlatform()), null);
  const throwing = new FakePlatform();
  recorder(throwing, () => {
    throw new Error("no");
  });
  assert.equal(await record(/** @type {any} */ (track), throwing), null);
  const stopped = new FakePlatform();
  recorder(stopped);
  const closed = new AbortController();
  const recording = record(/** @type {any} */ (track), stopped, closed.signal);
  closed.abort();
  assert.equal(await recording, null);
  assert.ok(track.clones.every(({ readyState }) => readyState === "ended"));
});

test("a sound played once goes to the speaker that was named, says whether it was heard, and leaves nothing", async () => {
  const platform = new FakePlatform();
  const { createAudio } = platform;
  /** @type {string[]} */
  const sinks = [];
  platform.createAudio = () => Object.assign(createAudio(), { setSinkId: async (/** @type {string} */ id) => {
    if (id === "gone") throw new Error("gone");
    sinks.push(id);
  } });
  const playing = playOnce(new Blob(), { sink: "desk", volume: 0.4 }, platform);
  await settle();
  assert.deepEqual([sinks, platform.audios[0].volume, platform.urls.size], [["desk"], 0.4, 1]);
  /** @type {any} */ (platform.audios[0]).onended();
  assert.deepEqual([await playing, platform.urls.size, platform.audios[0].paused], [true, 0, true]);
  assert.equal(await playOnce(new Blob(), { sink: "gone" }, platform), false);
  assert.equal(platform.urls.size, 0);
});

test("a sound played once is over where the system pauses it", async () => {
  const platform = new FakePlatform();
  let over = false;
  void playOnce(new Blob(), {}, platform).then((heard) => void (over = heard));
  await settle();
  assert.equal(over, false);
  /** @type {any} */ (platform.audios[0]).onpause?.();
  await settle();
  assert.deepEqual([over, platform.urls.size], [true, 0]);
});

test("who knocks talks over nothing that the page says of oneself", async () => {
  const platform = new FakePlatform();
  const room = new VoiceRoom("mysea-ua", { name: "Ana", store: new Store(), platform });
  /** @type {string[]} */
  const said = [];
  room.addEventListener("announce", (event) => said.push(/** @type {CustomEvent} */ (event).detail));
  const joining = room.join();
  await settle();
  const { socket } = platform;
  socket.accept();
  socket.say(welcome());
  socket.say({ type: "pong", t: socket.all("ping")[0].t });
  await joining;
  await platform.advance(4000);
  said.length = 0;
  for (const [sentence, sound] of [["You share a link."], ["Dan is at the door.", "knock"], ["You are muted."]]) room.announce(sentence, /** @type {Sound} */ (sound));
  await platform.advance(4000);
  assert.deepEqual(said, ["You share a link.", "You are muted.", "Dan is at the door."]);
});

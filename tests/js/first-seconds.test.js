// @ts-check
// What is put off until the links are made is there all the same: silence, an AudioContext that runs, and news of devices.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Announcer } from "../../static/voice/session/announcer.js";
import { FakeContext, lend } from "./fake-audio.js";
import { FakePlatform, FakeTrack, seatBesideBo, settle } from "./fake-platform.js";

/** A context whose state is told by tasks, in their order, as the standard has it. */
class SlowContext extends FakeContext {
  /** When the last of them is done. */
  #doneAt = 0;
  /** @param {FakePlatform} platform @param {number} lag ms of each */
  constructor(platform, lag) {
    super();
    this.platform = platform;
    this.lag = lag;
    this.state = "suspended";
  }

  /** @param {string} state @returns {Promise<void>} */
  #comes(state) {
    const now = this.platform.now();
    this.#doneAt = Math.max(this.#doneAt, now + this.lag) + 3;
    return new Promise((resolve) => this.platform.setTimeout(() => {
      if (this.state !== "closed" && this.state !== state) {
        this.state = state;
        this.onstatechange?.();
      }
      resolve();
    }, this.#doneAt - now));
  }

  resume() { return this.#comes("running"); }
  suspend() { return this.#comes("suspended"); }
}

/** @param {FakePlatform} platform @param {number} lag */
function slow(platform, lag) {
  const contexts = lend(platform);
  platform.audioContext = /** @type {any} */ (() => {
    contexts.push(new SlowContext(platform, lag));
    return contexts[contexts.length - 1];
  });
  return contexts;
}

/** @param {FakePlatform} platform @param {(room: VoiceRoom) => void} [choose] */
async function joined(platform, choose = () => {}) {
  const room = new VoiceRoom("mysea-ua", { name: "Ana", platform });
  choose(room);
  room.join().catch(() => {});
  await settle();
  seatBesideBo(platform);
  await platform.advance(100);
  return room;
}

/** What goes out on the links now. @param {FakePlatform} platform */
const sent = ({ links }) => [links.options.track, ...links.named("setTrack").flat()].at(-1);

test("whoever has no microphone and then chooses to listen only goes on being sent as silence", async () => {
  const platform = new FakePlatform();
  const contexts = slow(platform, 20);
  platform.devices.list = [];
  platform.devices.answers.push({ name: "NotFoundError" });
  const room = await joined(platform);
  await platform.advance(5000);
  const silence = /** @type {any} */ (contexts[0].named("out")[0]).track;
  assert.equal(sent(platform), silence);
  room.devices.chooseListening(true);
  await platform.advance(60_000);
  assert.equal(sent(platform), silence);
});

test("a microphone that is refused has silence in its place in the same turn", async () => {
  const platform = new FakePlatform();
  lend(platform);
  /** @type {any} */
  let refuse;
  platform.devices.getUserMedia = () => new Promise((_, reject) => {
    refuse = () => reject(Object.assign(new Error(), { name: "NotAllowedError" }));
  });
  await joined(platform);
  assert.equal(sent(platform), null);
  refuse();
  await settle();
  assert.ok(sent(platform));
});

test("whoever listens only has a context that runs from the click on, which some phones let only that start", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  const room = new VoiceRoom("mysea-ua", { name: "Ana", platform });
  room.devices.chooseListening(true);
  room.join().catch(() => {});
  assert.equal(contexts.length, 1, "in the click itself");
  await settle();
  assert.equal(contexts[0].state, "running");
});

for (const lag of [5, 300]) for (const wait of [lag - 1, lag, lag + 1, lag + 3, lag + 4, lag + 6]) {
  test(`a context runs that is needed ${wait} ms after it was laid to rest, where that takes ${lag} ms`, async () => {
    const platform = new FakePlatform();
    const contexts = slow(platform, lag);
    const graph = new AudioGraph(platform);
    graph.prepare();
    await platform.advance(wait);
    graph.wake();
    await platform.advance(5000);
    assert.equal(contexts[0].state, "running");
  });
}

test("a voice that was made louder is so in the next call, too: it wakes the context", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  await joined(platform, (room) => room.setVolume("ub", 150));
  assert.equal(contexts[0].state, "suspended");
  platform.links.stream("b", /** @type {any} */ ({ id: "s" }));
  await settle();
  assert.equal(contexts[0].state, "running");
});

test("the stronger noise suppression wakes the context before it loads, which one that rests may leave unanswered", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  const make = platform.audioContext;
  platform.audioContext = /** @type {any} */ (() => Object.assign(/** @type {any} */ (make)(), { audioWorklet: { addModule: () => new Promise(() => {}) } }));
  await joined(platform, (room) => room.devices.process({ strongNoiseSuppression: true }));
  assert.equal(contexts[0].state, "running");
});

/** @param {string} kind @param {string} deviceId */
const device = (kind, deviceId) => /** @type {any} */ ({ kind, deviceId, groupId: deviceId, label: deviceId });

test("while the links are made nothing asks to be told of devices; what came meanwhile is seen after them", async () => {
  const platform = new FakePlatform();
  const { devices } = platform;
  devices.list.push(device("audiooutput", "desk"), device("audiooutput", "other"));
  devices.answers.push({ name: "OverconstrainedError" });
  /** @type {string[]} */
  const told = [];
  await joined(platform, (room) => {
    room.devices.chooseMicrophone({ id: "headset", label: "headset" });
    room.devices.chooseSpeaker({ id: "desk", label: "desk" });
    for (const type of ["microphone", "notice"]) room.addEventListener(type, (event) => told.push(/** @type {CustomEvent} */ (event).detail.code));
  });
  assert.deepEqual([told, devices.listeners], [["device-gone"], 0]);
  devices.list = [...devices.list.filter(({ deviceId }) => deviceId !== "desk"), device("audioinput", "headset")];
  devices.dispatchEvent(new Event("devicechange"));
  await platform.advance(5000);
  assert.deepEqual([told.slice(1).sort(), devices.listeners], [["returned", "speaker-gone"], 2]);
});

test("a microphone that is pulled out right after the click gives way to another", async () => {
  const platform = new FakePlatform();
  const room = await joined(platform);
  const [track] = platform.devices.tracks;
  platform.devices.dispatchEvent(new Event("devicechange"));
  track.readyState = "ended";
  track.onended();
  assert.equal(room.silent, true);
  await platform.advance(5000);
  assert.equal(room.silent, false);
});

test("a track that no list knows is a program's own, and one that another program holds is asked for once", async () => {
  const own = new FakePlatform();
  const unknown = await joined(own, () => own.devices.answers.push("pending"));
  const track = new FakeTrack();
  track.settings = { deviceId: "of-a-program", groupId: "" };
  own.devices.prompts[0](track);
  await own.advance(5000);
  assert.deepEqual([unknown.silent, own.devices.asked.length], [false, 1]);
  const busy = new FakePlatform();
  busy.devices.answers.push({ name: "NotReadableError" });
  await joined(busy);
  await busy.advance(5000);
  assert.equal(busy.devices.asked.length, 1);
});

test("a prompt that stands longer than the links leaves what it gives as it is", async () => {
  for (const answer of ["program's own", "busy"]) {
    const platform = new FakePlatform();
    /** @type {any} */
    const prompts = [];
    const { devices } = platform;
    devices.getUserMedia = () => new Promise((resolve, reject) => prompts.push({ resolve, reject }));
    /** @type {string[]} */
    const told = [];
    await joined(platform, (room) => room.addEventListener("microphone", (event) => told.push(/** @type {CustomEvent} */ (event).detail.code)));
    await platform.advance(4000);
    const track = new FakeTrack();
    track.settings = { deviceId: "of-a-program", groupId: "" };
    if (answer === "busy") prompts[0].reject(Object.assign(new Error(), { name: "NotReadableError" }));
    else prompts[0].resolve({ getAudioTracks: () => [track] });
    await platform.advance(4000);
    assert.deepEqual([prompts.length, told], [1, ["asking", answer === "busy" ? "busy" : "ok"]]);
  }
});

test("a microphone that the system mutes in the first moments is not opened anew by the look after the links", async () => {
  const platform = new FakePlatform();
  /** @type {string[]} */
  const told = [];
  await joined(platform, (room) => room.addEventListener("microphone", (event) => told.push(/** @type {CustomEvent} */ (event).detail.code)));
  platform.devices.tracks[0].onmute();
  await platform.advance(5000);
  assert.deepEqual([platform.devices.asked.length, told], [1, ["ok", "interrupted"]]);
});

test("four sentences about oneself that come while links are made are all said", async () => {
  const platform = new FakePlatform();
  /** @type {string[]} */
  const said = [];
  const announcer = new Announcer((sentence) => said.push(sentence), platform);
  announcer.hold();
  for (const sentence of ["one", "two", "three", "four"]) announcer.say(sentence);
  announcer.release();
  await platform.advance(9000);
  assert.deepEqual(said, ["one", "two", "three", "four"]);
});

test("what is to be said while links are made is said after them, with the usual pause between", async () => {
  const platform = new FakePlatform();
  /** @type {[number, string][]} */
  const said = [];
  const began = platform.now();
  const announcer = new Announcer((sentence) => said.push([platform.now() - began, sentence]), platform);
  announcer.hold();
  announcer.say("No microphone.");
  announcer.say("You are in.");
  await platform.advance(1900);
  assert.deepEqual(said, []);
  announcer.release();
  await platform.advance(5000);
  assert.deepEqual(said, [[1900, "No microphone."], [3900, "You are in."]]);
});

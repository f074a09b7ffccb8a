// @ts-check
// The stronger noise suppression: what is sent with it, without it, and where it can't be had.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Devices } from "../../static/voice/audio/devices.js";
import { FRAME, Frames } from "../../static/voice/audio/frames.js";
import { NoiseSuppressor } from "../../static/voice/audio/noise-suppressor.js";
import { Store } from "../../static/voice/store.js";
import { FakeNode, lend } from "./fake-audio.js";
import { FakePlatform, FakeTrack, settle, welcome } from "./fake-platform.js";

globalThis.AudioWorkletNode = /** @type {any} */ (class extends FakeNode {
  /** @type {any[]} */ posted = [];
  port = { onmessage: null, postMessage: (/** @type {any} */ data) => void this.posted.push(data) };
  /** @type {any} */ onprocessorerror = null;
  /** @param {any} context @param {string} name */
  constructor(context, name) {
    context.does("worklet");
    super(context, name);
  }
});

/** @param {import("./fake-audio.js").Faults|null} [faults] */
function suppressing(faults = {}) {
  const platform = new FakePlatform();
  const contexts = faults ? lend(platform, faults) : [];
  const graph = new AudioGraph(platform);
  const it = { platform, graph, contexts, wanted: true, told: /** @type {any[]} */ ([]), suppressor: /** @type {any} */ (null) };
  it.suppressor = new NoiseSuppressor({ graph, wanted: () => it.wanted, platform });
  it.suppressor.on("track", (/** @type {any} */ track) => it.told.push(track));
  it.suppressor.on("failed", (/** @type {string} */ code) => it.told.push(code));
  return it;
}
/** What it gives. @param {import("./fake-audio.js").FakeContext} context */
const outOf = (context) => /** @type {any} */ (context.named("out").at(-1)).track;
const posted = (/** @type {any} */ node) => node.posted;
const breaks = (/** @type {any} */ node) => node.onprocessorerror();
const track = () => /** @type {any} */ (new FakeTrack());
/** @param {any} suppressor @param {any} microphone */
async function take(suppressor, microphone) {
  suppressor.take(microphone);
  await settle();
}

test("where it isn't wanted, nothing is loaded and the microphone itself is sent", async () => {
  const it = suppressing();
  it.wanted = false;
  const microphone = track();
  await take(it.suppressor, microphone);
  assert.deepEqual([it.told, it.contexts.length, microphone.clones.length], [[microphone], 0, 0]);
});

test("the microphone is sent until it is loaded, then what comes out of it, and it hears a clone that stays enabled", async () => {
  const { suppressor, contexts, told, platform } = suppressing();
  const microphone = track();
  suppressor.muted = true;
  microphone.enabled = false;
  suppressor.take(microphone);
  assert.deepEqual(told, [microphone]);
  await settle();
  const [context] = contexts;
  const out = outOf(context);
  assert.deepEqual([told, suppressor.track], [[microphone, out], out]);
  assert.match(context.audioWorklet.modules[0], /\/audio\/noise-worklet\.js$/);
  const [node] = context.named("noise-suppressor");
  assert.ok(context.named("source")[0].to.has(node) && node.to.has(context.named("out")[0]));
  assert.deepEqual([microphone.clones.map((/** @type {any} */ clone) => clone.enabled), out.enabled], [[true], false], "muted always wins");
  suppressor.muted = false;
  assert.deepEqual([out.enabled, platform.timers.size], [true, 0]);
});

test("another microphone takes the place of the one before it, and what is sent stays the same track", async () => {
  const { suppressor, contexts, told } = suppressing();
  const [first, second] = [track(), track()];
  await take(suppressor, first);
  const before = told.length;
  await take(suppressor, second);
  assert.equal(told.length, before);
  const [one, two] = contexts[0].named("source");
  assert.deepEqual([one.to.size, two.to.size, first.clones[0].readyState, contexts[0].named("noise-suppressor").length], [0, 1, "ended", 1]);
  await take(suppressor, null);
  assert.deepEqual([told.at(-1), second.clones[0].readyState], [null, "ended"]);
  await take(suppressor, first);
  assert.equal(told.at(-1), outOf(contexts[0]), "and is there again with the next microphone");
});

test("wanted no more, it ends, and the microphone itself is sent", async () => {
  const it = suppressing();
  const microphone = track();
  await take(it.suppressor, track());
  it.wanted = false;
  await take(it.suppressor, microphone);
  const [node] = it.contexts[0].named("noise-suppressor");
  const out = outOf(it.contexts[0]);
  assert.deepEqual([it.told.at(-1), posted(node), node.to.size, out.readyState], [microphone, ["end"], 0, "ended"]);
  it.wanted = true;
  await take(it.suppressor, microphone);
  it.suppressor.close();
  assert.deepEqual([posted(it.contexts[0].named("noise-suppressor")[1]), it.suppressor.track, it.platform.timers.size], [["end"], null, 0]);
});

for (const faults of [null, { create: "throw" }, { addModule: "throw" }, { worklet: "throw" }, { createMediaStreamDestination: "throw" }, { createMediaStreamSource: "throw" }]) {
  test(`where WebAudio does this, the microphone is sent and it is told: ${JSON.stringify(faults)}`, async () => {
    const { suppressor, told, platform } = suppressing(/** @type {any} */ (faults));
    const microphone = track();
    await take(suppressor, microphone);
    assert.deepEqual([told.at(-1), suppressor.track, platform.timers.size], ["failed", microphone, 0]);
    assert.ok(microphone.clones.every((/** @type {any} */ clone) => clone.readyState === "ended"));
  });
}

test("a sound device that is too narrow is told as one", async () => {
  const { suppressor, contexts, graph, told } = suppressing();
  graph.build(() => {});
  Object.assign(contexts[0], { sampleRate: 16_000 });
  await take(suppressor, track());
  assert.equal(told.at(-1), "rate");
});

test("a context that answers nothing is not waited for", async () => {
  const { suppressor, contexts, graph, told, platform } = suppressing();
  graph.build(() => {});
  contexts[0].audioWorklet.addModule = () => new Promise(() => {});
  await take(suppressor, track());
  await platform.advance(5000);
  assert.equal(told.at(-1), "failed");
});

test("while the context stands still the microphone itself is sent", async () => {
  const { suppressor, contexts, graph, told } = suppressing();
  const microphone = track();
  await take(suppressor, microphone);
  graph.build((context) => context.suspend());
  await settle();
  assert.equal(told.at(-1), microphone);
  graph.resume();
  await settle();
  assert.equal(told.at(-1), outOf(contexts[0]));
});

test("one that breaks is told, and the microphone itself is sent", async () => {
  const { suppressor, contexts, told } = suppressing();
  const microphone = track();
  await take(suppressor, microphone);
  breaks(contexts[0].named("noise-suppressor")[0]);
  assert.deepEqual(told.slice(-2), [microphone, "failed"]);
});

test("closed while it is being loaded, it leaves nothing", async () => {
  const { suppressor, contexts, platform } = suppressing();
  suppressor.take(track());
  suppressor.close();
  await settle();
  assert.deepEqual([contexts[0].named("noise-suppressor").length, platform.timers.size], [0, 0]);
});

test("it stands in for the browser's own noise suppression; with music, or where it fails, it doesn't", () => {
  const platform = new FakePlatform();
  const devices = new Devices(new Store(), platform);
  assert.deepEqual([devices.suppresses, devices.microphone.noiseSuppression], [false, true]);
  devices.process({ strongNoiseSuppression: true });
  assert.deepEqual([devices.suppresses, devices.microphone.noiseSuppression, devices.processing.noiseSuppression], [true, false, true]);
  devices.process({ music: true });
  assert.equal(devices.suppresses, false);
  devices.process({ music: false });
  let asked = 0;
  devices.on("microphone", () => void (asked += 1));
  devices.loseSuppressor("failed");
  assert.deepEqual([devices.suppresses, devices.microphone.noiseSuppression, devices.suppressor, asked], [false, true, "failed", 1]);
  devices.process({ strongNoiseSuppression: true });
  assert.equal(devices.suppresses, true, "who switches it on again tries again");
  platform.hasAudioWorklet = false;
  const without = new Devices(new Store(), platform);
  without.process({ strongNoiseSuppression: true });
  assert.deepEqual([without.suppresses, without.suppressor], [false, "unsupported"]);
});

test("in a call it is what is sent, muted with the microphone, and the call goes on without it where it breaks", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  const room = new VoiceRoom("mysea-ua", { name: "Ana", platform });
  /** @type {string[]} */
  const notices = [];
  room.addEventListener("notice", (event) => notices.push(/** @type {CustomEvent} */ (event).detail.code));
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.socket.say(welcome());
  await joining;
  const sent = () => platform.links.named("setTrack").flat().at(-1);
  room.devices.process({ strongNoiseSuppression: true });
  await settle();
  const out = outOf(contexts[0]);
  assert.equal(sent(), out);
  const asked = platform.devices.asked.at(-1).audio;
  assert.deepEqual([asked.noiseSuppression, asked.echoCancellation], [{ ideal: false }, { ideal: true }]);
  room.deafen();
  assert.equal(out.enabled, false);
  room.undeafen();
  assert.equal(out.enabled, true);
  room.talk.choose("push");
  assert.equal(out.enabled, false);
  room.talk.press();
  assert.equal(out.enabled, true);
  room.talk.choose("open");
  breaks(contexts[0].named("noise-suppressor")[0]);
  await settle();
  const microphone = platform.devices.tracks.at(-1);
  assert.deepEqual([sent(), notices, platform.devices.asked.at(-1).audio.noiseSuppression], [microphone, ["no-strong-noise-suppression-failed"], { ideal: true }]);
  room.leave();
  await settle();
  assert.equal(platform.timers.size, 0);
});

test("what comes in blocks of any size goes through in frames, a frame later and whole", () => {
  for (const size of [128, 1, 441, 1024]) {
    let frames = 0;
    const it = new Frames((frame) => {
      frames += 1;
      for (let i = 0; i < frame.length; i += 1) frame[i] *= 2;
    });
    const all = Array.from({ length: size * 30 }, (_, i) => i + 1);
    const heard = [];
    for (let at = 0; at < all.length; at += size) {
      const output = new Float32Array(size);
      it.pass(Float32Array.from(all.slice(at, at + size)), output);
      heard.push(...output);
    }
    const late = heard.slice(FRAME);
    assert.ok(heard.slice(0, FRAME).every((sample) => sample === 0));
    assert.deepEqual(late, all.slice(0, late.length).map((sample) => sample * 2));
    assert.equal(frames, Math.floor(all.length / FRAME));
  }
});

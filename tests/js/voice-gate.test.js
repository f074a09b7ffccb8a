// @ts-check
// Voice activation hears the one clone of the microphone, or says that it can hear none.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Level } from "../../static/voice/audio/level.js";
import { VoiceGate } from "../../static/voice/audio/voice-gate.js";
import { FIRST } from "../../static/voice/call/afterwards.js";
import { FakeNode, lend } from "./fake-audio.js";
import { FakePlatform, FakeTrack, settle, welcome } from "./fake-platform.js";

globalThis.AudioWorkletNode = /** @type {any} */ (class extends FakeNode {
  /** @type {any[]} */ posted = [];
  port = { onmessage: /** @type {any} */ (null), postMessage: (/** @type {number} */ data) => void this.posted.push(data) };
  /** @param {any} context @param {string} name */
  constructor(context, name) {
    context.does("worklet");
    super(context, name);
  }
});

test("voice activation chosen before the links are made is fed from then on, also when they are", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform, {});
  const room = new VoiceRoom("mysea-ua", { name: "Ana", platform });
  const joining = room.join();
  await settle();
  platform.socket.accept();
  platform.socket.say(welcome());
  platform.socket.say({ type: "pong", t: platform.socket.all("ping")[0].t });
  await joining;
  await settle();
  room.talk.choose("voice");
  await settle();
  const [node] = contexts[0].named("voice-gate");
  const isFed = () => contexts[0].named("source").some(({ to }) => to.has(node));
  assert.equal(isFed(), true);
  await platform.advance(FIRST);
  room.mute();
  room.unmute();
  assert.deepEqual([isFed(), platform.devices.tracks[0].clones.length], [true, 1]);
});

/** @param {import("./fake-audio.js").Faults|null} [faults] */
function gate(faults = {}) {
  const platform = new FakePlatform();
  const contexts = faults ? lend(platform, faults) : [];
  const graph = new AudioGraph(platform);
  const level = new Level(graph, platform);
  const it = new VoiceGate({ graph, level, platform });
  /** @type {string[]} */
  const told = [];
  it.on("loud", (loud) => told.push(loud ? "loud" : "quiet"));
  it.on("deaf", (deaf) => told.push(deaf ? "deaf" : "hears"));
  const track = /** @type {any} */ (new FakeTrack());
  level.listen(track);
  it.listen(track);
  const node = () => /** @type {any} */ (contexts[0]?.named("voice-gate").at(-1));
  return { it, level, graph, platform, contexts, track, told, node };
}

test("it hears the clone that is measured, makes none of its own, and tells what the audio thread tells", async () => {
  const { it, contexts, track, told, node } = gate();
  await settle();
  assert.deepEqual([told, track.clones.length, contexts.length], [["hears"], 1, 1]);
  assert.ok(contexts[0].named("source")[0].to.has(node()));
  it.threshold = -20;
  assert.ok(Math.abs(node().posted.at(-1) - 0.1) < 1e-9);
  node().port.onmessage({ data: true });
  it.listen(null);
  assert.deepEqual([told, contexts[0].named("source")[0].to.has(node()), track.clones[0].readyState], [["hears", "loud", "quiet"], false, "live"]);
});

test("another microphone is heard instead, and the one before it no longer counts", async () => {
  const { it, level, contexts, told, node } = gate();
  await settle();
  const before = node();
  const next = /** @type {any} */ (new FakeTrack());
  level.listen(next);
  it.listen(next);
  await settle();
  before.port.onmessage({ data: true });
  assert.deepEqual([told, contexts[0].named("source")[1].to.has(node())], [["hears", "quiet", "hears"], true]);
});

for (const faults of [null, { create: "throw" }, { createMediaStreamSource: "throw" }, { addModule: "throw" }, { worklet: "throw" }, { connect: "throw" }]) {
  test(`where WebAudio does this it says that it hears none: ${JSON.stringify(faults)}`, async () => {
    const { told, platform } = gate(/** @type {any} */ (faults));
    await settle();
    assert.deepEqual([told, platform.timers.size], [["deaf"], 0]);
  });
}

test("a context that is held back hears none after three seconds, and does once it runs", async () => {
  const { told, platform, contexts } = gate({ resume: "hang" });
  await platform.advance(3000);
  assert.deepEqual(told, ["deaf"]);
  contexts[0].state = "running";
  contexts[0].onstatechange();
  assert.deepEqual(told, ["deaf", "hears"]);
});

/** The system takes the sound, or gives it back. @param {import("./fake-audio.js").FakeContext} context @param {string} state */
function becomes(context, state) {
  context.state = state;
  context.onstatechange();
}

test("a graph that stops in the middle of a call leaves the microphone shut for three seconds, and then open", async () => {
  const { told, platform, contexts } = gate();
  await settle();
  becomes(contexts[0], "suspended");
  await platform.advance(2900);
  assert.deepEqual(told, ["hears"]);
  becomes(contexts[0], "interrupted");
  await platform.advance(100);
  assert.deepEqual(told, ["hears", "deaf"]);
  becomes(contexts[0], "suspended");
  await platform.advance(9000);
  assert.deepEqual(told, ["hears", "deaf"], "told once");
  becomes(contexts[0], "running");
  assert.deepEqual([told, platform.timers.size], [["hears", "deaf", "hears"], 0]);
});

test("a voice in which the graph stopped is told again when it goes on, for the audio thread tells changes alone", async () => {
  const { told, contexts, node } = gate();
  await settle();
  node().port.onmessage({ data: true });
  becomes(contexts[0], "suspended");
  becomes(contexts[0], "running");
  node().port.onmessage({ data: false });
  assert.deepEqual(told, ["hears", "loud", "loud", "hears", "quiet"]);
});

test("a page that slept through a phone call opens no microphone on waking: its sound has three seconds anew", async () => {
  const { told, platform, contexts } = gate();
  await settle();
  becomes(contexts[0], "interrupted");
  platform.time += 60_000;
  await platform.advance(1000);
  becomes(contexts[0], "running");
  await platform.advance(9000);
  assert.deepEqual([told, platform.timers.size], [["hears", "hears"], 0]);
});

test("nothing is told of a graph that stops after the gate was let go", async () => {
  const { it, told, platform, contexts } = gate();
  await settle();
  becomes(contexts[0], "suspended");
  it.close();
  await platform.advance(9000);
  assert.deepEqual([told, platform.timers.size], [["hears", "quiet"], 0]);
});

// @ts-check
// WebAudio is an ornament: whatever it does, one joins, speaks, hears and leaves nothing behind.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Level } from "../../static/voice/audio/level.js";
import { FIRST } from "../../static/voice/call/afterwards.js";
import { MicrophoneCheck } from "../../static/voice/check/microphone-check.js";
import { lend } from "./fake-audio.js";
import { FakePlatform, FakeTrack, seatBesideBo, settle } from "./fake-platform.js";

/** @typedef {import("./fake-audio.js").Faults} Faults */

/** Each fault, and whether the level of the microphone is known all the same. @type {[Faults, boolean][]} */
const FAULTS = [
  [{}, true],
  ...["create", "createAnalyser", "createMediaStreamSource", "connect", "getFloatTimeDomainData"].map((member) => (
    /** @type {[Faults, boolean]} */ ([{ [member]: "throw" }, false]))),
  ...["createMediaStreamDestination", "createConstantSource", "start", "disconnect"].map((member) => (
    /** @type {[Faults, boolean]} */ ([{ [member]: "throw" }, true]))),
  ...["throw", "reject", "hang"].map((how) => /** @type {[Faults, boolean]} */ ([{ resume: how }, false])),
  ...["throw", "reject", "hang"].map((how) => /** @type {[Faults, boolean]} */ ([{ close: how }, true])),
];
/** @param {Faults} faults */
const name = (faults) => Object.entries(faults).map((pair) => pair.join(" ")).join(", ") || "nothing";

/** @param {FakeTrack[]} tracks */
const live = (tracks) => tracks.flatMap((track) => [track, ...track.clones]).filter(({ readyState }) => readyState === "live").length;

for (const [faults, measured] of FAULTS) {
  test(`where an AudioContext does this: ${name(faults)}, one joins, speaks, mutes and leaves nothing live`, async () => {
    const platform = new FakePlatform();
    lend(platform, faults);
    const room = new VoiceRoom("mysea-ua", { name: "Ana", platform });
    const joining = room.join();
    await settle();
    seatBesideBo(platform);
    await joining;
    await settle();
    const [microphone] = platform.devices.tracks;
    const sent = [platform.links.options.track, ...platform.links.named("setTrack").flat()];
    assert.equal(sent[sent.length - 1], microphone);
    assert.equal(room.level(), null);
    await platform.advance(FIRST);
    assert.equal(room.level() !== null, measured);
    room.mute();
    room.unlock();
    platform.document.dispatchEvent(new Event("visibilitychange"));
    await platform.advance(2000);
    room.leave();
    await settle();
    assert.equal(live(platform.devices.tracks), 0);
    assert.equal(platform.timers.size, 0);
  });
}

test("a context that fails only the second time costs no more than one that never does", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform, { create: "throw" }, (at) => at > 0);
  const graph = new AudioGraph(platform);
  const level = new Level(graph, platform);
  for (const _ of [1, 2, 3]) level.listen(/** @type {any} */ (new FakeTrack()));
  assert.deepEqual([contexts.length, level.now() !== null], [1, true]);
});

test("a microphone that can't be measured at first is when it comes anew", () => {
  const platform = new FakePlatform();
  const [faults, track] = [/** @type {Faults} */ ({ createMediaStreamSource: "throw" }), new FakeTrack()];
  lend(platform, faults);
  const level = new Level(new AudioGraph(platform), platform);
  level.listen(/** @type {any} */ (track));
  assert.deepEqual([level.now(), live([track]) - 1], [null, 0]);
  delete faults.createMediaStreamSource;
  level.listen(/** @type {any} */ (track));
  assert.ok(level.now());
});

test("the level comes from one enabled clone, muted or not, and the one before it is stopped", () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  const level = new Level(new AudioGraph(platform), platform);
  const tracks = [new FakeTrack(), new FakeTrack()];
  tracks[0].enabled = false;
  for (const track of tracks) level.listen(/** @type {any} */ (track));
  assert.deepEqual(tracks.map(({ clones }) => clones.map(({ readyState, enabled }) => [readyState, enabled])), [[["ended", true]], [["live", true]]]);
  assert.ok(Math.abs((level.now() ?? 0) - 0.2) < 1e-6);
  level.close();
  assert.deepEqual([level.now(), live(tracks), contexts[0].named("source")[1].to.size], [null, 2, 0]);
});

test("a context that is held back tells no level, which is not the same as silence", () => {
  const platform = new FakePlatform();
  const contexts = lend(platform, { resume: "hang" });
  const level = new Level(new AudioGraph(platform), platform);
  level.listen(/** @type {any} */ (new FakeTrack()));
  assert.equal(level.now(), null);
  contexts[0].state = "running";
  assert.ok(level.now());
});

test("whoever listens is told when the context runs and when it is taken away", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  const graph = new AudioGraph(platform);
  /** @type {boolean[]} */
  const told = [];
  graph.on("running", (running) => told.push(running));
  graph.build((context) => context.suspend());
  await settle();
  graph.resume();
  await settle();
  assert.deepEqual(told, [false, true]);
  graph.close();
  assert.deepEqual([graph.build(() => 1), contexts.length], [null, 1]);
});

/** @param {Faults|null} faults @param {number} [loudness] @returns {Promise<[string, string]>} */
async function checked(faults, loudness = 0.2) {
  const platform = new FakePlatform();
  const contexts = faults ? lend(platform, faults) : [];
  const check = new MicrophoneCheck(platform);
  check.open();
  await settle();
  for (const context of contexts) context.loudness = loudness;
  await platform.advance(10_000);
  const { status, words } = await check.verdict;
  check.close();
  assert.deepEqual([live(platform.devices.tracks), platform.timers.size], [0, 0]);
  return [status, words];
}

test("the check says that a voice comes in, or that none does, only where it could tell", async () => {
  assert.deepEqual(await checked({}), ["ok", "Your voice comes in."]);
  const [status, words] = await checked({}, 0);
  assert.deepEqual([status, /on, but silent/.test(words)], ["notice", true]);
  for (const faults of /** @type {(Faults|null)[]} */ ([null, { create: "throw" }, { createMediaStreamSource: "throw" }, { resume: "hang" }, { getFloatTimeDomainData: "throw" }])) {
    const [status, words] = await checked(faults);
    assert.deepEqual([status, /Your microphone is on, but this browser can't show/.test(words)], ["notice", true], JSON.stringify(faults));
  }
});

test("a context that was made in the click rests until somebody needs it to run, and what the system took is not taken back unasked", async () => {
  const platform = new FakePlatform();
  const contexts = lend(platform);
  const graph = new AudioGraph(platform);
  for (const _ of [1, 2]) graph.prepare();
  await settle();
  assert.deepEqual([contexts.length, graph.running], [1, false]);
  graph.wake();
  await settle();
  assert.equal(graph.running, true);
  await contexts[0].suspend();
  graph.wake();
  graph.prepare();
  await settle();
  assert.equal(graph.running, false);
  graph.resume();
  await settle();
  assert.equal(graph.running, true);
});

// @ts-check
// What is sent while there is no microphone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Silence } from "../../static/voice/audio/silence.js";
import { lend } from "./fake-audio.js";
import { FakePlatform, FakeTrack, settle } from "./fake-platform.js";

/** @param {import("./fake-audio.js").Faults} [faults] */
function made(faults) {
  const platform = new FakePlatform();
  const contexts = lend(platform, faults);
  const graph = new AudioGraph(platform);
  const silence = new Silence(graph, platform);
  graph.prepare();
  const context = contexts[0];
  const part = (/** @type {string} */ kind) => /** @type {any} */ (context.named(kind)[0]);
  return { silence, graph, platform, context, source: () => part("constant"), out: () => part("out") };
}

test("silence is sent while there is no microphone", () => {
  const { silence, source, out } = made();
  assert.equal(silence.instead(null), out().track);
  assert.deepEqual([...source().to], [out()]);
});

test("the microphone is sent once it is there, and silence costs nothing then", () => {
  const { silence, source, out } = made();
  const microphone = /** @type {any} */ ({});
  silence.instead(null);
  assert.equal(silence.instead(microphone), microphone);
  assert.equal(source().to.size, 0);
  assert.equal(silence.instead(null), out().track);
  assert.deepEqual([...source().to], [out()]);
});

test("a context that rests, or was held back, is asked to run when silence is needed", () => {
  const { silence, context } = made();
  assert.equal(context.state, "suspended");
  silence.instead(null);
  assert.equal(context.state, "running");
});

test("a microphone that comes within half a second needs no silence; one that is awaited longer has it until it is there", async () => {
  const microphone = /** @type {any} */ ({});
  for (const late of [false, true]) {
    const { silence, platform, context, out } = made();
    /** @type {unknown[]} */
    const sent = [];
    silence.on("track", () => sent.push(silence.instead(null, true)));
    for (let asked = 1; asked <= 2; asked += 1) assert.equal(silence.instead(null, true), null);
    await platform.advance(499);
    assert.equal(silence.instead(null, true), null, "to ask again begins no other half second");
    if (late) await platform.advance(1);
    assert.deepEqual([sent, context.state], late ? [[out().track], "running"] : [[], "suspended"]);
    assert.equal(silence.instead(microphone, true), microphone);
    await platform.advance(2000);
    assert.deepEqual([sent.length, platform.timers.size], [late ? 1 : 0, 0]);
    assert.notEqual(silence.instead(null, true), null, "in a call nothing is missed while another is opened");
    silence.close();
    assert.equal(platform.timers.size, 0);
  }
});

test("a microphone that was awaited and is refused has silence in its place at once", async () => {
  const { silence, platform, out } = made();
  assert.equal(silence.instead(null, true), null);
  assert.equal(silence.instead(null), out().track);
  assert.equal(platform.timers.size, 0);
});

/** @param {FakePlatform} platform an element of which can be captured */
function captured(platform) {
  const track = new FakeTrack();
  const { createAudio } = platform;
  platform.createAudio = () => Object.assign(createAudio(), { captureStream: () => ({ getAudioTracks: () => [track] }) });
  return track;
}

test("without an AudioContext an element's silence stands in, once it plays, and only while it is needed", async () => {
  const platform = new FakePlatform();
  const track = captured(platform);
  const silence = new Silence(new AudioGraph({ audioContext: null }), platform);
  let told = 0;
  silence.on("track", () => told += 1);
  assert.equal(silence.instead(null), null);
  await settle();
  assert.deepEqual([told, silence.instead(null)], [1, track]);
  const microphone = /** @type {any} */ ({});
  assert.equal(silence.instead(microphone), microphone);
  assert.deepEqual([track.readyState, platform.audios[0].paused, platform.urls.size], ["ended", true, 0]);
});

test("a context that is held back for a second and a half gives way to the element", async () => {
  const { silence, platform, out } = made({ resume: "hang" });
  const track = captured(platform);
  assert.equal(silence.instead(null), out().track);
  await platform.advance(1500);
  assert.equal(silence.instead(null), track);
  silence.close();
  assert.deepEqual([track.readyState, platform.timers.size], ["ended", 0]);
});

test("where an element can't be captured either, nothing stands in for the microphone, and nothing is left", async () => {
  for (const refused of [true, false]) {
    const platform = Object.assign(new FakePlatform(), { autoplayRefused: refused });
    const silence = new Silence(new AudioGraph({ audioContext: null }), platform);
    silence.instead(null);
    await settle();
    assert.equal(silence.instead(null), null);
    silence.close();
    assert.deepEqual([platform.urls.size, platform.timers.size], [0, 0]);
  }
});

test("a silence that comes after the end is let go", async () => {
  const platform = new FakePlatform();
  const track = captured(platform);
  const silence = new Silence(new AudioGraph({ audioContext: null }), platform);
  silence.instead(null);
  silence.close();
  await settle();
  assert.equal(track.readyState, "ended");
});

test("nothing is left after the end", () => {
  const { silence, graph, context, out } = made();
  silence.instead(null);
  silence.close();
  graph.close();
  assert.deepEqual([context.state, out().track.readyState], ["closed", "ended"]);
  assert.equal(silence.instead(null), null);
});

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
  silence.prepare();
  const context = contexts[0];
  return { silence, graph, platform, context, source: context?.named("constant")[0], out: /** @type {any} */ (context?.named("out")[0]) };
}

test("silence is sent while there is no microphone", () => {
  const { silence, source, out } = made();
  assert.equal(silence.instead(null), out.track);
  assert.deepEqual([...source.to], [out]);
});

test("the microphone is sent once it is there, and silence costs nothing then", () => {
  const { silence, source, out } = made();
  const microphone = /** @type {any} */ ({});
  silence.instead(null);
  assert.equal(silence.instead(microphone), microphone);
  assert.equal(source.to.size, 0);
  assert.equal(silence.instead(null), out.track);
  assert.deepEqual([...source.to], [out]);
});

test("a context that was held back is asked to run when silence is needed", () => {
  const { silence, context } = made();
  context.state = "suspended";
  silence.instead(null);
  assert.equal(context.state, "running");
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
  assert.equal(silence.instead(null), out.track);
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
  silence.close();
  graph.close();
  assert.deepEqual([context.state, out.track.readyState], ["closed", "ended"]);
  assert.equal(silence.instead(null), null);
});

// @ts-check
// What is sent while there is no microphone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Silence } from "../../static/voice/audio/silence.js";
import { lend } from "./fake-audio.js";
import { FakePlatform } from "./fake-platform.js";

/** @param {import("./fake-audio.js").Faults} [faults] */
function made(faults) {
  const platform = new FakePlatform();
  const contexts = lend(platform, faults);
  const graph = new AudioGraph(platform);
  const silence = new Silence(graph);
  const context = contexts[0];
  return { silence, graph, context, source: context?.named("constant")[0], out: /** @type {any} */ (context?.named("out")[0]) };
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

test("without an AudioContext nothing stands in for the microphone", () => {
  const silence = new Silence(new AudioGraph({ audioContext: null }));
  assert.equal(silence.instead(null), null);
  silence.close();
});

test("nothing is left after the end", () => {
  const { silence, graph, context, out } = made();
  silence.close();
  graph.close();
  assert.deepEqual([context.state, out.track.readyState], ["closed", "ended"]);
  assert.equal(silence.instead(null), null);
});

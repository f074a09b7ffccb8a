// What is sent while there is no microphone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Silence } from "../../static/voice/audio/silence.js";

class FakeContext {
  running = true;
  closed = false;
  track = { stopped: false, stop: () => void (this.track.stopped = true) };
  createMediaStreamDestination() {
    return { stream: { getAudioTracks: () => [this.track] } };
  }
  async suspend() {
    this.running = false;
  }
  async resume() {
    this.running = true;
  }
  async close() {
    this.closed = true;
  }
}

/** @returns {{silence: Silence, context: FakeContext}} */
function made() {
  const context = new FakeContext();
  globalThis.ConstantSourceNode = /** @type {any} */ (class {
    connect() {}
    start() {}
  });
  const silence = new Silence({ audioContext: () => /** @type {any} */ (context) });
  return { silence, context };
}

test("silence is sent while there is no microphone", () => {
  const { silence, context } = made();
  assert.equal(silence.instead(null), context.track);
  assert.equal(context.running, true);
});

test("the microphone is sent once it is there, and silence costs nothing then", () => {
  const { silence, context } = made();
  const microphone = /** @type {any} */ ({});
  assert.equal(silence.instead(microphone), microphone);
  assert.equal(context.running, false);
  assert.equal(silence.instead(null), context.track);
  assert.equal(context.running, true);
});

test("without an AudioContext nothing stands in for the microphone", () => {
  const silence = new Silence({ audioContext: null });
  assert.equal(silence.instead(null), null);
  silence.close();
});

test("nothing is left after the end", () => {
  const { silence, context } = made();
  silence.close();
  assert.equal(context.closed, true);
  assert.equal(context.track.stopped, true);
  assert.equal(silence.instead(null), null);
});

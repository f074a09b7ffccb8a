// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { hearGate, SHUT } from "../../static/voice/audio/gate.js";
import { amplitude, decibels } from "../../static/voice/decibels.js";

/** Whether it is open after each of these levels, for so many ms. @param {[number, number][]} levels */
function heard(...levels) {
  let gate = SHUT;
  return levels.map(([level, ms]) => {
    for (let at = 0; at < ms; at += 3) gate = hearGate(gate, level, 0.1, 3);
    return gate.loud;
  });
}

test("a voice opens within 10 ms, a click doesn't", () => {
  assert.deepEqual(heard([0.2, 9]), [true]);
  assert.deepEqual(heard([0.9, 3], [0, 30]), [false, false]);
});

test("a pause between two words leaves it open, silence shuts it", () => {
  assert.deepEqual(heard([0.2, 60], [0, 390], [0.2, 30], [0, 405]), [true, true, true, false]);
});

test("what hovers about the threshold doesn't flutter", () => {
  assert.deepEqual(heard([0.11, 30], [0.06, 3000], [0.11, 30], [0.04, 405], [0.09, 3000]), [true, true, true, false, false]);
});

test("decibels and amplitudes are each other's inverse, and silence has a number", () => {
  assert.equal(decibels(1), 0);
  assert.ok(Math.abs(decibels(amplitude(-48)) + 48) < 1e-9);
  assert.equal(decibels(0), -120);
});

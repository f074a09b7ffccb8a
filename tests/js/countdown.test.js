// @ts-check
// The words of the room's end, as time goes by.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Countdown } from "../../static/voice/panel/countdown.js";

/** @typedef {import("node:test").TestContext} TestContext */

/** A room that closes in 600 s, and what has been shown of it, each words once. @param {TestContext} t */
function closing(t) {
  t.mock.timers.enable({ apis: ["setInterval", "Date"], now: 0 });
  /** @type {string[]} */
  const shown = [];
  const over = new AbortController();
  const countdown = new Countdown((words) => shown.at(-1) !== words && shown.push(words), over.signal);
  countdown.begin(600);
  // All at once, the date would be the last one for each look.
  const pass = (/** @type {number} */ seconds) => {
    for (let second = 0; second < seconds; second += 1) t.mock.timers.tick(1000);
  };
  return { shown, over, countdown, pass };
}

test("the minutes until the end count down, the last one by tens of seconds", (t) => {
  const { shown, pass } = closing(t);
  assert.deepEqual(shown, ["This room closes in 10 minutes."]);
  pass(605);
  assert.deepEqual(shown.slice(1, 3), ["This room closes in 9 minutes.", "This room closes in 8 minutes."]);
  assert.deepEqual(shown.slice(-7), [
    "This room closes in 1 minute.", ...[50, 40, 30, 20, 10].map((left) => `This room closes in ${left} seconds.`), "This room closes now.",
  ]);
});

test("of a room that is open half a minute after its end nothing is said any more", (t) => {
  const { shown, pass } = closing(t);
  pass(632);
  assert.equal(shown.at(-1), "");
});

test("another end takes the place of the first", (t) => {
  const { shown, countdown, pass } = closing(t);
  countdown.begin(1200);
  pass(5);
  assert.deepEqual(shown, ["This room closes in 10 minutes.", "This room closes in 20 minutes."]);
});

test("after the call nothing counts", (t) => {
  const { shown, over, pass } = closing(t);
  over.abort();
  pass(300);
  assert.equal(shown.length, 1);
});

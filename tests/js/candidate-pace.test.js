// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { CandidatePace } from "../../static/voice/link/candidate-pace.js";
import { FakeClock } from "./fake-platform.js";

const list = (/** @type {number} */ count) => (
  Array.from({ length: count }, (_, at) => ({ candidate: `candidate:${at}`, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: null })));

function paced() {
  const clock = new FakeClock();
  /** @type {any[]} */
  const added = [];
  const pace = new CandidatePace(clock, async (candidate) => void added.push(candidate));
  return { clock, added, pace };
}

test("what a usual machine names goes at once, in its order and with its end, when the description is in", async () => {
  const { clock, added, pace } = paced();
  const named = [...list(19), null];
  pace.take(named);
  await clock.advance(1000);
  assert.deepEqual(added, []);
  pace.begin();
  await clock.advance(0);
  assert.deepEqual(added, named);
});

test("of more than that, one goes each ten milliseconds, however many messages they came in", async () => {
  const { clock, added, pace } = paced();
  pace.begin();
  for (let message = 0; message < 8; message += 1) pace.take(list(10));
  await clock.advance(0);
  assert.equal(added.length, 20);
  await clock.advance(100);
  assert.equal(added.length, 30);
  await clock.advance(500);
  assert.equal(added.length, 80);
  pace.take(list(3));
  await clock.advance(30);
  assert.equal(added.length, 83);
});

test("a hidden page, whose timers come once a second, has them all with the first", async () => {
  const { clock, added, pace } = paced();
  const soon = clock.setTimeout;
  clock.setTimeout = (task) => soon(task, 1000);
  pace.begin();
  pace.take(list(80));
  await clock.advance(999);
  assert.equal(added.length, 20);
  await clock.advance(1);
  assert.equal(added.length, 80);
});

test("none goes once the connection is over", async () => {
  const { clock, added, pace } = paced();
  pace.begin();
  pace.take(list(80));
  await clock.advance(50);
  assert.equal(added.length, 25);
  pace.close();
  await clock.advance(5000);
  assert.equal(added.length, 25);
});

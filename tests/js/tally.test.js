// What the server counts of our links: how long their first audio took, and what was begun anew here.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Tally } from "../../static/voice/session/tally.js";

function begun() {
  const clock = { now: 1000 };
  return { clock, tally: new Tally(() => clock.now) };
}

test("a link's first audio is counted once, from its beginning", () => {
  const { clock, tally } = begun();
  tally.fares("b", "connecting");
  clock.now += 100;
  tally.fares("b", "connecting");
  clock.now += 312.4;
  tally.fares("b", "up");
  tally.fares("b", "stalled");
  tally.fares("b", "up");
  assert.deepEqual(tally.take(), { first: [412] });
  assert.deepEqual(tally.take(), {});
});

test("a link that was heard before it was known counts nothing", () => {
  const { tally } = begun();
  tally.fares("b", "up");
  tally.fares("b", "up");
  assert.deepEqual(tally.take(), {});
});

test("whoever comes anew has a new first audio", () => {
  const { clock, tally } = begun();
  for (const wait of [100, 200]) {
    tally.fares("b", "connecting");
    clock.now += wait;
    tally.fares("b", "up");
    tally.forget("b");
  }
  assert.deepEqual(tally.take(), { first: [100, 200] });
});

test("what was begun anew here is counted by its reason, and what the other side asked for is its own to count", () => {
  const { tally } = begun();
  for (const why of ["first", "stalled", "asked", "stalled", "failed"]) tally.made(why);
  assert.deepEqual(tally.take(), { repairs: { stalled: 2, failed: 1 } });
  assert.deepEqual(tally.take(), {});
});

test("no more is told than the server takes in one report", () => {
  const { clock, tally } = begun();
  for (let i = 0; i < 40; i++) {
    tally.fares(`p${i}`, "connecting");
    clock.now += 700_000;
    tally.fares(`p${i}`, "up");
  }
  for (let i = 0; i < 200; i++) tally.made("stalled");
  const { first = [], repairs = {} } = tally.take();
  assert.deepEqual([first.length, Math.max(...first), repairs.stalled], [32, 600_000, 100]);
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Hush, PAUSE, WORD } from "../../static/voice/session/hush.js";
import { FakePlatform } from "./fake-platform.js";

/** @param {number|null} level */
function listening(level) {
  const platform = new FakePlatform();
  const it = { platform, level, told: /** @type {boolean[]} */ ([]), hush: /** @type {any} */ (null) };
  it.hush = new Hush(() => it.level, /** @type {any} */ (platform));
  it.hush.on("quiet", (/** @type {boolean} */ quiet) => void it.told.push(quiet));
  it.hush.start();
  return it;
}

test("a room is quiet after a pause, and the first word ends that at the next look", async () => {
  const it = listening(0.001);
  await it.platform.advance(PAUSE - 100);
  assert.deepEqual(it.told, []);
  await it.platform.advance(200);
  assert.deepEqual(it.told, [true]);
  it.level = WORD;
  await it.platform.advance(50);
  assert.deepEqual(it.told, [true, false]);
  it.level = 0;
  await it.platform.advance(PAUSE - 100);
  assert.deepEqual(it.told, [true, false], "a pause between two sentences is none");
});

test("a key pressed to talk ends the quiet before anything is heard", async () => {
  const it = listening(0);
  await it.platform.advance(PAUSE + 100);
  it.hush.wake();
  assert.deepEqual(it.told, [true, false]);
});

test("what can't be told is no quiet", async () => {
  const it = listening(null);
  await it.platform.advance(PAUSE * 3);
  assert.deepEqual(it.told, []);
});

test("in a hidden page, where looks come late, every word gets all it can", async () => {
  const it = listening(0);
  await it.platform.advance(PAUSE + 100);
  it.platform.document.visibilityState = "hidden";
  await it.platform.advance(100);
  assert.deepEqual(it.told, [true, false]);
  await it.platform.advance(PAUSE * 2);
  assert.deepEqual(it.told, [true, false]);
});

test("closed, it looks no more", async () => {
  const it = listening(0);
  it.hush.close();
  await it.platform.advance(PAUSE * 2);
  assert.deepEqual([it.told, it.platform.timers.size], [[], 0]);
});

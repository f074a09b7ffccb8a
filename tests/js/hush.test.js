// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Emitter } from "../../static/voice/emitter.js";
import { Hush, PAUSE, WORD } from "../../static/voice/session/hush.js";
import { FakePlatform, FakeTrack } from "./fake-platform.js";

/** What hears in the audio thread: a test says what. @extends {Emitter<any>} */
class FakeEar extends Emitter {
  threshold = 0;
  /** @type {any[]} */ heeded = [];
  listen = (/** @type {any} */ track) => void this.heeded.push(track);
  close = () => this.listen(null);
}

/** @param {number|null} level */
function listening(level) {
  const platform = new FakePlatform();
  const ear = new FakeEar();
  const it = { platform, ear, level, track: /** @type {any} */ (new FakeTrack()), told: /** @type {boolean[]} */ ([]), hush: /** @type {any} */ (null) };
  it.hush = new Hush({ level: () => it.level, track: () => it.track, ear: /** @type {any} */ (ear), platform: /** @type {any} */ (platform) });
  it.hush.on("quiet", (/** @type {boolean} */ quiet) => void it.told.push(quiet));
  it.hush.start();
  return it;
}

/** @param {ReturnType<typeof listening>} it @param {boolean} hidden */
function become(it, hidden) {
  it.platform.document.visibilityState = hidden ? "hidden" : "visible";
  it.platform.document.dispatchEvent(new Event("visibilitychange"));
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
  assert.deepEqual(it.ear.heeded, [], "a page that is looked at needs no ear");
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
  become(it, true);
  await it.platform.advance(PAUSE * 3);
  assert.deepEqual([it.told, it.ear.heeded], [[], []]);
});

test("a hidden page, where looks come late, goes by what the audio thread hears", async () => {
  const it = listening(0);
  await it.platform.advance(PAUSE + 100);
  become(it, true);
  await it.platform.advance(100);
  assert.deepEqual([it.told, it.ear.heeded], [[true, false], [it.track]], "before it hears anything, all is taken for speech");
  await it.platform.advance(PAUSE * 2);
  assert.deepEqual(it.told, [true, false]);
  it.ear.emit("deaf", false);
  await it.platform.advance(PAUSE + 100);
  assert.deepEqual(it.told, [true, false, true]);
  it.ear.emit("loud", true);
  assert.deepEqual(it.told, [true, false, true, false], "a word ends it at once, whenever the next look is");
  await it.platform.advance(PAUSE * 2);
  it.ear.emit("deaf", false);
  await it.platform.advance(PAUSE * 2);
  assert.deepEqual(it.told, [true, false, true, false], "as long as it lasts");
  it.ear.emit("loud", false);
  await it.platform.advance(PAUSE - 100);
  assert.equal(it.told.at(-1), false);
  await it.platform.advance(200);
  assert.equal(it.told.at(-1), true);
  become(it, false);
  assert.equal(it.ear.heeded.at(-1), null);
  await it.platform.advance(100);
  assert.equal(it.told.at(-1), true, "and what is seen again is still quiet");
});

test("where the audio thread hears nothing, a hidden page takes all for speech", async () => {
  const it = listening(0);
  become(it, true);
  it.ear.emit("deaf", false);
  it.ear.emit("deaf", true);
  await it.platform.advance(PAUSE * 3);
  assert.deepEqual(it.told, []);
});

test("another microphone is heeded instead, and none while muted", async () => {
  const it = listening(0);
  become(it, true);
  const second = it.track = /** @type {any} */ (new FakeTrack());
  it.ear.emit("deaf", false);
  it.hush.heed();
  await it.platform.advance(PAUSE * 2);
  assert.deepEqual(it.told, [], "what was heard of the one before says nothing of this one");
  it.level = null;
  await it.platform.advance(100);
  assert.deepEqual(it.ear.heeded.slice(1), [second, null]);
});

test("closed, it looks no more", async () => {
  const it = listening(0);
  it.hush.close();
  become(it, true);
  await it.platform.advance(PAUSE * 2);
  assert.deepEqual([it.told, it.platform.timers.size, it.ear.heeded], [[], 0, [null]]);
});

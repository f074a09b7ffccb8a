// @ts-check
// What the system's media keys hold of a call: it plays, pauses while muted, and is gone with the call.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VoiceRoom } from "../../static/voice-mesh.js";
import { NowPlaying } from "../../static/voice/audio/now-playing.js";
import { RATE, silence } from "../../static/voice/audio/wave.js";
import { FIRST } from "../../static/voice/call/afterwards.js";
import { FakePlatform, settle, welcome } from "./fake-platform.js";

/** @param {(platform: FakePlatform) => void} [prepare] */
async function playing(prepare = () => {}) {
  const platform = new FakePlatform();
  platform.keysFollowFiles = true;
  prepare(platform);
  const keys = new NowPlaying(platform);
  keys.start();
  await settle();
  return { platform, keys, element: /** @type {any} */ (platform.audios[0]) };
}

/** Counts how often it plays from now on. @param {any} element */
function plays(element) {
  const { play } = element;
  let times = 0;
  element.play = () => {
    times += 1;
    return play.call(element);
  };
  return () => times;
}

test("silence is as long as it says, and nothing but zeros", async () => {
  const bytes = new Uint8Array(await silence(2).arrayBuffer());
  assert.deepEqual([bytes.length, new DataView(bytes.buffer).getUint32(40, true)], [44 + 4 * RATE, 4 * RATE]);
  assert.ok(bytes.subarray(44).every((byte) => byte === 0));
});

test("in a call it plays without end, long enough to count", async () => {
  const { platform, keys, element } = await playing();
  keys.start();
  assert.deepEqual([platform.audios.length, element.loop, element.paused], [1, true, false]);
  assert.ok(Number(platform.urls.get(element.src)?.size) > 5 * RATE * 2);
});

test("a browser whose keys don't follow files plays nothing more", async () => {
  const { platform } = await playing((its) => (its.keysFollowFiles = false));
  assert.deepEqual([platform.audios.length, platform.urls.size], [0, 0]);
});

test("muted it pauses, and whoever is muted from the beginning has played all the same", async () => {
  const platform = new FakePlatform();
  platform.keysFollowFiles = true;
  const keys = new NowPlaying(platform);
  keys.muted = true;
  keys.start();
  const element = /** @type {any} */ (platform.audios[0]);
  assert.equal(element.paused, false);
  await settle();
  assert.equal(element.paused, true);
  keys.muted = false;
  await settle();
  assert.equal(element.paused, false);
});

test("a mute that is taken back at once leaves it playing", async () => {
  const { keys, element } = await playing();
  keys.muted = true;
  keys.muted = false;
  await settle();
  assert.equal(element.paused, false);
});

test("what begins and ends beside it takes the keys from nobody who is muted", async () => {
  const { platform, keys, element } = await playing();
  const other = /** @type {any} */ (keys.beside(platform.createAudio()));
  const times = plays(element);
  other.dispatchEvent(new Event("playing"));
  assert.equal(times(), 0);
  keys.muted = true;
  await settle();
  for (const event of ["playing", "ended"]) other.dispatchEvent(new Event(event));
  await settle();
  assert.deepEqual([times(), element.paused], [3, true]);
});

test("a browser that refuses is asked again when one mutes or unmutes", async () => {
  const { platform, keys, element } = await playing((its) => (its.autoplayRefused = true));
  assert.equal(element.paused, true);
  platform.autoplayRefused = false;
  keys.muted = true;
  keys.muted = false;
  await settle();
  assert.equal(element.paused, false);
});

test("it follows the speaker, whenever that was chosen", async () => {
  const platform = new FakePlatform();
  platform.keysFollowFiles = true;
  const { createAudio } = platform;
  const sinks = /** @type {string[]} */ ([]);
  platform.createAudio = () => Object.assign(createAudio(), { setSinkId: async (/** @type {string} */ sink) => void sinks.push(sink) });
  const keys = new NowPlaying(platform);
  keys.sink = "desk";
  keys.start();
  keys.sink = "";
  assert.deepEqual(sinks, ["desk", ""]);
});

test("a call plays it once the first links are made, pauses it while muted, plays it again after an interruption, and lets go of it at the end", async () => {
  const platform = new FakePlatform();
  platform.keysFollowFiles = true;
  const room = new VoiceRoom("r", { name: "Ana", platform: /** @type {any} */ (platform) });
  const joined = room.join();
  await settle();
  const held = () => /** @type {any} */ (platform.audios.find((audio) => /** @type {any} */ (audio).loop));
  assert.equal(held(), undefined);
  platform.socket.accept();
  platform.socket.say(welcome());
  await joined;
  assert.equal(held(), undefined);
  await platform.advance(FIRST);
  const element = held();
  assert.equal(element.paused, false);
  room.mute();
  await settle();
  assert.equal(element.paused, true);
  // Its own element may be muted by nobody: it would count no more.
  room.undeafen();
  assert.equal(element.muted, false);
  const times = plays(element);
  const played = room.playOnce(null);
  await settle();
  /** @type {any} */ (platform.audios[platform.audios.length - 1]).onended();
  await played;
  await settle();
  assert.equal(times(), 1);
  room.unmute();
  await settle();
  // A phone call.
  element.paused = true;
  platform.document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(element.paused, false);
  let loads = 0;
  element.load = () => (loads += 1);
  room.leave();
  assert.deepEqual([element.paused, loads, platform.urls.size], [true, 1, 0]);
});

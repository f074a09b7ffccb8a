// @ts-check
// A microphone and a speaker tried before any call.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Devices } from "../../static/voice/audio/devices.js";
import { DeviceTrial } from "../../static/voice/check/device-trial.js";
import { Store } from "../../static/voice/store.js";
import { lend } from "./fake-audio.js";
import { FakePlatform, settle } from "./fake-platform.js";

function trial() {
  const platform = new FakePlatform();
  lend(platform);
  const devices = new Devices(new Store(), platform);
  const it = new DeviceTrial(devices, platform);
  /** @type {string[]} */
  const said = [];
  it.on("status", ({ code }) => said.push(code));
  const live = () => platform.devices.tracks.flatMap((track) => [track, ...track.clones]).filter(({ readyState }) => readyState === "live").length;
  return { it, devices, platform, said, live };
}

test("the chosen microphone is opened, measured, and let go at the end", async () => {
  const { it, said, live, platform } = trial();
  await it.start();
  assert.deepEqual([said, live(), (it.level() ?? 0) > 0.1], [["ok"], 2, true]);
  it.close();
  assert.deepEqual([live(), it.level(), platform.timers.size, platform.devices.listeners], [0, null, 0, 0]);
});

test("another microphone is tried as soon as it is chosen, and none where one only listens", async () => {
  const { it, devices, said, live, platform } = trial();
  await it.start();
  devices.chooseMicrophone({ id: "one", label: "One" });
  await settle();
  assert.deepEqual([platform.devices.asked[1].audio.deviceId, live()], [{ exact: "one" }, 2]);
  devices.chooseListening(true);
  assert.deepEqual([said[said.length - 1], live(), it.level()], ["listen-only", 0, null]);
  assert.equal(await it.record(new AbortController().signal), null);
});

test("whoever only listens is asked for no microphone", async () => {
  const { it, devices, platform, said } = trial();
  devices.chooseListening(true);
  said.length = 0;
  await it.start();
  assert.deepEqual([said, platform.devices.asked.length], [["listen-only"], 0]);
});

test("a sound to try the speaker with goes to the chosen one", async () => {
  const { it, devices, platform } = trial();
  /** @type {string[]} */
  const sinks = [];
  const { createAudio } = platform;
  platform.createAudio = () => Object.assign(createAudio(), { setSinkId: async (/** @type {string} */ id) => void sinks.push(id) });
  devices.chooseSpeaker({ id: "desk", label: "Desk" });
  const playing = it.play(null, new AbortController().signal);
  await settle();
  /** @type {any} */ (platform.audios[0]).onended();
  assert.deepEqual([await playing, sinks], [true, ["desk"]]);
});

test("a refusal is told without others whom one could hear, and the next sample asks anew", async () => {
  const { it, platform } = trial();
  /** @type {string[]} */
  const words = [];
  it.on("status", (status) => words.push(status.words));
  platform.devices.answers.push({ name: "NotAllowedError" });
  await it.start();
  assert.deepEqual(words, ["This page may not use the microphone: allow it beside the address bar, then try again."]);
  void it.record(new AbortController().signal);
  await settle();
  assert.deepEqual([platform.devices.asked.length, words[1]], [2, "Your microphone is on."]);
  it.close();
});

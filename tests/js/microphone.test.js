// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { verdict } from "../../static/voice/audio/constraints.js";
import { cause } from "../../static/voice/audio/acquiring.js";
import { Microphone } from "../../static/voice/audio/microphone.js";
import { FakePlatform, FakeTrack, settle } from "./fake-platform.js";

/** @param {(platform: FakePlatform) => void} [prepare] */
function microphone(prepare = () => {}) {
  const platform = new FakePlatform();
  prepare(platform);
  const it = new Microphone(platform);
  /** @type {string[]} */
  const said = [];
  /** @type {any[]} */
  const tracks = [];
  it.addEventListener("status", (event) => said.push(/** @type {CustomEvent} */ (event).detail.code));
  it.addEventListener("track", (event) => tracks.push(/** @type {CustomEvent} */ (event).detail));
  return { it, platform, devices: platform.devices, said, tracks };
}

test("it asks for one processed channel, nothing of it a must, and hints at speech", async () => {
  const { it, devices } = microphone();
  await it.open();
  assert.deepEqual(devices.asked, [{ audio: {
    echoCancellation: { ideal: true }, noiseSuppression: { ideal: true }, autoGainControl: { ideal: true }, channelCount: { ideal: 1 },
  } }]);
  assert.equal(devices.tracks[0].contentHint, "speech");
});

for (const [error, code] of /** @type {[{name: string, message?: string}, string][]} */ ([
  [{ name: "NotAllowedError", message: "Permission denied" }, "denied"],
  [{ name: "NotAllowedError", message: "Permission denied by system" }, "denied-by-system"],
  [{ name: "NotFoundError" }, "not-found"],
  [{ name: "NotReadableError" }, "busy"],
  [{ name: "SecurityError" }, "not-allowed-here"],
  [{ name: "TypeError" }, "failed"],
])) {
  test(`${error.name} (${error.message ?? ""}) is told as ${code}, and nothing is thrown`, async () => {
    assert.equal(cause(error), code);
    const { it, said, tracks } = microphone(({ devices }) => devices.answers.push(error));
    await it.open();
    assert.deepEqual(said, [code]);
    assert.deepEqual(tracks, [null]);
    assert.equal(it.trouble, code);
  });
}

test("a page without mediaDevices says why", async () => {
  const insecure = microphone((platform) => Object.assign(platform, { mediaDevices: undefined, secure: false }));
  await insecure.it.open();
  const old = microphone((platform) => Object.assign(platform, { mediaDevices: undefined }));
  await old.it.open();
  assert.deepEqual([...insecure.said, ...old.said], ["insecure", "unsupported"]);
});

test("AbortError is tried once more, and only once", async () => {
  const once = microphone(({ devices }) => devices.answers.push({ name: "AbortError" }));
  await once.it.open();
  const twice = microphone(({ devices }) => devices.answers.push({ name: "AbortError" }, { name: "AbortError" }));
  await twice.it.open();
  assert.deepEqual([once.said, twice.said, twice.devices.asked.length], [["ok"], ["aborted"], 2]);
});

test("what can't be met falls to the default microphone, said so", async () => {
  const { it, said, devices } = microphone(({ devices }) => devices.answers.push({ name: "OverconstrainedError" }));
  await it.open();
  assert.deepEqual(said, ["device-gone"]);
  assert.deepEqual(devices.asked[1], { audio: true });
});

test("mute disables the sent track and survives a new one", async () => {
  const { it, devices } = microphone();
  await it.open();
  it.muted = true;
  assert.equal(devices.tracks[0].enabled, false);
  await it.open();
  assert.equal(devices.tracks[1].enabled, false);
});

test("the old track is stopped before a new one is asked for", async () => {
  const { it, devices } = microphone();
  await it.open();
  devices.answers.push("pending");
  it.open();
  assert.equal(devices.tracks[0].readyState, "ended");
});

test("a device that vanished gives way to the default within 2 s, however many events tell it", async () => {
  const { it, devices, platform, said } = microphone();
  await it.open();
  devices.tracks[0].settings = { deviceId: "usb", groupId: "g2" };
  for (let i = 0; i < 5; i += 1) devices.dispatchEvent(new Event("devicechange"));
  await platform.advance(2000);
  assert.deepEqual(said, ["ok", "switched"]);
  assert.equal(devices.asked.length, 2);
});

test("a change of other devices leaves the microphone alone", async () => {
  const { it, devices, platform } = microphone();
  await it.open();
  devices.dispatchEvent(new Event("devicechange"));
  await platform.advance(2000);
  assert.equal(devices.asked.length, 1);
});

test("the group tells that another device is the default now", () => {
  const list = [{ kind: "audioinput", deviceId: "default", groupId: "g2", label: "" }];
  assert.equal(verdict(list, { deviceId: "default", groupId: "g1" }), "default-changed");
  assert.equal(verdict(list, { deviceId: "default", groupId: "g2" }), "keep");
  assert.equal(verdict(list, { deviceId: "usb", groupId: "g1" }), "gone");
  assert.equal(verdict([], { deviceId: "default" }), "gone");
  assert.equal(verdict([{ kind: "audioinput", deviceId: "", groupId: "", label: "" }], { deviceId: "usb" }), "keep");
});

test("a microphone plugged in later is used at once, a refusal is not asked again", async () => {
  const none = microphone(({ devices }) => devices.answers.push({ name: "NotFoundError" }));
  await none.it.open();
  none.devices.dispatchEvent(new Event("devicechange"));
  await none.platform.advance(2000);
  assert.deepEqual(none.said, ["not-found", "ok"]);
  const denied = microphone(({ devices }) => devices.answers.push({ name: "NotAllowedError" }));
  await denied.it.open();
  denied.devices.dispatchEvent(new Event("devicechange"));
  await denied.platform.advance(2000);
  assert.deepEqual(denied.said, ["denied"]);
});

test("a track that ends is got anew, but one that ends at once is not got for ever", async () => {
  const { it, devices, platform, said } = microphone();
  await it.open();
  await platform.advance(5000);
  devices.tracks[0].onended();
  await settle();
  assert.deepEqual(said, ["ok", "switched"]);
  devices.tracks[1].onended();
  await settle();
  assert.deepEqual(said, ["ok", "switched", "failed"]);
});

test("after an interruption the track is got anew, without one it is left alone", async () => {
  const { it, devices } = microphone();
  await it.open();
  it.recover();
  assert.equal(devices.asked.length, 1);
  devices.tracks[0].onmute();
  it.recover();
  await settle();
  assert.equal(devices.asked.length, 2);
});

test("a refusal after an interruption is asked about once, however often the page is looked at", async () => {
  const { it, devices, said } = microphone();
  await it.open();
  devices.tracks[0].onmute();
  devices.answers.push({ name: "NotAllowedError" });
  for (let looks = 0; looks < 3; looks += 1) {
    it.recover();
    await settle();
  }
  assert.deepEqual([devices.asked.length, said], [2, ["ok", "interrupted", "denied"]]);
});

test("a prompt that stands for a second is told", async () => {
  const { it, platform, devices, said } = microphone(({ devices }) => devices.answers.push("pending"));
  it.open();
  await platform.advance(1000);
  assert.deepEqual(said, ["asking"]);
  assert.equal(it.trouble, "asking");
  devices.prompts[0](new FakeTrack());
  await settle();
  assert.deepEqual(said, ["asking", "ok"]);
  assert.equal(it.trouble, "");
});

test("a prompt that stands for long can be asked anew, and only the newer answer counts", async () => {
  const { it, platform, devices, said, tracks } = microphone(({ devices }) => devices.answers.push("pending"));
  it.open();
  it.open();
  assert.equal(devices.asked.length, 1);
  await platform.advance(1000);
  await it.open();
  assert.deepEqual([said, tracks], [["asking", "ok"], [devices.tracks[0]]]);
  const late = new FakeTrack();
  devices.prompts[0](late);
  await settle();
  assert.equal(late.readyState, "ended");
  assert.deepEqual([it.track, it.trouble, platform.timers.size], [devices.tracks[0], "", 0]);
});

test("a prompt asked anew has a second of its own, whatever comes of the first", async () => {
  const { it, platform, devices, said, tracks } = microphone(({ devices }) => devices.answers.push("pending", "pending"));
  it.open();
  await platform.advance(1000);
  it.open();
  it.open();
  assert.equal(devices.asked.length, 2);
  devices.prompts[0](new FakeTrack());
  await platform.advance(1000);
  assert.deepEqual([said, tracks], [["asking", "asking"], []]);
});

test("leaving while the prompt stands leaves no timer, and nothing is said after it", async () => {
  const { it, platform, said } = microphone(({ devices }) => devices.answers.push("pending"));
  it.open();
  it.close();
  assert.equal(platform.timers.size, 0);
  await platform.advance(5000);
  assert.deepEqual([said, it.trouble], [[], ""]);
});

test("a permission given after leaving opens nothing", async () => {
  const { it, devices, tracks, platform } = microphone(({ devices }) => devices.answers.push("pending"));
  it.open();
  it.close();
  const late = new FakeTrack();
  devices.prompts[0](late);
  await settle();
  assert.equal(late.readyState, "ended");
  assert.deepEqual([tracks, it.track, devices.listeners, platform.timers.size], [[], null, 0, 0]);
});

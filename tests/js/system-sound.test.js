// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { AudioGraph } from "../../static/voice/audio/audio-graph.js";
import { Devices } from "../../static/voice/audio/devices.js";
import { SystemSound } from "../../static/voice/browser/system-sound.js";
import { Capture } from "../../static/voice/call/capture.js";
import { Talk } from "../../static/voice/call/talk.js";
import { LISTEN_ONLY, Store } from "../../static/voice/store.js";
import { FakePlatform, settle } from "./fake-platform.js";

function phone() {
  const audioSession = Object.assign(new EventTarget(), { type: "auto", state: "active" });
  const sound = new SystemSound({ audioSession });
  let back = 0;
  sound.on("back", () => void (back += 1));
  const becomes = (/** @type {string} */ state) => {
    audioSession.state = state;
    audioSession.dispatchEvent(new Event("statechange"));
  };
  return { audioSession, sound, becomes, times: () => back };
}

test("a call with a microphone records, one that only listens plays, and afterwards neither is said", () => {
  const { audioSession, sound } = phone();
  sound.use(true);
  assert.equal(audioSession.type, "play-and-record");
  sound.use(false);
  assert.equal(audioSession.type, "playback");
  sound.close();
  assert.equal(audioSession.type, "auto");
});

test("sound that the system gives back is told of, once, and not after the call", () => {
  const { sound, becomes, times } = phone();
  becomes("inactive");
  becomes("active");
  assert.equal(times(), 0);
  becomes("interrupted");
  becomes("active");
  assert.equal(times(), 1);
  sound.close();
  becomes("interrupted");
  becomes("active");
  assert.equal(times(), 1);
});

test("where the browser knows nothing of it, nothing is said", () => {
  const sound = new SystemSound({ audioSession: undefined });
  sound.use(true);
  sound.close();
});

/** An iPhone: no microphone for a page that says it plays only. */
async function calling({ listens = false } = {}) {
  const platform = /** @type {any} */ (new FakePlatform());
  const audioSession = platform.audioSession = Object.assign(new EventTarget(), { type: "auto", state: "active" });
  const { devices } = platform;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (/** @type {any} */ constraints) => {
    if (audioSession.type === "playback") throw Object.assign(new Error("not compatible with audio capture"), { name: "InvalidStateError" });
    return getUserMedia(constraints);
  };
  const store = new Store();
  store.set(LISTEN_ONLY, listens);
  const chosen = new Devices(store, platform);
  const capture = new Capture({ talk: new Talk({ store, platform }), devices: chosen, platform }, new AudioGraph(platform), (_what, task) => task());
  chosen.on("microphone", ({ listenOnly }) => capture.change(listenOnly));
  /** @type {string[]} */
  const said = [];
  capture.on("status", ({ code }) => said.push(code));
  capture.open();
  await settle();
  await platform.advance(5000);
  return { capture, said, audioSession, tracks: devices.tracks };
}

test("a phone gives the microphone to whoever only listened till now", async () => {
  const { capture, said, audioSession } = await calling({ listens: true });
  assert.equal(audioSession.type, "playback");
  capture.retry();
  await settle();
  assert.deepEqual([said, audioSession.type], [["listen-only", "ok"], "play-and-record"]);
});

test("a phone gives it again after a call, and in place of a headset that is gone", async () => {
  const phoned = await calling();
  phoned.tracks[0].onmute();
  phoned.capture.recover();
  await settle();
  assert.deepEqual(phoned.said, ["ok", "interrupted", "ok"]);
  const gone = await calling();
  gone.tracks[0].onended();
  await settle();
  assert.deepEqual(gone.said, ["ok", "switched"]);
});

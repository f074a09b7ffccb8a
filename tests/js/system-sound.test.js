// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { SystemSound } from "../../static/voice/browser/system-sound.js";

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

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { mediaKeys } from "../../static/voice/panel/media-keys.js";
import { markOf } from "../../static/voice/panel/page-marks.js";

/** A room as far as its keys reach, and a system's controls. */
function call(unknown = "") {
  const acts = /** @type {string[]} */ ([]);
  const room = /** @type {any} */ (Object.assign(new EventTarget(), {
    muted: false, mute: () => acts.push("mute"), unmute: () => acts.push("unmute"), toggleMute: () => acts.push("toggle"), leave: () => acts.push("leave"),
  }));
  /** @type {Map<string, (() => void)|null>} */
  const handlers = new Map();
  const controls = {
    playbackState: "none", metadata: /** @type {unknown} */ (null), active: /** @type {boolean|null} */ (null),
    /** @param {string} action @param {(() => void)|null} handler */
    setActionHandler(action, handler) {
      if (action === unknown) throw new TypeError(`no such action: ${action}`);
      handlers.set(action, handler);
    },
    /** @param {boolean} active */
    setMicrophoneActive(active) {
      this.active = active;
    },
  };
  const over = new AbortController();
  mediaKeys(room, over.signal, "A sea", controls);
  const press = (/** @type {string} */ action) => handlers.get(action)?.();
  return { acts, room, controls, handlers, over, press };
}

test("pause mutes, play unmutes, the headset's button changes it, and hanging up leaves", () => {
  const { acts, press } = call();
  for (const action of ["pause", "play", "togglemicrophone", "hangup"]) press(action);
  assert.deepEqual(acts, ["mute", "unmute", "toggle", "leave"]);
});

test("the system is told what its key does next", () => {
  const { room, controls } = call();
  assert.deepEqual([controls.playbackState, controls.active], ["playing", true]);
  room.muted = true;
  room.dispatchEvent(new Event("muted"));
  assert.deepEqual([controls.playbackState, controls.active], ["paused", false]);
});

test("a browser that doesn't know an action has the others", () => {
  const { handlers } = call("togglemicrophone");
  assert.deepEqual([...handlers.keys()], ["play", "pause", "hangup"]);
});

test("nothing is left of it after the call", () => {
  const { over, handlers, controls } = call();
  over.abort();
  assert.deepEqual([...handlers.values()], [null, null, null, null]);
  assert.equal(controls.playbackState, "none");
});

test("a tab shows muted before talking, and nothing for an open microphone in silence", () => {
  const people = /** @type {any} */ ([{ self: true, speaking: true }, { self: false, speaking: true }]);
  assert.equal(markOf({ muted: false, people }), "talking");
  assert.equal(markOf({ muted: true, people }), "muted");
  assert.equal(markOf({ muted: false, people: people.slice(1) }), "");
});

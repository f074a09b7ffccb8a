// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { mediaKeys } from "../../static/voice/panel/media-keys.js";
import { markOf } from "../../static/voice/panel/page-marks.js";

/** A room as far as its keys reach, and a system's controls. */
function call(unknown = "", told = true) {
  const acts = /** @type {string[]} */ ([]);
  const room = /** @type {any} */ (Object.assign(new EventTarget(), {
    muted: false, trouble: "", deafened: false, leave: () => acts.push("leave"), announce: (/** @type {string[]} */ ...said) => acts.push(...said),
    mute: () => become({ muted: true }), talk: { mute: (/** @type {boolean} */ muted) => become({ muted }) },
  }));
  Object.defineProperty(room, "silent", { get: () => room.muted || room.trouble !== "" });
  const become = (/** @type {{muted?: boolean, deafened?: boolean}} */ change) => {
    const changed = Object.keys(change).filter((name) => room[name] !== /** @type {any} */ (change)[name]);
    Object.assign(room, change);
    for (const name of changed) room.dispatchEvent(new Event(name));
  };
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
    async setMicrophoneActive(active) {
      this.active = active;
      throw new Error("not without a gesture");
    },
  };
  const over = new AbortController();
  mediaKeys(room, over.signal, "A sea", controls, told);
  const press = (/** @type {string} */ action) => handlers.get(action)?.();
  return { acts, room, become, controls, handlers, over, press };
}

test("pause mutes, play undoes that, the headset's button changes it, and hanging up leaves", () => {
  const { acts, room, press } = call();
  const muted = ["pause", "pause", "play", "play", "togglemicrophone", "togglemicrophone"].map((action) => (press(action), room.muted));
  assert.deepEqual([muted, acts], [[true, true, false, false, true, false], []]);
  press("hangup");
  assert.deepEqual(acts, ["leave"]);
});

test("play leaves muted whoever was muted in another way, and tells them", () => {
  /** @type {((the: ReturnType<typeof call>) => void)[]} */
  const ways = [
    ({ become }) => become({ muted: true }),
    ({ become, press }) => {
      become({ muted: true });
      press("pause");
    },
    ({ become, press }) => {
      press("pause");
      become({ muted: false });
      become({ muted: true });
    },
    ({ press }) => press("togglemicrophone"),
  ];
  for (const mute of ways) {
    const it = call();
    mute(it);
    it.press("play");
    assert.deepEqual([it.room.muted, it.acts], [true, ["You are muted: nobody hears you.", "muted"]], String(mute));
  }
});

test("play leaves deafened whoever is, also where the pause key came before", () => {
  const { acts, room, become, press } = call();
  press("pause");
  become({ deafened: true });
  press("play");
  assert.deepEqual([room.muted, room.deafened, acts], [true, true, ["You are deafened: you hear nobody, and nobody hears you.", "muted"]]);
});

test("the system is told what its key does next", () => {
  const { room, become, controls } = call();
  const told = () => [controls.playbackState, controls.active];
  assert.deepEqual(told(), ["playing", true]);
  become({ muted: true });
  assert.deepEqual(told(), ["paused", false]);
  become({ muted: false });
  room.trouble = "listen-only";
  room.dispatchEvent(new Event("microphone"));
  assert.deepEqual(told(), ["paused", false]);
});

test("a system that would mute the capture by itself is not told of the microphone", () => {
  const { become, controls } = call("", false);
  become({ muted: true });
  assert.deepEqual([controls.playbackState, controls.active], ["paused", null]);
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
  assert.equal(markOf({ silent: false, people }), "talking");
  assert.equal(markOf({ silent: true, people }), "muted");
  assert.equal(markOf({ silent: false, people: people.slice(1) }), "");
});

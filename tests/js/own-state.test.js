// @ts-check
// What a screen reader is told of one's own muting, by which control whatever.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { sayOwnState } from "../../static/voice/panel/own-state.js";

const [MUTE, MENU, DEAFEN, ELSEWHERE] = /** @type {any[]} */ ([{ id: "mute" }, { id: "menu" }, { id: "deafen" }, { id: "elsewhere" }]);
const page = /** @type {any} */ (globalThis);

beforeEach(() => {
  page.document = { activeElement: ELSEWHERE };
});
afterEach(() => {
  delete page.document;
});

/** A room that may be muted and deafened, and what it was asked to say. */
function call() {
  const said = /** @type {string[]} */ ([]);
  const room = /** @type {any} */ (Object.assign(new EventTarget(), { muted: false, silent: false, deafened: false, devices: { listenOnly: false }, announce: (/** @type {string} */ words) => said.push(words) }));
  const over = new AbortController();
  sayOwnState(room, { mute: [MUTE, MENU], deafen: [DEAFEN] }, over.signal);
  const become = (/** @type {{muted?: boolean, deafened?: boolean}} */ change) => {
    const changed = Object.keys(change).filter((name) => room[name] !== /** @type {any} */ (change)[name]);
    Object.assign(room, change);
    for (const name of changed) room.dispatchEvent(new Event(name));
    return said.splice(0);
  };
  const microphone = (/** @type {string} */ code) => {
    room.silent = code !== "ok";
    room.dispatchEvent(new CustomEvent("microphone", { detail: { ok: code === "ok", code } }));
    return said.splice(0);
  };
  return { become, microphone, over };
}

test("muting by a key or by the system is said once, and so is its end", () => {
  const { become } = call();
  assert.deepEqual(become({ muted: true }), ["You are muted: nobody hears you."]);
  assert.deepEqual(become({ muted: false }), ["You are no longer muted."]);
});

test("a control that has the focus says it itself", () => {
  const { become } = call();
  for (const focus of [MUTE, MENU]) {
    page.document.activeElement = focus;
    assert.deepEqual([...become({ muted: true }), ...become({ muted: false })], []);
  }
  page.document.activeElement = DEAFEN;
  assert.deepEqual(become({ muted: true, deafened: true }), []);
});

test("deafening mutes, too, and is one sentence", () => {
  const { become } = call();
  assert.deepEqual(become({ muted: true, deafened: true }), ["You are deafened: you hear nobody, and nobody hears you."]);
  assert.deepEqual(become({ deafened: false }), ["You hear the others again, and are still muted."]);
  become({ deafened: true });
  assert.deepEqual(become({ muted: false, deafened: false }), ["You hear the others again."]);
});

test("who listened only and is heard from now on is told, and who has no microphone isn't called unmuted", () => {
  const { become, microphone } = call();
  assert.deepEqual(microphone("ok"), []);
  assert.deepEqual(microphone("listen-only"), []);
  assert.deepEqual(become({ muted: true }), ["You are muted: nobody hears you."]);
  assert.deepEqual(become({ muted: false }), []);
  assert.deepEqual([...microphone("asking"), ...microphone("ok")], ["You are no longer muted."]);
  assert.deepEqual(microphone("ok"), []);
});

test("after the call nothing is said", () => {
  const { become, over } = call();
  over.abort();
  assert.deepEqual(become({ muted: true }), []);
});

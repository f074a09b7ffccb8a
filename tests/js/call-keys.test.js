// @ts-check
// A call's keys before there is a panel, with it, and after the end.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Talk } from "../../static/voice/call/talk.js";
import { CallKeys } from "../../static/voice/panel/call-keys.js";
import { Store } from "../../static/voice/store.js";
import { Element, fakePage, move } from "./fake-page.js";

const { document } = fakePage();

/** The keys of a call that has just been clicked for. */
function clicked() {
  const store = new Store();
  const talk = new Talk({ store, platform: { setTimeout: () => 0, clearTimeout: () => {} } });
  const room = /** @type {any} */ (Object.assign(new EventTarget(), {
    talk, toggleMute: () => talk.mute(!talk.muted), toggleDeafen: () => talk.deafen(!talk.deafened),
  }));
  const keys = new CallKeys(room, store);
  const press = (/** @type {string} */ key) => move(document, "keydown", { key, code: `Key${key.toUpperCase()}` });
  return { talk, keys, press };
}

test("whoever presses a key before there is a panel is muted, deafened, or talks", () => {
  const { talk, keys, press } = clicked();
  press("m");
  assert.equal(talk.muted, true);
  press("d");
  assert.deepEqual([talk.muted, talk.deafened], [true, true]);
  press("m");
  talk.choose("push");
  press("v");
  assert.equal(talk.pressed, true);
  keys.close();
});

test("a key that was pressed before there were any counts, but not where it was a letter", () => {
  const { talk, keys } = clicked();
  const pressed = (/** @type {object|null} */ field) => /** @type {any} */ (Object.defineProperty(
    Object.assign(new Event("keydown"), { key: "m" }), "target", { value: Object.assign(new Element(), { closest: () => field }) }));
  keys.hear(pressed({}));
  assert.equal(talk.muted, false);
  keys.hear(pressed(null));
  assert.equal(talk.muted, true);
  keys.close();
});

test("a sheet that is asked for before there is a panel opens with it, and later ones at once", () => {
  const { keys, press } = clicked();
  const opened = /** @type {string[]} */ ([]);
  press("s");
  keys.show({}, (which) => opened.push(which));
  assert.deepEqual(opened, ["settings"]);
  press("?");
  assert.deepEqual(opened, ["settings", "help"]);
  keys.close();
});

test("after the end the keys are the page's again, and nothing is held", () => {
  const { talk, keys, press } = clicked();
  talk.choose("push");
  press("v");
  keys.close();
  assert.equal(talk.pressed, false);
  assert.deepEqual([press("m"), press("v")], [false, false]);
  assert.deepEqual([talk.muted, talk.pressed], [false, false]);
});

test("the system's controls are the call's from its panel to its end", () => {
  const acts = /** @type {Record<string, unknown>} */ ({});
  const controls = { setActionHandler: (/** @type {string} */ name, /** @type {unknown} */ act) => void (acts[name] = act), playbackState: "", metadata: null };
  Object.defineProperty(navigator, "mediaSession", { configurable: true, value: controls });
  const { keys } = clicked();
  assert.deepEqual(acts, {});
  keys.show({}, () => {});
  assert.deepEqual(Object.keys(acts), ["play", "pause", "togglemicrophone", "hangup"]);
  keys.close();
  assert.deepEqual(Object.values(acts), [null, null, null, null]);
  Reflect.deleteProperty(navigator, "mediaSession");
});

test("a button that is shown is held by a finger", () => {
  const { talk, keys } = clicked();
  talk.choose("push");
  keys.show({}, () => {});
  const { element } = keys.talk;
  element.setPointerCapture = () => {};
  element.dispatchEvent(Object.assign(new Event("pointerdown"), { pointerId: 1, pointerType: "touch", button: 0 }));
  assert.equal(talk.pressed, true);
  keys.close();
});

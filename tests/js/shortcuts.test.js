import assert from "node:assert/strict";
import { test } from "node:test";

import { SHORTCUTS, shortcutOf } from "../../static/voice/panel/shortcuts.js";

const key = (change) => ({ key: "m", ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...change });

test("each shortcut is found by its key, also with caps lock", () => {
  for (const { key: pressed, name } of SHORTCUTS) {
    assert.equal(shortcutOf(key({ key: pressed }), false), name);
    assert.equal(shortcutOf(key({ key: pressed.toUpperCase() }), false), name);
  }
  assert.equal(shortcutOf(key({ key: "n" }), false), null);
});

test("no two shortcuts share a key", () => {
  assert.equal(new Set(SHORTCUTS.map((shortcut) => shortcut.key)).size, SHORTCUTS.length);
});

test("a key is left alone while one writes, composes, holds it down, has a dialog open or presses another's shortcut", () => {
  assert.equal(shortcutOf(key({}), true), null);
  for (const held of ["ctrlKey", "metaKey", "altKey", "repeat", "isComposing"]) assert.equal(shortcutOf(key({ [held]: true }), false), null, held);
});

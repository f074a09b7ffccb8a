// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../static/voice/store.js";

/** A browser's storage. @param {Record<string, string>} kept */
const storage = (kept) => () => ({
  getItem: (/** @type {string} */ key) => kept[key] ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => void (kept[key] = value),
});

test("a choice is kept under the site's own prefix, and found by the next page", () => {
  /** @type {Record<string, string>} */
  const kept = {};
  new Store(storage(kept)).set("talk-mode", "push");
  assert.deepEqual(kept, { "meshvoice:talk-mode": '"push"' });
  assert.equal(new Store(storage(kept)).get("talk-mode", "open"), "push");
});

test("where nothing was chosen, or another kind of thing, the default counts", () => {
  const store = new Store(storage({ "meshvoice:a": "3", "meshvoice:b": "no JSON", "meshvoice:c": "null" }));
  assert.deepEqual([store.get("a", "text"), store.get("b", true), store.get("c", 5), store.get("d", "x")], ["text", true, 5, "x"]);
  assert.equal(store.get("a", 1), 3);
});

test("where storage throws, a choice lasts as long as the page", () => {
  const store = new Store(() => {
    throw new DOMException("", "SecurityError");
  });
  assert.equal(store.get("muted", false), false);
  store.set("muted", true);
  assert.equal(store.get("muted", false), true);
});

test("a full storage forgets nothing on this page", () => {
  const store = new Store(() => ({ getItem: () => '"old"', setItem: () => { throw new DOMException("", "QuotaExceededError"); } }));
  store.set("key", "new");
  assert.equal(store.get("key", ""), "new");
});

test("a choice is told by its name", () => {
  const store = new Store();
  /** @type {string[]} */
  const told = [];
  store.on("change", (name) => told.push(name));
  store.set("muted", true);
  assert.deepEqual(told, ["muted"]);
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Talk } from "../../static/voice/call/talk.js";
import { Store } from "../../static/voice/store.js";
import { FakePlatform } from "./fake-platform.js";

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
  assert.deepEqual(store.get("c", { code: "KeyV" }), { code: "KeyV" });
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

test("what another tab chooses counts in this one from then on", () => {
  /** @type {Record<string, string>} */
  const kept = {};
  const [here, there] = [new Store(storage(kept)), new Store(storage(kept))];
  here.set("muted", false);
  assert.equal(here.get("muted", false), false);
  there.set("muted", true);
  assert.equal(here.get("muted", false), true);
});

test("a call that comes back from another tab is muted as that one was", () => {
  /** @type {Record<string, string>} */
  const kept = {};
  const [here, there] = [new Store(storage(kept)), new Store(storage(kept))];
  const platform = new FakePlatform();
  assert.equal(new Talk({ store: here, platform }).muted, false);
  new Talk({ store: there, platform }).mute(true);
  assert.equal(new Talk({ store: here, platform }).muted, true);
});

test("a storage that is full for a while takes the next choice, and one that is shut later loses none of this page's", () => {
  /** @type {Record<string, string>} */
  const kept = {};
  let state = "full";
  const store = new Store(() => {
    if (state === "shut") throw new DOMException("", "SecurityError");
    const { getItem, setItem } = storage(kept)();
    return { getItem, setItem: (key, value) => {
      if (state === "full") throw new DOMException("", "QuotaExceededError");
      setItem(key, value);
    } };
  });
  store.set("key", "one");
  assert.equal(store.get("key", ""), "one");
  state = "well";
  store.set("key", "two");
  kept["meshvoice:key"] = '"another tab\'s"';
  assert.equal(store.get("key", ""), "another tab's");
  state = "shut";
  assert.equal(store.get("key", ""), "two");
});

test("a choice is told by its name", () => {
  const store = new Store();
  /** @type {string[]} */
  const told = [];
  store.on("change", (name) => told.push(name));
  store.set("muted", true);
  assert.deepEqual(told, ["muted"]);
});

// @ts-check
// What a call puts off until its links are made.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Afterwards, LINKING, LOOK } from "../../static/voice/call/afterwards.js";
import { FakePlatform } from "./fake-platform.js";

test("what waits is done once, in its order, after what there is to see; one that throws keeps none of the others from it", async (t) => {
  const platform = new FakePlatform();
  const thrown = t.mock.method(globalThis, "queueMicrotask", () => {});
  const afterwards = new Afterwards(platform, () => false);
  /** @type {string[]} */
  const done = [];
  afterwards.on("settled", () => done.push("settled"));
  afterwards.hold(LINKING);
  afterwards.put("one", () => {
    throw new Error("one");
  });
  for (const _ of [1, 2]) afterwards.put("two", () => done.push("two"));
  await platform.advance(LINKING - LOOK);
  assert.equal(done.length, 0);
  await platform.advance(LOOK);
  assert.deepEqual(done, ["settled", "two"]);
  assert.throws(/** @type {() => void} */ (thrown.mock.calls[0].arguments[0]), /one/);
  afterwards.put("three", () => done.push("three"));
  assert.deepEqual(done, ["settled", "two", "three"]);
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { QUIET, Speaking, hear } from "../../static/voice/audio/speaking.js";
import { FakePlatform } from "./fake-platform.js";

/** @param {number[]} levels */
const heard = (levels) => {
  let voice = QUIET;
  return levels.map((level) => (voice = hear(voice, level)).speaking);
};

test("two loud levels in a row begin to speak", () => {
  assert.deepEqual(heard([0.2, 0, 0.2, 0.2]), [false, false, false, true]);
});

test("six quiet levels in a row end it", () => {
  assert.deepEqual(heard([0.2, 0.2, 0, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 0, 0]).slice(6), [true, true, true, true, true, true, true, false]);
});

/** @param {{level?: number, stats?: number}} given */
function receiver({ level, stats = 0 }) {
  return {
    asked: 0,
    level,
    getSynchronizationSources() {
      return [{ audioLevel: this.level }];
    },
    async getStats() {
      this.asked += 1;
      return new Map([["1", { type: "inbound-rtp", audioLevel: stats }]]);
    },
  };
}

/** @param {Record<string, any>} receivers @param {() => number|null} [own] */
function speaking(receivers, own = () => null) {
  const platform = new FakePlatform();
  const it = new Speaking({ receivers: () => new Map(Object.entries(receivers)), own, platform });
  /** @type {string[][]} */
  const events = [];
  it.addEventListener("speaking", (event) => events.push([.../** @type {CustomEvent} */ (event).detail]));
  it.start();
  return { it, platform, events };
}

test("who speaks is told when it changes, and only then", async () => {
  const bo = receiver({ level: 0.2 });
  const { platform, events } = speaking({ b: bo });
  await platform.advance(1200);
  bo.level = 0;
  await platform.advance(1200);
  assert.deepEqual(events, [["b"], []]);
});

test("where the level lies, stats tell, at a quarter of the pace", async () => {
  const bo = receiver({ level: 1e-6, stats: 0.3 });
  const { platform, events } = speaking({ b: bo });
  await platform.advance(1200);
  assert.deepEqual(events, [["b"]]);
  assert.equal(bo.asked, 2);
});

test("a true silence costs no stats", async () => {
  const bo = receiver({ level: 0 });
  const { platform } = speaking({ b: bo });
  await platform.advance(1200);
  assert.equal(bo.asked, 0);
});

test("one's own level counts as one more voice, and none where it can't be told", async () => {
  let level = /** @type {number|null} */ (null);
  const { it, platform, events } = speaking({}, () => level);
  await platform.advance(600);
  level = 0.2;
  await platform.advance(600);
  assert.deepEqual(events, [[""]]);
  it.close();
  assert.equal(platform.timers.size, 0);
});

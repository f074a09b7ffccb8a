// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { QUIET, Speaking, hear, loudness } from "../../static/voice/audio/speaking.js";
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

/** @param {Record<string, any>} receivers @param {{own?: () => number|null, doubted?: string[]}} [options] */
function speaking(receivers, { own = () => null, doubted = [] } = {}) {
  const platform = new FakePlatform();
  const it = new Speaking({ receivers: () => new Map(Object.entries(receivers)), doubted: () => new Set(doubted), own, platform });
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
  const { it, platform, events } = speaking({}, { own: () => level });
  await platform.advance(600);
  level = 0.2;
  await platform.advance(600);
  assert.deepEqual(events, [[""]]);
  it.close();
  assert.equal(platform.timers.size, 0);
});

/** Its packets say one level, and what is decoded of them has another. @param {{says: number, sounds: number}} given */
function liar({ says, sounds }) {
  const it = {
    sounds, asked: 0, energy: 0, counted: 0,
    /** @type {() => number} */ now: () => 0,
    getSynchronizationSources: () => [{ audioLevel: says }],
    async getStats() {
      it.asked += 1;
      const passed = it.now() / 1000 - it.counted;
      it.counted += passed;
      it.energy += passed * it.sounds ** 2;
      return new Map([["1", { type: "inbound-rtp", totalAudioEnergy: it.energy, totalSamplesDuration: it.counted }]]);
    },
  };
  return it;
}

/** @param {{says: number, sounds: number}} given @param {string[]} doubted */
function hearing(given, doubted) {
  const bo = liar(given);
  const all = speaking({ b: bo }, { doubted });
  const begun = all.platform.now();
  bo.now = () => all.platform.now() - begun;
  return { bo, ...all };
}

test("whoever is doubted, writes silence on the packets and is loud, is heard", async () => {
  const { bo, platform, events } = hearing({ says: 0, sounds: 0.2 }, ["b"]);
  await platform.advance(2500);
  assert.deepEqual(events, [["b"]]);
  bo.sounds = 0;
  await platform.advance(3000);
  assert.deepEqual(events, [["b"], []]);
});

test("whoever is doubted and silent isn't heard for what the packets say", async () => {
  const { it, platform } = hearing({ says: 0.2, sounds: 0 }, ["b"]);
  await platform.advance(4000);
  assert.deepEqual([...it.now], []);
});

test("what is decoded is asked once a second, and of the doubted alone", async () => {
  const doubted = hearing({ says: 0, sounds: 0 }, ["b"]);
  await doubted.platform.advance(10_000);
  assert.ok(doubted.bo.asked <= 11, `${doubted.bo.asked}`);
  const { bo, platform, events } = hearing({ says: 0, sounds: 0.2 }, []);
  await platform.advance(10_000);
  assert.deepEqual([bo.asked, events], [0, []]);
});

test("what was loud before the doubt is no part of it", async () => {
  /** @type {string[]} */
  const doubted = ["b"];
  const { bo, platform, events } = hearing({ says: 0, sounds: 0 }, doubted);
  await platform.advance(2500);
  doubted.pop();
  bo.sounds = 0.2;
  await platform.advance(3000);
  await bo.getStats();
  bo.sounds = 0;
  doubted.push("b");
  await platform.advance(4000);
  assert.deepEqual(events, []);
});

test("where no energy is counted, the level that stats tell counts, and where there is none the packet's", async () => {
  const told = receiver({ level: 0, stats: 0.3 });
  const mute = { ...receiver({ level: 0.2 }), getStats: async () => new Map() };
  const { it, platform } = speaking({ b: told, c: mute }, { doubted: ["b", "c"] });
  await platform.advance(4000);
  assert.deepEqual([...it.now], ["b", "c"]);
});

test("loudness is the root of the mean square, of another stream since its own beginning", () => {
  const sound = (/** @type {number} */ energy, /** @type {number} */ duration) => ({ energy, duration });
  assert.equal(loudness(sound(1, 10), sound(1.25, 11)), 0.5);
  assert.equal(loudness(sound(1, 10), sound(0.25, 1)), 0.5);
  assert.equal(loudness(sound(1, 10), sound(1, 11)), 0);
  assert.equal(loudness(sound(1, 10), sound(1, 10)), null);
  assert.equal(loudness(null, sound(1, 10)), null);
});

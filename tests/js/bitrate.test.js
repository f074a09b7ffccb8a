// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { bitrate, opusFor } from "../../static/voice/session/bitrate.js";

test("the more people there are, the fewer bits each gets; music gets its own", () => {
  assert.deepEqual([2, 4, 5, 6, 7, 8].map((people) => bitrate(people)), [40_000, 40_000, 32_000, 32_000, 24_000, 24_000]);
  assert.equal(bitrate(8, true), 96_000);
  assert.deepEqual([2, 8].map((people) => bitrate(people, false, true)), [16_000, 16_000], "whoever saves data");
  assert.equal(bitrate(2, true, true), 96_000, "music is asked for by itself");
});

test("whoever doesn't talk is encoded with pauses, and music never is", () => {
  assert.deepEqual(opusFor(false), {}, "a voice has them where nothing is lost");
  assert.deepEqual(opusFor(false, false), { usedtx: 1 });
  for (const talks of [true, false]) assert.equal(opusFor(true, talks).usedtx, 0);
});

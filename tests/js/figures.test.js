// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { UNKNOWN, measure } from "../../static/voice/link/figures.js";
import { readStats } from "../../static/voice/link/link-stats.js";

/** @param {object} more @returns {any} */
const heard = (more) => ({
  packets: 0, lost: 0, bytes: 0, concealed: 0, samples: 0, path: "direct", rtt: 20, jitter: 3, redundancy: false, age: 0, ...more,
});

test("shares and rates are those of the last 4 s, what is known at once is there at once", () => {
  let measured = measure(UNKNOWN, heard({}), 0);
  assert.deepEqual(measured.figures, { path: "direct", rtt: 20, loss: null, jitter: 3, bitrate: null, concealed: null, redundancy: false });
  measured = measure(measured, heard({ packets: 90, lost: 10, bytes: 9000, concealed: 10, samples: 100 }), 1000);
  assert.deepEqual([measured.figures.loss, measured.figures.concealed, measured.figures.bitrate], [0.1, null, null]);
  measured = measure(measured, heard({ packets: 200, lost: 10, bytes: 20_000, concealed: 10, samples: 300 }), 3000);
  assert.equal(measured.figures.loss, 0.1);
  measured = measure(measured, heard({ packets: 290, lost: 10, bytes: 29_000, concealed: 10, samples: 500 }), 5000);
  assert.deepEqual([measured.figures.loss, measured.figures.concealed, measured.figures.bitrate], [0, 0, 40]);
});

test("counts that go back, as browsers let them, make no share beyond 0 and 1", () => {
  const before = measure(UNKNOWN, heard({ packets: 100, lost: 20, concealed: 50, samples: 100 }), 0);
  const { loss, concealed } = measure(before, heard({ packets: 150, lost: 10, concealed: 40, samples: 120 }), 5000).figures;
  assert.deepEqual([loss, concealed], [0, 0]);
});

test("a report tells jitter in ms, and redundancy by the codec that comes in", () => {
  const report = (/** @type {string} */ mimeType) => readStats(new Map(Object.entries({
    in: { type: "inbound-rtp", kind: "audio", packetsReceived: 5, jitter: 0.0042, codecId: "c", bytesReceived: 7, concealedSamples: 1, totalSamplesReceived: 9 },
    c: { type: "codec", mimeType },
  })));
  const { jitter, redundancy, bytes, concealed, samples } = report("audio/red");
  assert.deepEqual([jitter, redundancy, bytes, concealed, samples], [4, true, 7, 1, 9]);
  assert.deepEqual([report("audio/opus").redundancy, readStats(new Map()).redundancy], [false, null]);
});

// @ts-check
import assert from "node:assert/strict";
import test from "node:test";

import { Listening } from "../../static/voice/link/listening.js";

/** @param {number} packets @param {number | null} age @returns {any} */
const heard = (packets, age) => ({
  packets, lost: 0, path: "direct", rtt: 20, age, jitter: 3, bytes: packets * 100, concealed: 0, samples: packets * 960, redundancy: false,
});

/** A look each second at a peer who sends fifty packets in it, and then, ten times, each tenth of a second at its silence. @param {any} age */
function looks(age) {
  const listening = new Listening();
  const ages = [];
  let now = 50_000;
  for (let look = 1; look <= 5; look += 1, now += 1000) ages.push(listening.take(heard(50 * look, age), false, now).age);
  now -= 1000;
  const asked = Array.from({ length: 10 }, (_, at) => listening.take(heard(250, age), false, now + 100 * (at + 1)).silent);
  return { ages, askedAfter: 100 * (asked.indexOf(true) + 1) };
}

test("the age of the last packet tells when it came", () => {
  assert.deepEqual(looks(200), { ages: Array(5).fill(200), askedAfter: 400 });
});

for (const [age, where] of /** @type {[number | null, string][]} */ ([
  [-3_600_000, "where a clock stood still for an hour"],
  [1.7e12, "told in seconds"],
  [1001, "from before the last look"],
  [null, "that nobody tells"],
])) {
  test(`an age ${where} says nothing: a peer who falls silent is asked as soon as any other`, () => {
    const { ages, askedAfter } = looks(age);
    assert.deepEqual(ages.slice(1), Array(4).fill(null));
    assert.equal(askedAfter, 600);
  });
}

test("where no packet came since the last look its age is none of a new one's", () => {
  const listening = new Listening();
  listening.take(heard(50, 10), false, 1000);
  assert.equal(listening.take(heard(50, 1010), false, 2000).age, null);
});

import assert from "node:assert/strict";
import test from "node:test";

import { HOLDS, QUIET } from "../../static/voice/link/link-hold.js";
import { step } from "../../static/voice/link/link-machine.js";
import { makeLink, report } from "../../static/voice/link/link-state.js";

/** A link that only one side talks to; `random` 0.5 is no jitter. */
class Told {
  now = 1_000_000;
  packets = 0;
  random;

  /** @param {any} [seed] */
  constructor({ random = 0.5, ...seed } = {}) {
    this.random = random;
    this.link = makeLink({ peer: "p", owner: false, now: this.now, ...seed });
    this.tell({ type: "begin" });
  }

  /** @param {any} event @returns {any[]} */
  tell(event) {
    const { state, effects } = step(this.link, event, this.now, this.random);
    this.link = state;
    return effects;
  }

  /** @param {number} gen */
  offer(gen) {
    return opened(this.tell({ type: "offer", gen, sdp: `sdp ${gen}` }));
  }

  /** @param {number} ms @param {number} [heard] the generation that packets come on */
  wait(ms, heard) {
    const effects = [];
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(this.now + 250, end);
      this.packets += 10;
      const samples = this.link.live.map(({ gen }) => (
        { gen, packets: gen === heard ? this.packets : 0, path: "direct", rtt: null, loss: null }));
      effects.push(...this.tell({ type: "tick", samples }));
    }
    return effects;
  }

  /** Offers until the next hold, which is over when this returns. */
  flood() {
    let gen = this.link.gen;
    while (!this.link.hold) this.offer(++gen);
    const { until } = this.link.hold;
    const wait = until - this.now;
    this.wait(wait);
    return wait;
  }
}

const opened = (/** @type {any[]} */ effects) => effects.filter(({ type }) => type === "open").map(({ gen }) => gen);

test("four offers are opened at once, then one a second, closed generations counted", () => {
  const link = new Told();
  assert.deepEqual([1, 2, 3, 4].map((gen) => link.offer(gen)), [[1], [2], [3], [4]]);
  assert.deepEqual([5, 6, 7].flatMap((gen) => link.offer(gen)), []);
  assert.deepEqual(opened(link.wait(1000)), [7]);
  link.wait(1000);
  assert.deepEqual([8, 9].flatMap((gen) => link.offer(gen)), [8]);
});

test("who keeps starting over is held for longer each time, and the reports say so", () => {
  const link = new Told();
  assert.deepEqual(HOLDS.map(() => link.flood()), [...HOLDS]);
  assert.equal(link.flood(), HOLDS.at(-1));
  link.offer(1000);
  assert.equal(report(link.link).held, true);
});

test("the short first holds of somebody who woke are nothing to tell of", () => {
  const link = new Told();
  for (let gen = 1; gen <= 9; gen += 1) link.offer(gen);
  assert.deepEqual([report(link.link).held, Boolean(link.link.hold)], [false, true]);
});

test("a hold is forgotten after a quiet minute", () => {
  const link = new Told();
  for (const _ of HOLDS) link.flood();
  link.wait(QUIET);
  assert.equal(link.flood(), HOLDS[0]);
});

test("the latest offer of a hold is opened at its end, with the candidates that came for it", () => {
  const link = new Told();
  for (let gen = 1; gen <= 6; gen += 1) link.offer(gen);
  const candidates = Array.from({ length: 50 }, (_, at) => ({ candidate: `candidate:${at} 1 udp 1 192.0.2.1 9 typ host` }));
  link.tell({ type: "ice", gen: 6, candidates });
  const effects = link.wait(1000);
  assert.deepEqual(opened(effects), [6]);
  assert.equal(effects.find(({ type }) => type === "open").sdp, "sdp 6");
  assert.equal(effects.find(({ type }) => type === "candidates").candidates.length, 50);
});

test("an offer that was taken back is not opened when the hold ends", () => {
  const link = new Told();
  for (let gen = 1; gen <= 6; gen += 1) link.offer(gen);
  link.tell({ type: "abort", gen: 6 });
  assert.deepEqual(opened(link.wait(2000)), []);
});

test("what is heard stays through any number of offers", () => {
  const link = new Told();
  link.offer(1);
  link.wait(5000, 1);
  for (let gen = 2; gen < 200; gen += 1) {
    link.offer(gen);
    link.wait(50, 1);
    assert.equal(link.link.live.length <= 2, true);
    assert.equal(link.link.playing, 1);
  }
  assert.deepEqual([report(link.link).state, report(link.link).held], ["up", true]);
});

test("who is held is not asked for another offer meanwhile", () => {
  const link = new Told();
  for (const _ of HOLDS) link.flood();
  for (let gen = 100; gen < 110; gen += 1) link.offer(gen);
  const { until } = /** @type {any} */ (link.link.hold);
  assert.deepEqual(link.wait(until - link.now - 1000).filter(({ type }) => type === "send"), []);
});

test("a repair is followed by no other within a second, however short the backoff", () => {
  const link = new Told({ owner: true, random: 0 });
  link.now += 999;
  assert.deepEqual(opened(link.tell({ type: "repair", gen: 1 })), []);
  link.now += 1;
  assert.deepEqual(opened(link.tell({ type: "tick", samples: [] })), [2]);
});

test("repairs make one generation a second at most", () => {
  const link = new Told({ owner: true });
  let made = 0;
  for (let count = 0; count < 500; count += 1) {
    link.now += 20;
    made += opened(link.tell({ type: "repair", gen: link.link.gen })).length;
  }
  assert.ok(made >= 2 && made <= 10, `${made} in 10 s`);
});

test("presence told again and again makes one generation a second at most", () => {
  const link = new Told({ owner: true });
  let made = 0;
  for (let count = 0; count < 500; count += 1) {
    link.now += 20;
    made += opened(link.tell({ type: "sync" })).length;
  }
  assert.ok(made <= 14, `${made} in 10 s`);
});

test("a repair that leaps lifts no count, nor do many that leap as far as they may", () => {
  const link = new Told({ owner: true });
  link.tell({ type: "repair", gen: 2 ** 31 - 1 });
  assert.equal(link.link.gen, 1);
  for (let count = 0; count < 1000; count += 1) link.tell({ type: "repair", gen: link.link.gen + 64 });
  assert.equal(link.link.gen, 65);
  link.now += 10_000;
  assert.deepEqual(opened(link.tell({ type: "repair", gen: 75 })), [76]);
});

test("an abort and early candidates that leap are dropped", () => {
  const link = new Told();
  link.offer(1);
  link.tell({ type: "abort", gen: 2 ** 31 - 1 });
  link.tell({ type: "ice", gen: 2 ** 30, candidates: [null] });
  assert.deepEqual([link.link.gen, link.link.early], [1, null]);
  assert.deepEqual(link.offer(2), [2]);
});

test("an offer that the server dropped fails at once, and the next is made 2 s later", () => {
  const link = new Told({ owner: true });
  assert.deepEqual(link.tell({ type: "unsent" }), [{ type: "close", gen: 1 }, { type: "play", gen: null }]);
  assert.deepEqual(opened(link.wait(1750)), []);
  assert.deepEqual(opened(link.wait(250)), [2]);
});

test("what the server dropped late comes no sooner because somebody asks for it", () => {
  const link = new Told({ owner: true });
  link.now += 4900;
  link.tell({ type: "unsent" });
  link.tell({ type: "repair", gen: 1 });
  assert.deepEqual(opened(link.wait(1750)), []);
  assert.deepEqual(opened(link.wait(250)), [2]);
});

test("an offer dropped again and again is made less and less often, whoever asks for it", () => {
  const link = new Told({ owner: true });
  let made = 0;
  for (let count = 0; count < 60; count += 1) {
    link.tell({ type: "unsent" });
    link.tell({ type: "repair", gen: link.link.gen });
    made += opened(link.wait(1000)).length;
  }
  assert.ok(made > 5 && made < 25, `${made} in a minute`);
});

test("an offer that the server refused is told at once, and the next comes no sooner than without a word", () => {
  const [told, untold] = [new Told({ owner: true }), new Told({ owner: true })];
  for (let count = 0; count < 60; count += 1) {
    told.tell({ type: "unfit", plain: true });
    assert.equal(report(told.link).unfit, true);
    assert.deepEqual(opened(told.wait(1000)), opened(untold.wait(1000)));
  }
  told.tell({ type: "answer", gen: told.link.gen, sdp: "" });
  assert.equal(report(told.link).unfit, false);
});

test("an answer that the server refused is told until the link is heard", () => {
  const link = new Told();
  link.offer(1);
  link.tell({ type: "unfit", plain: true });
  assert.equal(report(link.link).unfit, true);
  link.wait(1000, 1);
  assert.equal(report(link.link).unfit, false);
});

test("what the server refused, of this link or another, is told once it comes to nothing, until the next does for another reason", () => {
  const link = new Told({ owner: true });
  link.tell({ type: "unfit", plain: false });
  link.wait(7750);
  assert.equal(report(link.link).unfit, false);
  link.wait(250);
  assert.equal(report(link.link).unfit, true);
  while (link.link.gen === 1) link.wait(250);
  assert.equal(report(link.link).unfit, true);
  link.wait(8000);
  assert.equal(report(link.link).unfit, false);
});

test("a refused description is told until a later one is heard", () => {
  const link = new Told();
  link.offer(1);
  link.tell({ type: "error", gen: 1, refused: true });
  assert.equal(report(link.link).refused, true);
  link.offer(2);
  assert.equal(report(link.link).refused, true);
  link.wait(1000, 2);
  assert.equal(report(link.link).refused, false);
});

test("a refused description is told for a minute where the link is heard on an older one", () => {
  const link = new Told();
  link.offer(1);
  link.wait(2000, 1);
  link.offer(2);
  link.tell({ type: "error", gen: 2, refused: true });
  link.wait(50_000, 1);
  assert.equal(report(link.link).refused, true);
  link.wait(11_000, 1);
  assert.equal(report(link.link).refused, false);
});

test("who sends refused descriptions only is asked once in 5 s", () => {
  const link = new Told();
  let asked = 0;
  for (let gen = 1; gen <= 120; gen += 1) {
    link.offer(gen);
    link.tell({ type: "error", gen, refused: true });
    asked += link.wait(250).filter(({ type }) => type === "send").length;
  }
  assert.ok(asked <= 6, `${asked} in 30 s`);
});

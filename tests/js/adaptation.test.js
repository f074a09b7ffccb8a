// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { ADAPTATION, adapt, unadapted } from "../../static/voice/link/adaptation.js";

/** A link whose packets fare as told, a look each half second and a report of the other side's each five. */
function link({ redundancy = { nack: true, red: false }, rtt = 120, perSecond = 50 } = {}) {
  let state = unadapted(redundancy);
  const fate = { sent: 0, resent: 0, missed: 0, toldAt: /** @type {number|null} */ (null), rtt, jitter: 5, concealed: 0, samples: 0 };
  let now = 1_000_000;
  const it = {
    perSecond,
    get state() {
      return state;
    },
    /**
     * @param {number} seconds
     * @param {{missed?: number, resent?: number, madeUp?: number, jitter?: number, rtt?: number|null}} [how] shares of 1
     */
    run(seconds, { missed = 0, resent = 0, madeUp = 0, jitter = 5, rtt: round = rtt } = {}) {
      for (let half = 0; half < seconds * 2; half += 1) {
        now += 500;
        const sent = it.perSecond / 2;
        fate.sent += sent;
        fate.missed += sent * missed;
        fate.resent += sent * resent;
        fate.samples += 24_000;
        fate.concealed += 24_000 * madeUp;
        if (now % 5000 === 0) fate.toldAt = now;
        state = adapt(state, { ...fate, jitter, rtt: /** @type {number} */ (round) }, now);
      }
      return it;
    },
  };
  return it;
}

test("redundancy comes within two reports of loss, and not before a loss worth it", () => {
  assert.equal(link().run(60, { missed: 0.015 }).state.redundancy.red, false);
  const it = link().run(30);
  assert.equal(it.state.redundancy.red, false);
  assert.equal(it.run(10, { missed: 0.05 }).state.redundancy.red, true);
});

test("what was asked for again was lost, too", () => {
  assert.equal(link().run(15, { resent: 0.03 }).state.redundancy.red, true);
  assert.equal(link().run(15, { resent: 0.01, missed: 0.012 }).state.redundancy.red, true);
});

test("redundancy ends after a time without loss, and each loss begins it anew", () => {
  const it = link().run(15, { missed: 0.1 });
  assert.equal(it.run(15).state.redundancy.red, true);
  assert.equal(it.run(5, { missed: 0.01 }).run(15).state.redundancy.red, true, "a loss of 1 % keeps it");
  assert.equal(it.run(15).state.redundancy.red, false);
});

test("a muted link is not judged by a handful of packets", () => {
  const it = link({ perSecond: 2 }).run(18, { missed: 0.5 });
  assert.equal(it.state.redundancy.red, false);
  it.run(60, { missed: 0.5 });
  assert.equal(it.state.redundancy.red, false, "nobody speaks: there is nothing to lose");
});

test("a muted link gives its redundancy back in time", () => {
  const it = link().run(15, { missed: 0.1 });
  it.perSecond = 2;
  assert.equal(it.run(60).state.redundancy.red, false);
});

test("between two reports nothing is known, and nothing changes", () => {
  const it = link().run(10);
  const before = it.state;
  assert.deepEqual(it.run(4.5, { missed: 0.2 }).state.redundancy, before.redundancy);
});

test("a count that goes back, as after late packets, is no gain", () => {
  let state = unadapted({ nack: true, red: false });
  const fate = { sent: 0, resent: 0, missed: 10, toldAt: 1, rtt: null, jitter: 0, concealed: 0, samples: 0 };
  state = adapt(state, fate, 0);
  state = adapt(state, { ...fate, sent: 250, missed: 4, toldAt: 2 }, 5000);
  assert.equal(state.loss, 0);
});

test("lost packets are asked for where the round trip is short, and a round trip at the bound flips nothing", () => {
  const { nackOn, nackOff } = ADAPTATION;
  const it = link({ rtt: nackOff - 1 }).run(5);
  assert.equal(it.state.redundancy.nack, true);
  assert.equal(it.run(1, { rtt: nackOff }).state.redundancy.nack, false);
  assert.equal(it.run(1, { rtt: nackOn }).state.redundancy.nack, false);
  assert.equal(it.run(1, { rtt: nackOn - 1 }).state.redundancy.nack, true);
  assert.equal(it.run(1, { rtt: null }).state.redundancy.nack, true, "an unknown round trip changes nothing");
});

test("a rough link gets a longer jitter buffer, and gives it back when it has long been smooth", () => {
  const it = link().run(10, { jitter: 50 });
  assert.equal(it.state.target, null, "jitter that costs nothing needs nothing");
  assert.equal(it.run(10, { madeUp: 0.05 }).state.target, null, "loss is no jitter");
  assert.equal(it.run(5, { jitter: 50, madeUp: 0.05 }).state.target, ADAPTATION.target);
  assert.equal(it.run(15).state.target, ADAPTATION.target);
  assert.equal(it.run(5, { jitter: 30 }).run(15).state.target, ADAPTATION.target);
  assert.equal(it.run(15).state.target, null);
});

// @ts-check
// How it is between two others, in words, from what both of them tell.

import assert from "node:assert/strict";
import { test } from "node:test";

import { between, newsOf } from "../../static/voice/session/between.js";
import { betweenAll, betweenFigures } from "../../static/voice/session/between-words.js";
import { pairs } from "../../static/voice/session/pairs.js";
import { applyMessage, EMPTY } from "../../static/voice/session/roster.js";
import { present, welcome } from "./fake-platform.js";

const UP = { state: /** @type {"up"} */ ("up"), path: /** @type {"direct"} */ ("direct"), rtt: 20, loss: 0 };
const links = (/** @type {string} */ source, /** @type {object} */ told) => ({ type: "links", source, links: told });

/** @param {any[]} messages */
function shown(messages) {
  const all = [welcome(), present("b", "Bo", 10), present("c", "Cleo", 20), ...messages];
  const roster = all.reduce((before, message) => applyMessage(before, message, 0).roster, EMPTY);
  return between(roster, pairs(roster, { name: "Ana" }, new Map()));
}

for (const [what, bo, cleo, word, words] of /** @type {[string, object|null, object|null, string, string][]} */ ([
  ["all is well", UP, UP, "good", "Bo and Cleo: good, and direct"],
  ["one of them says nothing", UP, null, "good", "Bo and Cleo: good, and direct"],
  ["neither says anything", null, null, "unknown", "Bo and Cleo: neither says how it is"],
  ["the path is not known yet", { ...UP, path: null }, { ...UP, path: null }, "good", "Bo and Cleo: good"],
  ["the relay carries it", { ...UP, path: "relay" }, UP, "relay", "Bo and Cleo: good, through the relay"],
  ["much is lost on the way to one", { ...UP, loss: 0.12 }, { ...UP, loss: 0.06 }, "weak", "Bo and Cleo: weak; 12 % of what Cleo says is lost on the way to Bo"],
  ["much is lost on the way to the other", UP, { ...UP, path: "relay", loss: 0.2 }, "weak", "Bo and Cleo: weak, through the relay; 20 % of what Bo says is lost on the way to Cleo"],
  ["the way is long", { ...UP, rtt: 450 }, UP, "weak", "Bo and Cleo: weak; the way there and back takes 450 ms"],
  ["nothing comes", { ...UP, state: "repairing" }, { ...UP, state: "stalled" }, "reconnecting", "Bo and Cleo: reconnecting"],
  ["one says so and the other denies it", { ...UP, state: "stalled" }, UP, "reconnecting", "Bo says: can't hear Cleo"],
  ["it is being made", { ...UP, state: "connecting" }, null, "connecting", "Bo and Cleo: connecting"],
])) test(`between two others, where ${what}`, () => {
  const [pair, ...more] = shown([...(bo ? [links("b", { c: bo })] : []), ...(cleo ? [links("c", { b: cleo })] : [])]);
  assert.deepEqual([pair.word, pair.words, pair.peers, more], [word, words, ["b", "c"], []]);
});

test("what an absent end said before doesn't count, and who is lost is in no pair", () => {
  const told = [links("b", { c: { ...UP, loss: 0.5 } }), { type: "away", source: "b" }];
  assert.equal(shown(told)[0].word, "unknown");
  assert.deepEqual(shown([{ type: "left", source: "c", reason: "lost" }]), []);
});

test("one line says how all of them are, the worst first", () => {
  assert.equal(betweenAll(shown([links("b", { c: UP })])), "Between the others: all good");
  const all = shown([present("d", "Dee", 30), links("b", { c: { ...UP, loss: 0.1 }, d: { ...UP, path: "relay" } }), links("c", { d: { ...UP, state: "repairing" } })]);
  assert.equal(betweenAll(all), "Between the others: 1 reconnecting, 1 weak, 1 through the relay");
});

test("the figures are those that both told last", () => {
  const [pair] = shown([links("b", { c: { ...UP, rtt: 31.4, loss: 0.02 } }), links("c", { b: { ...UP, loss: null } })]);
  assert.deepEqual(betweenFigures(pair), ["Bo and Cleo", "direct", "31 ms", "to Bo: 2 %; to Cleo: not known"]);
  const [unknown] = shown([]);
  assert.deepEqual(betweenFigures(unknown).slice(1, 3), ["not known", "not known"]);
});

test("the room is told anew where a link fares otherwise, becomes weak, or is measured at last", () => {
  const same = (/** @type {object} */ change) => JSON.stringify(newsOf({ ...UP, ...change })) === JSON.stringify(newsOf(UP));
  const deaf = /** @type {"stalled"} */ ("stalled");
  assert.deepEqual(newsOf({ ...UP, state: deaf, rtt: null }), newsOf({ ...UP, state: deaf, loss: 1 }));
  assert.deepEqual([{ rtt: 90, loss: 0.03 }, { loss: 0.05 }, { rtt: 400 }, { rtt: null }, { loss: null }, { path: "relay" }, { state: "stalled" }].map(same),
    [true, false, false, false, false, false, false]);
});

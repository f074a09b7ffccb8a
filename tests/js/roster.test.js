// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, GONE, listEnds, pairs, people, prune, applyMessage, seats, summary } from "../../static/voice/session/roster.js";
import { present, welcome } from "./fake-platform.js";

const ME = { name: "Ana", muted: false, silent: "", joined: true };
const NOBODY = new Set();
/** @param {object} [more] @returns {any} */
const report = (more) => ({ state: "up", path: "direct", rtt: 20.4, loss: 0, attempt: 0, gen: 1, relayOnly: false, orphan: false, ...more });

/** Take frames one after another. @param {any[]} messages @param {import("../../static/voice/session/roster.js").Roster} [roster] */
function told(messages, roster = EMPTY) {
  /** @type {any[]} */
  const news = [];
  for (const message of messages) {
    const step = applyMessage(roster, message, 0);
    roster = step.roster;
    news.push(...step.news);
  }
  return { roster, news };
}

const joined = () => listEnds(told([welcome(), present("b", "Bo", 10), present("c", "Cleo", 20)]).roster, 0);
const up = () => new Map([["b", report()], ["c", report()]]);
/** @param {any} roster @param {Map<string, any>} [reports] */
const shown = (roster, reports = up()) => people(roster, ME, reports, NOBODY);
/** @param {string} source @param {object} links */
const links = (source, links) => ({ type: "links", source, links });

test("oneself stands first, the others by order", () => {
  const { roster } = told([welcome(), present("c", "Cleo", 20), present("b", "Bo", 10)]);
  assert.deepEqual(shown(roster).map(({ name, self }) => [name, self]), [["Ana", true], ["Bo", false], ["Cleo", false]]);
});

test("those who were there are no news; who comes later is", () => {
  const first = told([welcome(), present("b", "Bo", 10)]);
  assert.deepEqual(first.news, []);
  const later = told([{ ...present("c", "Cleo", 60), type: "hello" }], listEnds(first.roster, 0));
  assert.deepEqual(later.news, [{ type: "joined", name: "Cleo" }]);
});

test("the name is read before the person is deleted", () => {
  const { roster, news } = told([{ type: "left", source: "b", reason: "left" }], joined());
  assert.deepEqual(news, [{ type: "left", name: "Bo" }]);
  assert.deepEqual(shown(roster).map(({ name }) => name), ["Ana", "Cleo"]);
});

test("a newer tab of the same person is no news", () => {
  const { news } = told([{ type: "left", source: "b", reason: "replaced" }], joined());
  assert.deepEqual(news, []);
});

test("state, away and back are shown", () => {
  const { roster } = told([{ type: "state", source: "b", muted: true, deafened: true }, { type: "away", source: "c" }], joined());
  const [, bo, cleo] = shown(roster);
  assert.deepEqual([bo.word, bo.muted, bo.deafened, cleo.word, cleo.away], ["muted", true, true, "here", true]);
  assert.equal(cleo.doing, "reconnecting to the server; still heard");
  assert.equal(shown(told([{ type: "back", source: "c" }], roster).roster)[2].doing, "");
});

test("frames about nobody known change nothing", () => {
  const roster = joined();
  for (const type of ["state", "away", "back", "links", "left"]) assert.equal(applyMessage(roster, /** @type {any} */ ({ type, source: "z" }), 0).roster, roster);
});

for (const [name, given, word, doing] of /** @type {[string, any, string, string][]} */ ([
  ["a link that isn't there yet", undefined, "connecting", "connecting"],
  ["a link at its first attempt", report({ state: "connecting", attempt: 1 }), "connecting", "connecting"],
  ["a link at its second attempt", report({ state: "connecting", attempt: 2 }), "unheard", "still connecting"],
  ["a stalled link", report({ state: "stalled" }), "unheard", "nothing heard; waiting a moment before reconnecting"],
  ["a link being repaired", report({ state: "repairing" }), "unheard", "reconnecting"],
  ["a link being repaired through the relay", report({ state: "repairing", relayOnly: true }), "unheard", "reconnecting through the relay"],
  ["a link that is up", report(), "here", ""],
])) {
  test(`${name} is shown as "${word}"${doing && `: ${doing}`}`, () => {
    const reports = new Map(given ? [["b", given]] : []);
    const bo = shown(joined(), reports)[1];
    assert.deepEqual([bo.word, bo.doing], [word, doing]);
  });
}

test("without a microphone one can't be heard, and is told so", () => {
  const [me] = people(joined(), { ...ME, silent: "no microphone" }, up(), NOBODY);
  assert.deepEqual([me.word, me.doing], ["unheard", "no microphone"]);
});

test("a muted person doesn't speak, whatever the level says", () => {
  const { roster } = told([{ type: "state", source: "b", muted: true, deafened: false }], joined());
  const speaking = people(roster, { ...ME, muted: true }, up(), new Set(["", "b", "c"])).map((person) => person.speaking);
  assert.deepEqual(speaking, [false, false, true]);
});

test("a peer that the server lost stays while it is heard, is gone when it isn't, and then leaves by name", () => {
  const { roster, news } = told([{ type: "left", source: "b", reason: "lost" }], joined());
  assert.deepEqual(news, []);
  assert.equal(shown(roster)[1].word, "here");
  assert.deepEqual(seats(roster), [{ peer: "c", order: 20 }]);
  assert.deepEqual(prune(roster, up(), 10 * GONE), { roster, news: [] });
  const silent = new Map([["b", report({ state: "stalled" })], ["c", report()]]);
  assert.equal(shown(roster, silent)[1].word, "gone");
  const after = prune(roster, silent, GONE);
  assert.deepEqual(after.news, [{ type: "lost", name: "Bo" }]);
  assert.deepEqual(seats(after.roster), [{ peer: "c", order: 20 }]);
  assert.equal(after.roster.peers.has("b"), false);
});

test("the list after a restart of the server is the whole roster, and whoever comes back is no news", () => {
  const restarted = told([welcome({ boot: "b2" }), present("c", "Cleo", 20)], joined());
  const roster = listEnds(restarted.roster, 0);
  assert.deepEqual(seats(roster), [{ peer: "c", order: 20 }]);
  const back = told([{ ...present("b", "Bo", 10), type: "hello" }], roster);
  assert.deepEqual([...restarted.news, ...back.news], []);
  assert.deepEqual(seats(back.roster).map(({ peer }) => peer).sort(), ["b", "c"]);
});

test("a lost peer whose user comes as another peer is that one, without news", () => {
  const { roster } = told([{ type: "left", source: "b", reason: "lost" }], joined());
  const back = told([{ ...present("b2", "Bo", 70, { user: "ub" }), type: "hello" }], roster);
  assert.deepEqual(back.news, []);
  assert.deepEqual(seats(back.roster).map(({ peer }) => peer), ["c", "b2"]);
});

test("a resumed welcome leaves the roster as it is", () => {
  const { roster } = told([welcome({ resumed: true })], joined());
  assert.equal(listEnds(roster, 0), roster);
  assert.equal(seats(roster).length, 2);
});

test("a list that a drop cut off is still open after a resumed welcome, and ends for whoever vanished", () => {
  const { roster } = told([welcome({ boot: "b2" }), present("c", "Cleo", 20), welcome({ boot: "b2", resumed: true })], joined());
  assert.deepEqual(seats(listEnds(roster, 0)), [{ peer: "c", order: 20 }]);
});

test("a pair is shown when either end says that it isn't up", () => {
  const { roster } = told([links("b", { c: { state: "repairing", path: "relay" } }), links("c", { b: { state: "up", path: "direct" } })], joined());
  assert.deepEqual(pairs(roster, ME, up()), [
    { names: ["Bo", "Cleo"], peers: ["b", "c"], words: "Bo and Cleo: reconnecting through the relay" },
  ]);
});

test("one's own pairs are in the matrix, from either end", () => {
  const own = new Map([["b", report({ state: "connecting", attempt: 2 })], ["c", report()]]);
  const { roster } = told([links("c", { a: { state: "stalled", path: null } })], joined());
  assert.deepEqual(pairs(roster, ME, own).map(({ words }) => words), [
    "Ana and Bo: connecting", "Ana and Cleo: nothing heard; waiting a moment before reconnecting",
  ]);
});

test("a first attempt is no trouble yet", () => {
  assert.deepEqual(pairs(joined(), ME, new Map([["b", report({ state: "connecting", attempt: 1 })]])), []);
});

test("silence is no trouble, and what an absent end said before doesn't count", () => {
  const { roster } = told([links("b", { c: { state: "stalled", path: null } }), { type: "away", source: "b" }], joined());
  assert.deepEqual(pairs(roster, ME, up()), []);
});

test("what the room is told of a link is its state, path, rtt and loss; first attempts and orphans are no trouble of the room's", () => {
  const reports = new Map([["d", report({ state: "connecting", attempt: 1 })], ["b", report({ state: "repairing", relayOnly: true, path: null, rtt: null })], ["c", report({ orphan: true })]]);
  assert.deepEqual(summary(reports), { b: { state: "repairing", path: "relay", rtt: null, loss: 0 } });
});

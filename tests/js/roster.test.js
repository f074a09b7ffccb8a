// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { isOwnPathWeak } from "../../static/voice/session/own-path.js";
import { people } from "../../static/voice/session/people.js";
import { pairs } from "../../static/voice/session/pairs.js";
import { EMPTY, GONE, applyMessage, hearLink, hearSelf, listEnds, MUTING, overhear, overhearAt, prune, saidMuted, seats, summary } from "../../static/voice/session/roster.js";
import { HELD, UNMADE } from "../../static/voice/session/words.js";
import { present, welcome } from "./fake-platform.js";

const UP = { state: "up", path: "direct", rtt: 20, loss: 0 };
const STALLED = { ...UP, state: "stalled" };
const ME = { name: "Ana", muted: false, deafened: false, silent: "", joined: true, weak: false };
const NOBODY = new Set();
/** @param {object} [more] @returns {any} */
const report = (more) => ({ state: "up", path: "direct", rtt: 20.4, loss: 0, attempt: 0, gen: 1, relayOnly: false, orphan: false, held: false, refused: false, unmade: false, unfit: false, ...more });

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
const shown = (roster, reports = up()) => people(roster, ME, reports, NOBODY, 0);
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

test("who can't be reached because this browser makes no connection reads so from the first attempt on, and the room is told", () => {
  const reports = up().set("b", report({ state: "connecting", attempt: 1, unmade: true }));
  const [, bo, cleo] = shown(joined(), reports);
  assert.deepEqual([bo.word, bo.doing, cleo.word], ["unheard", UNMADE, "here"]);
  assert.equal(summary(reports).b.state, "connecting");
});

/** Whether one's own path is weak, with these losses to Bo and Cleo, and what Bo tells of his to Cleo. @param {number[]} losses @param {object} [bos] @param {boolean} [before] */
function weak([b, c], bos = UP, before = false) {
  const { roster } = told([links("b", { c: bos })], joined());
  return isOwnPathWeak(roster, new Map([["b", report({ loss: b })], ["c", report({ loss: c })]]), before);
}

test("where every path is weak, and theirs among themselves is not, it is one's own", () => {
  const lossy = { ...UP, loss: 0.1 };
  assert.deepEqual([weak([0.1, 0.05]), weak([0.1, 0.04]), weak([0, 0])], [true, false, false]);
  assert.deepEqual([weak([0.1, 0.1], lossy), weak([0.1, 0.1], STALLED)], [false, false], "nobody's is good: that says nothing");
  assert.equal(isOwnPathWeak(joined(), new Map([["b", report({ loss: 0.1 })], ["c", report({ loss: 0.1 })]]), false), false, "and neither does silence");
});

test("a long way, and what others say is lost of what one says, make a path weak as well", () => {
  const { roster } = told([links("b", { c: UP })], joined());
  const lossyThere = hearLink(roster, "c", /** @type {any} */ ({ state: "up", loss: 0.2 }));
  const reports = new Map([["b", report({ rtt: 600 })], ["c", report()]]);
  assert.deepEqual([isOwnPathWeak(roster, reports, false), isOwnPathWeak(lossyThere, reports, false)], [false, true]);
});

test("of one path nobody can tell which end is weak, and what isn't up is no path", () => {
  const { roster } = told([links("b", { c: UP })], joined());
  for (const reports of [new Map([["b", report({ loss: 0.1 })]]), new Map([["b", report({ loss: 0.1 })], ["c", report({ loss: 0.1, state: "repairing" })]])]) {
    assert.equal(isOwnPathWeak(roster, reports, false), false);
  }
});

test("a path that was weak is so until half of all are well", () => {
  const { roster } = told([present("d", "Dan", 30), links("b", { c: UP })], joined());
  const after = (/** @type {number[]} */ [b, c, d]) => isOwnPathWeak(roster,
    new Map([["b", report({ loss: b })], ["c", report({ loss: c })], ["d", report({ loss: d })]]), true);
  assert.deepEqual([after([0.1, 0.1, 0]), after([0.1, 0, 0])], [true, false]);
  assert.equal(weak([0.1, 0], UP, true), false);
});

test("it stands on one's own row alone", () => {
  const weakness = people(joined(), { ...ME, weak: true }, up(), NOBODY, 0).map((person) => person.weak);
  assert.deepEqual(weakness, [true, false, false]);
});

test("who is not heard by somebody reads so on their own row, until that one hears again or is away", () => {
  const { roster } = told([links("b", { a: STALLED, c: UP })], joined());
  assert.deepEqual([shown(roster)[0].word, shown(roster)[0].doing], ["unheard", "Bo says that they can't hear you; reconnecting"]);
  const both = told([links("c", { a: { ...STALLED, state: "repairing" }, b: UP })], roster).roster;
  assert.equal(shown(both)[0].doing, "Bo and Cleo say that they can't hear you; reconnecting");
  assert.equal(shown(told([{ type: "away", source: "b" }], roster).roster)[0].word, "here");
  assert.equal(shown(told([links("b", { a: UP, c: UP })], roster).roster)[0].word, "here");
  assert.equal(shown(told([links("b", { a: { ...UP, state: "connecting" } })], joined()).roster)[0].word, "here");
});

test("what a peer says of its link on the link itself counts more than what the server brings late", () => {
  const said = (/** @type {"up"|"repairing"} */ state) => ({ state, loss: null, jitter: null, bitrate: null, concealed: null, redundancy: null });
  const late = hearLink(told([links("b", { a: STALLED, c: UP })], joined()).roster, "b", said("up"));
  assert.equal(shown(late)[0].word, "here");
  const soon = hearLink(joined(), "b", said("repairing"));
  assert.equal(shown(soon)[0].doing, "Bo says that they can't hear you; reconnecting");
  assert.equal(shown(hearSelf(soon, "b", null, 0))[0].word, "here");
});

test("who says to hear none of several speaks of itself", () => {
  const four = told([{ ...present("d", "Dee", 30), type: "hello" }], joined()).roster;
  assert.equal(shown(told([links("b", { a: STALLED, c: STALLED, d: STALLED })], four).roster)[0].word, "here");
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
  for (const type of ["state", "away", "back", "links"]) assert.equal(applyMessage(roster, /** @type {any} */ ({ type, source: "z" }), 0).roster, roster);
  const { roster: after, news } = told([{ type: "left", source: "z", reason: "left" }], roster);
  assert.deepEqual([after.peers, news], [roster.peers, []]);
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
  const [me] = people(joined(), { ...ME, silent: "no microphone" }, up(), NOBODY, 0);
  assert.deepEqual([me.word, me.doing], ["unheard", "no microphone"]);
});

test("a muted person doesn't speak, whatever the level says", () => {
  const { roster } = told([{ type: "state", source: "b", muted: true, deafened: false }], joined());
  const speaking = people(roster, { ...ME, muted: true }, up(), new Set(["", "b", "c"]), 0).map((person) => person.speaking);
  assert.deepEqual(speaking, [false, false, true]);
});

/** @param {import("../../static/voice/session/roster.js").Roster} roster @param {number} now */
const overheard = (roster, now) => overhear(roster, new Set(["b"]), now);
const muting = (/** @type {boolean} */ muted) => /** @type {any} */ ({ type: "state", source: "b", muted, deafened: false });

test("whoever says muted and is heard long after speaks, is here, and is told of once", () => {
  const { roster } = told([muting(true)], joined());
  assert.equal(overhearAt(roster, 0), MUTING);
  assert.deepEqual(overheard(roster, MUTING - 1), { roster, news: [] });
  assert.equal(overhearAt(roster, MUTING), null);
  const after = overheard(roster, MUTING);
  assert.deepEqual(after.news, [{ type: "overheard", name: "Bo" }]);
  const bo = people(after.roster, ME, up(), new Set(["b"]), 0)[1];
  assert.deepEqual([bo.muted, bo.heardMuted, bo.speaking, bo.word], [true, true, true, "here"]);
  assert.deepEqual(overheard(after.roster, 2 * MUTING), { roster: after.roster, news: [] });
});

test("whoever says muted has time to be before it is asked whether that is so", () => {
  const { roster } = told([muting(true)], joined());
  assert.deepEqual([[...saidMuted(roster, MUTING - 1)], [...saidMuted(roster, MUTING)]], [[], ["b"]]);
  assert.deepEqual([...saidMuted(applyMessage(roster, muting(false), 2000).roster, 2 * MUTING)], []);
});

test("a second claim is judged anew, without another word", () => {
  const first = overheard(told([muting(true)], joined()).roster, MUTING).roster;
  const open = applyMessage(first, muting(false), 9000).roster;
  assert.equal(people(open, ME, up(), NOBODY, 0)[1].heardMuted, false);
  const again = applyMessage(open, muting(true), 9000).roster;
  assert.equal(overheard(again, 9000).roster, again);
  const { roster, news } = overheard(again, 9000 + MUTING);
  assert.deepEqual([people(roster, ME, up(), NOBODY, 0)[1].heardMuted, news], [true, []]);
});

test("flipping the word buys no time to speak in", () => {
  let { roster } = told([muting(true)], joined());
  for (let now = 100; now < MUTING; now += 100) {
    for (const muted of [false, true]) roster = applyMessage(roster, muting(muted), now).roster;
  }
  assert.equal(overheard(roster, MUTING).news.length, 1);
});

test("a name like another's and a peer that is held are marked", () => {
  const { roster } = told([present("b", "Bo", 10, { alike: true })], joined());
  const [, bo, cleo] = shown(roster, new Map([["b", report({ held: true })], ["c", report()]]));
  assert.deepEqual([bo.alike, bo.held, bo.word, bo.doing], [true, true, "here", HELD]);
  assert.deepEqual([cleo.alike, cleo.held, cleo.doing], [false, false, ""]);
});

test("a refused description is told on its sender's row", () => {
  const bo = shown(joined(), new Map([["b", report({ state: "connecting", attempt: 3, refused: true })]]))[1];
  assert.deepEqual([bo.word, bo.doing], ["unheard", "sent a description that this page refused"]);
});

test("a peer that the server lost stays while it is heard, is gone when it isn't, and then leaves by name", () => {
  const { roster, news } = told([{ type: "left", source: "b", reason: "lost" }], joined());
  assert.deepEqual(news, []);
  assert.equal(shown(roster)[1].word, "here");
  assert.deepEqual(seats(roster), [{ peer: "c", order: 20 }]);
  assert.deepEqual(prune(roster, up(), 10 * GONE), { roster, news: [] });
  const silent = new Map([["b", report({ state: "stalled" })], ["c", report()]]);
  assert.equal(shown(roster, silent)[1].word, "gone");
  assert.deepEqual(prune(roster, silent, 10 * GONE), { roster, news: [] }, "its link may be heard again");
  const ended = new Map([["c", report()]]);
  assert.deepEqual(prune(roster, ended, GONE - 1), { roster, news: [] });
  const after = prune(roster, ended, GONE);
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
  const { roster } = told([links("b", { c: { state: "repairing", path: "relay" } }), links("c", { b: { state: "stalled", path: "direct" } })], joined());
  const words = "Bo and Cleo: reconnecting through the relay";
  assert.deepEqual(pairs(roster, ME, up()), [{ names: ["Bo", "Cleo"], peers: ["b", "c"], words }]);
  const { roster: silent } = told([links("c", { b: undefined })], roster);
  assert.deepEqual(pairs(silent, ME, up()).map((pair) => pair.words), [words]);
});

test("what one end says and the other denies is told as the opinion of the one", () => {
  const { roster } = told([links("b", { c: STALLED }), links("c", { b: UP })], joined());
  assert.deepEqual(pairs(roster, ME, up()).map(({ words }) => words), ["Bo says: can't hear Cleo"]);
});

test("whoever says that they can't hear us, and is heard here, is told of as such", () => {
  const { roster } = told([links("b", { a: STALLED })], joined());
  assert.deepEqual(pairs(roster, ME, up()).map(({ words }) => words), ["Bo says that they can't hear you"]);
});

test("that we hear nobody is a fact, whatever the others say", () => {
  const { roster } = told([links("b", { a: UP }), links("c", { a: UP })], joined());
  const deaf = new Map([["b", report({ state: "stalled" })], ["c", report({ state: "stalled" })]]);
  assert.deepEqual(pairs(roster, ME, deaf).map(({ words }) => words.slice(0, 14)), ["Ana and Bo: no", "Ana and Cleo: "]);
});

test("whoever says to hear nobody, against everybody, is one line and not one for each", () => {
  const lies = links("b", { a: STALLED, c: STALLED, d: STALLED });
  const crowd = [present("d", "Dan", 30), lies, links("c", { b: UP }), links("d", { b: UP })];
  const { roster } = told(crowd, joined());
  const own = new Map([...up(), ["d", report()]]);
  assert.deepEqual(pairs(roster, ME, own), [{
    names: ["Ana", "Bo"], peers: ["a", "b"], words: "Bo says: can't hear anyone, but the others say that all is well",
  }]);
  const partly = told([links("d", { b: STALLED })], roster).roster;
  assert.deepEqual(pairs(partly, ME, own).map(({ words }) => words.slice(0, 20)), [
    "Bo says that they ca", "Bo says: can't hear ", "Bo and Dan: nothing ",
  ]);
});

test("one's own pairs are in the matrix, from either end", () => {
  const own = new Map([["b", report({ state: "connecting", attempt: 2 })], ["c", report()]]);
  const { roster } = told([links("c", { a: { state: "stalled", path: null } })], joined());
  assert.deepEqual(pairs(roster, ME, own).map(({ words }) => words), [
    "Ana and Bo: connecting", "Cleo says that they can't hear you",
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

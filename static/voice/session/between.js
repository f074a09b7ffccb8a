// @ts-check
// How it is between any two others, as both of them told last; pure.

import { betweenWords } from "./between-words.js";
import { isWeak } from "./path-words.js";
import { present } from "./roster.js";

/** @typedef {import("../signaling/messages.js").LinkTold} LinkTold */
/** @typedef {import("./roster.js").RemotePeer} RemotePeer */
/** @typedef {import("./path-words.js").PathWord|"unknown"} BetweenWord */
/**
 * @typedef {object} Between
 * @property {[string, string]} names
 * @property {[string, string]} peers
 * @property {BetweenWord} word
 * @property {string} words
 * @property {"direct"|"relay"|null} path
 * @property {number|null} rtt  in ms
 * @property {[number|null, number|null]} loss  of what comes to the first, and to the second: shares of 1
 */

/**
 * @param {import("./roster.js").Roster} roster
 * @param {readonly import("./pairs.js").Pair[]} pairs  those who can't hear each other
 * @returns {Between[]} in the order of arrival
 */
export function between(roster, pairs) {
  const troubles = new Map(pairs.map(({ peers, words }) => [peers.join(), words]));
  const others = present(roster).sort((a, b) => a.order - b.order);
  return others.flatMap((a, i) => others.slice(i + 1).map((b) => of(a, b, troubles.get([a.peer, b.peer].join()))));
}

/** @param {RemotePeer} a @param {RemotePeer} b @param {string} [trouble] @returns {Between} */
function of(a, b, trouble) {
  // Nobody's silence counts, nor what an absent end said before.
  const [here, there] = [a.away ? undefined : a.links[b.peer], b.away ? undefined : b.links[a.peer]];
  const told = [here, there].filter((end) => end !== undefined);
  const path = told.some((end) => end.path === "relay") ? "relay" : told.find((end) => end.path)?.path ?? null;
  const rtts = told.flatMap(({ rtt }) => rtt ?? []);
  const known = {
    names: /** @type {[string, string]} */ ([a.name, b.name]), peers: /** @type {[string, string]} */ ([a.peer, b.peer]), path,
    rtt: rtts.length > 0 ? Math.max(...rtts) : null, loss: /** @type {Between["loss"]} */ ([here?.loss ?? null, there?.loss ?? null]),
  };
  const word = wordOf(known, told, trouble);
  return { ...known, word, words: trouble ?? betweenWords(known, word) };
}

/** @param {Pick<Between, "path"|"rtt"|"loss">} known @param {LinkTold[]} told @param {string} [trouble] @returns {BetweenWord} */
function wordOf(known, told, trouble) {
  if (trouble) return told.every(({ state }) => state === "connecting") ? "connecting" : "reconnecting";
  if (told.length === 0) return "unknown";
  if (isWeak({ rtt: known.rtt, loss: Math.max(...known.loss.map((share) => share ?? 0)) })) return "weak";
  return known.path === "relay" ? "relay" : "good";
}

/**
 * What of a link is news to the others; the rest changes all the time, and goes along. Only where all is well may figures be: what
 * is told of them would hold up what is told of trouble.
 * @param {LinkTold} told
 */
export function newsOf({ state, path, rtt, loss }) {
  return [state, path, ...(state === "up" ? [isWeak({ rtt, loss }), rtt !== null && loss !== null] : [])];
}

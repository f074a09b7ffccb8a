// @ts-check
// The plain words for how it is between two others; pure.

import { percent, WEAK } from "./path-words.js";

/** @typedef {import("./between.js").Between} Between */

/** In the order in which they are told. @type {Record<Exclude<Between["word"], "good">, string>} */
const WORDS = { reconnecting: "reconnecting", connecting: "connecting", weak: "weak", relay: "through the relay", unknown: "not known" };

/** @param {Pick<Between, "names"|"path"|"rtt"|"loss">} between @param {Between["word"]} word of no trouble */
export function betweenWords({ names: [a, b], path, rtt, loss: [toFirst, toSecond] }, word) {
  const through = path === "relay" ? ", through the relay" : "";
  if (word === "unknown") return `${a} and ${b}: neither says how it is`;
  if (word !== "weak") return `${a} and ${b}: good${through || (path === null ? "" : ", and direct")}`;
  const [from, to, lost] = (toFirst ?? 0) >= (toSecond ?? 0) ? [b, a, toFirst ?? 0] : [a, b, toSecond ?? 0];
  const why = lost >= WEAK.loss ? `${percent(lost)} of what ${from} says is lost on the way to ${to}` : `the way there and back takes ${rtt} ms`;
  return `${a} and ${b}: weak${through}; ${why}`;
}

/** All of them in one line. @param {readonly Between[]} all */
export function betweenAll(all) {
  const counts = Object.entries(WORDS).map(([word, words]) => ({ words, count: all.filter((each) => each.word === word).length }));
  const told = counts.filter(({ count }) => count > 0).map(({ words, count }) => `${count} ${words}`);
  return `Between the others: ${told.join(", ") || "all good"}`;
}

export const BETWEEN_HEADS = ["Between", "Path", "There and back", "Lost on the way"];

/** The figures of a pair, as it told them last. @param {Between} between @returns {string[]} */
export function betweenFigures({ names: [a, b], path, rtt, loss: [toFirst, toSecond] }) {
  const share = (/** @type {number|null} */ lost) => (lost === null ? "not known" : percent(lost));
  return [
    `${a} and ${b}`, path === null ? "not known" : path === "relay" ? "through the relay" : "direct",
    rtt === null ? "not known" : `${Math.round(rtt)} ms`, `to ${a}: ${share(toFirst)}; to ${b}: ${share(toSecond)}`,
  ];
}

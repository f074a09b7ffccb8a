// @ts-check
// The plain words for how it is between two others; pure.

import { phrase } from "../phrase.js";
import { percent, WEAK } from "./path-words.js";

/** @typedef {import("./between.js").Between} Between */

/** How many there are of each, in the order in which they are told. @type {Record<Exclude<Between["word"], "good">, (count: number) => string>} */
const WORDS = {
  reconnecting: (count) => phrase("between.reconnecting", { count }),
  connecting: (count) => phrase("between.connecting", { count }),
  weak: (count) => phrase("between.weak", { count }),
  relay: (count) => phrase("between.relayed", { count }),
  unknown: (count) => phrase("between.unknown", { count }),
};

/** @param {Pick<Between, "names"|"path"|"rtt"|"loss">} between @param {Between["word"]} word of no trouble */
export function betweenWords({ names: [a, b], path, rtt, loss: [toFirst, toSecond] }, word) {
  if (word === "unknown") return phrase("between.untold", { a, b });
  if (word !== "weak") {
    if (path === null) return phrase("between.good", { a, b });
    return path === "relay" ? phrase("between.good-relay", { a, b }) : phrase("between.good-direct", { a, b });
  }
  const [from, to, lost] = (toFirst ?? 0) >= (toSecond ?? 0) ? [b, a, toFirst ?? 0] : [a, b, toSecond ?? 0];
  const why = lost >= WEAK.loss ? phrase("between.lost", { share: percent(lost), from, to }) : phrase("path.long", { ms: rtt ?? 0 });
  return path === "relay" ? phrase("between.weak-relay", { a, b, why }) : phrase("between.weak-why", { a, b, why });
}

/** All of them in one line. @param {readonly Between[]} all */
export function betweenAll(all) {
  const counts = Object.entries(WORDS).map(([word, words]) => ({ words, count: all.filter((each) => each.word === word).length }));
  const told = counts.filter(({ count }) => count > 0).map(({ words, count }) => words(count));
  return told.length ? phrase("between.some", { told: told.join(", ") }) : phrase("between.all-good");
}

export const BETWEEN_HEADS = [phrase("between"), phrase("figures.path"), phrase("figures.rtt"), phrase("figures.loss")];

/** The figures of a pair, as it told them last. @param {Between} between @returns {string[]} */
export function betweenFigures({ names: [a, b], path, rtt, loss: [toFirst, toSecond] }) {
  const unknown = phrase("figures.unknown");
  const share = (/** @type {number|null} */ lost) => (lost === null ? unknown : percent(lost));
  return [
    phrase("between.names", { a, b }),
    path === null ? unknown : path === "relay" ? phrase("figures.relay") : phrase("figures.direct"),
    rtt === null ? unknown : phrase("figures.ms", { number: Math.round(rtt) }),
    phrase("between.shares", { a, b, first: share(toFirst), second: share(toSecond) }),
  ];
}

// @ts-check
// Who can't hear whom, as the ends of each pair say, and where they contradict each other; pure.

import { present, summary } from "./roster.js";
import { opinion, opinionOfAll, pairWords } from "./words.js";

/** @typedef {import("../link/links.js").LinkReport} LinkReport */
/** @typedef {import("../signaling/messages.js").LinkTold} LinkTold */
/** @typedef {import("./roster.js").Roster} Roster */
/** @typedef {{names: [string, string], peers: [string, string], words: string}} Pair */
/** @typedef {{peer: string, name: string, self: boolean, says: (peer: string) => LinkTold|undefined}} End */
/** @typedef {{a: End, b: End, of: LinkTold|undefined, back: LinkTold|undefined}} Known  what each end says of the other */

/**
 * Every pair of which either end says that it isn't up. Nobody's silence counts, nor what an absent end said before.
 * What one end says and the other denies is told as the opinion of the one.
 * @param {Roster} roster
 * @param {{name: string}} me
 * @param {ReadonlyMap<string, LinkReport>} reports
 * @returns {Pair[]}
 */
export function pairs(roster, me, reports) {
  const own = summary(reports);
  /** @type {End[]} */
  const ends = present(roster).sort((a, b) => a.order - b.order)
    .map(({ peer, name, away, links }) => ({ peer, name, self: false, says: (other) => (away ? undefined : links[other]) }));
  if (roster.self) ends.unshift({ peer: roster.self.peer, name: me.name, self: true, says: (other) => own[other] });
  const all = ends.flatMap((a, i) => ends.slice(i + 1).map((b) => ({ a, b, of: a.says(b.peer), back: b.says(a.peer) })));
  const alone = new Set(ends.filter((end) => isAlone(end, all)));
  /** @type {Set<End>} */
  const told = new Set();
  return all.flatMap((known) => {
    const { a, b } = known;
    const dissenter = contradicts(known);
    if (dissenter && alone.has(dissenter)) {
      if (told.has(dissenter)) return [];
      told.add(dissenter);
    }
    const words = dissenter && alone.has(dissenter) ? opinionOfAll(dissenter.name) : wordsOf(known, dissenter);
    return words === null ? [] : [{
      names: /** @type {[string, string]} */ ([a.name, b.name]), peers: /** @type {[string, string]} */ ([a.peer, b.peer]), words,
    }];
  });
}

/** @param {LinkTold|undefined} told */
const isTrouble = (told) => told !== undefined && told.state !== "up";

/**
 * The end that tells of trouble where the other tells of none. Oneself is none: what is not heard here is not heard.
 * @param {Known} known
 */
function contradicts({ a, b, of, back }) {
  if (isTrouble(of) && back?.state === "up" && !a.self) return a;
  return isTrouble(back) && of?.state === "up" && !b.self ? b : null;
}

/**
 * Whether somebody says to hear nobody, and each of the others, two at least, says otherwise.
 * @param {End} end
 * @param {Known[]} all
 */
function isAlone(end, all) {
  const said = all.filter(({ a, b, of, back }) => (a === end && of) || (b === end && back));
  return said.length > 1 && said.every((known) => contradicts(known) === end);
}

/** @param {Known} known @param {End|null} dissenter */
function wordsOf({ a, b, of, back }, dissenter) {
  if (dissenter) {
    const other = dissenter === a ? b : a;
    return opinion(dissenter.name, other.self ? null : other.name);
  }
  const troubles = [of, back].filter(isTrouble);
  return troubles.length > 0 ? pairWords(a.name, b.name, /** @type {LinkTold[]} */ (troubles)) : null;
}

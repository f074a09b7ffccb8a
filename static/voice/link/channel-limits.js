// @ts-check
/** How much a peer may say in a data channel; pure. What is over it is dropped unread, and a flood shuts the channel. */

/** @typedef {{left: number, at: number, excess: number}} Allowance what is left at that time; how much was dropped of late */
/** @typedef {{burst: number, rate: number}} Pace as many at once, then so many a second */
/** @typedef {"take" | "drop" | "shut"} Verdict */

/** A note of 500 characters, each escaped by its sender, has 3,000. */
export const LONGEST = 4096;
/** Dropped messages count by their length, too: a large one costs the page more than its rate says. */
const WEIGHT = 1024;
const FLOOD = 256;

/** @param {Pace} pace @param {number} now @returns {Allowance} */
export function fresh({ burst }, now) {
  return { left: burst, at: now, excess: 0 };
}

/**
 * @param {Allowance} before
 * @param {Pace} pace
 * @param {number} length of the message in characters or bytes; of one that is no text too large by itself
 * @param {number} now
 * @returns {{allowance: Allowance, verdict: Verdict}}
 */
export function judge(before, { burst, rate }, length, now) {
  const passed = (Math.max(now - before.at, 0) / 1000) * rate;
  const left = Math.min(before.left + passed, burst);
  const excess = Math.max(before.excess - passed, 0);
  if (length <= LONGEST && left >= 1) return { allowance: { left: left - 1, at: now, excess }, verdict: "take" };
  const over = excess + 1 + length / WEIGHT;
  return { allowance: { left, at: now, excess: over }, verdict: over > FLOOD ? "shut" : "drop" };
}

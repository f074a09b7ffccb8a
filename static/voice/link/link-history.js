// @ts-check
/** What became of a link's generations from one look at them to the next; pure. */

/** @typedef {import("./link-state.js").GenerationState} GenerationState */
/** @typedef {{gen: number, what: "made" | "won" | "failed" | "closed", why: string}} Change why it was made, or given up */

/**
 * @param {readonly GenerationState[]} before
 * @param {readonly GenerationState[]} after
 * @returns {Change[]}
 */
export function changes(before, after) {
  /** @type {Change[]} */
  const found = [];
  for (const each of before) {
    if (after.some(({ gen }) => gen === each.gen)) continue;
    found.push({ gen: each.gen, what: "closed", why: each.failed ?? (each.won ? "over" : "beaten") });
  }
  for (const each of after) {
    const was = before.find(({ gen }) => gen === each.gen);
    if (!was) found.push({ gen: each.gen, what: "made", why: each.why });
    if (each.failed && each.failed !== was?.failed) found.push({ gen: each.gen, what: "failed", why: each.failed });
    if (each.won && !was?.won) found.push({ gen: each.gen, what: "won", why: each.why });
  }
  return found;
}

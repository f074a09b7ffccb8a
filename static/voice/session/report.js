// @ts-check
// The text of a call's report: its state, counts and journal, and nothing by which a person is known; pure.

/** @typedef {import("./roster.js").Person} Person */
/** @typedef {import("./pairs.js").Pair} Pair */

/**
 * @param {{journal: import("./journal.js").Journal, state: string, muted: boolean, people: readonly Person[],
 *   pairs: readonly Pair[]}} call
 */
export function reportOf({ journal, state, muted, people, pairs }) {
  const unheard = people.filter(({ word }) => word === "unheard").length;
  return [
    `Voice report: joined ${new Date(journal.begun).toISOString()}, now ${state}${muted ? ", muted" : ""}`,
    `people=${people.length}  unheard=${unheard}  pairs=${pairs.length}`, ...journal.lines(), "",
  ].join("\n");
}

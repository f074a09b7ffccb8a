// @ts-check
// What differs between what was shown last and what would be shown now; pure.

/** @typedef {import("./roster.js").Person} Person */
/** @typedef {import("./pairs.js").Pair} Pair */
/** @typedef {import("./between.js").Between} Between */
/** @typedef {{people: readonly Person[], pairs: readonly Pair[], between: readonly Between[]}} Shown */

/**
 * @param {Shown} before
 * @param {Shown} after
 * @returns {{people: boolean, pairs: boolean, between: boolean, unheard: Person[]}} whether each differs; who can't be heard since then
 */
export function differences(before, after) {
  const word = (/** @type {string} */ peer) => before.people.find((person) => person.peer === peer)?.word;
  return {
    people: JSON.stringify(after.people) !== JSON.stringify(before.people),
    pairs: JSON.stringify(after.pairs) !== JSON.stringify(before.pairs),
    between: JSON.stringify(after.between) !== JSON.stringify(before.between),
    unheard: after.people.filter((person) => person.word === "unheard" && !person.self && word(person.peer) !== "unheard"),
  };
}

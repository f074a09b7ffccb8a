// @ts-check
/** Which candidates wait where not all of them can. */

/**
 * As many as may wait. A host's go first: without them a relay's still connect, which stand last.
 * @param {readonly unknown[]} candidates
 * @param {number} most
 */
export function fit(candidates, most) {
  let excess = candidates.length - most;
  const isHost = (/** @type {any} */ each) => / typ host\b/.test(each?.candidate);
  return [...candidates].reverse().filter((each) => excess <= 0 || !isHost(each) || !excess--).reverse().slice(0, most);
}

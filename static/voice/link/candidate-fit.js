// @ts-check
/** Owns which candidates are let go where only so many may wait. */

/**
 * Keep at most `most` candidates, in their order. Host candidates are let go first, the last of them before the first:
 * a pair still connects without them, through the server-reflexive and relayed ones, which are named after them.
 * @template {{candidate: string} | null} Candidate
 * @param {readonly Candidate[]} candidates
 * @param {number} most
 */
export function fit(candidates, most) {
  let excess = candidates.length - most;
  const isHost = (/** @type {Candidate} */ each) => each !== null && / typ host\b/.test(each.candidate);
  return [...candidates].reverse().filter((each) => excess <= 0 || !isHost(each) || !excess--).reverse().slice(0, most);
}

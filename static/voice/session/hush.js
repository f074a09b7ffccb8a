// @ts-check
// Owns when nobody speaks at this microphone, for what is sent then: late to find it quiet, quick to hear a word; pure.

/** ms without a word: pauses between sentences are part of them. */
export const PAUSE = 3000;

/** @typedef {{quiet: boolean, spokeAt: number}} Hush */

/** @param {number} now ms @returns {Hush} whoever comes is expected to say something */
export function hush(now) {
  return { quiet: false, spokeAt: now };
}

/**
 * @param {Hush} before
 * @param {boolean} sound  whether anything as loud as a word comes in
 * @param {number} now ms
 * @returns {Hush}
 */
export function listen({ spokeAt }, sound, now) {
  return sound ? { quiet: false, spokeAt: now } : { quiet: now - spokeAt >= PAUSE, spokeAt };
}

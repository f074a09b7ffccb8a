// @ts-check
// When voice activation opens and closes: a level against a threshold, with hysteresis and a tail; pure.

/** A voice that pauses between two words is one voice still, in ms. */
const TAIL = 400;
/** It stays open for what is a little below what opened it: half the amplitude. */
const CLOSES = 0.5;
/** A click lasts less than so many ms. */
const ATTACK = 8;

/** @typedef {{loud: boolean, since: number}} Gate  since: for how many ms the level has spoken against the state */

/** @type {Readonly<Gate>} */
export const SHUT = Object.freeze({ loud: false, since: 0 });

/**
 * @param {Readonly<Gate>} gate @param {number} level 0 to 1 @param {number} threshold 0 to 1 @param {number} ms that the level stood for
 * @returns {Gate}
 */
export function hearGate({ loud, since }, level, threshold, ms) {
  const against = loud ? level < threshold * CLOSES : level >= threshold;
  if (!against) return { loud, since: 0 };
  return since + ms >= (loud ? TAIL : ATTACK) ? { loud: !loud, since: 0 } : { loud, since: since + ms };
}

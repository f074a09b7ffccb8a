// @ts-check
/**
 * What a peer can make us do in a while: how many generations it gets, when its offers wait, how far its counts may leap.
 *
 * An RTCPeerConnection costs far more than the frame that asks for it. What is heard meanwhile is never touched here.
 */

/** @typedef {import("./link-state.js").LinkState} LinkState */

/** As many generations at once, then one a second. */
export const BURST = 4;
const REFILL = 1000;
/** How long offers wait when that is used up, longer each time. The first two are short: whoever wakes from sleep gets
 *  all at once what its peers offered meanwhile, and only the latest is of use. */
export const HOLDS = Object.freeze([1000, 2000, 5000, 10000, 20000, 30000]);
const SHORT = 2;
/** After so long without a hold the next is a short one again. */
export const QUIET = 60000;
/** No link counts further than this in a burst, and by no more than one a second after. */
const LEAP = 64;

/**
 * How many generations may be made now. Those that were closed count, too.
 * @param {LinkState} link
 * @param {number} now
 */
export function allowance(link, now) {
  return Math.min(BURST, link.allowance + Math.max(now - link.allowedAt, 0) / REFILL);
}

/** @param {LinkState} link @param {number} now */
export function spend(link, now) {
  Object.assign(link, { allowance: Math.max(allowance(link, now) - 1, 0), allowedAt: now });
}

/**
 * Whether a message names a generation that an honest count can't have reached: counted from the last one made here,
 * for what a message lifts must not allow the next.
 * @param {LinkState} link
 * @param {number} gen
 * @param {number} now
 */
export function leaps(link, gen, now) {
  return gen > link.made.gen + LEAP + (now - link.made.at) / 1000;
}

/**
 * Keep an offer for later: the latest is the only one that its owner still stands by.
 * @param {LinkState} link
 * @param {{gen: number, sdp: string}} offer
 * @param {number} now
 */
export function hold(link, offer, now) {
  if (!link.hold) {
    if (now - link.heldUntil >= QUIET) link.holds = 0;
    const until = now + HOLDS[Math.min(link.holds, HOLDS.length - 1)];
    // Nothing is saved up in the meantime: whoever goes on is held again.
    Object.assign(link, { holds: link.holds + 1, heldUntil: until, allowance: 0, allowedAt: until });
  }
  link.hold = { until: link.heldUntil, offer };
}

/** Whether the peer has to be told of as one that keeps starting over. @param {LinkState} link */
export function isHeld({ hold, holds }) {
  return hold !== null && holds > SHORT;
}

/**
 * End a hold whose time has come.
 * @param {LinkState} link
 * @param {number} now
 * @returns {{gen: number, sdp: string} | null} the offer that waited
 */
export function release(link, now) {
  if (!link.hold || now < link.hold.until) return null;
  const { offer } = link.hold;
  Object.assign(link, { hold: null, allowance: 1, allowedAt: now });
  return offer;
}

// @ts-check
// Owns what the server counts of our links and can't see: how long their first audio took, and what was begun anew here.

/** @typedef {import("../link/link-state.js").Why} Why */
/** @typedef {{first?: readonly number[], repairs?: Readonly<Record<string, number>>}} Counts since they were taken last */

/** Of a link's beginning, or of what the other side counts. @type {readonly Why[]} */
const NO_REPAIR = ["first", "asked"];
/** What the server takes in one report. */
const MOST = Object.freeze({ first: 32, ms: 600_000, times: 100 });

export class Tally {
  /** When each link began; null once something was heard on it. @type {Map<string, number|null>} */
  #begun = new Map();
  /** @type {number[]} */
  #first = [];
  /** @type {Record<string, number>} */
  #repairs = {};
  #now;

  /** @param {() => number} now in ms */
  constructor(now) {
    this.#now = now;
  }

  /** How a link fares. @param {string} peer @param {import("../link/link-state.js").LinkReport["state"]} state */
  fares(peer, state) {
    const begun = this.#begun.get(peer);
    if (begun === null) return;
    if (state === "connecting") {
      if (begun === undefined) this.#begun.set(peer, this.#now());
      return;
    }
    this.#begun.set(peer, null);
    if (begun === undefined) return;
    const ms = Math.min(Math.round(this.#now() - begun), MOST.ms);
    this.#first = [...this.#first, ms].slice(-MOST.first);
  }

  /** A generation was made. @param {string} why */
  made(why) {
    if (NO_REPAIR.some((known) => known === why)) return;
    this.#repairs = { ...this.#repairs, [why]: Math.min((this.#repairs[why] ?? 0) + 1, MOST.times) };
  }

  /** A peer is gone, and so is its link. @param {string} peer */
  forget(peer) {
    this.#begun.delete(peer);
  }

  /** Give what came together, and begin anew. @returns {Counts} */
  take() {
    const [first, repairs] = [this.#first, this.#repairs];
    this.#first = [];
    this.#repairs = {};
    return { ...(first.length > 0 && { first }), ...(Object.keys(repairs).length > 0 && { repairs }) };
  }
}

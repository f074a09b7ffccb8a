// @ts-check
// Owns when a peer's candidates go to the browser: after its description, one after the other, and of many some ms apart.

/** So many go as fast as the browser takes them: what most machines name, with their relays. */
const FIRST = 20;
/**
 * Between those after them, in ms. A browser pairs each with each of its own, on the thread on which voices come in, and hundreds of pairs
 * at once hold these up. It begins a check each 20 ms at best (RFC 8445, 14.2); what is named behind sixty others comes 0.4 s later.
 */
const APART = 10;

/** @typedef {import("../signaling/messages.js").Candidate} Candidate */
/** @typedef {Pick<import("../browser/platform.js").Platform, "now" | "setTimeout" | "clearTimeout">} Timers */

export class CandidatePace {
  /** @type {(Candidate | null)[]} */
  #waiting = [];
  #described = false;
  #busy = false;
  #count = 0;
  /** When the next may go. */
  #due = 0;
  #timer = null;
  #timers;
  #add;

  /**
   * @param {Timers} timers
   * @param {(candidate: Candidate | null) => Promise<void>} add gives one to the browser; never throws
   */
  constructor(timers, add) {
    this.#timers = timers;
    this.#add = add;
  }

  /** @param {readonly (Candidate | null)[]} candidates in their order; null or an empty one is the end of them */
  take(candidates) {
    this.#waiting.push(...candidates);
    this.#go();
  }

  /** The description is in. */
  begin() {
    this.#described = true;
    this.#go();
  }

  close() {
    this.#waiting = [];
    this.#timers.clearTimeout(this.#timer);
  }

  async #go() {
    if (!this.#described || this.#busy) return;
    this.#busy = true;
    this.#due = Math.max(this.#due, this.#timers.now());
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#count += 1;
      if (this.#count > FIRST) await this.#turn();
      await this.#add(next);
    }
    this.#busy = false;
  }

  /** Timers of a hidden page are late: what is due by then needs no other one. */
  async #turn() {
    this.#due += APART;
    const ms = this.#due - this.#timers.now();
    if (ms > 0) await new Promise((resolve) => { this.#timer = this.#timers.setTimeout(() => resolve(null), ms); });
  }
}

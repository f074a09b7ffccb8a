// @ts-check
// Owns what a call puts off until its links are made: a page has one thread, and their messages go before all that is only shown.

import { Emitter } from "../emitter.js";

/** ms from the click; what there is to show waits no longer, whatever still moves. */
export const FIRST = 3000;
/** ms from an arrival. */
export const LINKING = 400;
/** ms between two looks whether links still move. */
export const LOOK = 50;

/** @typedef {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */
/** @typedef {{held: null, settled: null}} AfterwardsEvents */

/** @extends {Emitter<AfterwardsEvents>} */
export class Afterwards extends Emitter {
  /** While it is set, links are being made. @type {any} */
  #timer = null;
  #endsAt = 0;
  /** @type {Map<string, () => void>} by what waits */
  #tasks = new Map();
  #clock;
  #isCalm;

  /** @param {Clock} clock @param {() => boolean} isCalm whether no link moves any more */
  constructor(clock, isCalm) {
    super();
    this.#clock = clock;
    this.#isCalm = isCalm;
  }

  /** Links begin. Those that begin meanwhile make it no later still. @param {number} most  ms */
  hold(most) {
    if (this.#timer !== null) return;
    this.#endsAt = this.#clock.now() + most;
    this.#wait();
    this.emit("held", null);
  }

  #wait() {
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#clock.now() >= this.#endsAt || this.#isCalm()) this.#settle();
      else this.#wait();
    }, LOOK);
  }

  #settle() {
    this.#end();
    // Before the rest: what there is to see. Whoever hears of it may end the call, and with it all that waits.
    this.emit("settled", null);
    for (const [what, task] of this.#tasks) {
      this.#tasks.delete(what);
      task();
    }
  }

  /** At once, where nothing is held. What waits already is done once. @param {string} what @param {() => void} task */
  put(what, task) {
    if (this.#timer === null) task();
    else if (!this.#tasks.has(what)) this.#tasks.set(what, task);
  }

  close() {
    this.#end();
    this.#tasks.clear();
  }

  #end() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

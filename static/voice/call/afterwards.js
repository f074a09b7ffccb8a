// @ts-check
// Owns what a call puts off until its links are made: a page has one thread, and their messages go before all that is only shown.

import { Emitter } from "../emitter.js";

/** ms from the click in which all first links are mostly made; what there is to show waits no longer, made or not. */
export const FIRST = 1000;
/** ms in which one more is agreed on. */
export const LINKING = 250;

/** @typedef {Pick<import("../browser/platform.js").Platform, "setTimeout"|"clearTimeout">} Clock */
/** @typedef {{held: null, settled: null}} AfterwardsEvents */

/** @extends {Emitter<AfterwardsEvents>} */
export class Afterwards extends Emitter {
  /** While it is set, links are being made. @type {any} */
  #timer = null;
  /** @type {Map<string, () => void>} by what waits */
  #tasks = new Map();
  #clock;

  /** @param {Clock} clock */
  constructor(clock) {
    super();
    this.#clock = clock;
  }

  /** Links begin. Those that begin meanwhile make it no later still. @param {number} most  ms */
  hold(most) {
    if (this.#timer !== null) return;
    this.#timer = this.#clock.setTimeout(() => this.settle(), most);
    this.emit("held", null);
  }

  /** Every link is made. */
  settle() {
    if (this.#timer === null) return;
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

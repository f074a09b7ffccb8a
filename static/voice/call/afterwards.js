// @ts-check
// Owns what a call puts off until its links are made: a page has one thread, and their messages go before all that is only shown.

import { Emitter } from "../emitter.js";

/** ms from the click; what there is to show waits no longer, whatever still moves. */
export const FIRST = 2000;
/** ms from an arrival. */
export const LINKING = 250;
/** ms in which nothing moves after a join: whoever comes at the same moment is no later. An arrival is told at once. */
export const CALM = 250;
/** ms between two looks whether links still move. */
export const LOOK = 50;

/** @typedef {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */
/** @typedef {{held: null, settled: null}} AfterwardsEvents */

/** @extends {Emitter<AfterwardsEvents>} */
export class Afterwards extends Emitter {
  /** While it is set, links are being made. @type {any} */
  #timer = null;
  #endsAt = 0;
  #calm = 0;
  /** @type {Map<string, () => void>} by what waits */
  #tasks = new Map();
  #clock;
  #isCalm;

  /** @param {Clock} clock @param {(calm: number) => boolean} isCalm whether all is made, and no link moved for so many ms; or none will soon */
  constructor(clock, isCalm) {
    super();
    this.#clock = clock;
    this.#isCalm = isCalm;
  }

  /** Links begin. Those that begin meanwhile make it no later still. @param {number} most  ms @param {number} [calm]  ms without a step, with all made */
  hold(most, calm = 0) {
    if (this.#timer !== null) return;
    this.#endsAt = this.#clock.now() + most;
    this.#calm = calm;
    this.#wait();
    this.emit("held", null);
  }

  #wait() {
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#clock.now() >= this.#endsAt || this.#isCalm(this.#calm)) this.#settle();
      else this.#wait();
    }, LOOK);
  }

  #settle() {
    this.#end();
    // Before the rest: what there is to see. Whoever hears of it may end the call, and with it all that waits.
    this.emit("settled", null);
    for (const [what, task] of this.#tasks) {
      this.#tasks.delete(what);
      try {
        task();
      } catch (problem) {
        // It is reported, and keeps none of the others from being done.
        queueMicrotask(() => { throw problem; });
      }
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

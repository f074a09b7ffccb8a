// @ts-check
// Owns what a call puts off until most first links are made: a page has one thread, and their messages go before it.

import { LINKING } from "../session/showing.js";

/** @typedef {Pick<import("../browser/platform.js").Platform, "setTimeout"|"clearTimeout">} Clock */

export class Afterwards {
  /** @type {Map<string, any>} by what waits */
  #timers = new Map();
  #clock;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** What waits already is done once. @param {string} what @param {() => void} task */
  put(what, task) {
    if (this.#timers.has(what)) return;
    this.#timers.set(what, this.#clock.setTimeout(() => {
      this.#timers.delete(what);
      task();
    }, LINKING));
  }

  close() {
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }
}

// @ts-check
// Owns doing a thing at most once in a while.

/** @typedef {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */

/** Runs a task at once, or once `ms` have passed since it last did something: false says that it had nothing to do. */
export class Throttle {
  #last = -Infinity;
  /** @type {any} */
  #timer = null;
  #ms;
  #task;
  #clock;

  /** @param {number} ms @param {() => unknown} task @param {Clock} clock */
  constructor(ms, task, clock) {
    this.#ms = ms;
    this.#task = task;
    this.#clock = clock;
  }

  want() {
    if (this.#timer !== null) return;
    const wait = this.#last + this.#ms - this.#clock.now();
    if (wait <= 0) this.#run();
    else this.#timer = this.#clock.setTimeout(() => this.#run(), wait);
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run() {
    this.#timer = null;
    const before = this.#last;
    this.#last = this.#clock.now();
    if (this.#task() === false) this.#last = before;
  }
}

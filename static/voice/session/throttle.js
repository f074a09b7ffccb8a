// @ts-check
// Owns doing a thing at most once in a while.

/** @typedef {Pick<import("../browser/platform.js").Platform, "now"|"setTimeout"|"clearTimeout">} Clock */

/**
 * Runs a task at once, or once `ms` have passed since it last did something: false says that it had nothing to do.
 * After a pause `burst` runs in a row need not wait.
 */
export class Throttle {
  /** When a run would be on time; one before it borrows of the burst. */
  #due = -Infinity;
  /** @type {any} */
  #timer = null;
  #ms;
  #task;
  #clock;
  #burst;

  /** @param {number} ms @param {() => unknown} task @param {Clock} clock @param {number} [burst] */
  constructor(ms, task, clock, burst = 1) {
    this.#burst = burst;
    this.#ms = ms;
    this.#task = task;
    this.#clock = clock;
  }

  want() {
    if (this.#timer !== null) return;
    const wait = this.#due - (this.#burst - 1) * this.#ms - this.#clock.now();
    if (wait <= 0) this.#run();
    else this.#timer = this.#clock.setTimeout(() => this.#run(), wait);
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run() {
    this.#timer = null;
    const before = this.#due;
    this.#due = Math.max(before, this.#clock.now()) + this.#ms;
    if (this.#task() === false) this.#due = before;
  }
}
